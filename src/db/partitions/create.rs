//! Makes partitioned tables of the existing ones.

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Text};
use diesel_async::AsyncPgConnection;
use tokio::task::block_in_place;

use super::{DROP_BOUNDS, LOCK, PREPARE, addition};
use crate::db::migrations::{
    Harness, drop_invalid_indexes, retry_while_locked, wait_for_other_migrations,
};
use crate::error::StoreError;

/// The ids above the newest one that the first partition has room for, at least: orders are accepted
/// while the existing rows are being checked.
const ROOM: i64 = 1_000_000;

/// Turns the tables into partitioned ones, with partitions of `size` ids; fails if they are. Reads and
/// writes continue meanwhile: every lock that they wait for is held for milliseconds. Blocks in place, so
/// it needs a multi-thread runtime. May be repeated after an interruption.
pub fn create(
    connection: AsyncPgConnection,
    size: i64,
    progress: impl Fn(&str),
) -> Result<(), StoreError> {
    block_in_place(|| {
        let mut harness = Harness::from(connection);
        wait_for_other_migrations(&mut harness, &progress)?;
        if is_partitioned(&mut harness)? {
            return Err(StoreError::Misconfigured(
                "the tables are partitioned already; `orders partitions list` shows how".into(),
            ));
        }
        refuse_obstacles(&mut harness)?;
        let introduced = introduce(&mut harness, size, &progress);
        if introduced.is_err() {
            // Best effort: `orders serve` drops them as well.
            let _ = change(&mut harness, &progress, "the check of ids", DROP_BOUNDS);
        }
        introduced?;
        progress("updating the statistics of the planner");
        harness.batch_execute("SET lock_timeout = 0; ANALYZE orders; ANALYZE order_events")?;
        Ok(())
    })
}

/// Fails for what would silently stay with the first partition.
fn refuse_obstacles(harness: &mut Harness) -> Result<(), StoreError> {
    let query = diesel::select(sql::<Array<Text>>(
        "ARRAY(
            SELECT 'PostgreSQL ' || current_setting('server_version') || ', which is older than 17'
             WHERE current_setting('server_version_num')::int < 170000
            UNION ALL
            SELECT DISTINCT format('the view %s', ev_class::regclass)
              FROM pg_depend JOIN pg_rewrite ON pg_rewrite.oid = objid
             WHERE classid = 'pg_rewrite'::regclass
               AND refobjid IN ('orders'::regclass, 'order_events'::regclass)
            UNION ALL
            SELECT format('the foreign key %I of %s', conname, conrelid::regclass) FROM pg_constraint
             WHERE confrelid IN ('orders'::regclass, 'order_events'::regclass)
            UNION ALL
            SELECT format('the publication %I', pubname)
              FROM pg_publication JOIN pg_publication_rel ON pg_publication.oid = prpubid
             WHERE prrelid IN ('orders'::regclass, 'order_events'::regclass)
            UNION ALL
            SELECT format('the policy %I of %s', polname, polrelid::regclass) FROM pg_policy
             WHERE polrelid IN ('orders'::regclass, 'order_events'::regclass)
            UNION ALL
            SELECT format('privileges on the column %I of %s', attname, attrelid::regclass)
              FROM pg_attribute
             WHERE attrelid IN ('orders'::regclass, 'order_events'::regclass) AND attacl IS NOT NULL)",
    ));
    let obstacles: Vec<String> = query.get_result(harness)?;
    if obstacles.is_empty() {
        return Ok(());
    }
    Err(StoreError::Misconfigured(format!(
        "the tables cannot be partitioned because of {}",
        obstacles.join(", ")
    )))
}

fn introduce(harness: &mut Harness, size: i64, progress: &impl Fn(&str)) -> Result<(), StoreError> {
    progress("building an index that a partitioned table can have");
    harness.batch_execute("SET lock_timeout = 0")?;
    drop_invalid_indexes(harness)?;
    harness.batch_execute(
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS order_events_by_entry ON order_events (entry)",
    )?;

    let next = sql::<BigInt>("nextval(pg_get_serial_sequence('orders', 'id'))");
    let next: i64 = diesel::select(next).get_result(harness)?;
    let until = ((next + size.max(ROOM)) / size + 1) * size;
    progress(&format!("checking that all ids are below {until}"));
    change(harness, progress, "the check of ids", &bounds(until))?;
    // No request waits for these.
    harness.batch_execute("SET lock_timeout = 0")?;
    harness.batch_execute("ALTER TABLE orders VALIDATE CONSTRAINT orders_partition")?;
    harness.batch_execute("ALTER TABLE order_events VALIDATE CONSTRAINT order_events_partition")?;

    progress("making the tables the first partitions");
    let swap = include_str!("swap.sql").replace("$until", &until.to_string());
    let swap = format!("{LOCK}{swap}\n{}", addition(until, until + size));
    change(harness, progress, "the partitioned tables", &swap)
}

fn change(
    harness: &mut Harness,
    progress: &impl Fn(&str),
    what: &str,
    statements: &str,
) -> Result<(), StoreError> {
    retry_while_locked(harness, what, progress, |harness| {
        harness.transaction(|transaction| {
            transaction.batch_execute(PREPARE)?;
            Ok(transaction.batch_execute(statements)?)
        })
    })
}

/// New rows must fit into the first partition; the existing ones are validated separately.
fn bounds(until: i64) -> String {
    format!(
        "ALTER TABLE orders
            DROP CONSTRAINT IF EXISTS orders_partition,
            ADD CONSTRAINT orders_partition CHECK (id < {until}) NOT VALID;
         ALTER TABLE order_events
            DROP CONSTRAINT IF EXISTS order_events_partition,
            ADD CONSTRAINT order_events_partition CHECK (order_id < {until}) NOT VALID;"
    )
}

/// Whether the tables are partitioned.
fn is_partitioned(harness: &mut Harness) -> Result<bool, StoreError> {
    let query = diesel::select(sql::<Bool>(
        "EXISTS (SELECT FROM pg_partitioned_table WHERE partrelid = 'orders'::regclass)",
    ));
    Ok(query.get_result(harness)?)
}
