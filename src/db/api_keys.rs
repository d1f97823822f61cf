//! API keys, identified by their SHA-256.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Double, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use serde::Serialize;

use super::pool::Database;
use super::schema::api_keys;
use crate::domain::CustomerId;
use crate::error::StoreError;

/// The columns of an [`ApiKey`].
macro_rules! columns {
    () => {
        "id, hint, name, scopes, customer_id, created_at, expires_at, revoked_at, last_used_at, \
         client_id"
    };
}

/// A stored key.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, QueryableByName, Selectable, Serialize)]
#[diesel(table_name = api_keys, check_for_backend(diesel::pg::Pg))]
pub struct ApiKey {
    /// The id of the key.
    pub id: i64,
    /// Its first characters.
    pub hint: String,
    /// The purpose, as its creator named it.
    pub name: String,
    /// Scopes, separated by spaces.
    pub scopes: String,
    /// The customer whose orders it can access; `None` for all orders.
    pub customer_id: Option<CustomerId>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it expires.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// The id of the first key of the same client, if that is another key.
    pub client_id: Option<i64>,
}

impl ApiKey {
    /// The client of the key: the same for all its keys.
    pub fn client(&self) -> i64 {
        self.client_id.unwrap_or(self.id)
    }
}

/// A new key.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// SHA-256 of the key.
    pub hash: Vec<u8>,
    /// Its first characters.
    pub hint: String,
    /// The purpose, 1 to 100 characters.
    pub name: String,
    /// Scopes, separated by spaces.
    pub scopes: String,
    /// The customer whose orders it can access; `None` for all orders.
    pub customer_id: Option<CustomerId>,
    /// When it expires.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Stores and finds API keys.
#[derive(Clone)]
pub struct ApiKeyRepository {
    database: Database,
}

impl ApiKeyRepository {
    /// Keys in this database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Stores a key. It belongs to the client of the newest key with the same name and customer, if
    /// any.
    pub async fn create(&self, key: &NewApiKey) -> Result<ApiKey, StoreError> {
        let query = diesel::sql_query(concat!(
            "INSERT INTO api_keys (hash, hint, name, scopes, customer_id, expires_at, client_id)
             VALUES ($1, $2, $3, $4, $5, $6,
                     (SELECT coalesce(client_id, id) FROM api_keys
                       WHERE name = $3 AND customer_id IS NOT DISTINCT FROM $5
                       ORDER BY id DESC LIMIT 1))
             RETURNING ",
            columns!()
        ))
        .bind::<Binary, _>(&key.hash)
        .bind::<Text, _>(&key.hint)
        .bind::<Text, _>(&key.name)
        .bind::<Text, _>(&key.scopes)
        .bind::<Nullable<BigInt>, _>(key.customer_id)
        .bind::<Nullable<Timestamptz>, _>(key.expires_at);
        self.database
            .write(async |connection| query.get_result(connection).await)
            .await
    }

    /// Replaces a key: the new one has the same client, name, scopes, customer and lifetime. The
    /// old one expires after `overlap` at the latest. `None` if there is no such key, or it is revoked.
    pub async fn rotate(
        &self,
        id: i64,
        hash: &[u8; 32],
        hint: &str,
        overlap: Duration,
    ) -> Result<Option<ApiKey>, StoreError> {
        let query = diesel::sql_query(concat!(
            "WITH retired AS (
                UPDATE api_keys
                   SET expires_at = least(expires_at, now() + make_interval(secs => $4))
                 WHERE id = $1 AND revoked_at IS NULL)
             INSERT INTO api_keys (hash, hint, name, scopes, customer_id, expires_at, client_id)
             SELECT $2, $3, name, scopes, customer_id, now() + (expires_at - created_at),
                    coalesce(client_id, id)
               FROM api_keys WHERE id = $1 AND revoked_at IS NULL
             RETURNING ",
            columns!()
        ))
        .bind::<BigInt, _>(id)
        .bind::<Binary, _>(&hash[..])
        .bind::<Text, _>(hint)
        .bind::<Double, _>(overlap.as_secs_f64());
        self.database
            .write(async |connection| query.get_result(connection).await.optional())
            .await
    }

    /// All keys, including revoked ones, oldest first.
    pub async fn list(&self) -> Result<Vec<ApiKey>, StoreError> {
        let query = api_keys::table
            .order(api_keys::id)
            .select(ApiKey::as_select());
        self.database
            .read(async |connection| query.load(connection).await)
            .await
    }

    /// Revokes a key. `None` if there is no such key; revoking again keeps the first time.
    pub async fn revoke(&self, id: i64) -> Result<Option<ApiKey>, StoreError> {
        let when = sql::<Nullable<Timestamptz>>("coalesce(revoked_at, now())");
        let query = diesel::update(api_keys::table.find(id))
            .set(api_keys::revoked_at.eq(when))
            .returning(ApiKey::as_returning());
        self.database
            .write(async |connection| query.get_result(connection).await.optional())
            .await
    }

    /// The key with this hash, if it is valid. Records its use, at most once a minute.
    pub async fn used(&self, hash: &[u8; 32]) -> Result<Option<ApiKey>, StoreError> {
        let query = diesel::sql_query(concat!(
            "WITH used AS (
                UPDATE api_keys SET last_used_at = now()
                 WHERE hash = $1 AND revoked_at IS NULL
                   AND (expires_at IS NULL OR expires_at > now())
                   AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute'))
             SELECT ",
            columns!(),
            " FROM api_keys
              WHERE hash = $1 AND revoked_at IS NULL
                AND (expires_at IS NULL OR expires_at > now())",
        ))
        .bind::<Binary, _>(&hash[..]);
        self.database
            .write(async |connection| query.get_result(connection).await.optional())
            .await
    }
}
