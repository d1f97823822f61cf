//! Faults in the database: schema changes, an unavailable standby, locks.

use std::time::Duration;

use anyhow::{Context, Result};
use diesel::sql_types::{BigInt, Text};
use diesel::{QueryResult, QueryableByName};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use nix::sys::signal::{Signal, kill};
use tokio::time::{Instant, sleep};

use crate::locked_rows::{LockedRows, Rows};
use crate::postgres::Database;
use crate::world::World;

/// Lock time-out of schema changes, as in the service's migrations: queries that queue after them
/// wait as long.
const LOCK_TIMEOUT: &str = "SET lock_timeout = '300ms'";
/// How long statements are retried; after a connection was killed, the database is unavailable for
/// a while.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(200);

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Adds a column to every table, one after the other.
pub async fn add_column(database_url: &str) -> Result<()> {
    alter_every_table(database_url, "ADD COLUMN IF NOT EXISTS chaos text").await
}

/// Drops the column again.
pub async fn drop_column(database_url: &str) -> Result<()> {
    alter_every_table(database_url, "DROP COLUMN IF EXISTS chaos").await
}

async fn alter_every_table(database_url: &str, how: &str) -> Result<()> {
    let tables = until_done(|| tables(database_url)).await?;
    for Table { name } in tables {
        let alter = format!("ALTER TABLE \"{name}\" {how}");
        until_done(|| execute(database_url, [LOCK_TIMEOUT, &alter]))
            .await
            .with_context(|| alter.clone())?;
    }
    Ok(())
}

async fn tables(database_url: &str) -> Result<Vec<Table>> {
    let mut database = AsyncPgConnection::establish(database_url).await?;
    let tables = diesel::sql_query(
        "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename",
    );
    Ok(tables.load(&mut database).await?)
}

/// Makes commits wait for an unavailable standby, for this long.
pub async fn standby_away(postgres: &Database, length: Duration) -> Result<()> {
    until_done(|| postgres.wait_for_unavailable()).await?;
    sleep(length).await;
    until_done(|| postgres.wait_for_standby()).await
}

/// The primary dies or freezes, and its standby takes over. The old one comes back as a standby of the
/// new one.
pub async fn fail_over(postgres: &Database, freezes: bool, length: Duration) -> Result<()> {
    if freezes {
        for pid in postgres.pids().await {
            let _ = kill(pid, Signal::SIGSTOP);
        }
    } else {
        postgres.kill().await;
    }
    sleep(length).await;
    postgres.promote().await?;
    sleep(length).await;
    until_done(|| postgres.rejoin()).await
}

/// Locks the rows of the newest open orders.
pub async fn lock_orders(world: &World, orders: u64, hold: RowLock<'_>) -> Result<()> {
    let lock = format!(
        "SELECT id FROM orders WHERE status IN ('pending', 'processing')
          ORDER BY id DESC LIMIT {orders} FOR UPDATE SKIP LOCKED"
    );
    let rows = |ids: Vec<Id>| Rows::Orders(ids.into_iter().map(|id| id.id).collect());
    hold.locked(&world.database_url(), &lock, rows).await
}

/// Locks the rows of the newest Idempotency-Keys.
pub async fn lock_keys(world: &World, keys: u64, hold: RowLock<'_>) -> Result<()> {
    let lock = format!(
        "SELECT order_id AS id FROM idempotency_keys ORDER BY order_id DESC LIMIT {keys}
            FOR UPDATE SKIP LOCKED"
    );
    hold.locked(&world.database_url(), &lock, |_| Rows::Keys)
        .await
}

/// A lock on rows.
pub struct RowLock<'a> {
    pub length: Duration,
    /// Records the locked rows; `None` if another fault may be active.
    pub held: Option<&'a LockedRows>,
}

impl RowLock<'_> {
    async fn locked(
        &self,
        database_url: &str,
        lock: &str,
        rows: impl FnOnce(Vec<Id>) -> Rows,
    ) -> Result<()> {
        let (mut database, ids) = until_done(|| locking(database_url, lock)).await?;
        if let Some(held) = self.held {
            held.hold(rows(ids));
        }
        sleep(self.length).await;
        if let Some(held) = self.held {
            held.release();
        }
        Ok(database.batch_execute("ROLLBACK").await?)
    }
}

async fn locking(database_url: &str, lock: &str) -> Result<(AsyncPgConnection, Vec<Id>)> {
    let mut database = AsyncPgConnection::establish(database_url).await?;
    database.batch_execute("BEGIN").await?;
    let ids = diesel::sql_query(lock).load(&mut database).await?;
    Ok((database, ids))
}

/// Executes each statement in a separate transaction.
async fn execute<const COUNT: usize>(database_url: &str, statements: [&str; COUNT]) -> Result<()> {
    let mut database = AsyncPgConnection::establish(database_url).await?;
    for statement in statements {
        let executed: QueryResult<()> = database.batch_execute(statement).await;
        executed?;
    }
    Ok(())
}

/// Retries until it succeeds.
pub(super) async fn until_done<T, F: Future<Output = Result<T>>>(
    what: impl Fn() -> F,
) -> Result<T> {
    let begun = Instant::now();
    loop {
        match what().await {
            Err(error) if begun.elapsed() > PATIENCE => return Err(error),
            Err(_) => sleep(PAUSE).await,
            done => return done,
        }
    }
}
