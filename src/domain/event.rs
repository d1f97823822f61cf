//! The events of an order. They are stored and sent in the contract's format.

pub use crate::generated::models::{
    Event, OrderEvent, OrderEventActor as Actor, OrderEventData, OrderEventType,
};

/// The data of an event that changed no field.
pub fn no_data() -> OrderEventData {
    OrderEventData {
        customer_id: None,
        status: None,
        total_amount: None,
        items: None,
        payment: None,
        shipment: None,
        decision: None,
        answer: None,
        cancellation_reason: None,
        attention: None,
        reason: None,
    }
}
