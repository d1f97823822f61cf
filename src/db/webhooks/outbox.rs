//! The deliveries that are owed: which attempts to make now, and what came of them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Double, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use serde_json::Value;

use super::{key, signature};
use crate::db::events::EventRow;
use crate::db::feed::event;
use crate::db::pool::Database;
use crate::domain::{CustomerId, DeliveryStatus, Event, OrderId, SignatureKind, WebhookKey};
use crate::error::StoreError;

/// An endpoint's failures count one each, and a success takes back two: from this count on, which
/// only one that mostly fails reaches, one attempt at a time probes it.
const PROBE_AFTER: i64 = 8;
const SUCCESS: i64 = 2;
/// The longest pause between two probes.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Claims attempts and records their results.
#[derive(Clone)]
pub struct OutboxRepository {
    pub(super) database: Database,
}

/// How many attempts a process can make.
#[derive(Debug, Clone)]
pub struct Room {
    /// In all.
    pub total: i64,
    /// Of one endpoint, including those in flight.
    pub per_endpoint: i64,
    /// Endpoints and how many are in flight to them.
    pub in_flight: Vec<(i64, i64)>,
}

/// Where a payload is sent, and what it is signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The URL.
    pub url: String,
    /// How the payload is signed.
    pub signature: SignatureKind,
    /// The valid keys, the current one first.
    pub keys: Vec<WebhookKey>,
}

/// A claimed attempt to deliver an event.
#[derive(Debug)]
pub struct Attempt {
    /// The id of the delivery.
    pub id: i64,
    /// Its number, which identifies the claim.
    pub number: i64,
    /// The endpoint.
    pub endpoint_id: i64,
    /// Whether failures of the endpoint are counted, so that a success matters.
    pub endpoint_fails: bool,
    /// The failed attempts since it became due.
    pub failures: i64,
    /// How long it has been due, without the time in which the endpoint was disabled.
    pub due_for: Duration,
    /// The event, and where to send it; an error if this version does not know how.
    pub work: Result<(Target, Event), StoreError>,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The id of the delivery.
    pub id: i64,
    /// The number of the attempt.
    pub number: i64,
    /// What the delivery becomes.
    pub status: DeliveryStatus,
    /// Whether this counts as a failed attempt.
    pub failed: bool,
    /// The status of the response.
    pub response_status: Option<i64>,
    /// Why it failed.
    pub error: Option<String>,
    /// When it is attempted again, if it remains `pending`.
    pub delay: Duration,
}

/// What the results of several attempts say about an endpoint.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EndpointResult {
    /// The endpoint.
    pub id: i64,
    /// The URL that was called.
    pub url: String,
    /// The successful attempts.
    pub successes: i64,
    /// The failed attempts.
    pub failures: i64,
    /// How long it must not be called, because it said so.
    pub hold: Duration,
    /// Why it is to be disabled.
    pub disable: Option<String>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    attempts: i64,
    #[diesel(sql_type = BigInt)]
    endpoint_id: i64,
    #[diesel(sql_type = Bool)]
    endpoint_fails: bool,
    #[diesel(sql_type = BigInt)]
    failures: i64,
    #[diesel(sql_type = Double)]
    due_for: f64,
    #[diesel(sql_type = Text)]
    url: String,
    #[diesel(sql_type = Text)]
    signature: String,
    #[diesel(sql_type = Array<Binary>)]
    keys: Vec<Vec<u8>>,
    #[diesel(sql_type = BigInt)]
    position: i64,
    #[diesel(sql_type = BigInt)]
    order_id: OrderId,
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    customer_id: Option<CustomerId>,
    #[diesel(sql_type = Text)]
    event_type: String,
    #[diesel(sql_type = diesel::sql_types::Jsonb)]
    data: Value,
    #[diesel(sql_type = Text)]
    actor: String,
    #[diesel(sql_type = Timestamptz)]
    occurred_at: DateTime<Utc>,
}

