//! The events of an order. They are stored and sent in the contract's format.

pub use crate::generated::models::{
    OrderEvent, OrderEventActor as Actor, OrderEventData, OrderEventType,
};
