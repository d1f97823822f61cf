//! The history of orders. Every change of an order writes its event in the same statement.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Deserialize;
use serde_json::Value;

use super::pool::Database;
use super::schema::order_events;
use crate::domain::{Access, CustomerId, OrderEvent, OrderEventData, OrderId};
use crate::error::StoreError;

/// Decimal places of an amount.
const AMOUNT_SCALE: u32 = 2;

/// An event's data as stored: the contract's format, with the amount in the scale of the order's
/// column.
pub(super) fn to_json(mut data: OrderEventData) -> Result<Value, StoreError> {
    if let Some(amount) = &mut data.total_amount {
        amount.rescale(AMOUNT_SCALE);
    }
    serde_json::to_value(data).map_err(|error| StoreError::Corrupt(error.to_string()))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = order_events, check_for_backend(diesel::pg::Pg))]
pub(super) struct EventRow {
    pub(super) order_id: OrderId,
    pub(super) sequence: i64,
    pub(super) type_: String,
    pub(super) data: Value,
    pub(super) actor: String,
    pub(super) occurred_at: DateTime<Utc>,
    pub(super) customer_id: Option<CustomerId>,
}

impl TryFrom<EventRow> for OrderEvent {
    type Error = StoreError;

    fn try_from(row: EventRow) -> Result<Self, StoreError> {
        let unknown = |what: &str| {
            StoreError::Corrupt(format!(
                "event {} of order {} has {what}, which is unknown to this version",
                row.sequence, row.order_id
            ))
        };
        Ok(Self {
            sequence: row.sequence,
            r#type: row
                .type_
                .parse()
                .map_err(|_| unknown(&format!("type {}", row.type_)))?,
            data: OrderEventData::deserialize(&row.data)
                .map_err(|error| unknown(&format!("data ({error})")))?,
            actor: row
                .actor
                .parse()
                .map_err(|_| unknown(&format!("actor {}", row.actor)))?,
            occurred_at: row.occurred_at,
        })
    }
}

/// The events before the first one that is unknown to this version: there the page ends. An error
/// if that is the first of all.
pub(super) fn known<T>(
    events: impl Iterator<Item = Result<T, StoreError>>,
) -> Result<Vec<T>, StoreError> {
    let mut known = Vec::new();
    for event in events {
        match event {
            Ok(event) => known.push(event),
            Err(error) if known.is_empty() => return Err(error),
            Err(error) => {
                tracing::error!(error = %error, "the page ends before an unknown event");
                break;
            }
        }
    }
    Ok(known)
}

/// The first event of an order, which must have one.
pub(super) async fn first(
    connection: &mut AsyncPgConnection,
    order_id: OrderId,
) -> Result<OrderEvent, StoreError> {
    let row: EventRow = order_events::table
        .filter(order_events::order_id.eq(order_id))
        .order(order_events::sequence)
        .select(EventRow::as_select())
        .first(connection)
        .await?;
    row.try_into()
}

/// A page of the history of an order.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPage {
    /// The events, oldest first.
    pub events: Vec<OrderEvent>,
    /// Whether there are later ones.
    pub has_next: bool,
}

/// Reads the histories of orders.
#[derive(Clone)]
pub struct EventRepository {
    database: Database,
}

impl EventRepository {
    /// Histories in this database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// At most `limit` events of an order with sequence numbers above `after`, also of a deleted
    /// order. `None` if the order never existed or the caller has no access to it.
    ///
    /// During an upgrade, a newer version may write an event that this one does not know and cannot
    /// return. The page ends before it.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if the first event of the page is unknown.
    pub async fn page(
        &self,
        order_id: OrderId,
        access: Access,
        after: i64,
        limit: usize,
    ) -> Result<Option<EventPage>, StoreError> {
        let of_order = || {
            let events = order_events::table.filter(order_events::order_id.eq(order_id));
            match access {
                Access::All => events.into_boxed(),
                Access::Customer(own) => events
                    .filter(order_events::customer_id.eq(own))
                    .into_boxed(),
            }
        };
        let query = of_order()
            .filter(order_events::sequence.gt(after))
            .order(order_events::sequence)
            // The extra row shows whether there is a next page.
            .limit(i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1))
            .select(EventRow::as_select());
        let rows: Vec<EventRow> = self
            .database
            .read(async |connection| query.load(connection).await)
            .await?;
        // An order without further events has an empty page.
        if rows.is_empty() {
            let any = of_order().select(order_events::sequence).limit(1);
            let any: Vec<i64> = self
                .database
                .read(async |connection| any.load(connection).await)
                .await?;
            if any.is_empty() {
                return Ok(None);
            }
        }
        let found = rows.len();
        let events = known(rows.into_iter().take(limit).map(OrderEvent::try_from))?;
        Ok(Some(EventPage {
            has_next: events.len() < found,
            events,
        }))
    }
}
