//! The orders behind the operations in partners' books, and how far the books are compared.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Double, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use serde::Serialize;

use super::pool::Database;
use super::schema::partner_books;
use crate::domain::{OrderId, OrderStatus, PaymentStatus, ShipmentStatus};
use crate::error::StoreError;

/// An order that this database has or had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderOfOperation {
    /// The id.
    pub id: OrderId,
    /// When it was accepted.
    pub created_at: DateTime<Utc>,
    /// Its status, of a deleted order the last one; `None` if it is unknown to this version.
    pub status: Option<OrderStatus>,
    /// Whether it is deleted: then its payment and parcel are not known.
    pub is_deleted: bool,
    /// The payment, once it was attempted.
    pub payment: Option<PaymentStatus>,
    /// The parcel, once it was requested.
    pub shipment: Option<ShipmentStatus>,
    /// The time since its last change.
    pub unchanged_for: Duration,
    /// Whether an intent for its workflow is in the outbox.
    pub has_intent: bool,
}

/// How far the present pass through a partner's books has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = partner_books, check_for_backend(diesel::pg::Pg))]
pub struct Bookmark {
    /// The last operation that was compared; `None` at the beginning.
    pub after: Option<String>,
    /// Operations that contradict their orders, so far.
    pub found: i64,
}

/// The result of comparing a partner's books, for operators.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName, Serialize)]
pub struct BookReport {
    /// `inventory`, `payment` or `shipping`.
    #[diesel(sql_type = Text)]
    pub partner: String,
    /// Operations that contradict their orders, in the last complete pass or already in the present
    /// one.
    #[diesel(sql_type = BigInt)]
    pub drift: i64,
    /// When the last pass was complete.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub passed_at: Option<DateTime<Utc>>,
}

/// The comparison with partners' books.
#[derive(Clone)]
pub struct BookRepository {
    database: Database,
}

impl BookRepository {
    /// With the orders in this database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Where to go on in a partner's books.
    pub async fn bookmark(&self, partner: &str) -> Result<Bookmark, StoreError> {
        let query = partner_books::table
            .find(partner)
            .select(Bookmark::as_select());
        self.database
            .read(async |connection| query.first(connection).await)
            .await
    }

    /// Stores where to go on; without `after`, the pass is complete.
    pub async fn turn(&self, partner: &str, mark: &Bookmark) -> Result<(), StoreError> {
        let query = diesel::sql_query(
            "UPDATE partner_books
                SET after = $2,
                    found = CASE WHEN $2 IS NULL THEN 0 ELSE $3 END,
                    drift = CASE WHEN $2 IS NULL THEN $3 ELSE drift END,
                    passed_at = CASE WHEN $2 IS NULL THEN now() ELSE passed_at END
              WHERE partner = $1",
        )
        .bind::<Text, _>(partner)
        .bind::<Nullable<Text>, _>(mark.after.as_deref())
        .bind::<BigInt, _>(mark.found);
        self.database
            .write(async |connection| query.execute(connection).await.map(drop))
            .await
    }

    /// The results of all partners.
    pub async fn reports(&self) -> Result<Vec<BookReport>, StoreError> {
        let query = diesel::sql_query(
            "SELECT partner, greatest(found, drift) AS drift, passed_at
               FROM partner_books ORDER BY partner",
        );
        self.database
            .read(async |connection| query.load(connection).await)
            .await
    }

    /// The orders with these ids, existing or deleted. An id that this database never had is left
    /// out.
    pub async fn orders(&self, ids: &[OrderId]) -> Result<Vec<OrderOfOperation>, StoreError> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = BigInt)]
            id: OrderId,
            #[diesel(sql_type = Timestamptz)]
            created_at: DateTime<Utc>,
            #[diesel(sql_type = Nullable<Text>)]
            status: Option<String>,
            #[diesel(sql_type = Bool)]
            is_deleted: bool,
            #[diesel(sql_type = Nullable<Text>)]
            payment: Option<String>,
            #[diesel(sql_type = Nullable<Text>)]
            shipment: Option<String>,
            #[diesel(sql_type = Double)]
            unchanged_for: f64,
            #[diesel(sql_type = Bool)]
            has_intent: bool,
        }
        // Only an order that has ended can be deleted if it has items, so its last status is in an event.
        let query = diesel::sql_query(
            "SELECT orders.id, orders.created_at, orders.status, false AS is_deleted,
                    orders.fulfilment -> 'payment' ->> 'status' AS payment,
                    orders.fulfilment -> 'shipment' ->> 'status' AS shipment,
                    extract(epoch FROM now() - orders.updated_at)::float8 AS unchanged_for,
                    EXISTS (SELECT FROM workflow_intents WHERE order_id = orders.id) AS has_intent
               FROM orders WHERE orders.id = ANY ($1)
             UNION ALL
             SELECT requested.id, first.occurred_at,
                    (SELECT data ->> 'status' FROM order_events
                      WHERE order_id = requested.id AND data ? 'status'
                      ORDER BY sequence DESC LIMIT 1),
                    true, NULL, NULL,
                    extract(epoch FROM now() - last.occurred_at)::float8,
                    EXISTS (SELECT FROM workflow_intents WHERE order_id = requested.id)
               FROM unnest($1) AS requested (id)
              CROSS JOIN LATERAL (SELECT occurred_at FROM order_events
                                   WHERE order_id = requested.id
                                   ORDER BY sequence LIMIT 1) AS first
              CROSS JOIN LATERAL (SELECT occurred_at, type FROM order_events
                                   WHERE order_id = requested.id
                                   ORDER BY sequence DESC LIMIT 1) AS last
              WHERE last.type = 'deleted'
                AND NOT EXISTS (SELECT FROM orders WHERE orders.id = requested.id)",
        )
        .bind::<Array<BigInt>, _>(ids);
        let rows: Vec<Row> = self
            .database
            .read(async |connection| query.load(connection).await)
            .await?;
        let order = |row: Row| OrderOfOperation {
            id: row.id,
            created_at: row.created_at,
            status: row.status.and_then(|status| status.parse().ok()),
            is_deleted: row.is_deleted,
            payment: row.payment.and_then(|status| status.parse().ok()),
            shipment: row.shipment.and_then(|status| status.parse().ok()),
            unchanged_for: Duration::try_from_secs_f64(row.unchanged_for).unwrap_or_default(),
            has_intent: row.has_intent,
        };
        Ok(rows.into_iter().map(order).collect())
    }
}
