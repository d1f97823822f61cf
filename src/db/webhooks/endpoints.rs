//! Stores, finds and changes webhook endpoints.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Double, Nullable, Text, Timestamptz};
use diesel_async::{AsyncConnection, RunQueryDsl};

use super::{Endpoint, EndpointChange, NewEndpoint, key, signature, unknown};
use crate::db::pool::Database;
use crate::domain::{Access, CustomerId, OrderEventType, WebhookKey};
use crate::error::StoreError;

/// The columns of an [`Endpoint`] but for its key.
macro_rules! columns {
    () => {
        "id, client, url, description, customer_id, event_types, enabled, disabled_reason, \
         signature, position, created_at, updated_at"
    };
}

/// The columns of an [`Endpoint`].
macro_rules! all_columns {
    () => {
        concat!(
            columns!(),
            ", (SELECT secret FROM webhook_secrets
                 WHERE endpoint_id = webhook_endpoints.id AND expires_at IS NULL
                 ORDER BY webhook_secrets.id DESC LIMIT 1) AS secret"
        )
    };
}

#[derive(QueryableByName)]
struct EndpointRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    client: String,
    #[diesel(sql_type = Text)]
    url: String,
    #[diesel(sql_type = Nullable<Text>)]
    description: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    customer_id: Option<CustomerId>,
    #[diesel(sql_type = Array<Text>)]
    event_types: Vec<String>,
    #[diesel(sql_type = Bool)]
    enabled: bool,
    #[diesel(sql_type = Nullable<Text>)]
    disabled_reason: Option<String>,
    #[diesel(sql_type = Text)]
    signature: String,
    #[diesel(sql_type = Binary)]
    secret: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    position: i64,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    updated_at: DateTime<Utc>,
}

impl TryFrom<EndpointRow> for Endpoint {
    type Error = StoreError;

