//! Where orders are delivered to.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;

use super::OrderRepository;
use crate::db::schema::orders;
use crate::domain::{Address, OrderId};
use crate::error::StoreError;

impl OrderRepository {
    /// The address of an order; `None` if it has none or does not exist.
    pub async fn shipping_address(&self, id: OrderId) -> Result<Option<Address>, StoreError> {
        let query = orders::table
            .filter(
                orders::id
                    .eq(id)
                    .and(orders::shipping_address.is_not_null()),
            )
            .select(orders::shipping_address.assume_not_null());
        let stored: Option<Value> = self
            .database
            .read(async |connection| query.first(connection).await.optional())
            .await?;
        stored
            .map(|stored| {
                serde_json::from_value(stored)
                    .map_err(|_| StoreError::Corrupt(format!("the address of order {id}")))
            })
            .transpose()
    }
}
