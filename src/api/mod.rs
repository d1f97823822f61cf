//! Implements the generated traits: parse, call, map. The only module that uses both the contract's
//! and the domain's types.

mod administration;
mod convert;
mod cursor;
mod etag;
mod events;
mod failures;
mod health;
mod idempotency;
mod order_pages;
mod orders;
mod pages;
pub(crate) mod problem;
mod processing;
mod statistics;
mod webhooks;

use std::fmt::Display;
use std::time::Duration;

use tokio::time::Instant;

use crate::telemetry::request_scope;

pub use administration::Administration;
pub use cursor::Cursors;
pub use etag::EntityTag;
pub use events::Events;
pub use health::Health;
pub use orders::Orders;
pub use webhooks::Webhooks;

/// What remains of a request's time limit when an operation stops waiting, for its response.
const RESPONSE_TIME: Duration = Duration::from_millis(500);

/// When an operation that would wait until `latest` must stop, so that its response is in time.
fn wait_until(latest: Instant) -> Instant {
    match request_scope::deadline() {
        Some(deadline) => latest.min(deadline - RESPONSE_TIME),
        None => latest,
    }
}

/// A fresh key; the failure of the system's random numbers is logged.
fn fresh<K, E: Display>(key: Result<K, E>) -> Option<K> {
    key.inspect_err(|error| tracing::error!(error = %error, "there are no random numbers"))
        .ok()
}
