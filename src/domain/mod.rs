//! What an order is and may become, and who asks for it. No framework, no I/O.

mod caller;
mod event;
mod order;
mod order_key;
mod status;

pub use caller::{ANYONE, Access, Caller};
pub use event::{Actor, OrderEvent, OrderEventData, OrderEventKind};
pub use order::{ChangeError, NewOrder, Order, OrderChange};
pub use order_key::OrderKey;
pub use status::OrderStatus;
