//! The reconciler's rounds: the lease, the orders to compare, and the findings.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Double, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use serde::Serialize;

use super::pool::Database;
use super::schema::reconciliation;
use crate::domain::{OrderId, OrderKey, OrderStatus};
use crate::error::StoreError;

/// An open order without an intent in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct OpenOrder {
    /// The id.
    #[diesel(sql_type = BigInt)]
    pub id: OrderId,
    /// When it was accepted.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    /// The version.
    #[diesel(sql_type = BigInt)]
    pub version: i64,
    /// How often its workflow was restarted.
    #[diesel(sql_type = BigInt)]
    pub restarts: i64,
    /// Whether it has items, for which stock, money or a parcel may be held.
    #[diesel(sql_type = Bool)]
    pub has_items: bool,
    /// Whether its last change is a client's request that its workflow has not noticed.
    #[diesel(sql_type = Bool)]
    pub is_unnoticed: bool,
}

/// The order of a running workflow, without an intent in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FollowedOrder {
    /// The identity of the order; without a time if it never existed.
    pub key: OrderKey,
    /// The progress of the order.
    pub progress: Progress,
    /// The time since its last event; `None` if it never existed.
    pub unchanged_for: Option<Duration>,
    /// Whether it has items, for which stock, money or a parcel may be held.
    pub has_items: bool,
}

/// The progress of an order, as far as its workflow matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The order has not ended.
    Open,
    /// The order has ended or is deleted.
    Ended,
    /// The status is unknown to this version.
    Unknown,
}

/// The findings of the last round, for operators.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = reconciliation, check_for_backend(diesel::pg::Pg))]
pub struct Report {
    /// When the last round finished.
    pub finished_at: Option<DateTime<Utc>>,
    /// Orders and workflows that were compared.
    pub compared: i64,
    /// Those that differed.
    pub drift: i64,
    /// Those that were repaired, in all rounds.
    pub repaired: i64,
}

/// The findings of one round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Findings {
    /// Orders and workflows that were compared.
    pub compared: i64,
    /// Those that differed.
    pub drift: i64,
    /// Those that were repaired.
    pub repaired: i64,
}

/// The statuses of open orders, for SQL. Literals instead of parameters, so that the planner can
/// choose the partial index of open orders.
pub(super) fn open_statuses() -> String {
    let open = OrderStatus::ALL.iter().filter(|status| !status.is_final());
    let open: Vec<String> = open.map(|status| format!("'{status}'")).collect();
    open.join(", ")
}

/// Rounds, the orders to compare, and the findings.
#[derive(Clone)]
pub struct ReconciliationRepository {
    database: Database,
}

impl ReconciliationRepository {
    /// Rounds in this database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Begins a round if none is in progress and the last one finished at least `interval` ago. No
    /// other process can begin one for the duration of `lease`.
    pub async fn begin(
        &self,
        holder: &str,
        interval: Duration,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        let query = diesel::sql_query(
            "UPDATE reconciliation
                SET holder = $1, leased_until = now() + make_interval(secs => $3)
              WHERE leased_until <= now()
                AND (finished_at IS NULL OR finished_at + make_interval(secs => $2) <= now())",
        )
        .bind::<Text, _>(holder)
        .bind::<Double, _>(interval.as_secs_f64())
        .bind::<Double, _>(lease.as_secs_f64());
        self.database
            .write(async |connection| query.execute(connection).await.map(|rows| rows == 1))
            .await
    }

    /// Renews the lease of a round. `false` if another process has taken over the round.
    pub async fn renew(&self, holder: &str, lease: Duration) -> Result<bool, StoreError> {
        let query = diesel::sql_query(
            "UPDATE reconciliation SET leased_until = now() + make_interval(secs => $2)
              WHERE holder = $1",
        )
        .bind::<Text, _>(holder)
        .bind::<Double, _>(lease.as_secs_f64());
        self.database
            .write(async |connection| query.execute(connection).await.map(|rows| rows == 1))
            .await
    }

    /// Ends a round with its findings. `false` if another process has taken over the round.
    pub async fn finish(&self, holder: &str, found: Findings) -> Result<bool, StoreError> {
        let query = diesel::sql_query(
            "UPDATE reconciliation
                SET holder = NULL, leased_until = now(), finished_at = now(),
                    compared = $2, drift = $3, repaired = repaired + $4
              WHERE holder = $1",
        )
        .bind::<Text, _>(holder)
        .bind::<BigInt, _>(found.compared)
        .bind::<BigInt, _>(found.drift)
        .bind::<BigInt, _>(found.repaired);
        self.database
            .write(async |connection| query.execute(connection).await.map(|rows| rows == 1))
            .await
    }

