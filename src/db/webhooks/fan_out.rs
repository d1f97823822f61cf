//! Creates the deliveries of an endpoint from the feed.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use diesel_async::RunQueryDsl;

use super::OutboxRepository;
use crate::db::feed::entry_at;
use crate::error::StoreError;

/// The endpoints that a statement moves on.
const ENDPOINTS: i64 = 100;
/// The positions by which it moves each of them.
const STEP: i64 = 500;

/// What there may be to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct Outlook {
    /// Whether any endpoint is enabled.
    #[diesel(sql_type = Bool)]
    pub any_enabled: bool,
    /// Whether one of them is behind the feed.
    #[diesel(sql_type = Bool)]
    pub any_behind: bool,
}

impl OutboxRepository {
    /// Whether there is anything to do, for less than trying costs.
    pub async fn outlook(&self) -> Result<Outlook, StoreError> {
        let query = diesel::sql_query(
            "SELECT EXISTS (SELECT FROM webhook_endpoints WHERE enabled) AS any_enabled,
                    EXISTS (SELECT FROM webhook_endpoints AS e CROSS JOIN feed
                             WHERE e.enabled AND e.position < feed.position) AS any_behind",
        );
        self.database
            .read(async |connection| query.get_result(connection).await)
            .await
    }

    /// Creates deliveries of the next events for endpoints that are behind the feed, and moves them
    /// on, in one statement: whoever does so, each event is considered once. An event that was
    /// considered before a replay is due again. Returns whether there may be more to do.
    pub async fn fan_out(&self) -> Result<bool, StoreError> {
        // The feed ends at the statement's snapshot, in which all its events are visible.
        let query = diesel::sql_query(concat!(
            "WITH lagging AS MATERIALIZED (
                SELECT e.id, e.position, e.customer_id, e.event_types,
                       least(feed.position, e.position + $2) AS target
                  FROM webhook_endpoints AS e CROSS JOIN feed
                 WHERE e.enabled AND e.position < feed.position
                 ORDER BY e.position LIMIT $1
                   FOR NO KEY UPDATE OF e SKIP LOCKED),
             wanted AS (
                SELECT lagging.id, run.shift + event.entry AS position,
                       event.order_id, event.sequence, event.type
                  FROM lagging
                 CROSS JOIN LATERAL ",
            entry_at!("lagging.position + 1"),
            " AS first
                 CROSS JOIN LATERAL ",
            entry_at!("lagging.target"),
            " AS last
                  JOIN order_events AS event
                    ON event.entry BETWEEN first.entry AND last.entry
                   AND (lagging.customer_id IS NULL OR event.customer_id = lagging.customer_id)
                   AND (cardinality(lagging.event_types) = 0
                        OR event.type = ANY (lagging.event_types))
                 CROSS JOIN LATERAL (
                    SELECT position - entry AS shift FROM feed_runs
                     WHERE entry <= event.entry
                     ORDER BY entry DESC LIMIT 1) AS run
                 ORDER BY lagging.id, event.entry),
             owed AS (
                INSERT INTO webhook_deliveries AS known
                       (endpoint_id, position, order_id, sequence, event_type)
                SELECT id, position, order_id, sequence, type FROM wanted
                ON CONFLICT (endpoint_id, position) DO UPDATE
                   SET status = 'pending', failures = 0, due_at = now(), next_attempt_at = now(),
                       completed_at = NULL
                 WHERE known.status <> 'pending')
             UPDATE webhook_endpoints SET position = lagging.target FROM lagging
              WHERE webhook_endpoints.id = lagging.id"
        ))
        .bind::<BigInt, _>(ENDPOINTS)
        .bind::<BigInt, _>(STEP);
        // A second look finds nothing if all of them have reached the end.
        self.database
            .write(async |connection| query.execute(connection).await.map(|moved| moved > 0))
            .await
    }
}
