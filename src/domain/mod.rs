//! Orders, their rules, and the callers of the API, without I/O or a framework. Where the contract
//! defines an enum, or an object that is stored in its format, the domain uses the generated type.

mod caller;
mod event;
mod fulfilment;
mod ids;
mod order;
mod order_key;
mod requests;
mod scope;
mod status;
mod steps;
mod webhook;

pub use caller::{ANYONE, Access, Caller};
pub use event::{Actor, Event, OrderEvent, OrderEventData, OrderEventType, no_data};
pub use fulfilment::{
    Address, Attention, CancellationReason, DecisionAnswer, Expired, Fulfilment, ItemStatus,
    OrderItem, OrderStep, Payment, PaymentStatus, Shipment, ShipmentStatus,
};
pub use ids::{CustomerId, NotAnId, OrderId};
pub use order::{ChangeError, NewOrder, Order, OrderChange};
pub use order_key::OrderKey;
pub use requests::RequestError;
pub use scope::{Scope, Scopes};
pub use status::OrderStatus;
pub use webhook::{DeliveryStatus, SignatureKind, WebhookKey, WebhookPayload};
