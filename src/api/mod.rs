//! Implements the generated traits: parse, call, map. The only module that uses both the contract's
//! and the domain's types.

mod convert;
mod cursor;
mod etag;
mod events;
mod failures;
mod health;
mod idempotency;
mod orders;
pub(crate) mod problem;
mod webhooks;

pub use cursor::Cursors;
pub use events::Events;
pub use health::Health;
pub use orders::Orders;
pub use webhooks::Webhooks;
