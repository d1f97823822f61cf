//! Databases with the service's schema, and data in them.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use dev_servers::wait_for;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Timestamptz};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use order_processing::config::{SecretUrl, Settings};
use order_processing::db::{SECRET_BYTES, cursor_secret};
use tokio::sync::Mutex;

use crate::progress::progress;

const IDLE_LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(10);
/// Rows per statement when loading.
const CHUNK: i64 = 500_000;
/// The number of customers, as in the load.
const CUSTOMERS: i64 = 1000;
/// One order in this many is of the rare status.
const RARE: i64 = 10_000;

/// A database and a connection to it.
pub struct Database {
    /// With user and password.
    pub url: String,
    connection: Mutex<AsyncPgConnection>,
}

/// The orders to load.
#[derive(Debug, Clone, Copy)]
pub enum Orders {
    /// All are pending, so that each may be changed.
    Pending,
    /// Most are completed, few have another status.
    Mixed,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

impl Database {
    /// Connects.
    pub async fn connect(url: String) -> Result<Self> {
        let connection = AsyncPgConnection::establish(&url)
            .await
            .context("cannot connect to PostgreSQL")?;
        Ok(Self {
            url,
            connection: Mutex::new(connection),
        })
    }

    /// Runs statements, each on its own.
    pub async fn execute(&self, statements: &[&str]) -> Result<()> {
        let mut connection = self.connection.lock().await;
        for statement in statements {
            connection
                .batch_execute(statement)
                .await
                .with_context(|| format!("PostgreSQL rejected: {statement}"))?;
        }
        Ok(())
    }

    /// The column `number` of a query's row.
    pub async fn number(&self, query: &str) -> Result<i64> {
        let mut connection = self.connection.lock().await;
        let row: Number = diesel::sql_query(query)
            .get_result(&mut *connection)
            .await
            .with_context(|| format!("PostgreSQL rejected: {query}"))?;
        Ok(row.number)
    }

    /// When the transactions of all events were committed, by order: PostgreSQL takes the time before it
    /// writes the commit to the disk. For orders that have one event.
    pub async fn commits_of_events(&self) -> Result<HashMap<i64, DateTime<Utc>>> {
        #[derive(QueryableByName)]
        struct Commit {
            #[diesel(sql_type = BigInt)]
            order_id: i64,
            #[diesel(sql_type = Timestamptz)]
            at: DateTime<Utc>,
        }
        let query = "SELECT order_id, pg_xact_commit_timestamp(xmin) AS at FROM order_events";
        let mut connection = self.connection.lock().await;
        let commits: Vec<Commit> = diesel::sql_query(query).load(&mut *connection).await?;
        let by_order = commits.into_iter().map(|one| (one.order_id, one.at));
        Ok(by_order.collect())
    }

    /// The key by which the service signs page cursors.
    pub async fn cursor_secret(&self) -> Result<[u8; SECRET_BYTES]> {
        let mut settings = Settings::load(None)?.database;
        settings.url = SecretUrl::try_from(self.url.as_str()).map_err(anyhow::Error::msg)?;
        let database = order_processing::db::Database::new(&settings, "bench")?;
        Ok(cursor_secret(&database).await?)
    }

    /// Loads orders with ids from 1, each with its first event if `events` is set.
    pub async fn load(&self, orders: Orders, count: i64, events: bool) -> Result<()> {
        // These rows need not survive a crash.
        self.execute(&["SET synchronous_commit = off"]).await?;
        let mut loaded = 0;
        while loaded < count {
            let until = count.min(loaded + CHUNK);
            self.execute(&[&insertion(orders, loaded + 1, until, events)])
                .await?;
            loaded = until;
            if count > CHUNK {
                progress(&format!("  {loaded} of {count} orders are loaded"));
            }
        }
        let next = format!(
            "ALTER TABLE orders ALTER COLUMN id RESTART WITH {}",
            count + 1
        );
        self.execute(&[&next, "RESET synchronous_commit"]).await?;
        self.settle().await
    }

    /// Does now what PostgreSQL would otherwise do during a measurement.
    pub async fn settle(&self) -> Result<()> {
        self.until_idle().await?;
        self.execute(&["VACUUM (ANALYZE)", "CHECKPOINT"]).await
    }

    /// Waits for statements of disconnected clients: a load ends during its last requests.
    async fn until_idle(&self) -> Result<()> {
        let active = "SELECT count(*) AS number FROM pg_stat_activity
                       WHERE datname = current_database() AND pid <> pg_backend_pid()
                         AND backend_type = 'client backend' AND state <> 'idle'";
        self.until(IDLE_LIMIT, POLL, active, |count| count == 0)
            .await
            .context("statements of disconnected clients are still running")
    }

    /// Waits until a query returns the wanted number.
    pub async fn until(
        &self,
        limit: Duration,
        pause: Duration,
        query: &str,
        wanted: impl Fn(i64) -> bool,
    ) -> Result<()> {
        let reached = wait_for(limit, pause, || async {
            anyhow::Ok(wanted(self.number(query).await?).then_some(()))
        });
        reached
            .await?
            .with_context(|| format!("not within {limit:?}: {query}"))
    }

    /// Empties all tables, but keeps the id sequence: an id names a workflow too.
    pub async fn empty(&self) -> Result<()> {
        self.until_idle().await?;
        self.execute(&[
            // Triggers protect the history from being emptied.
            "SET session_replication_role = replica",
            "TRUNCATE orders, order_events, workflow_intents, idempotency_keys",
            "RESET session_replication_role",
        ])
        .await?;
        self.settle().await
    }
}

/// The data is deterministic: computed, not random.
fn insertion(orders: Orders, from: i64, until: i64, events: bool) -> String {
    let status = match orders {
        Orders::Pending => "'pending'".to_owned(),
        Orders::Mixed => format!(
            "CASE WHEN number % {RARE} = 0 THEN 'processing'
                  WHEN number % 10 = 1 THEN 'cancelled'
                  WHEN number % 10 = 2 THEN 'pending'
                  ELSE 'completed' END"
        ),
    };
    let insertion = format!(
        "INSERT INTO orders (id, customer_id, status, total_amount) OVERRIDING SYSTEM VALUE
         SELECT number, 1 + (number * 7919) % {CUSTOMERS}, {status}, (number % 1000000) / 100.0
           FROM generate_series({from}::bigint, {until}::bigint) AS number"
    );
    if events {
        format!(
            "WITH made AS ({insertion} RETURNING *)
             INSERT INTO order_events (order_id, customer_id, sequence, type, data, actor, occurred_at)
             SELECT id, customer_id, version, 'created',
                    jsonb_build_object('customer_id', customer_id, 'status', status,
                                       'total_amount', total_amount),
                    'client', created_at
               FROM made"
        )
    } else {
        insertion
    }
}
