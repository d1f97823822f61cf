//! What happened to an order. Events are stored and sent as the contract defines them.

pub use crate::generated::models::{
    OrderEvent, OrderEventActor as Actor, OrderEventData, OrderEventType,
};
