//! Schema migrations, embedded in the binary.

use std::error::Error;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use tokio::task::block_in_place;

use crate::error::StoreError;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// A migration and whether it is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Version and name.
    pub name: String,
    /// Whether it has been applied.
    pub applied: bool,
}

/// How long a migration waits for a lock before it lets the statements behind it proceed.
const LOCK_TIMEOUT_MS: u64 = 500;
/// The delay before the second attempt; it doubles with every attempt.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long a migration tries to get its locks.
const LOCK_RETRY_LIMIT: Duration = Duration::from_secs(300);
/// The key of the advisory lock that serialises migrations.
pub(super) const MIGRATION_LOCK: i64 = 0x6f72_6465_7273;

/// Applies the pending migrations in order and returns their versions. `progress` receives what it
/// waits for. Blocks in place, so it needs a multi-thread runtime. When a migration fails, or does
/// not get its locks within five minutes, the earlier ones stay applied.
pub fn up(
    connection: AsyncPgConnection,
    progress: impl Fn(&str),
) -> Result<Vec<String>, StoreError> {
    block_in_place(|| {
        let mut harness = Harness::from(connection);
        wait_for_other_migrations(&mut harness, &progress)?;
        let pending = harness.pending_migrations(MIGRATIONS).map_err(failed)?;
        let mut applied = Vec::new();
        for migration in &pending {
            prepare(&mut harness, migration)?;
            let name = migration.name().to_string();
            retry_while_locked(&mut harness, &name, &progress, |harness| {
                let run = harness.run_migration(migration.as_ref());
                run.map(drop).map_err(failed)
            })?;
            applied.push(migration.name().version().to_string());
        }
        Ok(applied)
    })
}

/// Reverts the newest migration and returns its version; `None` when there is none.
pub fn down(
    connection: AsyncPgConnection,
    progress: impl Fn(&str),
) -> Result<Option<String>, StoreError> {
    block_in_place(|| {
        let mut harness = Harness::from(connection);
        wait_for_other_migrations(&mut harness, &progress)?;
        let applied = harness.applied_migrations().map_err(failed)?;
        let Some(newest) = applied.first() else {
            return Ok(None);
        };
        let known: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().map_err(failed)?;
        let migration = known
            .iter()
            .find(|migration| migration.name().version() == *newest)
            .ok_or_else(|| {
                StoreError::Misconfigured(format!(
                    "migration {newest} is not in this binary; revert it with a newer one"
                ))
            })?;
        prepare(&mut harness, migration)?;
        let name = migration.name().to_string();
        retry_while_locked(&mut harness, &name, &progress, |harness| {
            let reverted = harness.revert_migration(migration.as_ref());
            reverted.map(drop).map_err(failed)
        })?;
        Ok(Some(newest.to_string()))
    })
}

/// Drives its connection itself and blocks meanwhile.
pub(super) type Harness = AsyncConnectionWrapper<AsyncPgConnection>;

/// Polls instead of waiting in the lock queue: a waiting statement holds a snapshot, and a
/// concurrent index build of the other process would wait for it.
pub(super) fn wait_for_other_migrations(
    harness: &mut Harness,
    progress: &impl Fn(&str),
) -> Result<(), StoreError> {
    loop {
        let lock = sql::<Bool>("pg_try_advisory_lock(").bind::<BigInt, _>(MIGRATION_LOCK);
        if diesel::select(lock.sql(")")).get_result(harness)? {
            return Ok(());
        }
        progress("another process is migrating this database; waiting for it");
        std::thread::sleep(LONGEST_PAUSE);
    }
}

/// Sets the time to wait for locks. A concurrent index build blocks no other statement, so it waits
/// without a limit.
fn prepare(harness: &mut Harness, migration: &dyn Migration<Pg>) -> Result<(), StoreError> {
    let is_concurrent = !migration.metadata().run_in_transaction();
    let limit = if is_concurrent { 0 } else { LOCK_TIMEOUT_MS };
    harness.batch_execute(&format!("SET lock_timeout = {limit}"))?;
    if is_concurrent {
        drop_invalid_indexes(harness)?;
    }
    Ok(())
}

/// Lets other processes change the schema.
pub(super) fn unlock(harness: &mut Harness) -> Result<(), StoreError> {
    let unlock = sql::<Bool>("pg_advisory_unlock(").bind::<BigInt, _>(MIGRATION_LOCK);
    diesel::select(unlock.sql(")")).get_result::<bool>(harness)?;
    Ok(())
}

/// Retries a change of the schema until it gets its locks: a statement that waits for a lock blocks
/// all statements behind it.
pub(super) fn retry_while_locked(
    harness: &mut Harness,
    name: &str,
    progress: &impl Fn(&str),
    run: impl Fn(&mut Harness) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let begun = Instant::now();
    let mut pause = FIRST_PAUSE;
    for attempt in 1.. {
        let error = match run(harness) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        if !matches!(error, StoreError::Locked(_)) {
            return Err(error);
        }
        let oldest = oldest_transaction(harness)?;
        if begun.elapsed() > LOCK_RETRY_LIMIT {
            return Err(StoreError::Locked(format!(
                "{name} did not get its locks in {} s; {oldest}: end it and run this again",
                LOCK_RETRY_LIMIT.as_secs()
            )));
        }
        progress(&format!(
            "{name}: a table is locked, attempt {attempt}; {oldest}; next attempt in {pause:?}"
        ));
        std::thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    Ok(())
}

/// Drops the invalid indexes that interrupted concurrent builds have left.
pub(super) fn drop_invalid_indexes(harness: &mut Harness) -> Result<(), StoreError> {
    let invalid: Vec<String> = diesel::select(sql::<Array<Text>>(
        "ARRAY(SELECT indexrelid::regclass::text
                 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
                WHERE NOT indisvalid AND relkind = 'i' AND relnamespace = current_schema()::regnamespace)",
    ))
    .get_result(harness)?;
    for index in invalid {
        harness.batch_execute(&format!("DROP INDEX CONCURRENTLY IF EXISTS {index}"))?;
    }
    Ok(())
}

/// Describes the oldest transaction, which is the most likely holder of the lock.
fn oldest_transaction(harness: &mut Harness) -> Result<String, StoreError> {
    let oldest: Option<String> = diesel::select(sql::<Nullable<Text>>(
        "(SELECT format('the oldest transaction is of process %s (%s, %s), for %s s', pid,
                        application_name, state, round(extract(epoch FROM now() - xact_start)))
            FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid()
             AND xact_start IS NOT NULL
           ORDER BY xact_start LIMIT 1)",
    ))
    .get_result(harness)?;
    Ok(oldest.unwrap_or_else(|| "no other transaction is open".into()))
}

/// All migrations of this binary, oldest first.
pub fn status(connection: AsyncPgConnection) -> Result<Vec<MigrationStatus>, StoreError> {
    block_in_place(|| {
        let mut harness = Harness::from(connection);
        let applied = harness.applied_migrations().map_err(failed)?;
        let mut known: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().map_err(failed)?;
        known.sort_by_key(|migration| migration.name().version().as_owned());
        Ok(known
            .iter()
            .map(|migration| MigrationStatus {
                name: migration.name().to_string(),
                applied: applied.contains(&migration.name().version().as_owned()),
            })
            .collect())
    })
}

/// Diesel does not export the type of these errors.
fn failed(error: Box<dyn Error + Send + Sync>) -> StoreError {
    StoreError::from_message(error.to_string())
}
