//! PostgreSQL: the pools, the migrations and all SQL.

mod api_keys;
mod batch;
mod books;
mod connect;
mod connect_tls;
mod dedicated;
mod events;
mod feed;
mod idempotency;
mod intents;
mod measurements;
pub mod migrations;
mod notifier;
mod orders;
pub mod partitions;
mod pool;
mod prepared;
mod progress;
mod reconciliation;
pub mod schema;
mod secrets;
mod statistics;
mod webhooks;

pub use api_keys::{ApiKey, ApiKeyRepository, NewApiKey};
pub use books::{BookReport, BookRepository, Bookmark, OrderOfOperation};
pub use events::{EventPage, EventRepository};
pub use feed::{Advance, EventFilter, Extent, FeedPage, FeedRepository, SequencerRepository};
pub use idempotency::sweep_expired_keys;
pub use intents::{Action, Backlog, Intent, IntentRepository, WaitingIntent};
pub use measurements::{Measurement, MeasurementRepository, Stored};
pub use notifier::{Channel, Listener};
pub use orders::{
    Author, Created, Decided, Effect, IdempotencyKey, OrderConditions, OrderFilter,
    OrderRepository, PageOf, Precondition, Rejection,
};
pub use pool::{Database, connect};
pub use progress::{Stage, stages};
pub use reconciliation::{
    Findings, FollowedOrder, OpenOrder, Progress, ReconciliationRepository, Report,
};
pub use secrets::{SECRET_BYTES, cursor_secret};
pub use statistics::{
    StuckOrder, feed_lag_seconds, oldest_snapshot_seconds, orders_by_status,
    orders_needing_attention, stuck_orders,
};
pub use webhooks::{
    Attempt, Delivery, DeliveryFilter, DeliveryRepository, Endpoint, EndpointChange,
    EndpointRepository, EndpointResult, NewEndpoint, OutboxRepository, Outcome, Retried, Room,
    Target, WebhookState, WebhookUpkeep,
};
