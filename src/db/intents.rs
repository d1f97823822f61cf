//! The outbox: intents that Temporal has not confirmed yet.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Double, Integer, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use tokio::sync::Mutex;

use super::batch::{Batch, Batcher};
use super::pool::Database;
use super::schema::workflow_intents;
use crate::domain::{CustomerId, OrderId, OrderKey};
use crate::error::StoreError;

/// What an intent does with the order's workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Start it once.
    Start,
    /// Start a new one, because it is missing in Temporal or failed.
    Restart,
    /// Start that of an order with items once.
    Fulfil,
    /// Start a new one for an order with items.
    Refulfil,
    /// Wake it up, because the order has changed.
    Wake,
    /// Cancel it, because the order has ended or is deleted.
    End,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 6] = [
        Self::Start,
        Self::Restart,
        Self::Fulfil,
        Self::Refulfil,
        Self::Wake,
        Self::End,
    ];

    /// Whether an order waits for Temporal after it.
    pub const fn is_start(self) -> bool {
        !matches!(self, Self::Wake | Self::End)
    }

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Restart => "restart",
            Self::Fulfil => "fulfil",
            Self::Refulfil => "refulfil",
            Self::Wake => "wake",
            Self::End => "end",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == name)
    }
}

/// A requested change of an order's workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The id in the outbox.
    pub id: i64,
    /// The order of the workflow.
    pub order: OrderKey,
    /// The requested change.
    pub action: Action,
    /// The number of attempts, including this one.
    pub attempts: i32,
    /// The time since it was written.
    pub age: Duration,
    /// The `traceparent` of the request that wrote it, if any.
    pub traceparent: Option<String>,
    /// The customer, if the order still exists.
    pub customer: Option<CustomerId>,
}

#[derive(QueryableByName)]
struct IntentRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    order_id: OrderId,
    #[diesel(sql_type = Text)]
    action: String,
    #[diesel(sql_type = Integer)]
    attempts: i32,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    order_created_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Double)]
    age: f64,
    #[diesel(sql_type = Nullable<Text>)]
    traceparent: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    customer_id: Option<CustomerId>,
}

/// The size of the outbox, for operators.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName, Serialize)]
pub struct Backlog {
    /// Intents that Temporal has not confirmed.
    #[diesel(sql_type = BigInt)]
    pub waiting: i64,
    /// The waiting intents that failed at least once.
    #[diesel(sql_type = BigInt)]
    pub failing: i64,
    /// The age of the oldest one in seconds; 0 if none is waiting.
    #[diesel(sql_type = BigInt)]
    pub oldest_age_seconds: i64,
}

/// An intent in the outbox, for operators.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = workflow_intents, check_for_backend(diesel::pg::Pg))]
pub struct WaitingIntent {
    /// The order of the workflow.
    pub order_id: OrderId,
    /// The requested change.
    pub action: String,
    /// The number of attempts.
    pub attempts: i32,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it is sent next, or until when a process has claimed it.
    pub available_at: DateTime<Utc>,
}

/// Claims intents and deletes confirmed ones.
#[derive(Clone)]
pub struct IntentRepository {
    database: Database,
    done: Batcher<Done>,
    low_water: Arc<Mutex<LowWater>>,
}

/// No visible intent is available before `mark`. While a transaction has an old snapshot, deleted
/// rows stay in the index, and each scan from its beginning would read all of them.
#[derive(Default)]
struct LowWater {
    mark: Option<DateTime<Utc>>,
    moved: Option<Instant>,
    /// When the whole index was last scanned.
    scanned: Option<Instant>,
}

/// How often the mark is advanced.
const MARK_INTERVAL: Duration = Duration::from_secs(1);
/// How long a transaction may take to commit an intent that is still found immediately. The next
/// full scan finds later ones.
const MARK_LAG: Duration = Duration::from_secs(10);
/// How often the whole index is scanned.
const SCAN_INTERVAL: Duration = Duration::from_secs(30);

impl IntentRepository {
    /// Intents in this database.
    pub fn new(database: Database) -> Self {
        Self {
            done: Batcher::new(&database),
            low_water: Arc::default(),
            database,
        }
    }

