//! An order against its workflows.

use temporalio_common::protos::temporal::api::enums::v1::WorkflowExecutionStatus as Workflow;

use super::Audit;
use crate::app::GRACE;
use crate::state::{Event, Row, Run};

/// How many times the grace a workflow that was asked to end has, until it is ended by force.
const PATIENCE: u32 = 10;

/// An order against its workflows.
pub(super) fn check(id: i64, row: Option<&Row>, events: &[Event], runs: &[Run], audit: &mut Audit) {
    let restarted = events.iter().any(|event| event.kind == "restarted");
    let ended_by_reconciler = events
        .iter()
        .any(|event| event.actor == "reconciler" && event.kind == "updated");
    audit.restarted += usize::from(restarted);
    audit.ended_by_reconciler += usize::from(ended_by_reconciler);
    let terminated = runs.iter().filter(|run| run.status == Workflow::Terminated);
    audit.terminated += terminated.count();
    // Temporal's data outlives every fault here: nothing may need a new workflow.
    if restarted {
        let what = format!("order {id} needed a new workflow: {events:?}");
        audit.disagreeing.push(what);
    }
    if runs.is_empty() {
        audit
            .disagreeing
            .push(format!("order {id} never had a workflow"));
    }
    if runs.len() > 1 {
        audit
            .double
            .push(format!("order {id} has {} workflows", runs.len()));
    }
    if runs.iter().any(|run| run.status == Workflow::Running) {
        audit
            .open
            .push(format!("the workflow of order {id} is running"));
    }
    let status = row.map_or("deleted", |row| row.status.as_str());
    let agrees = |run: &Run| match run.status {
        // Of an order that was cancelled it says so, unless it had ended before.
        Workflow::Completed => status != "cancelled",
        Workflow::Canceled => status != "completed",
        Workflow::Terminated => {
            !matches!(status, "pending" | "processing") && was_given_time(run, events)
        }
        _ => false,
    };
    if !runs.iter().all(agrees) {
        let what = format!("order {id} is {status}, and its workflow {runs:?}: {events:?}");
        audit.disagreeing.push(what);
    }
}

/// Whether the order had ended for so long that its workflow may be ended by force.
fn was_given_time(run: &Run, events: &[Event]) -> bool {
    let ended_at = events.last().map(|event| event.occurred_at);
    let patience = i64::try_from((GRACE * PATIENCE).as_micros()).unwrap_or(i64::MAX);
    match (ended_at, run.closed_at) {
        (Some(ended_at), Some(closed_at)) => closed_at - ended_at >= patience,
        _ => false,
    }
}
