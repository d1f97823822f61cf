//! Adds partitions ahead of the ids.

use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Bool};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use super::{DROP_BOUNDS, PREPARE, Partition, addition, list};
use crate::db::migrations::MIGRATION_LOCK;
use crate::db::pool::Database;
use crate::error::StoreError;

/// How many partitions there are above the newest id, at least.
const AHEAD: i64 = 2;

/// Adds the partitions that are missing, each of the size of the others. Ends what an interrupted
/// [`super::create()`] has left, which would reject orders one day. Does nothing if the tables are not partitioned,
/// or another process is changing them.
pub async fn extend(database: &Database) -> Result<(), StoreError> {
    let needed = database
        .read(async |connection| {
            let partitions = list(connection).await?;
            let is_needed = if partitions.is_empty() {
                has_bounds(connection).await?
            } else {
                missing(connection, &partitions).await?.is_some()
            };
            Ok::<_, StoreError>(is_needed)
        })
        .await?;
    if !needed {
        return Ok(());
    }
    database
        .write(async |connection| {
            connection
                .transaction(async |connection| {
                    let lock = sql::<Bool>("pg_try_advisory_xact_lock(");
                    let lock = lock.bind::<BigInt, _>(MIGRATION_LOCK).sql(")");
                    if !diesel::select(lock).get_result::<bool>(connection).await? {
                        return Ok(());
                    }
                    let mut partitions = list(connection).await?;
                    if partitions.is_empty() && has_bounds(connection).await? {
                        connection.batch_execute(PREPARE).await?;
                        return Ok(connection.batch_execute(DROP_BOUNDS).await?);
                    }
                    while let Some((from, until)) = missing(connection, &partitions).await? {
                        connection.batch_execute(&addition(from, until)).await?;
                        tracing::info!(from, until, "added a partition of orders");
                        partitions = list(connection).await?;
                    }
                    Ok::<_, StoreError>(())
                })
                .await
        })
        .await
}

/// Whether the checks of the first partition exist.
async fn has_bounds(connection: &mut AsyncPgConnection) -> Result<bool, StoreError> {
    let query = diesel::select(sql::<Bool>(
        "EXISTS (SELECT FROM pg_constraint
                  WHERE (conrelid = 'orders'::regclass AND conname = 'orders_partition')
                     OR (conrelid = 'order_events'::regclass AND conname = 'order_events_partition'))",
    ));
    Ok(query.get_result(connection).await?)
}

/// The range of the next partition, if there are too few above the newest id. It covers what was left out
/// by a jump of the ids, as after a restore.
async fn missing(
    connection: &mut AsyncPgConnection,
    partitions: &[Partition],
) -> Result<Option<(i64, i64)>, StoreError> {
    let Some((until, size)) = end(partitions) else {
        return Ok(None);
    };
    let newest = newest(connection).await?;
    let next = until.max(newest - newest % size) + size;
    Ok((newest >= until - AHEAD * size).then_some((until, next)))
}

/// The end of the last partition, and the size of partitions. The first one has no size, and one that
/// covers a jump is larger than the others.
fn end(partitions: &[Partition]) -> Option<(i64, i64)> {
    let sizes = partitions.iter();
    let sizes = sizes.filter_map(|partition| Some(partition.until - partition.from?));
    Some((partitions.last()?.until, sizes.min()?))
}

/// The newest id: of an order, also of a deleted one, or of one that no partition has room for.
async fn newest(connection: &mut AsyncPgConnection) -> Result<i64, StoreError> {
    let query = diesel::select(sql::<BigInt>(
        "greatest((SELECT max(id) FROM orders), (SELECT max(order_id) FROM order_events),
                  pg_sequence_last_value(pg_get_serial_sequence('orders', 'id')::regclass), 0)",
    ));
    Ok(query.get_result(connection).await?)
}

/// For how many more partitions there are ids; `None` if the tables are not partitioned.
#[allow(clippy::cast_precision_loss)] // a ratio
pub async fn room(database: &Database) -> Result<Option<f64>, StoreError> {
    database
        .read(async |connection| {
            let partitions = list(connection).await?;
            let Some((until, size)) = end(&partitions) else {
                return Ok(None);
            };
            let newest = newest(connection).await?;
            Ok::<_, StoreError>(Some((until - newest) as f64 / size as f64))
        })
        .await
}
