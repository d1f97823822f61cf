//! PostgreSQL: the pools, the migrations and all SQL.

mod api_keys;
mod batch;
mod books;
mod connect;
mod dedicated;
mod events;
mod feed;
mod idempotency;
mod intents;
pub mod migrations;
mod notifier;
mod orders;
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
pub use intents::{Action, Backlog, FailingIntent, Intent, IntentRepository};
pub use notifier::{Channel, Listener};
pub use orders::{
    Author, Created, Decided, Effect, IdempotencyKey, OrderFilter, OrderRepository, Precondition,
    Rejection,
};
pub use pool::{Database, connect};
pub use progress::{Stage, stages};
pub use reconciliation::{
    Findings, FollowedOrder, OpenOrder, Progress, ReconciliationRepository, Report,
};
pub use secrets::{SECRET_BYTES, cursor_secret};
pub use statistics::{
    feed_lag_seconds, oldest_snapshot_seconds, orders_by_status, orders_needing_attention,
};
pub use webhooks::{
    Attempt, Delivery, DeliveryFilter, DeliveryRepository, Endpoint, EndpointChange,
    EndpointRepository, EndpointResult, NewEndpoint, OutboxRepository, Outcome, Retried, Room,
    Target, WebhookState, WebhookUpkeep,
};
