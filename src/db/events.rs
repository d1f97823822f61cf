//! The history of orders. Every change of an order writes its event in the same statement.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use rust_decimal::Decimal;
use rust_decimal::serde::arbitrary_precision_option;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::pool::Database;
use super::schema::order_events;
use crate::domain::{Actor, OrderEvent, OrderEventData, OrderEventKind, OrderStatus};
use crate::error::StoreError;

/// Decimals of an amount.
const AMOUNT_SCALE: u32 = 2;

/// An event's data as it is stored. Fields are only ever added: old events stay readable.
#[derive(Default, Serialize, Deserialize)]
struct StoredData {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    customer_id: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "arbitrary_precision_option"
    )]
    total_amount: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// The stored form of what an event sets.
pub(super) fn to_json(data: &OrderEventData) -> Result<Value, StoreError> {
    let stored = StoredData {
        customer_id: data.customer_id,
        status: data.status.map(|status| status.as_str().to_owned()),
        // As the column of the order has it.
        total_amount: data.total_amount.map(|mut amount| {
            amount.rescale(AMOUNT_SCALE);
            amount
        }),
        reason: data.reason.clone(),
    };
    serde_json::to_value(stored).map_err(|error| StoreError::Corrupt(error.to_string()))
}

fn from_json(data: Value) -> Result<OrderEventData, StoreError> {
    let corrupt = |cause: String| StoreError::Corrupt(format!("an event's data: {cause}"));
    let stored: StoredData =
        serde_json::from_value(data).map_err(|error| corrupt(error.to_string()))?;
    let status = match stored.status {
        None => None,
        Some(name) => {
            Some(OrderStatus::of(&name).ok_or_else(|| corrupt(format!("unknown status {name}")))?)
        }
    };
    Ok(OrderEventData {
        customer_id: stored.customer_id,
        status,
        total_amount: stored.total_amount,
        reason: stored.reason,
    })
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = order_events, check_for_backend(diesel::pg::Pg))]
struct EventRow {
    sequence: i64,
    type_: String,
    data: Value,
    actor: String,
    occurred_at: DateTime<Utc>,
}

impl TryFrom<EventRow> for OrderEvent {
    type Error = StoreError;

    fn try_from(row: EventRow) -> Result<Self, StoreError> {
        let unknown = |what: &str| StoreError::Corrupt(format!("an event's {what} is unknown"));
        Ok(Self {
            sequence: row.sequence,
            kind: OrderEventKind::from_name(&row.type_).ok_or_else(|| unknown("type"))?,
            data: from_json(row.data)?,
            actor: Actor::from_name(&row.actor).ok_or_else(|| unknown("actor"))?,
            occurred_at: row.occurred_at,
        })
    }
}

/// The first event of an order that is known to have one.
pub(super) async fn first(
    connection: &mut AsyncPgConnection,
    order_id: i64,
) -> Result<OrderEvent, StoreError> {
    let row: EventRow = order_events::table
        .filter(order_events::order_id.eq(order_id))
        .order(order_events::sequence)
        .select(EventRow::as_select())
        .first(connection)
        .await?;
    row.try_into()
}

/// Reads histories.
#[derive(Clone)]
pub struct EventRepository {
    database: Database,
}

impl EventRepository {
    /// On this database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// At most `limit` events of an order, from behind the sequence number `after` on. Of an order
    /// that was deleted too.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of_order(
        &self,
        order_id: i64,
        after: i64,
        limit: i64,
    ) -> Result<Vec<OrderEvent>, StoreError> {
        let query = order_events::table
            .filter(order_events::order_id.eq(order_id))
            .filter(order_events::sequence.gt(after))
            .order(order_events::sequence)
            .limit(limit)
            .select(EventRow::as_select());
        let rows: Vec<EventRow> = self
            .database
            .read(async |mut connection| {
                let loaded = query.load(&mut *connection).await;
                (connection, loaded.map_err(StoreError::from))
            })
            .await?;
        rows.into_iter().map(OrderEvent::try_from).collect()
    }

    /// The customer of an order that has a history: it is there, or was.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn customer_of(&self, order_id: i64) -> Result<Option<i64>, StoreError> {
        let query = order_events::table
            .filter(order_events::order_id.eq(order_id))
            .order(order_events::sequence)
            .select(order_events::data)
            .limit(1);
        let data: Option<Value> = self
            .database
            .read(async |mut connection| {
                let got = query.first(&mut *connection).await.optional();
                (connection, got.map_err(StoreError::from))
            })
            .await?;
        let Some(data) = data else { return Ok(None) };
        let lacking = || {
            StoreError::Corrupt(format!(
                "the first event of order {order_id} names no customer"
            ))
        };
        from_json(data)?.customer_id.ok_or_else(lacking).map(Some)
    }
}
