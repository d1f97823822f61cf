//! Orders by their ids.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::OrderRow;
use crate::db::batch::Batch;
use crate::db::schema::orders;
use crate::domain::Order;
use crate::error::StoreError;

/// Finds the order of an id.
pub(super) struct Find;

impl Batch for Find {
    const NAME: &'static str = "find";
    const WRITES: bool = false;

    type Question = i64;
    type Answer = Option<Order>;

    async fn ask(
        connection: &mut AsyncPgConnection,
        ids: &[&i64],
    ) -> Result<Vec<Option<Order>>, StoreError> {
        let rows: Vec<OrderRow> = orders::table
            .filter(orders::id.eq_any(ids.iter().copied()))
            .select(OrderRow::as_select())
            .load(connection)
            .await?;
        let found: Result<Vec<Order>, _> = rows.into_iter().map(Order::try_from).collect();
        let mut found = found?;
        found.sort_unstable_by_key(|order| order.id);
        // Two may have asked for the same one.
        let of = |id: &i64| found.binary_search_by_key(id, |order| order.id).ok();
        let answers = ids.iter().map(|id| found.get(of(id)?).cloned());
        Ok(answers.collect())
    }
}
