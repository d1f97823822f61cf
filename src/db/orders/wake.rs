//! Wakes the workflows of orders with items.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;

use super::{OrderRepository, traceparent};
use crate::db::reconciliation::open_statuses;
use crate::domain::OrderId;
use crate::error::StoreError;

impl OrderRepository {
    /// Writes the intent to wake the workflow of an open order with items, unless one waits to be
    /// sent; returns whether it was written.
    pub async fn wake(&self, id: OrderId, created_at: DateTime<Utc>) -> Result<bool, StoreError> {
        let query = diesel::sql_query(format!(
            "INSERT INTO workflow_intents (order_id, action, traceparent)
             SELECT id, 'wake', $3 FROM orders
              WHERE id = $1 AND created_at = $2 AND fulfilment IS NOT NULL AND status IN ({})
                AND NOT EXISTS (SELECT FROM workflow_intents
                                 WHERE order_id = $1 AND action = 'wake' AND attempts = 0)",
            open_statuses()
        ))
        .bind::<BigInt, _>(id)
        .bind::<Timestamptz, _>(created_at)
        .bind::<Nullable<Text>, _>(traceparent());
        let woken = self
            .database
            .write(async |connection| query.execute(connection).await.map(|rows| rows > 0))
            .await?;
        if woken {
            self.notifier.notify();
        }
        Ok(woken)
    }
}
