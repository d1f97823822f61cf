//! Deletion of orders.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::attempts::Attempts;
use super::{OrderRepository, Precondition, Rejection, traceparent};
use crate::domain::{Access, Actor, OrderId, OrderKey};
use crate::error::StoreError;

impl OrderRepository {
    /// Deletes an order and writes the intent to end its workflow.
    pub async fn delete(
        &self,
        id: OrderId,
        access: Access,
        precondition: &Precondition,
    ) -> Result<(), Rejection> {
        let mut attempts = Attempts::new(id, self.database.deadline());
        loop {
            let deadline = attempts.deadline;
            let order = self
                .find_expected(id, access, precondition, deadline)
                .await?;
            order.deletable()?;
            let delete = self.database.write_by(deadline, async |connection| {
                delete(connection, id, order.version).await
            });
            match delete.await? {
                Deleted { deleted: true, .. } => {
                    self.notifier.notify();
                    return Ok(());
                }
                Deleted { locked: true, .. } => attempts.locked().await?,
                Deleted { .. } => attempts.lost_race()?,
            }
        }
    }
}

impl OrderRepository {
    /// Whether the order that was accepted at this time is deleted; not, if this database never had it.
    pub async fn is_deleted(&self, order: OrderKey) -> Result<bool, StoreError> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Bool)]
            is_deleted: bool,
        }
        let query = diesel::sql_query(
            "SELECT EXISTS (
                SELECT FROM order_events AS created JOIN order_events AS deleted USING (order_id)
                 WHERE order_id = $1 AND created.type = 'created' AND deleted.type = 'deleted'
                   AND created.occurred_at = coalesce($2, created.occurred_at)) AS is_deleted",
        )
        .bind::<BigInt, _>(order.id)
        .bind::<Nullable<Timestamptz>, _>(order.created_at);
        let found: Row = self
            .database
            .read(async |connection| query.get_result(connection).await)
            .await?;
        Ok(found.is_deleted)
    }
}

/// The result of a deletion. Neither is set when the order has another version or is deleted.
#[derive(QueryableByName)]
struct Deleted {
    #[diesel(sql_type = Bool)]
    deleted: bool,
    /// Another transaction has locked the row.
    #[diesel(sql_type = Bool)]
    locked: bool,
}

/// Deletes an order if it still has this version and no other transaction has locked its row.
async fn delete(
    connection: &mut AsyncPgConnection,
    id: OrderId,
    version: i64,
) -> QueryResult<Deleted> {
    diesel::sql_query(
        "WITH locked AS MATERIALIZED (
            SELECT id FROM orders WHERE id = $1 FOR UPDATE SKIP LOCKED),
         deleted AS (
            DELETE FROM orders USING locked
             WHERE orders.id = locked.id AND orders.version = $2
            RETURNING orders.id, orders.customer_id, orders.version, orders.updated_at),
         recorded AS (
            INSERT INTO order_events (order_id, customer_id, sequence, type, actor, occurred_at)
            SELECT id, customer_id, version + 1, 'deleted', $3, greatest(now(), updated_at) FROM deleted),
         intended AS (
            INSERT INTO workflow_intents (order_id, action, traceparent)
            SELECT id, 'end', $4 FROM deleted)
         SELECT EXISTS (SELECT FROM deleted) AS deleted,
                EXISTS (SELECT FROM orders WHERE id = $1)
                    AND NOT EXISTS (SELECT FROM locked) AS locked",
    )
    .bind::<BigInt, _>(id)
    .bind::<BigInt, _>(version)
    .bind::<Text, _>(Actor::Client.as_str())
    .bind::<Nullable<Text>, _>(traceparent())
    .get_result(connection)
    .await
}
