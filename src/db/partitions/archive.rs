//! Old partitions become files.

use std::cell::Cell;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Double, Nullable, Text};
use diesel_async::AsyncPgConnection;
use tokio::task::block_in_place;

use super::{LOCK, PREPARE, Partition};
use crate::db::feed::entry_at;
use crate::db::migrations::{Harness, retry_while_locked, unlock, wait_for_other_migrations};
use crate::db::reconciliation::open_statuses;
use crate::error::StoreError;

/// What became of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is in files, and dropped.
    Archived(Archived),
    /// It stays: its name, and what of it is still needed.
    Kept(String, Vec<String>),
}

/// An archived partition: one JSON object for each row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archived {
    /// The file of orders, and their number.
    pub orders: (PathBuf, u64),
    /// The file of events, and their number.
    pub events: (PathBuf, u64),
}

/// An archive that is not complete.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// In the database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// In a file.
    #[error("{}: {}", .0.display(), .1)]
    File(PathBuf, io::Error),
}

/// What of a partition is still needed.
#[derive(QueryableByName)]
struct Needed {
    /// Orders that are pending or processing, or have a step that needs attention.
    #[diesel(sql_type = BigInt)]
    open: i64,
    #[diesel(sql_type = BigInt)]
    recent: i64,
    #[diesel(sql_type = BigInt)]
    intents: i64,
    #[diesel(sql_type = BigInt)]
    in_feed: i64,
    #[diesel(sql_type = BigInt)]
    deliveries: i64,
    #[diesel(sql_type = BigInt)]
    keys: i64,
    /// The last entry of an event: every change of an order adds one.
    #[diesel(sql_type = Nullable<BigInt>)]
    last_entry: Option<i64>,
}

/// A detached partition.
#[derive(QueryableByName)]
struct Detached {
    /// What follows `orders` and `order_events` in the names of its tables.
    #[diesel(sql_type = Text)]
    suffix: String,
    /// When it was detached: part of the names of its files, because every database has an `orders_p1`.
    #[diesel(sql_type = Text)]
    since: String,
}

/// A row as JSON, with its key.
#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = Text)]
    line: String,
}

/// The comment on a table that is being archived, before the time.
const MARK: &str = "being archived since ";
/// Rows that are read at a time: a long statement would keep rows that were deleted elsewhere.
const PAGE: i64 = 20_000;
/// The key of the advisory lock of an archive.
const ARCHIVE_LOCK: i64 = 0x6172_6368_6976;

/// Writes the partitions that get no new orders, and whose orders have all been unchanged for `age`, to
/// files in `folder`, and drops them. Each is detached first, which takes milliseconds; one that an
/// interrupted call has left detached is completed. Blocks in place, so it needs a multi-thread runtime.
pub fn archive(
    connection: AsyncPgConnection,
    age: Duration,
    folder: &Path,
    progress: impl Fn(&str),
) -> Result<Vec<Outcome>, ArchiveError> {
    block_in_place(|| {
        let mut harness = Harness::from(connection);
        let lock = sql::<Bool>("pg_try_advisory_lock(").bind::<BigInt, _>(ARCHIVE_LOCK);
        let locked = diesel::select(lock.sql(")")).get_result::<bool>(&mut harness);
        if !locked.map_err(StoreError::from)? {
            let busy = "another process is archiving partitions of this database";
            return Err(StoreError::Locked(busy.into()).into());
        }
        let mut outcomes = Vec::new();
        export_detached(&mut harness, folder, &progress, &mut outcomes)?;
        let partitions: Vec<Partition> = super::select()
            .load(&mut harness)
            .map_err(StoreError::from)?;
        for partition in partitions.iter().filter(|partition| partition.is_full) {
            let needed = needed(&mut harness, partition, age)?;
            let mut reasons = needed.describe();
            if reasons.is_empty() && !detach(&mut harness, partition, &needed, &progress)? {
                reasons.push("events that were added just now".into());
            }
            if !reasons.is_empty() {
                outcomes.push(Outcome::Kept(partition.orders.clone(), reasons));
                continue;
            }
            export_detached(&mut harness, folder, &progress, &mut outcomes)?;
        }
        Ok(outcomes)
    })
}

