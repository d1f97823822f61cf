//! Changes of orders that still have the version that was read, each with its event and, if the
//! order's workflow must end, the intent to end it.

use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Nullable, Numeric, Text};
use diesel::{IntoSql, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use rust_decimal::Decimal;
use serde_json::Value;

use super::attempts::Attempts;
use super::{OrderRepository, Positioned, Precondition, Rejection, by_position, traceparent};
use crate::db::batch::Batch;
use crate::db::events;
use crate::db::prepared::prepared;
use crate::domain::{Access, Actor, Order, OrderChange, OrderEventData, OrderStatus};
use crate::error::StoreError;

impl OrderRepository {
    /// Changes an order. When an actor other than the workflow ends it, also writes the intent to
    /// end the workflow.
    pub async fn change(
        &self,
        id: i64,
        access: Access,
        precondition: &Precondition,
        change: &OrderChange,
        by: Actor,
        reason: Option<&str>,
    ) -> Result<Order, Rejection> {
        let mut attempts = Attempts::new(id, self.database.deadline());
        loop {
            let deadline = attempts.deadline;
            let order = self
                .find_expected(id, access, precondition, deadline)
                .await?;
            let Some((status, total_amount)) = order.after(change)? else {
                return Ok(order);
            };
            let data = OrderEventData {
                customer_id: None,
                status: (status != order.status).then_some(status),
                total_amount: (total_amount != order.total_amount).then_some(total_amount),
                reason: reason.map(str::to_owned),
            };
            let end_workflow = status.is_final() && by != Actor::Workflow;
            let request = UpdateRequest {
                id,
                version: order.version,
                status,
                total_amount,
                data: events::to_json(data)?,
                by,
                end_workflow,
                traceparent: end_workflow.then(traceparent).flatten(),
            };
            match self.update.submit(request, deadline).await? {
                Outcome::Changed(order) => {
                    if end_workflow {
                        self.notifier.notify();
                    }
                    return Ok(order);
                }
                Outcome::Stale => attempts.lost_race()?,
                Outcome::Locked => attempts.locked().await?,
            }
        }
    }
}

/// Updates an order.
pub(super) struct Update;

/// The request of [`Update`].
pub(super) struct UpdateRequest {
    id: i64,
    /// The version that was read.
    version: i64,
    status: OrderStatus,
    total_amount: Decimal,
    /// The data of the event.
    data: Value,
    by: Actor,
    /// Whether to write the intent to end the workflow.
    end_workflow: bool,
    /// The trace context of the request, for that intent.
    traceparent: Option<String>,
}

/// The result of a change.
pub(super) enum Outcome {
    /// The order after the change.
    Changed(Order),
    /// The order has another version by now, or is deleted.
    Stale,
    /// Another transaction has locked the row. The batch does not wait for it, because all others
    /// would wait too.
    Locked,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Bool)]
    locked: bool,
    #[diesel(embed)]
    order: Positioned,
}

impl Batch for Update {
    const NAME: &'static str = "update";
    const WRITES: bool = true;

    type Request = UpdateRequest;
    type Response = Outcome;

    async fn execute(
        connection: &mut AsyncPgConnection,
        requests: &[&UpdateRequest],
    ) -> Result<Vec<Outcome>, StoreError> {
        let ids: Vec<i64> = requests.iter().map(|request| request.id).collect();
        let versions: Vec<i64> = requests.iter().map(|request| request.version).collect();
        let statuses: Vec<&str> = requests
            .iter()
            .map(|request| request.status.as_str())
            .collect();
        let amounts: Vec<Decimal> = requests
            .iter()
            .map(|request| request.total_amount)
            .collect();
        let data: Vec<&Value> = requests.iter().map(|request| &request.data).collect();
        let actors: Vec<&str> = requests.iter().map(|request| request.by.as_str()).collect();
        let ends: Vec<bool> = requests
            .iter()
            .map(|request| request.end_workflow)
            .collect();
        let traceparents: Vec<Option<&str>> = requests
            .iter()
            .map(|request| request.traceparent.as_deref())
            .collect();
        // Of two changes of the same version, PostgreSQL makes one; the other is stale.
        let rows: Vec<Row> = prepared(
            "WITH requested AS MATERIALIZED (
                SELECT id, version, status, total_amount, data, actor, ends, traceparent, position
                  FROM unnest(",
            (
                ids.into_sql::<Array<BigInt>>(),
                versions.into_sql::<Array<BigInt>>(),
                statuses.into_sql::<Array<Text>>(),
                amounts.into_sql::<Array<Numeric>>(),
                data.into_sql::<Array<Jsonb>>(),
                actors.into_sql::<Array<Text>>(),
                ends.into_sql::<Array<Bool>>(),
                traceparents.into_sql::<Array<Nullable<Text>>>(),
            ),
            ") WITH ORDINALITY
                    AS requested (id, version, status, total_amount, data, actor, ends, traceparent,
                              position)),
             locked AS MATERIALIZED (
                SELECT id FROM orders WHERE id IN (SELECT id FROM requested)
                 ORDER BY id FOR NO KEY UPDATE SKIP LOCKED),
             changed AS (
                UPDATE orders
                   SET status = requested.status, total_amount = requested.total_amount,
                       version = orders.version + 1,
                       updated_at = greatest(now(), orders.updated_at)
                  FROM locked JOIN requested USING (id)
                 WHERE orders.id = locked.id AND orders.version = requested.version
                RETURNING requested.position, requested.data, requested.actor, requested.ends, requested.traceparent,
                          orders.id, orders.customer_id, orders.status, orders.total_amount,
                          orders.version, orders.created_at, orders.updated_at),
             recorded AS (
                INSERT INTO order_events (order_id, customer_id, sequence, type, data, actor, occurred_at)
                SELECT id, customer_id, version, 'updated', data, actor, updated_at FROM changed),
             intended AS (
                INSERT INTO workflow_intents (order_id, action, traceparent)
                SELECT id, 'end', traceparent FROM changed WHERE ends)
             SELECT position, false AS locked, id, customer_id, status, total_amount, version,
                    created_at, updated_at
               FROM changed
             UNION ALL
             SELECT requested.position, true, orders.id, orders.customer_id, orders.status,
                    orders.total_amount, orders.version, orders.created_at, orders.updated_at
               FROM requested JOIN orders USING (id)
              WHERE NOT EXISTS (SELECT FROM locked WHERE locked.id = requested.id)",
        )
        .load(connection)
        .await?;
        let (locked, changed): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| row.locked);
        let changed = by_position(changed.into_iter().map(|row| row.order), requests.len())?;
        let locked = by_position(locked.into_iter().map(|row| row.order), requests.len())?;
        let outcomes = changed
            .into_iter()
            .zip(locked)
            .map(|outcome| match outcome {
                (Some(order), _) => Outcome::Changed(order),
                (None, Some(_)) => Outcome::Locked,
                (None, None) => Outcome::Stale,
            });
        Ok(outcomes.collect())
    }
}
