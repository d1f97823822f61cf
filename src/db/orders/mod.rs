//! Orders in the database, with a file per change. One statement makes the change, writes its event
//! and writes the intent for Temporal: atomically, in one round trip, and without locks that
//! outlive the statement. The most frequent statements are batched; a batch is one statement too.

mod address;
mod attempts;
mod cancel;
mod decide;
mod delete;
mod find;
mod insert;
mod list;
mod restart;
mod retry;
mod update;
mod wake;

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

pub use self::decide::Decided;
use self::find::Find;
use self::insert::Insert;
pub use self::list::{OrderConditions, OrderFilter, PageOf};
use self::update::Update;
pub use self::update::{Author, Effect};
use super::batch::Batcher;
use super::notifier::Notifier;
use super::pool::Database;
use super::schema::orders;
use crate::domain::{
    Access, ChangeError, CustomerId, Fulfilment, Order, OrderId, OrderStatus, RequestError,
};
use crate::error::StoreError;
use crate::telemetry::request_scope;

/// A client's key for a request that it may send more than once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The client's key, or a value derived from it: 1 to 255 characters.
    pub key: String,
    /// SHA-256 of the request.
    pub fingerprint: [u8; 32],
    /// How long the key is stored.
    pub lifetime: Duration,
}

/// The result of a new order.
#[derive(Debug, Clone, PartialEq)]
pub enum Created {
    /// The order was stored.
    New(Order),
    /// The order was stored before with the same key; this is its state at that time.
    Replayed(Order),
    /// The key was used for a different request.
    KeyReused,
}

/// A condition for a change of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// No condition.
    None,
    /// The order has one of these versions.
    Version(Vec<i64>),
    /// The order was accepted at this time, so it is not another order with the same id.
    CreatedAt(DateTime<Utc>),
}

impl Precondition {
    fn holds(&self, order: &Order) -> bool {
        match self {
            Self::None => true,
            Self::Version(versions) => versions.contains(&order.version),
            Self::CreatedAt(time) => order.created_at == *time,
        }
    }
}

/// Why a change was rejected.
#[derive(Debug, thiserror::Error)]
pub enum Rejection {
    /// There is no such order.
    #[error("there is no such order")]
    NotFound,
    /// The precondition does not hold.
    #[error("the order has another version")]
    VersionMismatch,
    /// The order's state does not allow it.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The order's steps do not allow it.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Queryable, QueryableByName, Selectable)]
#[diesel(table_name = orders, check_for_backend(diesel::pg::Pg))]
struct OrderRow {
    id: OrderId,
    customer_id: CustomerId,
    status: String,
    total_amount: Decimal,
    fulfilment: Option<Value>,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<OrderRow> for Order {
    type Error = StoreError;

    fn try_from(row: OrderRow) -> Result<Self, StoreError> {
        let status = row.status.parse::<OrderStatus>().map_err(|_| {
            StoreError::Corrupt(format!(
                "order {} has the unknown status {}",
                row.id, row.status
            ))
        })?;
        Ok(Self {
            id: row.id,
            customer_id: row.customer_id,
            status,
            fulfilment: fulfilment(row.id, row.fulfilment)?,
            total_amount: row.total_amount,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

fn fulfilment(id: OrderId, stored: Option<Value>) -> Result<Option<Box<Fulfilment>>, StoreError> {
    stored
        .map(|stored| {
            serde_json::from_value(stored).map_err(|error| {
                StoreError::Corrupt(format!(
                    "order {id} has a state that is unknown to this version: {error}"
                ))
            })
        })
        .transpose()
}

/// A value as stored.
fn to_json(value: &impl Serialize) -> Result<Value, StoreError> {
    serde_json::to_value(value).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// The order of one request of a batch.
#[derive(QueryableByName)]
struct Positioned {
    /// The position of the request, from 1.
    #[diesel(sql_type = BigInt)]
    position: i64,
    #[diesel(embed)]
    order: OrderRow,
}

/// The order of each request, if any.
fn by_position(
    rows: impl IntoIterator<Item = Positioned>,
    requests: usize,
) -> Result<Vec<Option<Order>>, StoreError> {
    let mut orders = vec![None; requests];
    for Positioned { position, order } in rows {
        let place = usize::try_from(position - 1).ok();
        let place = place.and_then(|place| orders.get_mut(place));
        *place.ok_or_else(|| StoreError::Corrupt("an order without a request".into()))? =
            Some(order.try_into()?);
    }
    Ok(orders)
}

/// Stores, changes and finds orders.
#[derive(Clone)]
pub struct OrderRepository {
    database: Database,
    find: Batcher<Find>,
    insert: Batcher<Insert>,
    update: Batcher<Update>,
    notifier: Notifier,
}

impl OrderRepository {
    /// Orders in this database.
    pub fn new(database: Database) -> Self {
        Self {
            find: Batcher::new(&database),
            insert: Batcher::new(&database),
            update: Batcher::new(&database),
            notifier: Notifier::new(&database.in_background()),
            database,
        }
    }

    /// The order, if the caller has access to it and the precondition holds.
    async fn find_expected(
        &self,
        id: OrderId,
        access: Access,
        precondition: &Precondition,
        deadline: Instant,
    ) -> Result<Order, Rejection> {
        let order = self.find.submit(id, deadline).await?;
        let order = order.filter(|order| access.includes(order.customer_id));
        let order = order.ok_or(Rejection::NotFound)?;
        if !precondition.holds(&order) {
            return Err(Rejection::VersionMismatch);
        }
        Ok(order)
    }
}

/// The trace context of the request or activity, for the intents that it writes.
fn traceparent() -> Option<String> {
    request_scope::trace().map(|trace| trace.to_string())
}
