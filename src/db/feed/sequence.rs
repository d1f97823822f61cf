//! Extends the feed: which process does so, which entries have become visible, and which never will.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Double, Text};
use diesel_async::RunQueryDsl;

use super::Extent;
use crate::db::pool::Database;
use crate::db::schema::order_events;
use crate::error::StoreError;

/// How the feed is extended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advance {
    /// The new last entry.
    pub entry: i64,
    /// Its position.
    pub position: i64,
    /// The first entries after those that no event has, with their positions.
    pub runs: Vec<(i64, i64)>,
}

/// Extends the feed. One process at a time does so; a lease says which.
#[derive(Clone)]
pub struct SequencerRepository {
    database: Database,
    holder: String,
}

impl SequencerRepository {
    /// Extends the feed of this database as `holder`, a name that no other process has.
    pub fn new(database: Database, holder: String) -> Self {
        Self { database, holder }
    }

    /// Takes or renews the lease. Returns how far the feed goes, or `None` while another process
    /// has the lease.
    pub async fn acquire(&self, lease: Duration) -> Result<Option<Extent>, StoreError> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = BigInt)]
            entry: i64,
            #[diesel(sql_type = BigInt)]
            position: i64,
            #[diesel(sql_type = BigInt)]
            pruned: i64,
        }
        let query = diesel::sql_query(
            "UPDATE feed SET holder = $1, leased_until = now() + make_interval(secs => $2)
              WHERE leased_until <= now() OR holder = $1
            RETURNING entry, position, pruned",
        )
        .bind::<Text, _>(&self.holder)
        .bind::<Double, _>(lease.as_secs_f64());
        let rows: Vec<Row> = self
            .database
            .write(async |connection| query.load(connection).await)
            .await?;
        let extent = |row: Row| Extent {
            entry: row.entry,
            position: row.position,
            pruned: row.pruned,
        };
        Ok(rows.into_iter().next().map(extent))
    }

    /// Lets another process take the lease at once.
    pub async fn release(&self) -> Result<(), StoreError> {
        let query = diesel::sql_query(
            "UPDATE feed SET holder = NULL, leased_until = now() WHERE holder = $1",
        )
        .bind::<Text, _>(&self.holder);
        self.database
            .write(async |connection| query.execute(connection).await.map(drop))
            .await
    }

    /// At most `limit` entries above `after` that are visible, in ascending order.
    pub async fn entries(&self, after: i64, limit: i64) -> Result<Vec<i64>, StoreError> {
        let entry = order_events::entry.assume_not_null();
        let query = order_events::table
            .filter(entry.gt(after))
            .order(entry)
            .select(entry)
            .limit(limit);
        self.database
            .read(async |connection| query.load(connection).await)
            .await
    }

    /// The transactions that may have written events. An entry that none of them has, and that is
    /// still not visible after this, belongs to no event: a transaction locks the table before it
    /// takes an entry, and unlocks it only after its events have become visible.
    pub async fn writers(&self) -> Result<HashSet<String>, StoreError> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            virtualtransaction: String,
        }
        let query = diesel::sql_query(
            "SELECT virtualtransaction FROM pg_locks
              WHERE locktype = 'relation' AND relation = 'order_events'::regclass
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND mode = 'RowExclusiveLock'",
        );
        let rows: Vec<Row> = self
            .database
            .read(async |connection| query.load(connection).await)
            .await?;
        Ok(rows.into_iter().map(|row| row.virtualtransaction).collect())
    }

    /// Extends the feed from the entry `from` and renews the lease. `false` if another process has
    /// taken over.
    pub async fn advance(
        &self,
        from: i64,
        to: &Advance,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        let (entries, positions): (Vec<i64>, Vec<i64>) = to.runs.iter().copied().unzip();
        // The notification commits together with the feed, once for many events. A run without an event,
        // which a new database begins with, is replaced if its first entries belong to no event.
        let query = diesel::sql_query(
            "WITH moved AS (
                UPDATE feed
                   SET entry = $3, position = $4, leased_until = now() + make_interval(secs => $5)
                 WHERE holder = $1 AND entry = $2
                RETURNING id),
             added AS (
                INSERT INTO feed_runs (entry, position)
                SELECT run.entry, run.position
                  FROM unnest($6, $7) AS run (entry, position) CROSS JOIN moved
                ON CONFLICT (position) DO UPDATE SET entry = EXCLUDED.entry)
             SELECT pg_notify('feed', '') FROM moved",
        )
        .bind::<Text, _>(&self.holder)
        .bind::<BigInt, _>(from)
        .bind::<BigInt, _>(to.entry)
        .bind::<BigInt, _>(to.position)
        .bind::<Double, _>(lease.as_secs_f64())
        .bind::<Array<BigInt>, _>(entries)
        .bind::<Array<BigInt>, _>(positions);
        self.database
            .write(async |connection| query.execute(connection).await.map(|rows| rows == 1))
            .await
    }

    /// Prunes at most `limit` events that are older than `before`: they are no longer part of the
    /// feed, but stay in the histories of their orders. Those that a webhook endpoint has yet to
    /// consider, also a disabled one, are kept. Returns how many.
    pub async fn prune(&self, before: DateTime<Utc>, limit: i64) -> Result<i64, StoreError> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = BigInt)]
            count: i64,
        }
        let query = diesel::sql_query(concat!(
            "WITH run AS (
                SELECT feed.entry AS last, next.entry AS first
                  FROM feed CROSS JOIN LATERAL ",
            entry_at!("feed.pruned + 1"),
            " AS next
                 WHERE holder = $1 AND feed.pruned < feed.position),
             oldest AS (
                SELECT order_events.entry, occurred_at FROM run JOIN order_events
                    ON order_events.entry BETWEEN run.first AND run.last
                 ORDER BY order_events.entry
                 LIMIT greatest(0, least($3, (
                    SELECT min(webhook_endpoints.position) - min(feed.pruned)
                      FROM webhook_endpoints CROSS JOIN feed
                     WHERE NOT webhook_endpoints.deleted)))),
             kept AS (
                SELECT min(entry) AS entry FROM oldest WHERE occurred_at >= $2),
             old AS (
                SELECT count(*) AS count FROM oldest, kept
                 WHERE kept.entry IS NULL OR oldest.entry < kept.entry)
             UPDATE feed SET pruned = pruned + old.count FROM old
              WHERE holder = $1 AND old.count > 0
             RETURNING old.count"
        ))
        .bind::<Text, _>(&self.holder)
        .bind::<diesel::sql_types::Timestamptz, _>(before)
        .bind::<BigInt, _>(limit);
        let rows: Vec<Row> = self
            .database
            .write(async |connection| query.load(connection).await)
            .await?;
        Ok(rows.into_iter().next().map_or(0, |row| row.count))
    }
}
