//! The list of deliveries, and sending one again.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable};
use diesel_async::RunQueryDsl;
use serde::Serialize;

use crate::db::pool::Database;
use crate::db::schema::webhook_deliveries;
use crate::domain::{Access, DeliveryStatus, OrderId};
use crate::error::StoreError;

/// An event that was sent to an endpoint, or is to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, QueryableByName, Selectable, Serialize)]
#[diesel(table_name = webhook_deliveries, check_for_backend(diesel::pg::Pg))]
pub struct Delivery {
    /// The id.
    pub id: i64,
    /// The endpoint.
    pub endpoint_id: i64,
    /// The position of the event.
    pub position: i64,
    /// Its order.
    pub order_id: OrderId,
    /// Its type.
    pub event_type: String,
    /// `pending`, `delivered` or `failed`.
    pub status: String,
    /// How often it was sent.
    pub attempts: i64,
    /// The status of the last response.
    pub response_status: Option<i64>,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was last sent.
    pub last_attempt_at: Option<DateTime<Utc>>,
    /// When it is sent next, while it is `pending`.
    pub next_attempt_at: DateTime<Utc>,
}

/// Which deliveries are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Those of one endpoint.
    pub endpoint_id: Option<i64>,
    /// Those with one of these statuses; all if it is empty.
    pub statuses: Vec<DeliveryStatus>,
    /// Those of events of one order.
    pub order_id: Option<OrderId>,
    /// Those to endpoints that the caller can access.
    pub access: Access,
    /// Those with smaller ids.
    pub before: Option<i64>,
}

/// What came of the request to send a delivery again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retried {
    /// It is pending.
    Pending(Delivery),
    /// There is none.
    NotFound,
    /// Nothing is sent to its endpoint.
    NotEnabled,
}

/// Lists deliveries and makes them due again.
#[derive(Clone)]
pub struct DeliveryRepository {
    database: Database,
}

impl DeliveryRepository {
    /// Deliveries in this database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// At most `limit` deliveries to existing endpoints, newest first.
    pub async fn list(
        &self,
        filter: &DeliveryFilter,
        limit: i64,
    ) -> Result<Vec<Delivery>, StoreError> {
        let mut query = webhook_deliveries::table
            .order(webhook_deliveries::id.desc())
            .limit(limit)
            .select(Delivery::as_select())
            .into_boxed();
        if let Some(endpoint) = filter.endpoint_id {
            query = query.filter(webhook_deliveries::endpoint_id.eq(endpoint));
        }
        if !filter.statuses.is_empty() {
            let statuses = filter.statuses.iter().map(|status| status.as_str());
            query = query.filter(webhook_deliveries::status.eq_any(statuses.collect::<Vec<_>>()));
        }
        if let Some(order) = filter.order_id {
            query = query.filter(webhook_deliveries::order_id.eq(order));
        }
        if let Some(before) = filter.before {
            query = query.filter(webhook_deliveries::id.lt(before));
        }
        let owner = filter.access.customer();
        query = query.filter(
            sql::<Bool>(
                "EXISTS (SELECT FROM webhook_endpoints AS e
                          WHERE e.id = webhook_deliveries.endpoint_id AND NOT e.deleted AND (",
            )
            .bind::<Nullable<BigInt>, _>(owner)
            .sql(" IS NULL OR e.owner = ")
            .bind::<Nullable<BigInt>, _>(owner)
            .sql("))"),
        );
        self.database
            .read(async |connection| query.load(connection).await)
            .await
    }

    /// Makes a delivery of an endpoint due now, as if it had become due for the first time; the number
    /// of its attempts remains.
    pub async fn retry(
        &self,
        endpoint_id: i64,
        id: i64,
        access: Access,
    ) -> Result<Retried, StoreError> {
        #[derive(QueryableByName)]
        struct Endpoint {
            #[diesel(sql_type = Bool)]
            enabled: bool,
        }
        let endpoint = diesel::sql_query(
            "SELECT enabled FROM webhook_endpoints
              WHERE id = $1 AND NOT deleted AND ($2 IS NULL OR owner = $2)
                AND EXISTS (SELECT FROM webhook_deliveries WHERE id = $3 AND endpoint_id = $1)",
        )
        .bind::<BigInt, _>(endpoint_id)
        .bind::<Nullable<BigInt>, _>(access.customer())
        .bind::<BigInt, _>(id);
        let found: Option<Endpoint> = self
            .database
            .read(async |connection| endpoint.get_result(connection).await.optional())
            .await?;
        match found {
            None => return Ok(Retried::NotFound),
            Some(endpoint) if !endpoint.enabled => return Ok(Retried::NotEnabled),
            Some(_) => {}
        }
        let retried = self.retry_all(endpoint_id, &[id]).await?;
        Ok(match retried.into_iter().next() {
            Some(delivery) => Retried::Pending(delivery),
            None => Retried::NotFound,
        })
    }

    /// Makes deliveries of an endpoint due now, and the endpoint be called at once. Returns them.
    pub async fn retry_all(
        &self,
        endpoint_id: i64,
        ids: &[i64],
    ) -> Result<Vec<Delivery>, StoreError> {
        let query = diesel::sql_query(
            "WITH called AS (
                UPDATE webhook_endpoints SET retry_at = now() WHERE id = $1 AND retry_at > now())
             UPDATE webhook_deliveries
                SET status = 'pending', failures = 0, due_at = now(), next_attempt_at = now(),
                    completed_at = NULL
              WHERE endpoint_id = $1 AND id = ANY ($2)
             RETURNING id, endpoint_id, position, order_id, event_type, status, attempts,
                       response_status, error, created_at, last_attempt_at, next_attempt_at",
        )
        .bind::<BigInt, _>(endpoint_id)
        .bind::<Array<BigInt>, _>(ids);
        self.database
            .write(async |connection| query.load(connection).await)
            .await
    }

    /// Makes at most `limit` failed deliveries of an endpoint due now, the oldest first. Returns how
    /// many.
    pub async fn retry_failed(&self, endpoint_id: i64, limit: i64) -> Result<usize, StoreError> {
        let query = webhook_deliveries::table
            .filter(webhook_deliveries::endpoint_id.eq(endpoint_id))
            .filter(webhook_deliveries::status.eq(DeliveryStatus::Failed.as_str()))
            .order(webhook_deliveries::id)
            .limit(limit)
            .select(webhook_deliveries::id);
        let ids: Vec<i64> = self
            .database
            .read(async |connection| query.load(connection).await)
            .await?;
        Ok(self.retry_all(endpoint_id, &ids).await?.len())
    }
}
