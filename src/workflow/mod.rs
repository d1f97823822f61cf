//! Orders in Temporal: the workflow, its activities, the worker, and what starts workflows.

mod activities;
mod admission;
mod backoff;
mod dispatcher;
mod executions;
mod gateway;
mod observing;
mod order_workflow;
mod ownership;
mod passed_headers;
mod reconciler;
mod trace_header;
mod transport;
mod worker;

pub use dispatcher::Dispatcher;
pub use executions::{Execution, Running, WorkflowState};
pub use gateway::{Temporal, TemporalError};
pub use order_workflow::{OrderInput, OrderWorkflow, Outcome};
pub use ownership::{Origin, Owner};
pub use reconciler::Reconciler;
pub use worker::run_worker;

/// The id of an order's workflow: one order, one workflow.
pub fn workflow_id(order_id: i64) -> String {
    format!("order-{order_id}")
}

/// The order of a workflow's id; `None` when the id is none of ours.
fn order_of(workflow_id: &str) -> Option<i64> {
    workflow_id.strip_prefix("order-")?.parse().ok()
}
