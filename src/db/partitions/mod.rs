//! Partitions of `orders` and `order_events` by ranges of order ids, for those who choose them: the
//! existing tables become the first partitions, new ones are added ahead of the ids, and old ones are
//! archived and dropped.

mod archive;
mod create;
mod extend;

use diesel::QueryableByName;
use diesel::query_builder::SqlQuery;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::error::StoreError;

pub use archive::{ArchiveError, Archived, Outcome, archive};
pub use create::create;
pub use extend::{extend, room};

/// Waits for autovacuum, which no request waits for; then for no lock longer than requests can wait
/// behind it.
const PREPARE: &str = "SET LOCAL lock_timeout = 0;
    LOCK TABLE ONLY orders, ONLY order_events IN SHARE UPDATE EXCLUSIVE MODE;
    SET LOCAL lock_timeout = '200ms';";
const LOCK: &str = "LOCK TABLE ONLY orders, ONLY order_events IN ACCESS EXCLUSIVE MODE;";

/// Removes the checks that new rows fit into the first partition.
const DROP_BOUNDS: &str = "ALTER TABLE orders DROP CONSTRAINT IF EXISTS orders_partition;
     ALTER TABLE order_events DROP CONSTRAINT IF EXISTS order_events_partition";

/// A partition of `orders`, and the one of `order_events` with the same range.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Partition {
    /// The table of orders.
    #[diesel(sql_type = Text)]
    pub orders: String,
    /// The table of their events.
    #[diesel(sql_type = Text)]
    pub events: String,
    /// The first id; `None` for the first partition.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub from: Option<i64>,
    /// The first id that does not belong to it.
    #[diesel(sql_type = BigInt)]
    pub until: i64,
    /// Whether newer orders are in later partitions, so that it gets no new ones.
    #[diesel(sql_type = Bool)]
    pub is_full: bool,
    /// The number of orders as PostgreSQL estimates it.
    #[diesel(sql_type = BigInt)]
    pub estimated_orders: i64,
    /// The size of both tables with their indexes, in bytes.
    #[diesel(sql_type = BigInt)]
    pub bytes: i64,
}

/// All partitions, oldest first; none if the tables are not partitioned.
pub async fn list(connection: &mut AsyncPgConnection) -> Result<Vec<Partition>, StoreError> {
    Ok(select().load(connection).await?)
}

fn select() -> SqlQuery {
    diesel::sql_query(
        r"SELECT orders, events, lower AS from, upper AS until,
                 upper <= (SELECT coalesce(max(id), 0) FROM orders) AS is_full,
                 greatest(estimate, 0)::bigint AS estimated_orders,
                 pg_total_relation_size(oid) + pg_total_relation_size(events::regclass) AS bytes
            FROM (SELECT class.oid, class.relname::text AS orders,
                         'order_events' || substr(class.relname, length('orders') + 1) AS events,
                         class.reltuples AS estimate,
                         substring(bound FROM $$FROM \('?(-?\d+)$$)::bigint AS lower,
                         substring(bound FROM $$TO \('?(-?\d+)$$)::bigint AS upper
                    FROM pg_inherits
                    JOIN pg_class AS class ON class.oid = inhrelid
                   CROSS JOIN LATERAL pg_get_expr(class.relpartbound, class.oid) AS bound
                   WHERE inhparent = 'orders'::regclass) AS known
           ORDER BY upper",
    )
}

/// The statements that add a partition. Attaching an empty table with the same indexes locks out no
/// other statement.
fn addition(from: i64, until: i64) -> String {
    format!(
        "CREATE TABLE orders_p{from} (LIKE orders INCLUDING ALL EXCLUDING IDENTITY);
         CREATE TABLE order_events_p{from} (LIKE order_events INCLUDING ALL);
         CREATE TRIGGER order_events_append_only
            BEFORE UPDATE OR DELETE OR TRUNCATE ON order_events_p{from}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_order_event_changes();
         ALTER TABLE orders ATTACH PARTITION orders_p{from}
            FOR VALUES FROM ({from}) TO ({until});
         ALTER TABLE order_events ATTACH PARTITION order_events_p{from}
            FOR VALUES FROM ({from}) TO ({until});"
    )
}
