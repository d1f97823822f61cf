//! Changes of orders that still have the version that was read, each with its event and, if the
//! order's workflow must know, the intent to tell it.

use diesel::sql_types::{Array, BigInt, Binary, Bool, Double, Jsonb, Nullable, Numeric, Text};
use diesel::{IntoSql, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use rust_decimal::Decimal;
use serde_json::Value;

use super::attempts::Attempts;
use super::{
    IdempotencyKey, OrderRepository, Positioned, Precondition, Rejection, by_position, to_json,
    traceparent,
};
use crate::db::batch::Batch;
use crate::db::events;
use crate::db::intents::Action;
use crate::db::prepared::prepared;
use crate::domain::{Access, Actor, Order, OrderChange, OrderEventType, OrderId, OrderStatus};
use crate::error::StoreError;

/// A change that was made to an order in memory.
pub struct Effect {
    /// The event to record.
    pub event: OrderEventType,
    /// What the order's workflow must be told.
    pub intent: Option<Action>,
}

impl Effect {
    /// An event that the order's workflow must notice.
    pub(super) fn wake(event: OrderEventType) -> Self {
        Self {
            event,
            intent: Some(Action::Wake),
        }
    }
}

impl From<OrderEventType> for Effect {
    fn from(event: OrderEventType) -> Self {
        Self {
            event,
            intent: None,
        }
    }
}

/// Who makes a change, and why.
#[derive(Clone, Copy)]
pub struct Author<'a> {
    /// Who makes it.
    pub actor: Actor,
    /// Why, if a client did not request it.
    pub reason: Option<&'a str>,
    /// The client's key for the request.
    pub key: Option<&'a IdempotencyKey>,
}

impl From<Actor> for Author<'_> {
    fn from(actor: Actor) -> Self {
        Self {
            actor,
            reason: None,
            key: None,
        }
    }
}

/// Changes status or amount of an order in memory. When an actor other than the workflow ends it, the
/// workflow must end as well.
pub(super) fn changed(
    order: &mut Order,
    change: &OrderChange,
    by: Actor,
) -> Result<Option<Effect>, Rejection> {
    let Some((status, total_amount)) = order.after(change)? else {
        return Ok(None);
    };
    order.status = status;
    order.total_amount = total_amount;
    let ends = status.is_final() && by != Actor::Workflow;
    Ok(Some(Effect {
        event: OrderEventType::Updated,
        intent: ends.then_some(Action::End),
    }))
}

impl OrderRepository {
    /// Changes status or amount of an order. When an actor other than the workflow ends it, also
    /// writes the intent to end the workflow.
    pub async fn change(
        &self,
        id: OrderId,
        access: Access,
        precondition: &Precondition,
        change: &OrderChange,
        by: Actor,
        reason: Option<&str>,
    ) -> Result<Order, Rejection> {
        let author = Author {
            reason,
            ..by.into()
        };
        self.apply(id, access, precondition, author, |order| {
            changed(order, change, by)
        })
        .await
    }

