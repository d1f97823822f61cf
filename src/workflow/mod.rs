//! Orders in Temporal: the workflow, its activities, the worker, the dispatcher and the reconciler.

mod activities;
mod activity_interceptor;
mod admission;
mod backoff;
mod books;
mod client;
mod connection;
mod dispatcher;
mod error;
mod executions;
mod fulfilment;
mod header_interceptor;
mod in_flight;
mod order_workflow;
mod ownership;
mod reconciler;
mod repair;
mod search;
mod trace_header;
mod worker;

pub(crate) use activity_interceptor::activity_outcomes;
pub use client::{Temporal, WorkflowInput};
pub use dispatcher::Dispatcher;
pub use error::TemporalError;
pub use executions::{Execution, PendingStep, Progress, Running, WorkflowState};
pub use fulfilment::{FulfilmentInput, FulfilmentWorkflow, Steps};
pub use order_workflow::{OrderInput, OrderWorkflow, Outcome};
pub use ownership::{Origin, Owner};
pub use reconciler::Reconciler;
pub use search::SEARCH_ATTRIBUTES;
pub use worker::run_worker;

use crate::domain::OrderId;

/// The id of an order's workflow. There is one per order.
pub fn workflow_id(order_id: OrderId) -> String {
    format!("order-{order_id}")
}

/// The order of a workflow id; `None` if it is not the id of an order's workflow.
fn order_of(workflow_id: &str) -> Option<OrderId> {
    workflow_id.strip_prefix("order-")?.parse().ok()
}
