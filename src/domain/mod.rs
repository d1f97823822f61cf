//! What an order is and may become. No framework, no I/O.

mod event;
mod order;
mod status;

pub use event::{Actor, OrderEvent, OrderEventData, OrderEventKind};
pub use order::{ChangeError, NewOrder, Order, OrderChange};
pub use status::OrderStatus;