impl Needed {
    fn describe(&self) -> Vec<String> {
        let counts = [
            (self.open, "open orders"),
            (self.recent, "orders that have changed lately"),
            (self.intents, "intents in the outbox"),
            (self.in_feed, "events in the feed (feed.retention)"),
            (self.deliveries, "webhook deliveries (webhooks.retention)"),
            (self.keys, "idempotency keys (idempotency.lifetime)"),
        ];
        let needed = counts.iter().filter(|(count, _)| *count > 0);
        needed
            .map(|(count, what)| format!("{count} {what}"))
            .collect()
    }
}

fn needed(
    harness: &mut Harness,
    partition: &Partition,
    age: Duration,
) -> Result<Needed, StoreError> {
    let Partition { orders, events, .. } = partition;
    let query = diesel::sql_query(format!(
        "SELECT (SELECT count(*) FROM {orders}
                  WHERE status IN ({}) OR fulfilment -> 'attention' IS NOT NULL) AS open,
                (SELECT count(*) FROM {orders}
                  WHERE updated_at > now() - make_interval(secs => $1)) AS recent,
                (SELECT count(*) FROM workflow_intents
                  WHERE order_id >= $2 AND order_id < $3) AS intents,
                (SELECT count(*) FROM {events}
                  WHERE entry >= coalesce((SELECT next.entry FROM feed CROSS JOIN LATERAL {} AS next), 1))
                    AS in_feed,
                (SELECT count(*) FROM webhook_deliveries
                  WHERE order_id >= $2 AND order_id < $3) AS deliveries,
                (SELECT count(*) FROM idempotency_keys
                  WHERE order_id >= $2 AND order_id < $3 AND expires_at > now()) AS keys,
                (SELECT max(entry) FROM {events}) AS last_entry",
        open_statuses(),
        entry_at!("feed.pruned + 1"),
    ))
    .bind::<Double, _>(age.as_secs_f64())
    .bind::<BigInt, _>(partition.from.unwrap_or(i64::MIN))
    .bind::<BigInt, _>(partition.until);
    Ok(query.get_result(harness)?)
}

/// Detaches a partition and marks it, unless something in it has changed since. The lock that requests
/// wait for is held for as long as the catalog is changed.
fn detach(
    harness: &mut Harness,
    partition: &Partition,
    needed: &Needed,
    progress: &impl Fn(&str),
) -> Result<bool, StoreError> {
    let Partition { orders, events, .. } = partition;
    wait_for_other_migrations(harness, progress)?;
    let is_detached = Cell::new(false);
    let detaching = retry_while_locked(harness, orders, progress, |harness| {
        harness.transaction(|transaction| {
            transaction.batch_execute(&format!(
                "SET LOCAL lock_timeout = 0;
                 LOCK TABLE {orders}, {events} IN SHARE UPDATE EXCLUSIVE MODE;
                 {PREPARE} {LOCK}"
            ))?;
            let last = sql::<Nullable<BigInt>>(&format!("(SELECT max(entry) FROM {events})"));
            let last: Option<i64> = diesel::select(last).get_result(transaction)?;
            if last == needed.last_entry {
                transaction.batch_execute(&format!(
                    "ALTER TABLE orders DETACH PARTITION {orders};
                     ALTER TABLE order_events DETACH PARTITION {events};
                     DO $$ BEGIN EXECUTE format('COMMENT ON TABLE {orders} IS %L', '{MARK}' || to_char(
                         clock_timestamp() AT TIME ZONE 'UTC', 'YYYYMMDD\"T\"HH24MISSUS\"Z\"')); END $$"
                ))?;
                is_detached.set(true);
            }
            Ok(())
        })
    });
    unlock(harness)?;
    detaching?;
    Ok(is_detached.get())
}

