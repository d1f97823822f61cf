//! How orders are processed, as operators see it.

use std::time::Duration;

use temporalio_common::protos::temporal::api::enums::v1::WorkflowExecutionStatus;
use tokio::time::timeout;
use url::Url;

use crate::config;
use crate::db::{IntentRepository, WaitingIntent};
use crate::domain::OrderId;
use crate::error::StoreError;
use crate::generated::models::{
    OrderIntent, OrderProcessing, OrderWorkflow, OrderWorkflowStatus, RunningStep,
};
use crate::workflow::{PendingStep, Progress, Temporal};

/// How long it waits for Temporal.
const TEMPORAL_TIMEOUT: Duration = Duration::from_secs(2);
/// The maximum number of intents in it, as in the contract.
const INTENTS_SHOWN: i64 = 100;

/// How an order is processed; without its workflow when Temporal does not respond in time.
pub(super) async fn of_order(
    id: OrderId,
    intents: &IntentRepository,
    temporal: &Temporal,
) -> Result<OrderProcessing, StoreError> {
    let intents = intents.of_order(id, INTENTS_SHOWN).await?;
    let progress = timeout(TEMPORAL_TIMEOUT, temporal.progress(id)).await.ok();
    let progress = progress.and_then(|progress| {
        progress
            .inspect_err(|error| tracing::debug!(error = %error, "no progress is known"))
            .ok()
    });
    Ok(OrderProcessing {
        temporal_available: progress.is_some(),
        workflow: progress
            .flatten()
            .map(|progress| workflow(progress, temporal.settings())),
        intents: intents.into_iter().map(Into::into).collect(),
    })
}

/// A workflow, with the URL of its page if the settings name Temporal's web UI.
fn workflow(progress: Progress, settings: &config::Temporal) -> OrderWorkflow {
    OrderWorkflow {
        url: page(&progress, settings).map(String::from),
        status: status(progress.status),
        id: progress.workflow_id,
        run_id: progress.run_id,
        started_at: progress.started_at,
        ended_at: progress.ended_at,
        steps: progress.steps.into_iter().map(Into::into).collect(),
    }
}

fn page(progress: &Progress, settings: &config::Temporal) -> Option<Url> {
    let mut page: Url = settings.ui_url.parse().ok()?;
    page.path_segments_mut().ok()?.pop_if_empty().extend([
        "namespaces",
        &settings.namespace,
        "workflows",
        &progress.workflow_id,
        &progress.run_id,
        "history",
    ]);
    Some(page)
}

fn status(status: WorkflowExecutionStatus) -> OrderWorkflowStatus {
    match status {
        WorkflowExecutionStatus::Running => OrderWorkflowStatus::Running,
        WorkflowExecutionStatus::Completed => OrderWorkflowStatus::Completed,
        WorkflowExecutionStatus::Failed => OrderWorkflowStatus::Failed,
        WorkflowExecutionStatus::Canceled => OrderWorkflowStatus::Cancelled,
        WorkflowExecutionStatus::Terminated => OrderWorkflowStatus::Terminated,
        WorkflowExecutionStatus::TimedOut => OrderWorkflowStatus::TimedOut,
        WorkflowExecutionStatus::ContinuedAsNew => OrderWorkflowStatus::ContinuedAsNew,
        _ => OrderWorkflowStatus::Unknown,
    }
}

impl From<PendingStep> for RunningStep {
    fn from(step: PendingStep) -> Self {
        Self {
            name: step.name,
            attempts: step.attempts,
            last_error: step.last_error,
            last_attempt_at: step.last_attempt_at,
            next_attempt_at: step.next_attempt_at,
        }
    }
}

impl From<WaitingIntent> for OrderIntent {
    fn from(intent: WaitingIntent) -> Self {
        Self {
            order_id: intent.order_id,
            action: intent.action,
            attempts: intent.attempts,
            last_error: intent.last_error,
            created_at: intent.created_at,
            next_attempt_at: intent.available_at,
        }
    }
}
