//! Orders in Temporal: the workflow, its activities, the worker, and what starts workflows.

mod activities;
mod dispatcher;
mod gateway;
mod order_workflow;
mod worker;

pub use dispatcher::Dispatcher;
pub use gateway::{Temporal, TemporalError};
pub use order_workflow::{OrderInput, OrderWorkflow, Outcome};
pub use worker::run_worker;

/// The id of an order's workflow: one order, one workflow.
pub fn workflow_id(order_id: i64) -> String {
    format!("order-{order_id}")
}