    /// Where a scan of the outbox may start.
    async fn low_water(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let mut low_water = self.low_water.lock().await;
        let older = |time: Option<Instant>, than| time.is_none_or(|time| time.elapsed() > than);
        if !older(low_water.moved, MARK_INTERVAL) {
            return Ok(low_water.mark);
        }
        let scan_all = older(low_water.scanned, SCAN_INTERVAL);
        let query = diesel::select(
            sql::<Timestamptz>("(SELECT least(min(available_at), now() - make_interval(secs => ")
                .bind::<Double, _>(MARK_LAG.as_secs_f64())
                .sql(")) FROM workflow_intents WHERE available_at >= coalesce(")
                .bind::<Nullable<Timestamptz>, _>(low_water.mark.filter(|_| !scan_all))
                .sql(", '-infinity'))"),
        );
        let mark = self
            .database
            .read(async |connection| query.get_result(connection).await)
            .await?;
        let now = Some(Instant::now());
        *low_water = LowWater {
            mark: Some(mark),
            moved: now,
            scanned: if scan_all { now } else { low_water.scanned },
        };
        Ok(low_water.mark)
    }

    /// Claims up to `limit` due intents of these actions for the duration of `lease`, during which
    /// no other process can claim them. Only the oldest intent of an order is claimed. Actions that
    /// a newer version of this program wrote are skipped.
    pub async fn claim(
        &self,
        actions: &[Action],
        limit: usize,
        lease: Duration,
    ) -> Result<Vec<Intent>, StoreError> {
        let low_water = self.low_water().await?;
        // Literals instead of parameters, so that the planner can choose the partial index of ends.
        let actions: Vec<String> = actions
            .iter()
            .map(|one| format!("'{}'", one.as_str()))
            .collect();
        // While a transaction has an old snapshot, the planner estimates the table as empty and
        // would choose a scan of a whole index; the query is written so that it cannot.
        let query = diesel::sql_query(format!(
            "UPDATE workflow_intents
                SET available_at = now() + make_interval(secs => $2), attempts = attempts + 1
              WHERE ctid = ANY (ARRAY(
                    SELECT ctid FROM workflow_intents AS due
                     WHERE available_at >= coalesce($3, '-infinity') AND available_at <= now()
                       AND action IN ({})
                       AND NOT EXISTS (SELECT FROM workflow_intents AS earlier
                                        WHERE earlier.order_id = due.order_id
                                          AND earlier.id + 0 < due.id OFFSET 0)
                     ORDER BY available_at
                     LIMIT $1
                       FOR UPDATE SKIP LOCKED))
              RETURNING id, order_id, action, attempts, traceparent,
                        coalesce(
                            (SELECT created_at FROM orders
                              WHERE orders.id = workflow_intents.order_id),
                            (SELECT occurred_at FROM order_events
                              WHERE order_events.order_id = workflow_intents.order_id
                              ORDER BY sequence LIMIT 1)) AS order_created_at,
                        (SELECT customer_id FROM orders
                          WHERE orders.id = workflow_intents.order_id) AS customer_id,
                        extract(epoch FROM clock_timestamp() - created_at)::float8 AS age",
            actions.join(", ")
        ))
        .bind::<BigInt, _>(i64::try_from(limit).unwrap_or(i64::MAX))
        .bind::<Double, _>(lease.as_secs_f64())
        .bind::<Nullable<Timestamptz>, _>(low_water);
        let rows: Vec<IntentRow> = self
            .database
            .write(async |connection| query.load(connection).await)
            .await?;
        rows.into_iter()
            .map(|row| {
                let action = Action::from_name(&row.action)
                    .ok_or_else(|| StoreError::Corrupt(format!("unknown action {}", row.action)))?;
                Ok(Intent {
                    id: row.id,
                    order: OrderKey {
                        id: row.order_id,
                        created_at: row.order_created_at,
                    },
                    action,
                    attempts: row.attempts,
                    age: Duration::try_from_secs_f64(row.age).unwrap_or_default(),
                    traceparent: row.traceparent,
                    customer: row.customer_id,
                })
            })
            .collect()
    }

