//! Deletes what is no longer needed, and what operators watch.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double};
use diesel_async::RunQueryDsl;

use crate::db::feed::entry_at;
use crate::db::pool::Database;
use crate::error::StoreError;

/// The state of all endpoints, for operators.
#[derive(Debug, Clone, Copy, PartialEq, QueryableByName)]
pub struct WebhookState {
    /// Endpoints that the service has disabled.
    #[diesel(sql_type = BigInt)]
    pub disabled: i64,
    /// Deliveries that were given up.
    #[diesel(sql_type = BigInt)]
    pub failed: i64,
    /// The age in seconds of the oldest event that an enabled endpoint has yet to receive; 0 if there
    /// is none.
    #[diesel(sql_type = Double)]
    pub oldest_age_seconds: f64,
}

/// Deletes what is no longer needed.
#[derive(Clone)]
pub struct WebhookUpkeep {
    database: Database,
}

impl WebhookUpkeep {
    /// Of this database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Deletes at most `limit` deliveries that were received at least `retention` ago, or given up at
    /// least `failed_retention` ago, and at most as many of deleted endpoints; then those endpoints,
    /// and keys that have expired. Returns whether there may be more.
    pub async fn prune(
        &self,
        retention: Duration,
        failed_retention: Duration,
        limit: i64,
    ) -> Result<bool, StoreError> {
        // The lock checks the conditions once more: a delivery that a retry or a replay has made due
        // meanwhile stays, and one that they are changing now is left to a later call.
        let completed = diesel::sql_query(
            "DELETE FROM webhook_deliveries WHERE id = ANY (ARRAY(
                SELECT id FROM webhook_deliveries
                 WHERE completed_at < now() - make_interval(secs => $1)
                   AND (status = 'delivered' OR completed_at < now() - make_interval(secs => $2))
                 ORDER BY completed_at LIMIT $3
                   FOR UPDATE SKIP LOCKED))",
        )
        .bind::<Double, _>(retention.as_secs_f64())
        .bind::<Double, _>(failed_retention.as_secs_f64())
        .bind::<BigInt, _>(limit);
        let of_deleted = diesel::sql_query(
            "DELETE FROM webhook_deliveries WHERE id = ANY (ARRAY(
                SELECT d.id FROM webhook_endpoints AS e
                  JOIN webhook_deliveries AS d ON d.endpoint_id = e.id
                 WHERE e.deleted LIMIT $1))",
        )
        .bind::<BigInt, _>(limit);
        let endpoints = diesel::sql_query(
            "DELETE FROM webhook_endpoints AS e
              WHERE deleted
                AND NOT EXISTS (SELECT FROM webhook_deliveries WHERE endpoint_id = e.id)",
        );
        let keys = diesel::sql_query("DELETE FROM webhook_secrets WHERE expires_at <= now()");
        let deleted = self
            .database
            .write(async |connection| {
                let completed = completed.execute(connection).await?;
                let of_deleted = of_deleted.execute(connection).await?;
                endpoints.execute(connection).await?;
                keys.execute(connection).await?;
                Ok::<_, StoreError>(completed.max(of_deleted))
            })
            .await?;
        Ok(i64::try_from(deleted).is_ok_and(|deleted| deleted >= limit))
    }

    /// The state of all endpoints.
    pub async fn state(&self) -> Result<WebhookState, StoreError> {
        // The events that no delivery exists for yet are older than none at the lowest position.
        let query = diesel::sql_query(concat!(
            "SELECT (SELECT count(*) FROM webhook_endpoints
                      WHERE NOT deleted AND NOT enabled AND disabled_reason IS NOT NULL) AS disabled,
                    (SELECT count(*) FROM webhook_deliveries AS d
                      WHERE status = 'failed'
                        AND EXISTS (SELECT FROM webhook_endpoints
                                     WHERE id = d.endpoint_id AND NOT deleted)) AS failed,
                    coalesce(extract(epoch FROM now() - least(
                        (SELECT min(oldest.due_at)
                           FROM webhook_endpoints AS e CROSS JOIN LATERAL (
                                SELECT due_at FROM webhook_deliveries
                                 WHERE endpoint_id = e.id AND status = 'pending'
                                 ORDER BY due_at LIMIT 1) AS oldest
                          WHERE e.enabled),
                        (SELECT event.occurred_at
                           FROM (SELECT min(e.position) AS position
                                   FROM webhook_endpoints AS e JOIN feed ON e.position < feed.position
                                  WHERE e.enabled) AS lowest
                          CROSS JOIN LATERAL ",
            entry_at!("lowest.position + 1"),
            " AS next
                           JOIN order_events AS event ON event.entry = next.entry))), 0)::float8
                        AS oldest_age_seconds"
        ));
        self.database
            .read(async |connection| query.get_result(connection).await)
            .await
    }
}