    fn try_from(row: EndpointRow) -> Result<Self, StoreError> {
        let types = row.event_types.iter();
        let types: Option<_> = types.map(|one| one.parse().ok()).collect();
        Ok(Self {
            event_types: types.ok_or_else(|| unknown(row.id, "event type"))?,
            signature: signature(&row.signature, row.id)?,
            key: key(row.secret, row.id)?,
            id: row.id,
            client: row.client,
            url: row.url,
            description: row.description,
            customer_id: row.customer_id,
            enabled: row.enabled,
            disabled_reason: row.disabled_reason,
            position: row.position,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// Stores and finds endpoints. With the access of a customer, only those that its credentials have
/// created exist.
#[derive(Clone)]
pub struct EndpointRepository {
    database: Database,
}

impl EndpointRepository {
    /// Endpoints in this database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Stores an endpoint; `None` if its client has `limit` of them.
    pub async fn create(
        &self,
        new: &NewEndpoint,
        limit: i64,
    ) -> Result<Option<Endpoint>, StoreError> {
        let query = diesel::sql_query(concat!(
            "WITH created AS (
                INSERT INTO webhook_endpoints (client, owner, url, description, customer_id,
                                               event_types, signature, position)
                SELECT $1, $2, $3, $4, $5, $6, $7, CASE WHEN $8 THEN pruned ELSE position END
                  FROM feed
                 WHERE (SELECT count(*) FROM webhook_endpoints
                         WHERE client = $1 AND NOT deleted) < $9
                RETURNING ",
            columns!(),
            "), key AS (
                INSERT INTO webhook_secrets (endpoint_id, secret) SELECT id, $10 FROM created)
             SELECT ",
            columns!(),
            ", $10 AS secret FROM created"
        ))
        .bind::<Text, _>(&new.client)
        .bind::<Nullable<BigInt>, _>(new.access.customer())
        .bind::<Text, _>(&new.url)
        .bind::<Nullable<Text>, _>(new.description.as_deref())
        .bind::<Nullable<BigInt>, _>(new.customer_id)
        .bind::<Array<Text>, _>(names(&new.event_types))
        .bind::<Text, _>(new.signature.as_str())
        .bind::<Bool, _>(new.from_earliest)
        .bind::<BigInt, _>(limit)
        .bind::<Binary, _>(&new.key.0[..]);
        // Concurrent requests of a client are counted one after the other.
        let lock = diesel::sql_query(
            "SELECT pg_advisory_xact_lock(hashtextextended('webhook_endpoints of ' || $1, 0))",
        )
        .bind::<Text, _>(&new.client);
        self.database
            .write(async |connection| {
                let created = connection.transaction(async |connection| {
                    lock.execute(connection).await?;
                    query.load(connection).await
                });
                let created: Result<_, diesel::result::Error> = created.await;
                one(created?)
            })
            .await
    }

    /// At most `limit` endpoints with ids above `after`, oldest first.
    pub async fn list(
        &self,
        access: Access,
        after: i64,
        limit: i64,
    ) -> Result<Vec<Endpoint>, StoreError> {
        let query = diesel::sql_query(concat!(
            "SELECT ",
            all_columns!(),
            " FROM webhook_endpoints
              WHERE id > $1 AND NOT deleted AND ($2 IS NULL OR owner = $2)
              ORDER BY id LIMIT $3"
        ))
        .bind::<BigInt, _>(after)
        .bind::<Nullable<BigInt>, _>(access.customer())
        .bind::<BigInt, _>(limit);
        let rows: Vec<EndpointRow> = self
            .database
            .read(async |connection| query.load(connection).await)
            .await?;
        rows.into_iter().map(Endpoint::try_from).collect()
    }

    /// At most `limit` endpoints that the service has disabled, the newest first.
    pub async fn disabled(&self, limit: i64) -> Result<Vec<Endpoint>, StoreError> {
        let query = diesel::sql_query(concat!(
            "SELECT ",
            all_columns!(),
            " FROM webhook_endpoints
              WHERE NOT deleted AND NOT enabled AND disabled_reason IS NOT NULL
              ORDER BY updated_at DESC LIMIT $1"
        ))
        .bind::<BigInt, _>(limit);
        let rows: Vec<EndpointRow> = self
            .database
            .read(async |connection| query.load(connection).await)
            .await?;
        rows.into_iter().map(Endpoint::try_from).collect()
    }

    /// An endpoint; `None` if there is none.
    pub async fn get(&self, id: i64, access: Access) -> Result<Option<Endpoint>, StoreError> {
        let query = diesel::sql_query(concat!(
            "SELECT ",
            all_columns!(),
            " FROM webhook_endpoints
              WHERE id = $1 AND NOT deleted AND ($2 IS NULL OR owner = $2)"
        ))
        .bind::<BigInt, _>(id)
        .bind::<Nullable<BigInt>, _>(access.customer());
        self.database
            .read(async |connection| one(query.load(connection).await?))
            .await
    }

    /// Changes an endpoint; `None` if there is none. A new URL, and one that is enabled, is tried at
    /// once.
    pub async fn update(
        &self,
        id: i64,
        access: Access,
        change: &EndpointChange,
    ) -> Result<Option<Endpoint>, StoreError> {
        let query = diesel::sql_query(concat!(
            "UPDATE webhook_endpoints
                SET url = coalesce($3, url),
                    description = coalesce($4, description),
                    event_types = coalesce($5, event_types),
                    enabled = coalesce($6, enabled),
                    disabled_reason = CASE WHEN $6 IS NULL THEN disabled_reason END,
                    enabled_at = CASE WHEN $6 AND NOT enabled THEN now() ELSE enabled_at END,
                    failures = CASE WHEN $6 OR $3 <> url THEN 0 ELSE failures END,
                    retry_at = CASE WHEN $6 OR $3 <> url THEN now() ELSE retry_at END,
                    updated_at = greatest(now(), updated_at)
              WHERE id = $1 AND NOT deleted AND ($2 IS NULL OR owner = $2)
             RETURNING ",
            all_columns!()
        ))
        .bind::<BigInt, _>(id)
        .bind::<Nullable<BigInt>, _>(access.customer())
        .bind::<Nullable<Text>, _>(change.url.as_deref())
        .bind::<Nullable<Text>, _>(change.description.as_deref())
        .bind::<Nullable<Array<Text>>, _>(change.event_types.as_deref().map(names))
        .bind::<Nullable<Bool>, _>(change.enabled);
        self.database
            .write(async |connection| one(query.load(connection).await?))
            .await
    }

    /// Deletes an endpoint with its keys; the upkeep deletes its deliveries. `false` if there is
    /// none.
    pub async fn delete(&self, id: i64, access: Access) -> Result<bool, StoreError> {
        let query = diesel::sql_query(
            "WITH removed AS (
                UPDATE webhook_endpoints SET deleted = true, enabled = false, updated_at = now()
                 WHERE id = $1 AND NOT deleted AND ($2 IS NULL OR owner = $2)
                RETURNING id),
             keys AS (DELETE FROM webhook_secrets WHERE endpoint_id IN (SELECT id FROM removed))
             SELECT id FROM removed",
        )
        .bind::<BigInt, _>(id)
        .bind::<Nullable<BigInt>, _>(access.customer());
        self.database
            .write(async |connection| query.execute(connection).await.map(|rows| rows == 1))
            .await
    }

    /// Replaces the key; the current one is used as well for `overlap`. `false` if there is no such
    /// endpoint, or it has `limit` valid keys.
    pub async fn rotate(
        &self,
        id: i64,
        access: Access,
        fresh: &WebhookKey,
        overlap: Duration,
        limit: i64,
    ) -> Result<bool, StoreError> {
        let query = diesel::sql_query(
            "WITH endpoint AS (
                UPDATE webhook_endpoints SET updated_at = greatest(now(), updated_at)
                 WHERE id = $1 AND NOT deleted AND ($2 IS NULL OR owner = $2)
                   AND (SELECT count(*) FROM webhook_secrets WHERE endpoint_id = $1
                           AND (expires_at IS NULL OR expires_at > now())) < $5
                RETURNING id),
             previous AS (
                UPDATE webhook_secrets SET expires_at = now() + make_interval(secs => $4)
                 WHERE endpoint_id IN (SELECT id FROM endpoint) AND expires_at IS NULL)
             INSERT INTO webhook_secrets (endpoint_id, secret) SELECT id, $3 FROM endpoint",
        )
        .bind::<BigInt, _>(id)
        .bind::<Nullable<BigInt>, _>(access.customer())
        .bind::<Binary, _>(&fresh.0[..])
        .bind::<Double, _>(overlap.as_secs_f64())
        .bind::<BigInt, _>(limit);
        // Concurrent rotations come one after the other: the statement must see the key of the one
        // before, to count it and to let it expire.
        let lock = diesel::sql_query(
            "SELECT id FROM webhook_endpoints
              WHERE id = $1 AND NOT deleted AND ($2 IS NULL OR owner = $2)
                FOR NO KEY UPDATE",
        )
        .bind::<BigInt, _>(id)
        .bind::<Nullable<BigInt>, _>(access.customer());
        self.database
            .write(async |connection| {
                let rotated = connection.transaction(async |connection| {
                    lock.execute(connection).await?;
                    query.execute(connection).await
                });
                let rotated: Result<_, diesel::result::Error> = rotated.await;
                rotated.map(|rows| rows == 1)
            })
            .await
    }

    /// Considers the events after this position again. It never skips one. `None` if there is no such
    /// endpoint.
    pub async fn replay(
        &self,
        id: i64,
        access: Access,
        after: i64,
    ) -> Result<Option<Endpoint>, StoreError> {
        let query = diesel::sql_query(concat!(
            "UPDATE webhook_endpoints
                SET position = least(position, $3), updated_at = greatest(now(), updated_at)
              WHERE id = $1 AND NOT deleted AND ($2 IS NULL OR owner = $2)
             RETURNING ",
            all_columns!()
        ))
        .bind::<BigInt, _>(id)
        .bind::<Nullable<BigInt>, _>(access.customer())
        .bind::<BigInt, _>(after);
        self.database
            .write(async |connection| one(query.load(connection).await?))
            .await
    }

    /// The valid keys of an endpoint, the current one first.
    pub async fn keys(&self, id: i64) -> Result<Vec<WebhookKey>, StoreError> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Binary)]
            secret: Vec<u8>,
        }
        let query = diesel::sql_query(
            "SELECT secret FROM webhook_secrets
              WHERE endpoint_id = $1 AND (expires_at IS NULL OR expires_at > now())
              ORDER BY id DESC",
        )
        .bind::<BigInt, _>(id);
        let rows: Vec<Row> = self
            .database
            .read(async |connection| query.load(connection).await)
            .await?;
        rows.into_iter().map(|row| key(row.secret, id)).collect()
    }
}

fn names(types: &[OrderEventType]) -> Vec<&'static str> {
    types.iter().map(|one| one.as_str()).collect()
}

fn one(rows: Vec<EndpointRow>) -> Result<Option<Endpoint>, StoreError> {
    rows.into_iter().next().map(Endpoint::try_from).transpose()
}
