//! Changes of orders that are still at the version that was read, each with its event and, where the
//! order's workflow has to end, the intent to say so.

use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Nullable, Numeric, Text};
use diesel::{IntoSql, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use rust_decimal::Decimal;
use serde_json::Value;

use super::{Placed, in_places};
use crate::db::batch::Batch;
use crate::db::prepared::prepared;
use crate::domain::{Actor, Order, OrderStatus};
use crate::error::StoreError;

/// Makes a change.
pub(super) struct Update;

/// What [`Update`] writes.
pub(super) struct Asked {
    pub(super) id: i64,
    /// The version that was read.
    pub(super) version: i64,
    pub(super) status: OrderStatus,
    pub(super) total_amount: Decimal,
    /// The event's.
    pub(super) data: Value,
    pub(super) by: Actor,
    /// Whether the workflow has to be told that the order has ended.
    pub(super) end_workflow: bool,
    /// Of the request, for that intent.
    pub(super) traceparent: Option<String>,
}

/// What came of it.
pub(super) enum Outcome {
    /// The order after the change.
    Changed(Order),
    /// The order is at another version by now, or gone.
    Stale,
    /// Another transaction holds the row. Nobody waits for it here: the others would wait as well.
    Locked,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Bool)]
    locked: bool,
    #[diesel(embed)]
    placed: Placed,
}

impl Batch for Update {
    const NAME: &'static str = "update";
    const WRITES: bool = true;

    type Question = Asked;
    type Answer = Outcome;

    async fn ask(
        connection: &mut AsyncPgConnection,
        asked: &[&Asked],
    ) -> Result<Vec<Outcome>, StoreError> {
        let ids: Vec<i64> = asked.iter().map(|asked| asked.id).collect();
        let versions: Vec<i64> = asked.iter().map(|asked| asked.version).collect();
        let statuses: Vec<&str> = asked.iter().map(|asked| asked.status.as_str()).collect();
        let amounts: Vec<Decimal> = asked.iter().map(|asked| asked.total_amount).collect();
        let data: Vec<&Value> = asked.iter().map(|asked| &asked.data).collect();
        let actors: Vec<&str> = asked.iter().map(|asked| asked.by.as_str()).collect();
        let ends: Vec<bool> = asked.iter().map(|asked| asked.end_workflow).collect();
        let traceparents: Vec<Option<&str>> = asked
            .iter()
            .map(|asked| asked.traceparent.as_deref())
            .collect();
        // Of two changes of one version, PostgreSQL makes either; the other one is stale.
        let rows: Vec<Row> = prepared(
            "WITH asked AS MATERIALIZED (
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
                    AS asked (id, version, status, total_amount, data, actor, ends, traceparent,
                              position)),
             locked AS MATERIALIZED (
                SELECT id FROM orders WHERE id IN (SELECT id FROM asked)
                 ORDER BY id FOR NO KEY UPDATE SKIP LOCKED),
             changed AS (
                UPDATE orders
                   SET status = asked.status, total_amount = asked.total_amount,
                       version = orders.version + 1,
                       updated_at = greatest(now(), orders.updated_at)
                  FROM locked JOIN asked USING (id)
                 WHERE orders.id = locked.id AND orders.version = asked.version
                RETURNING asked.position, asked.data, asked.actor, asked.ends, asked.traceparent,
                          orders.id, orders.customer_id, orders.status, orders.total_amount,
                          orders.version, orders.created_at, orders.updated_at),
             recorded AS (
                INSERT INTO order_events (order_id, sequence, type, data, actor, occurred_at)
                SELECT id, version, 'updated', data, actor, updated_at FROM changed),
             intended AS (
                INSERT INTO workflow_intents (order_id, action, traceparent)
                SELECT id, 'end', traceparent FROM changed WHERE ends)
             SELECT position, false AS locked, id, customer_id, status, total_amount, version,
                    created_at, updated_at
               FROM changed
             UNION ALL
             SELECT asked.position, true, orders.id, orders.customer_id, orders.status,
                    orders.total_amount, orders.version, orders.created_at, orders.updated_at
               FROM asked JOIN orders USING (id)
              WHERE NOT EXISTS (SELECT FROM locked WHERE locked.id = asked.id)",
        )
        .load(connection)
        .await?;
        let (locked, changed): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| row.locked);
        let changed = in_places(changed.into_iter().map(|row| row.placed), asked.len())?;
        let locked = in_places(locked.into_iter().map(|row| row.placed), asked.len())?;
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