/// The partitions that are detached and not dropped.
fn detached(harness: &mut Harness) -> Result<Vec<Detached>, StoreError> {
    let query = diesel::sql_query(
        r"SELECT substr(relname, length('orders') + 1) AS suffix,
                 substr(mark, length($1) + 1) AS since
            FROM pg_class CROSS JOIN LATERAL obj_description(oid, 'pg_class') AS mark
           WHERE relkind = 'r' AND NOT relispartition AND relname ~ '^orders_p\d+$'
             AND relnamespace = current_schema()::regnamespace AND starts_with(mark, $1)
           ORDER BY oid",
    );
    Ok(query.bind::<Text, _>(MARK).load(harness)?)
}

fn export_detached(
    harness: &mut Harness,
    folder: &Path,
    progress: &impl Fn(&str),
    outcomes: &mut Vec<Outcome>,
) -> Result<(), ArchiveError> {
    for detached in detached(harness)? {
        progress(&format!("writing orders{}", detached.suffix));
        let archived = export(harness, &detached, folder, progress)?;
        outcomes.push(Outcome::Archived(archived));
    }
    Ok(())
}

/// Writes detached tables to files, and drops them.
fn export(
    harness: &mut Harness,
    detached: &Detached,
    folder: &Path,
    progress: &impl Fn(&str),
) -> Result<Archived, ArchiveError> {
    let Detached { suffix, since } = detached;
    let (orders, events) = (format!("orders{suffix}"), format!("order_events{suffix}"));
    let file = |table: &str| folder.join(format!("{table}-{since}.jsonl"));
    let (order_file, event_file) = (file(&orders), file(&events));
    let order_rows = write(harness, &orders, "id", "0::bigint", &order_file)?;
    let event_rows = write(harness, &events, "order_id", "sequence", &event_file)?;
    // The names must survive a crash as well.
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| ArchiveError::File(folder.into(), error))?;
    retry_while_locked(harness, &orders, progress, |harness| {
        harness.transaction(|transaction| {
            let drop = format!("DROP TABLE {orders}; DROP TABLE {events}");
            Ok(transaction.batch_execute(&drop)?)
        })
    })?;
    Ok(Archived {
        orders: (order_file, order_rows),
        events: (event_file, event_rows),
    })
}

/// Writes each row of a table as a line, and returns the number of rows. The file gets its name when it is
/// complete.
fn write(
    harness: &mut Harness,
    table: &str,
    id: &str,
    sequence: &str,
    path: &Path,
) -> Result<u64, ArchiveError> {
    let partial = path.with_extension("jsonl.partial");
    let failed = |error| ArchiveError::File(partial.clone(), error);
    // Addresses are personal data.
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&partial)
        .map_err(failed)?;
    let mut writer = BufWriter::new(file);
    let (mut rows, mut last) = (0, (i64::MIN, 0));
    loop {
        let page = diesel::sql_query(format!(
            "SELECT {id} AS id, {sequence} AS sequence, to_jsonb(stored)::text AS line
               FROM {table} AS stored WHERE ({id}, {sequence}) > ($1, $2)
              ORDER BY {id}, {sequence} LIMIT {PAGE}"
        ));
        let page = page.bind::<BigInt, _>(last.0).bind::<BigInt, _>(last.1);
        let page: Vec<Line> = page.load(harness).map_err(StoreError::from)?;
        let Some(end) = page.last() else {
            break;
        };
        last = (end.id, end.sequence);
        for Line { line, .. } in page {
            writeln!(writer, "{line}").map_err(failed)?;
            rows += 1;
        }
    }
    let file = writer
        .into_inner()
        .map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    fs::rename(&partial, path).map_err(failed)?;
    Ok(rows)
}
