//! What an order is and may become. No framework, no I/O.

mod order;
mod status;

pub use order::{ChangeError, NewOrder, Order, OrderChange};
pub use status::OrderStatus;