impl OutboxRepository {
    /// Deliveries in this database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Claims due attempts for the duration of `lease`, during which no other process can claim
    /// them. Of the events of one order for one endpoint, only the first that it has not received is
    /// claimed. Endpoints take turns, and those that keep failing get one attempt at a time, of all
    /// processes.
    pub async fn claim(&self, room: &Room, lease: Duration) -> Result<Vec<Attempt>, StoreError> {
        let (endpoints, in_flight): (Vec<i64>, Vec<i64>) = room.in_flight.iter().copied().unzip();
        // `position`: what a replay has yet to pass waits, so that it is sent in sequence.
        // The statistics of a queue are always old, and the planner would scan all of it to find
        // earlier events of an order; the query is written so that it cannot.
        let query = diesel::sql_query(
            "WITH open AS MATERIALIZED (
                SELECT e.id, e.position, e.failures >= $1 AS probed,
                       CASE WHEN e.failures >= $1 THEN 1 ELSE $2 END
                           - coalesce(busy.count, 0) AS room
                  FROM webhook_endpoints AS e
                  LEFT JOIN unnest($4, $5) AS busy (id, count) ON busy.id = e.id
                 WHERE e.enabled AND e.retry_at <= now()
                 ORDER BY random()),
             due AS MATERIALIZED (
                SELECT open.id AS endpoint_id, open.probed, next.id
                  FROM open CROSS JOIN LATERAL (
                    SELECT d.id FROM webhook_deliveries AS d
                     WHERE d.endpoint_id = open.id AND d.status = 'pending'
                       AND d.next_attempt_at <= now() AND d.leased_until <= now()
                       AND d.position <= open.position
                       AND NOT EXISTS (
                            SELECT FROM webhook_deliveries AS earlier
                             WHERE earlier.endpoint_id = d.endpoint_id
                               AND earlier.order_id = d.order_id
                               AND earlier.position + 0 < d.position
                               AND earlier.status || '' = 'pending' OFFSET 0)
                     ORDER BY d.next_attempt_at, d.id
                     LIMIT greatest(open.room, 0)
                       FOR NO KEY UPDATE OF d SKIP LOCKED) AS next
                 LIMIT $3),
             probing AS (
                UPDATE webhook_endpoints SET retry_at = now() + make_interval(secs => $6)
                 WHERE id IN (SELECT id FROM webhook_endpoints
                               WHERE id IN (SELECT endpoint_id FROM due WHERE probed)
                                 AND retry_at <= now()
                                 FOR NO KEY UPDATE SKIP LOCKED)
                RETURNING id),
             claimed AS (
                UPDATE webhook_deliveries AS d
                   SET attempts = d.attempts + 1, last_attempt_at = now(),
                       leased_until = now() + make_interval(secs => $6)
                  FROM due
                 WHERE d.id = due.id
                   AND (NOT due.probed OR due.endpoint_id IN (SELECT id FROM probing))
                RETURNING d.id, d.endpoint_id, d.position, d.order_id, d.sequence, d.attempts,
                          d.failures, d.due_at)
             SELECT claimed.id, attempts, claimed.endpoint_id, claimed.failures,
                    e.failures > 0 AS endpoint_fails,
                    greatest(extract(epoch FROM now() - greatest(due_at, e.enabled_at)), 0)::float8
                        AS due_for,
                    e.url, e.signature,
                    ARRAY(SELECT secret FROM webhook_secrets
                           WHERE endpoint_id = e.id AND (expires_at IS NULL OR expires_at > now())
                           ORDER BY id DESC) AS keys,
                    claimed.position, claimed.order_id, claimed.sequence, event.customer_id,
                    event.type AS event_type, event.data, event.actor, event.occurred_at
               FROM claimed
               JOIN webhook_endpoints AS e ON e.id = claimed.endpoint_id
               JOIN order_events AS event
                 ON event.order_id = claimed.order_id AND event.sequence = claimed.sequence",
        )
        .bind::<BigInt, _>(PROBE_AFTER)
        .bind::<BigInt, _>(room.per_endpoint)
        .bind::<BigInt, _>(room.total)
        .bind::<Array<BigInt>, _>(endpoints)
        .bind::<Array<BigInt>, _>(in_flight)
        .bind::<Double, _>(lease.as_secs_f64());
        let rows: Vec<Row> = self
            .database
            .write(async |connection| query.load(connection).await)
            .await?;
        Ok(rows.into_iter().map(attempt).collect())
    }

    /// Records what came of attempts. A result whose attempt is no longer the last one, because its
    /// lease has ended, is ignored.
    pub async fn record(&self, outcomes: &[Outcome]) -> Result<(), StoreError> {
        let column = |value: fn(&Outcome) -> i64| outcomes.iter().map(value).collect::<Vec<_>>();
        let query = diesel::sql_query(
            "UPDATE webhook_deliveries AS d
                SET status = result.status,
                    failures = d.failures + result.failed,
                    response_status = result.response_status,
                    error = result.error,
                    next_attempt_at = CASE WHEN result.status = 'pending'
                        THEN now() + make_interval(secs => result.delay)
                        ELSE d.next_attempt_at END,
                    leased_until = now(),
                    completed_at = CASE WHEN result.status <> 'pending' THEN now() END
               FROM unnest($1, $2, $3, $4, $5, $6, $7)
                    AS result (id, number, status, failed, response_status, error, delay)
              WHERE d.id = result.id AND d.attempts = result.number AND d.status || '' = 'pending'",
        )
        .bind::<Array<BigInt>, _>(column(|one| one.id))
        .bind::<Array<BigInt>, _>(column(|one| one.number))
        .bind::<Array<Text>, _>(
            outcomes
                .iter()
                .map(|one| one.status.as_str())
                .collect::<Vec<_>>(),
        )
        .bind::<Array<BigInt>, _>(column(|one| one.failed.into()))
        .bind::<Array<Nullable<BigInt>>, _>(
            outcomes
                .iter()
                .map(|one| one.response_status)
                .collect::<Vec<_>>(),
        )
        .bind::<Array<Nullable<Text>>, _>(
            outcomes
                .iter()
                .map(|one| one.error.as_deref())
                .collect::<Vec<_>>(),
        )
        .bind::<Array<Double>, _>(
            outcomes
                .iter()
                .map(|one| one.delay.as_secs_f64())
                .collect::<Vec<_>>(),
        );
        self.database
            .write(async |connection| query.execute(connection).await.map(drop))
            .await
    }

    /// Records what results say about endpoints: when they are called again, and which are disabled.
    /// `pause` is the first pause between two probes. Returns how many were disabled.
    pub async fn record_endpoints(
        &self,
        results: &[EndpointResult],
        pause: Duration,
    ) -> Result<usize, StoreError> {
        #[derive(QueryableByName)]
        struct Disabled {
            #[diesel(sql_type = Bool)]
            disabled: bool,
        }
        let query = diesel::sql_query(
            "WITH result AS (
                SELECT e.id, e.failures AS before,
                       CASE WHEN given.succeeded = 0 THEN e.failures + given.failed
                            ELSE greatest(0, least(e.failures, $7) + given.failed
                                             - $10 * given.succeeded) END AS failures,
                       given.hold, CASE WHEN e.url = given.url AND e.enabled THEN given.reason END AS reason
                  FROM unnest($1, $2, $3, $4, $5, $6)
                       AS given (id, url, succeeded, failed, hold, reason)
                  JOIN webhook_endpoints AS e ON e.id = given.id
                 ORDER BY e.id FOR NO KEY UPDATE OF e)
             UPDATE webhook_endpoints AS e
                SET failures = result.failures,
                    retry_at = CASE
                        WHEN result.failures >= $7 THEN greatest(
                            now() + make_interval(secs => result.hold),
                            now() + make_interval(secs =>
                                least($8 * 2 ^ least(result.failures - $7, 20), $9)
                                * (0.5 + random() / 2)))
                        WHEN result.hold > 0 THEN now() + make_interval(secs => result.hold)
                        WHEN result.before >= $7 THEN now()
                        ELSE e.retry_at END,
                    enabled = e.enabled AND result.reason IS NULL,
                    disabled_reason = coalesce(result.reason, e.disabled_reason),
                    updated_at = CASE WHEN result.reason IS NULL THEN e.updated_at ELSE now() END
               FROM result WHERE e.id = result.id
             RETURNING result.reason IS NOT NULL AS disabled",
        )
        .bind::<Array<BigInt>, _>(results.iter().map(|one| one.id).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(results.iter().map(|one| one.url.as_str()).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(results.iter().map(|one| one.successes).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(results.iter().map(|one| one.failures).collect::<Vec<_>>())
        .bind::<Array<Double>, _>(
            results.iter().map(|one| one.hold.as_secs_f64()).collect::<Vec<_>>(),
        )
        .bind::<Array<Nullable<Text>>, _>(
            results.iter().map(|one| one.disable.as_deref()).collect::<Vec<_>>(),
        )
        .bind::<BigInt, _>(PROBE_AFTER)
        .bind::<Double, _>(pause.as_secs_f64())
        .bind::<Double, _>(LONGEST_PAUSE.as_secs_f64())
        .bind::<BigInt, _>(SUCCESS);
        let rows: Vec<Disabled> = self
            .database
            .write(async |connection| query.load(connection).await)
            .await?;
        Ok(rows.into_iter().filter(|row| row.disabled).count())
    }

    /// Releases attempts that were not made. If that fails, they can be claimed again when their
    /// lease ends.
    pub async fn release(&self, attempts: &[(i64, i64)]) -> Result<(), StoreError> {
        let (ids, numbers): (Vec<i64>, Vec<i64>) = attempts.iter().copied().unzip();
        let query = diesel::sql_query(
            "UPDATE webhook_deliveries AS d SET leased_until = now()
               FROM unnest($1, $2) AS given (id, number)
              WHERE d.id = given.id AND d.attempts = given.number",
        )
        .bind::<Array<BigInt>, _>(ids)
        .bind::<Array<BigInt>, _>(numbers);
        self.database
            .write(async |connection| query.execute(connection).await.map(drop))
            .await
    }
}

fn attempt(row: Row) -> Attempt {
    Attempt {
        id: row.id,
        number: row.attempts,
        endpoint_id: row.endpoint_id,
        endpoint_fails: row.endpoint_fails,
        failures: row.failures,
        due_for: Duration::try_from_secs_f64(row.due_for).unwrap_or_default(),
        work: work(row),
    }
}

fn work(row: Row) -> Result<(Target, Event), StoreError> {
    let keys = row.keys.into_iter();
    let keys = keys.map(|secret| key(secret, row.endpoint_id));
    let target = Target {
        signature: signature(&row.signature, row.endpoint_id)?,
        keys: keys.collect::<Result<_, _>>()?,
        url: row.url,
    };
    let stored = EventRow {
        order_id: row.order_id,
        sequence: row.sequence,
        type_: row.event_type,
        data: row.data,
        actor: row.actor,
        occurred_at: row.occurred_at,
        customer_id: row.customer_id,
    };
    Ok((target, event(stored, row.position)?))
}
