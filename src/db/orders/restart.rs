//! New workflows for orders whose workflow is missing or failed.

use diesel::sql_types::{BigInt, Jsonb, Text};
use diesel_async::RunQueryDsl;

use super::OrderRepository;
use crate::db::events;
use crate::domain::{Actor, OrderEventData, OrderId, no_data};
use crate::error::StoreError;

impl OrderRepository {
    /// Writes the intent to start a new workflow if the order still has this version; returns
    /// whether it had.
    pub async fn restart(
        &self,
        id: OrderId,
        version: i64,
        reason: &str,
    ) -> Result<bool, StoreError> {
        let data = OrderEventData {
            reason: Some(reason.to_owned()),
            ..no_data()
        };
        let data = events::to_json(data)?;
        let query = diesel::sql_query(
            "WITH restarted AS (
                UPDATE orders
                   SET version = version + 1, updated_at = greatest(now(), updated_at)
                 WHERE id = $1 AND version = $2
                RETURNING id, customer_id, version, updated_at, fulfilment),
             recorded AS (
                INSERT INTO order_events (order_id, customer_id, sequence, type, data, actor, occurred_at)
                SELECT id, customer_id, version, 'restarted', $3, $4, updated_at FROM restarted),
             intended AS (
                INSERT INTO workflow_intents (order_id, action)
                SELECT id, CASE WHEN fulfilment IS NULL THEN 'restart' ELSE 'refulfil' END
                  FROM restarted)
             SELECT id FROM restarted",
        )
        .bind::<BigInt, _>(id)
        .bind::<BigInt, _>(version)
        .bind::<Jsonb, _>(data)
        .bind::<Text, _>(Actor::Reconciler.as_str());
        let restarted = self
            .database
            .write(async |connection| query.execute(connection).await.map(|rows| rows > 0))
            .await?;
        if restarted {
            self.notifier.notify();
        }
        Ok(restarted)
    }
}
