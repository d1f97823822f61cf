//! PostgreSQL: the pool, the migrations, and all SQL there is.

mod intents;
pub mod migrations;
mod orders;
mod pool;
pub mod schema;

pub use intents::{Action, Intent, IntentListener, IntentRepository};
pub use orders::{OrderFilter, OrderRepository, Precondition, Rejected};
pub use pool::{Database, connect};
