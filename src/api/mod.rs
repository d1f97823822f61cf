//! Implements the generated traits: parse, call, map. The only place where the contract's types
//! and the domain's meet.

mod convert;
mod cursor;
mod etag;
mod health;
mod idempotency;
mod orders;
pub(crate) mod problem;

pub use cursor::Cursors;
pub use health::Health;
pub use orders::Orders;