    /// Deletes an intent that Temporal has confirmed. If that fails, it is sent again, which is
    /// harmless.
    pub async fn done(&self, id: i64) -> Result<(), StoreError> {
        self.done.submit(id, self.database.deadline()).await
    }

    /// Releases a failed intent, to be retried after `delay`. If that fails, it can be claimed
    /// again when its lease ends.
    pub async fn retry(&self, id: i64, delay: Duration, error: &str) -> Result<(), StoreError> {
        let query = diesel::sql_query(
            "UPDATE workflow_intents
                SET available_at = now() + make_interval(secs => $2), last_error = $3
              WHERE id = $1",
        )
        .bind::<BigInt, _>(id)
        .bind::<Double, _>(delay.as_secs_f64())
        .bind::<Text, _>(error);
        self.database
            .write(async |connection| query.execute(connection).await.map(drop))
            .await
    }

    /// Releases unsent intents as if they had not been claimed. If that fails, they can be claimed
    /// again when their lease ends.
    pub async fn release(&self, ids: &[i64]) -> Result<(), StoreError> {
        let query = diesel::sql_query(
            "UPDATE workflow_intents
                SET available_at = now(), attempts = greatest(attempts - 1, 0)
              WHERE id = ANY($1)",
        )
        .bind::<Array<BigInt>, _>(ids);
        self.database
            .write(async |connection| query.execute(connection).await.map(drop))
            .await
    }

    /// The size of the outbox.
    pub async fn backlog(&self) -> Result<Backlog, StoreError> {
        let query = diesel::sql_query(
            "SELECT count(*) AS waiting, count(last_error) AS failing,
                    coalesce(extract(epoch FROM now() - min(created_at)), 0)::bigint
                        AS oldest_age_seconds
               FROM workflow_intents WHERE available_at >= coalesce($1, '-infinity')",
        )
        .bind::<Nullable<Timestamptz>, _>(self.low_water().await?);
        self.database
            .read(async |connection| query.get_result(connection).await)
            .await
    }

    /// Up to `limit` failed intents, most attempts first.
    pub async fn failing(&self, limit: i64) -> Result<Vec<WaitingIntent>, StoreError> {
        let low_water = self.low_water().await?;
        let since = low_water.unwrap_or(DateTime::UNIX_EPOCH);
        let query = workflow_intents::table
            .filter(workflow_intents::available_at.ge(since))
            .filter(workflow_intents::last_error.is_not_null())
            .order((workflow_intents::attempts.desc(), workflow_intents::id))
            .limit(limit)
            .select(WaitingIntent::as_select());
        self.database
            .read(async |connection| query.load(connection).await)
            .await
    }

    /// Up to `limit` intents of an order, in the sequence in which they are sent.
    pub async fn of_order(
        &self,
        order_id: OrderId,
        limit: i64,
    ) -> Result<Vec<WaitingIntent>, StoreError> {
        let query = workflow_intents::table
            .filter(workflow_intents::order_id.eq(order_id))
            .order(workflow_intents::id)
            .limit(limit)
            .select(WaitingIntent::as_select());
        self.database
            .read(async |connection| query.load(connection).await)
            .await
    }

    /// Makes the failed intents of an order due now. Returns how many.
    pub async fn retry_failed(&self, order_id: OrderId) -> Result<usize, StoreError> {
        let failed = workflow_intents::table
            .filter(workflow_intents::order_id.eq(order_id))
            .filter(workflow_intents::last_error.is_not_null());
        let query = diesel::update(failed).set(workflow_intents::available_at.eq(diesel::dsl::now));
        self.database
            .write(async |connection| query.execute(connection).await)
            .await
    }
}

/// Deletes intents.
struct Done;

impl Batch for Done {
    const NAME: &'static str = "done";
    const WRITES: bool = true;

    type Request = i64;
    type Response = ();

    async fn execute(
        connection: &mut AsyncPgConnection,
        ids: &[&i64],
    ) -> Result<Vec<()>, StoreError> {
        let done = workflow_intents::id.eq_any(ids.iter().copied());
        diesel::delete(workflow_intents::table.filter(done))
            .execute(connection)
            .await?;
        Ok(vec![(); ids.len()])
    }
}
