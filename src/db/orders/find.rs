//! Finds orders by id.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{OrderRepository, OrderRow};
use crate::db::batch::Batch;
use crate::db::schema::orders;
use crate::domain::{Access, Order, OrderId};
use crate::error::StoreError;

impl OrderRepository {
    /// The order with this id, if the caller has access to it.
    pub async fn get(&self, id: OrderId, access: Access) -> Result<Option<Order>, StoreError> {
        let order = self.find.submit(id, self.database.deadline()).await?;
        Ok(order.filter(|order| access.includes(order.customer_id)))
    }
}

/// Finds an order by id.
pub(super) struct Find;

impl Batch for Find {
    const NAME: &'static str = "find";
    const WRITES: bool = false;

    type Request = OrderId;
    type Response = Option<Order>;

    async fn execute(
        connection: &mut AsyncPgConnection,
        ids: &[&OrderId],
    ) -> Result<Vec<Option<Order>>, StoreError> {
        let rows: Vec<OrderRow> = orders::table
            .filter(orders::id.eq_any(ids.iter().copied()))
            .select(OrderRow::as_select())
            .load(connection)
            .await?;
        let found: Result<Vec<Order>, _> = rows.into_iter().map(Order::try_from).collect();
        let mut found = found?;
        found.sort_unstable_by_key(|order| order.id);
        // Two requests may have the same id.
        let of = |id: &OrderId| found.binary_search_by_key(id, |order| order.id).ok();
        Ok(ids.iter().map(|id| found.get(of(id)?).cloned()).collect())
    }
}
