//! Checks an order against its workflows.

use temporalio_common::protos::temporal::api::enums::v1::WorkflowExecutionStatus as Workflow;

use super::Audit;
use crate::app::GRACE;
use crate::state::{Event, Row, Run};

/// A workflow that does not end on request is terminated after this many times the grace period.
const PATIENCE: u32 = 10;

/// Checks an order against its workflows.
pub(super) fn check(id: i64, row: Option<&Row>, events: &[Event], runs: &[Run], audit: &mut Audit) {
    let restarted = events.iter().any(|event| event.kind == "restarted");
    let ended_by_reconciler = events
        .iter()
        .any(|event| event.actor == "reconciler" && event.kind == "updated");
    audit.restarted += usize::from(restarted);
    audit.ended_by_reconciler += usize::from(ended_by_reconciler);
    let terminated = runs.iter().filter(|run| run.status == Workflow::Terminated);
    audit.terminated += terminated.count();
    // Temporal's data survives every fault here, so no order may need a new workflow.
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
        // The workflow of a cancelled order is cancelled too, unless it had ended before.
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

/// Whether the order had ended for long enough that its workflow may be terminated.
fn was_given_time(run: &Run, events: &[Event]) -> bool {
    let ended_at = events.last().map(|event| event.occurred_at);
    let patience = i64::try_from((GRACE * PATIENCE).as_micros()).unwrap_or(i64::MAX);
    match (ended_at, run.closed_at) {
        (Some(ended_at), Some(closed_at)) => closed_at - ended_at >= patience,
        _ => false,
    }
}
