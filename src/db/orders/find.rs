//! Orders by their ids.

use std::collections::HashMap;

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
        let found: Result<HashMap<i64, Order>, StoreError> = rows
            .into_iter()
            .map(|row| Ok((row.id, Order::try_from(row)?)))
            .collect();
        let found = found?;
        // Two may have asked for the same one.
        Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
    }
}
