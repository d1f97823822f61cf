//! Orders, their rules, and the callers of the API. No framework, no I/O. Where the contract has an enum,
//! or an object that is stored as it is sent, the domain uses the generated type.

mod caller;
mod event;
mod ids;
mod order;
mod order_key;
mod status;

pub use caller::{ANYONE, Access, Caller};
pub use event::{Actor, OrderEvent, OrderEventData, OrderEventType};
pub use ids::CustomerId;
pub use order::{ChangeError, NewOrder, Order, OrderChange};
pub use order_key::OrderKey;
pub use status::OrderStatus;