    /// Releases an unfinished round, and counts what it has repaired. If that fails, it is released
    /// when its lease ends.
    pub async fn abandon(&self, holder: &str, repaired: i64) -> Result<(), StoreError> {
        // Only the holder's, so that nothing is counted twice after a `finish` without a response.
        let query = diesel::sql_query(
            "UPDATE reconciliation
                SET holder = NULL, leased_until = now(), repaired = repaired + $2
              WHERE holder = $1",
        )
        .bind::<Text, _>(holder)
        .bind::<BigInt, _>(repaired);
        self.database
            .write(async |connection| query.execute(connection).await.map(drop))
            .await
    }

    /// The findings of the last round.
    pub async fn report(&self) -> Result<Report, StoreError> {
        let query = reconciliation::table.select(Report::as_select());
        self.database
            .read(async |connection| query.first(connection).await)
            .await
    }

    /// At most `limit` open orders with ids above `after` that have been unchanged for `grace` and
    /// have no intent in the outbox: each must have a running workflow.
    pub async fn open_orders(
        &self,
        after: OrderId,
        grace: Duration,
        limit: i64,
    ) -> Result<Vec<OpenOrder>, StoreError> {
        let query = diesel::sql_query(format!(
            "SELECT id, created_at, version,
                    (SELECT count(*) FROM order_events
                      WHERE order_id = orders.id AND type = 'restarted') AS restarts,
                    fulfilment IS NOT NULL AS has_items,
                    fulfilment IS NOT NULL AND
                        (SELECT type IN ('decision_made', 'cancellation_requested', 'retry_requested')
                                AND actor <> 'workflow'
                           FROM order_events WHERE order_id = orders.id
                          ORDER BY sequence DESC LIMIT 1) AS is_unnoticed
               FROM orders
              WHERE id > $1 AND status IN ({})
                AND updated_at <= now() - make_interval(secs => $2)
                AND NOT EXISTS (SELECT FROM workflow_intents WHERE order_id = orders.id)
              ORDER BY id LIMIT $3",
            open_statuses()
        ))
        .bind::<BigInt, _>(after)
        .bind::<Double, _>(grace.as_secs_f64())
        .bind::<BigInt, _>(limit);
        self.database
            .read(async |connection| query.load(connection).await)
            .await
    }

    /// The orders with these ids that have no intent in the outbox.
    pub async fn followed_orders(&self, ids: &[OrderId]) -> Result<Vec<FollowedOrder>, StoreError> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = BigInt)]
            id: OrderId,
            #[diesel(sql_type = Nullable<Text>)]
            status: Option<String>,
            #[diesel(sql_type = Nullable<Timestamptz>)]
            created_at: Option<DateTime<Utc>>,
            #[diesel(sql_type = Nullable<Double>)]
            unchanged_for: Option<f64>,
            #[diesel(sql_type = Bool)]
            has_items: bool,
        }
        let query = diesel::sql_query(
            "SELECT requested.id, orders.status,
                    coalesce(orders.created_at, first.occurred_at) AS created_at,
                    extract(epoch FROM now() - last.occurred_at)::float8 AS unchanged_for,
                    coalesce(orders.fulfilment IS NOT NULL OR first.data ? 'items', false) AS has_items
               FROM unnest($1) AS requested (id)
               LEFT JOIN orders ON orders.id = requested.id
               LEFT JOIN LATERAL (SELECT occurred_at, data FROM order_events
                                   WHERE order_id = requested.id
                                   ORDER BY sequence LIMIT 1) AS first ON true
               LEFT JOIN LATERAL (SELECT occurred_at FROM order_events
                                   WHERE order_id = requested.id
                                   ORDER BY sequence DESC LIMIT 1) AS last ON true
              WHERE NOT EXISTS (SELECT FROM workflow_intents WHERE order_id = requested.id)",
        )
        .bind::<Array<BigInt>, _>(ids);
        let rows: Vec<Row> = self
            .database
            .read(async |connection| query.load(connection).await)
            .await?;
        let progress = |status: Option<String>| match status {
            None => Progress::Ended,
            Some(status) => match status.parse::<OrderStatus>().ok() {
                Some(status) if status.is_final() => Progress::Ended,
                Some(_) => Progress::Open,
                None => Progress::Unknown,
            },
        };
        let followed = |row: Row| FollowedOrder {
            key: OrderKey {
                id: row.id,
                created_at: row.created_at,
            },
            progress: progress(row.status),
            has_items: row.has_items,
            unchanged_for: row
                .unchanged_for
                .map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default()),
        };
        Ok(rows.into_iter().map(followed).collect())
    }
}