    /// Applies a change to an order and stores the result with its event. `change` gets the current
    /// order, again when another change comes first; `None` means that nothing changes.
    pub async fn apply(
        &self,
        id: OrderId,
        access: Access,
        precondition: &Precondition,
        author: Author<'_>,
        change: impl Fn(&mut Order) -> Result<Option<Effect>, Rejection>,
    ) -> Result<Order, Rejection> {
        let mut attempts = Attempts::new(id, self.database.deadline());
        loop {
            let deadline = attempts.deadline;
            let order = self
                .find_expected(id, access, precondition, deadline)
                .await?;
            let mut changed = order.clone();
            let Some(Effect { event, intent }) = change(&mut changed)? else {
                return Ok(order);
            };
            let mut data = changed.difference(&order);
            data.reason = author.reason.map(str::to_owned);
            let request = UpdateRequest {
                id,
                version: order.version,
                status: changed.status,
                total_amount: changed.total_amount,
                fulfilment: changed.fulfilment.as_deref().map(to_json).transpose()?,
                event,
                data: events::to_json(data)?,
                by: author.actor,
                intent,
                traceparent: intent.and_then(|_| traceparent()),
                key: author.key.cloned(),
            };
            match self.update.submit(request, deadline).await? {
                Outcome::Changed(order) => {
                    if intent.is_some() {
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
    id: OrderId,
    /// The version that was read.
    version: i64,
    status: OrderStatus,
    total_amount: Decimal,
    fulfilment: Option<Value>,
    event: OrderEventType,
    /// The data of the event.
    data: Value,
    by: Actor,
    /// The intent to write.
    intent: Option<Action>,
    /// The trace context of the request, for that intent.
    traceparent: Option<String>,
    key: Option<IdempotencyKey>,
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

/// The statement up to its parameters.
macro_rules! requested {
    ($columns:literal) => {
        concat!(
            "WITH requested AS MATERIALIZED (
                SELECT id, version, status, total_amount, fulfilment, event, data, actor, intent,
                       traceparent, ",
            $columns,
            "position FROM unnest("
        )
    };
}

/// The statement from the end of its parameters on. Of two changes of the same version,
/// PostgreSQL makes one; the other is stale.
macro_rules! update {
    ($columns:literal, $claim_keys:literal) => {
        concat!(
            ") WITH ORDINALITY
                    AS requested (id, version, status, total_amount, fulfilment, event, data, actor, intent,
                              traceparent, ",
            $columns,
            "position)),
             locked AS MATERIALIZED (
                SELECT id FROM orders WHERE id IN (SELECT id FROM requested)
                 ORDER BY id FOR NO KEY UPDATE SKIP LOCKED),
             changed AS (
                UPDATE orders
                   SET status = requested.status, total_amount = requested.total_amount,
                       fulfilment = requested.fulfilment, version = orders.version + 1,
                       updated_at = greatest(now(), orders.updated_at)
                  FROM locked JOIN requested USING (id)
                 WHERE orders.id = locked.id AND orders.version = requested.version
                RETURNING requested.position, orders.id, orders.customer_id, orders.status,
                          orders.total_amount, orders.fulfilment, orders.version, orders.created_at,
                          orders.updated_at),
             recorded AS (
                INSERT INTO order_events (order_id, customer_id, sequence, type, data, actor, occurred_at)
                SELECT changed.id, customer_id, changed.version, event, data, actor, updated_at
                  FROM changed JOIN requested USING (position)),
             intended AS (
                INSERT INTO workflow_intents (order_id, action, traceparent)
                SELECT changed.id, intent, traceparent
                  FROM changed JOIN requested USING (position) WHERE intent IS NOT NULL)",
            $claim_keys,
            " SELECT position, false AS locked, id, customer_id, status, total_amount, fulfilment,
                    version, created_at, updated_at
               FROM changed
             UNION ALL
             SELECT requested.position, true, orders.id, orders.customer_id, orders.status,
                    orders.total_amount, orders.fulfilment, orders.version, orders.created_at,
                    orders.updated_at
               FROM requested JOIN orders USING (id)
              WHERE NOT EXISTS (SELECT FROM locked WHERE locked.id = requested.id)"
        )
    };
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
        fn column<'a, T>(
            requests: &[&'a UpdateRequest],
            value: impl Fn(&'a UpdateRequest) -> T,
        ) -> Vec<T> {
            requests.iter().map(|request| value(request)).collect()
        }
        let change = (
            column(requests, |one| one.id).into_sql::<Array<BigInt>>(),
            column(requests, |one| one.version).into_sql::<Array<BigInt>>(),
            column(requests, |one| one.status.as_str()).into_sql::<Array<Text>>(),
            column(requests, |one| one.total_amount).into_sql::<Array<Numeric>>(),
            column(requests, |one| one.fulfilment.as_ref()).into_sql::<Array<Nullable<Jsonb>>>(),
            column(requests, |one| one.event.as_str()).into_sql::<Array<Text>>(),
            column(requests, |one| &one.data).into_sql::<Array<Jsonb>>(),
            column(requests, |one| one.by.as_str()).into_sql::<Array<Text>>(),
            column(requests, |one| one.intent.map(Action::as_str))
                .into_sql::<Array<Nullable<Text>>>(),
            column(requests, |one| one.traceparent.as_deref()).into_sql::<Array<Nullable<Text>>>(),
        );
        let rows: Vec<Row> = if requests.iter().all(|one| one.key.is_none()) {
            prepared(requested!(""), change, update!("", ""))
                .load(connection)
                .await?
        } else {
            let keys = (
                column(requests, |one| Some(one.key.as_ref()?.key.as_str()))
                    .into_sql::<Array<Nullable<Text>>>(),
                column(requests, |one| Some(&one.key.as_ref()?.fingerprint[..]))
                    .into_sql::<Array<Nullable<Binary>>>(),
                column(requests, |one| {
                    Some(one.key.as_ref()?.lifetime.as_secs_f64())
                })
                .into_sql::<Array<Nullable<Double>>>(),
            );
            // A key that is in use for another change made in the same moment is kept: the version
            // decides which of the two is made.
            let claiming = update!(
                "key, fingerprint, lifetime, ",
                ", claimed AS (
                    INSERT INTO idempotency_keys AS known (key, fingerprint, order_id, expires_at)
                    SELECT key, fingerprint, changed.id, now() + make_interval(secs => lifetime)
                      FROM changed JOIN requested USING (position) WHERE key IS NOT NULL
                     ORDER BY key
                    ON CONFLICT (key) DO UPDATE
                       SET fingerprint = excluded.fingerprint, order_id = excluded.order_id,
                           expires_at = excluded.expires_at
                     WHERE known.expires_at <= now())"
            );
            prepared(
                requested!("key, fingerprint, lifetime, "),
                (change, keys),
                claiming,
            )
            .load(connection)
            .await?
        };
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
