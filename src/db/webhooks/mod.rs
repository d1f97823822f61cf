//! Webhook endpoints: who has them, what they want, and how far their events have been considered.

mod deliveries;
mod endpoints;
mod fan_out;
mod outbox;
mod upkeep;

use chrono::{DateTime, Utc};

use crate::domain::{Access, CustomerId, OrderEventType, SignatureKind, WebhookKey};
use crate::error::StoreError;

pub use deliveries::{Delivery, DeliveryFilter, DeliveryRepository, Retried};
pub use endpoints::EndpointRepository;
pub use outbox::{Attempt, EndpointResult, OutboxRepository, Outcome, Room, Target};
pub use upkeep::{WebhookState, WebhookUpkeep};

/// A URL to which events are sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Endpoint {
    /// The id.
    pub id: i64,
    /// The client that created it.
    pub client: String,
    /// Where events are sent.
    pub url: String,
    /// A note for people.
    pub description: Option<String>,
    /// The customer whose events are sent; `None` for all.
    pub customer_id: Option<CustomerId>,
    /// Only events of these types; all if it is empty.
    pub event_types: Vec<OrderEventType>,
    /// Whether events are sent.
    pub enabled: bool,
    /// Why it was disabled, if not by a client.
    pub disabled_reason: Option<String>,
    /// How payloads are signed.
    pub signature: SignatureKind,
    /// The current key.
    pub key: WebhookKey,
    /// The position of the last event that was considered.
    pub position: i64,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// A new endpoint.
#[derive(Debug, Clone)]
pub struct NewEndpoint {
    /// The client that creates it.
    pub client: String,
    /// The orders that this client can access: who else sees the endpoint.
    pub access: Access,
    /// Where events are sent.
    pub url: String,
    /// A note for people.
    pub description: Option<String>,
    /// The customer whose events are sent; `None` for all.
    pub customer_id: Option<CustomerId>,
    /// Only events of these types; all if it is empty.
    pub event_types: Vec<OrderEventType>,
    /// How payloads are signed.
    pub signature: SignatureKind,
    /// What with.
    pub key: WebhookKey,
    /// Whether it begins with the oldest event of the feed, or after the newest.
    pub from_earliest: bool,
}

/// The fields of an endpoint to change; `None` leaves one unchanged.
#[derive(Debug, Clone, Default)]
pub struct EndpointChange {
    /// Where events are sent.
    pub url: Option<String>,
    /// A note for people.
    pub description: Option<String>,
    /// Only events of these types; all if it is empty.
    pub event_types: Option<Vec<OrderEventType>>,
    /// Whether events are sent.
    pub enabled: Option<bool>,
}

fn unknown(endpoint: i64, what: &str) -> StoreError {
    StoreError::Corrupt(format!("webhook endpoint {endpoint} has an unknown {what}"))
}

fn signature(name: &str, endpoint: i64) -> Result<SignatureKind, StoreError> {
    name.parse().map_err(|_| unknown(endpoint, "signature"))
}

fn key(secret: Vec<u8>, endpoint: i64) -> Result<WebhookKey, StoreError> {
    let bytes = secret.try_into();
    bytes.map(WebhookKey).map_err(|_| unknown(endpoint, "key"))
}
