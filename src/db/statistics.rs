//! Numbers of orders, without counting millions.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Jsonb, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use super::pool::Database;
use super::reconciliation::open_statuses;
use crate::domain::{CustomerId, OrderId, OrderStatus};
use crate::error::StoreError;

/// The largest table whose rows are counted individually, in bytes: some tens of thousands of
/// orders.
const SMALL: i64 = 4 * 1024 * 1024;

/// The tables of orders, as a subquery with the column `oid`: one, or its partitions.
macro_rules! tables {
    () => {
        "(SELECT 'orders'::regclass::oid AS oid
          UNION ALL SELECT inhrelid FROM pg_inherits WHERE inhparent = 'orders'::regclass)"
    };
}

#[derive(QueryableByName)]
struct Size {
    #[diesel(sql_type = BigInt)]
    bytes: i64,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Double)]
    orders: f64,
}

/// The number of orders per status. Open orders are counted with their index. In a large table the
/// others are estimated from PostgreSQL's statistics, which `ANALYZE` updates; a status without
/// statistics is left out.
pub async fn orders_by_status(database: &Database) -> Result<Vec<(&'static str, f64)>, StoreError> {
    database
        .read(async |connection| counts(connection).await)
        .await
}

async fn counts(connection: &mut AsyncPgConnection) -> QueryResult<Vec<(&'static str, f64)>> {
    let Size { bytes } = diesel::sql_query(concat!(
        "SELECT sum(pg_relation_size(oid))::bigint AS bytes FROM ",
        tables!(),
        " AS part"
    ))
    .get_result(connection)
    .await?;
    if bytes <= SMALL {
        let all = diesel::sql_query(
            "SELECT status, count(*)::float8 AS orders FROM orders GROUP BY status",
        )
        .load(connection)
        .await?;
        return Ok(by_status(OrderStatus::ALL.iter(), &all));
    }
    let open = diesel::sql_query(format!(
        "SELECT status, count(*)::float8 AS orders FROM orders WHERE status IN ({}) GROUP BY status",
        open_statuses()
    ))
    .load(connection)
    .await?;
    let estimates: Vec<Count> = diesel::sql_query(concat!(
        "SELECT common.status, sum(greatest(class.reltuples, 0) * common.frequency) AS orders
           FROM ",
        tables!(),
        " AS part
           JOIN pg_class AS class ON class.oid = part.oid
           JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
           JOIN pg_stats AS stats ON stats.schemaname = namespace.nspname
                                 AND stats.tablename = class.relname
                                 AND stats.attname = 'status'
                                 AND NOT stats.inherited,
                unnest(stats.most_common_vals::text::text[],
                       stats.most_common_freqs::float8[]) AS common (status, frequency)
          GROUP BY common.status"
    ))
    .load(connection)
    .await?;
    let mut counts = by_status(OrderStatus::ALL.iter().filter(|one| !one.is_final()), &open);
    let ended = OrderStatus::ALL.iter().filter(|one| one.is_final());
    let known = ended.filter(|status| {
        let mut estimates = estimates.iter();
        estimates.any(|estimate| estimate.status == status.as_str())
    });
    counts.extend(by_status(known, &estimates));
    Ok(counts)
}

/// A status without a row counts 0.
fn by_status<'a>(
    statuses: impl Iterator<Item = &'a OrderStatus>,
    rows: &[Count],
) -> Vec<(&'static str, f64)> {
    statuses
        .map(|status| {
            let row = rows.iter().find(|row| row.status == status.as_str());
            (status.as_str(), row.map_or(0.0, |row| row.orders))
        })
        .collect()
}

/// The age of the oldest transaction with a snapshot, in seconds; 0 if there is none. Rows that
/// were deleted since then cannot be vacuumed. Only a member of `pg_read_all_stats` sees the age of
/// other roles' transactions.
pub async fn oldest_snapshot_seconds(database: &Database) -> Result<f64, StoreError> {
    let query = diesel::select(sql::<Double>(
        "(SELECT coalesce(extract(epoch FROM now() - min(since)), 0)::float8
            FROM (SELECT xact_start FROM pg_stat_activity WHERE backend_xmin IS NOT NULL
                  UNION ALL
                  SELECT prepared FROM pg_prepared_xacts WHERE database = current_database())
                 AS snapshots (since))",
    ));
    database
        .read(async |connection| query.get_result(connection).await)
        .await
}

/// The age in seconds of the oldest event that has no position in the feed; 0 if there is none.
pub async fn feed_lag_seconds(database: &Database) -> Result<f64, StoreError> {
    let query = diesel::select(sql::<Double>(
        "(SELECT coalesce(extract(epoch FROM now() - min(occurred_at)), 0)::float8
            FROM (SELECT occurred_at FROM order_events
                   WHERE entry > (SELECT entry FROM feed) ORDER BY entry LIMIT 1000)
                 AS waiting)",
    ));
    database
        .read(async |connection| query.get_result(connection).await)
        .await
}

/// An order with a step that has failed for a long time.
#[derive(Debug, Clone, PartialEq, Queryable, QueryableByName)]
pub struct StuckOrder {
    /// The id.
    #[diesel(sql_type = BigInt)]
    pub id: OrderId,
    /// The customer.
    #[diesel(sql_type = BigInt)]
    pub customer_id: CustomerId,
    /// The step, in the contract's format.
    #[diesel(sql_type = Jsonb)]
    pub attention: Value,
}

/// At most `limit` orders with a step that has failed for a long time, the longest first.
pub async fn stuck_orders(database: &Database, limit: i64) -> Result<Vec<StuckOrder>, StoreError> {
    let query = diesel::sql_query(
        "SELECT id, customer_id, fulfilment -> 'attention' AS attention FROM orders
          WHERE fulfilment -> 'attention' IS NOT NULL
          ORDER BY fulfilment -> 'attention' ->> 'since', id LIMIT $1",
    )
    .bind::<BigInt, _>(limit);
    database
        .read(async |connection| query.load(connection).await)
        .await
}

/// The number of open orders with a step that has failed for a long time.
pub async fn orders_needing_attention(database: &Database) -> Result<i64, StoreError> {
    let query = diesel::select(sql::<BigInt>(&format!(
        "(SELECT count(*) FROM orders WHERE status IN ({}) AND fulfilment -> 'attention' IS NOT NULL)",
        open_statuses()
    )));
    database
        .read(async |connection| query.get_result(connection).await)
        .await
}
