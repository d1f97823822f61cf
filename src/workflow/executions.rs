//! Workflow executions of orders: describe, list, terminate.

use crate::domain::OrderId;
use std::collections::HashMap;
use std::iter::successors;

use chrono::{DateTime, Utc};
use temporalio_common::protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_common::protos::temporal::api::enums::v1::{
    PendingActivityState, WorkflowExecutionStatus,
};
use temporalio_common::protos::temporal::api::failure::v1::Failure;
use temporalio_common::protos::temporal::api::workflow::v1::{
    PendingActivityInfo, WorkflowExecutionInfo,
};
use temporalio_common::protos::temporal::api::workflowservice::v1::{
    DescribeNamespaceRequest, DescribeWorkflowExecutionRequest, DescribeWorkflowExecutionResponse,
    ListWorkflowExecutionsRequest, TerminateWorkflowExecutionRequest,
};
use tonic::Request;

use super::activity_interceptor::short_name;
use super::client::Temporal;
use super::error::{TemporalError, call, found};
use super::ownership::{self, Origin};
use super::{order_of, workflow_id};

/// The state of an order's workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkflowState {
    /// It is running.
    Running {
        /// Whether cancellation was requested.
        cancel_requested: bool,
    },
    /// An operator terminated it.
    Terminated,
    /// It ended in another way; the text completes "its workflow ...".
    Ended(&'static str),
}

/// A workflow with the id of an order's workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// The id of the order.
    pub order_id: OrderId,
    /// The id of this run.
    pub run_id: String,
    /// Its task queue.
    pub task_queue: String,
    /// The order it belongs to.
    pub origin: Origin,
    /// Its state.
    pub state: WorkflowState,
}

impl Execution {
    fn of(info: WorkflowExecutionInfo, cancel_requested: bool) -> Option<Self> {
        let state = match info.status() {
            WorkflowExecutionStatus::Running | WorkflowExecutionStatus::ContinuedAsNew => {
                WorkflowState::Running { cancel_requested }
            }
            WorkflowExecutionStatus::Terminated => WorkflowState::Terminated,
            WorkflowExecutionStatus::Completed => WorkflowState::Ended("completed"),
            WorkflowExecutionStatus::Canceled => WorkflowState::Ended("was cancelled"),
            WorkflowExecutionStatus::TimedOut => WorkflowState::Ended("timed out"),
            _ => WorkflowState::Ended("failed"),
        };
        let started_at = info
            .start_time
            .and_then(|time| instant(time.seconds, time.nanos));
        let execution = info.execution?;
        Some(Self {
            order_id: order_of(&execution.workflow_id)?,
            run_id: execution.run_id,
            task_queue: info.task_queue,
            origin: Origin {
                order_created_at: ownership::of_memo(info.memo.as_ref()),
                started_at,
            },
            state,
        })
    }

    /// Whether it is running.
    pub fn is_running(&self) -> bool {
        matches!(self.state, WorkflowState::Running { .. })
    }
}

/// How the newest run of an order's workflow proceeds, for operators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The workflow's id.
    pub workflow_id: String,
    /// The id of the run.
    pub run_id: String,
    /// The state of the run.
    pub status: WorkflowExecutionStatus,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// The activities in progress.
    pub steps: Vec<PendingStep>,
}

/// An activity in progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingStep {
    /// The type of the activity.
    pub name: String,
    /// The number of the current attempt, or of the next one.
    pub attempts: i32,
    /// Why the last attempt failed, from the outermost cause to the innermost one.
    pub last_error: Option<String>,
    /// When the last attempt began.
    pub last_attempt_at: Option<DateTime<Utc>>,
    /// When the next attempt begins, if it waits.
    pub next_attempt_at: Option<DateTime<Utc>>,
}

/// A page of running workflows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Running {
    /// The workflows.
    pub workflows: Vec<Execution>,
    /// The token of the next page; empty on the last one.
    pub next_page: Vec<u8>,
}

impl Temporal {
    /// The newest workflow with the id of this order. `None` when Temporal has none, or no longer
    /// keeps it.
    pub async fn describe(&self, order_id: OrderId) -> Result<Option<Execution>, TemporalError> {
        let Some(described) = self.describe_newest(order_id).await? else {
            return Ok(None);
        };
        let cancel_requested = described
            .workflow_extended_info
            .is_some_and(|info| info.cancel_requested);
        let info = described.workflow_execution_info.unwrap_or_default();
        Execution::of(info, cancel_requested)
            .map(Some)
            .ok_or_else(|| TemporalError::Rejected("it described another workflow".into()))
    }

    /// How the newest workflow with the id of this order proceeds.
    pub async fn progress(&self, order_id: OrderId) -> Result<Option<Progress>, TemporalError> {
        let Some(described) = self.describe_newest(order_id).await? else {
            return Ok(None);
        };
        let info = described.workflow_execution_info.unwrap_or_default();
        Ok(Some(Progress {
            workflow_id: workflow_id(order_id),
            status: info.status(),
            started_at: info
                .start_time
                .and_then(|time| instant(time.seconds, time.nanos)),
            ended_at: info
                .close_time
                .and_then(|time| instant(time.seconds, time.nanos)),
            run_id: info.execution.unwrap_or_default().run_id,
            steps: described.pending_activities.into_iter().map(step).collect(),
        }))
    }

    async fn describe_newest(
        &self,
        order_id: OrderId,
    ) -> Result<Option<DescribeWorkflowExecutionResponse>, TemporalError> {
        let request = DescribeWorkflowExecutionRequest {
            namespace: self.settings().namespace.clone(),
            execution: Some(execution(order_id, String::new())),
        };
        let mut service = self.client().await?.connection().workflow_service();
        found(call(service.describe_workflow_execution(Request::new(request))).await)
    }

    /// The running workflows with the ids of these orders. Temporal's list is eventually
    /// consistent: call [`Temporal::describe`] for a missing one.
    pub async fn running_among(
        &self,
        order_ids: &[OrderId],
    ) -> Result<HashMap<OrderId, Execution>, TemporalError> {
        let names: Vec<String> = order_ids
            .iter()
            .map(|id| format!("'{}'", workflow_id(*id)))
            .collect();
        let query = format!(
            "ExecutionStatus = 'Running' AND WorkflowId IN ({})",
            names.join(", ")
        );
        let size = i32::try_from(order_ids.len()).unwrap_or(i32::MAX);
        let page = self.list(query, size, Vec::new()).await?;
        let by_order = |workflow: Execution| (workflow.order_id, workflow);
        Ok(page.workflows.into_iter().map(by_order).collect())
    }

    /// A page of the running workflows on this service's task queue.
    pub async fn running(&self, size: i32, page: Vec<u8>) -> Result<Running, TemporalError> {
        let query = format!(
            "ExecutionStatus = 'Running' AND WorkflowType IN ('OrderWorkflow', 'FulfilmentWorkflow')
             AND TaskQueue = '{}'",
            self.settings().task_queue.replace('\'', "''")
        );
        self.list(query, size, page).await
    }

    async fn list(
        &self,
        query: String,
        page_size: i32,
        next_page_token: Vec<u8>,
    ) -> Result<Running, TemporalError> {
        let request = ListWorkflowExecutionsRequest {
            namespace: self.settings().namespace.clone(),
            page_size,
            next_page_token,
            query,
        };
        let mut service = self.client().await?.connection().workflow_service();
        let listed = call(service.list_workflow_executions(Request::new(request))).await?;
        Ok(Running {
            workflows: listed
                .executions
                .into_iter()
                .filter_map(|info| Execution::of(info, false))
                .collect(),
            next_page: listed.next_page_token,
        })
    }

    /// Terminates this run of a workflow. A run that has ended is success too.
    pub async fn terminate(&self, workflow: &Execution, reason: &str) -> Result<(), TemporalError> {
        let request = TerminateWorkflowExecutionRequest {
            namespace: self.settings().namespace.clone(),
            workflow_execution: Some(execution(workflow.order_id, workflow.run_id.clone())),
            reason: reason.to_owned(),
            ..Default::default()
        };
        let mut service = self.client().await?.connection().workflow_service();
        found(call(service.terminate_workflow_execution(Request::new(request))).await).map(|_| ())
    }

    /// Checks that the namespace exists: without it, Temporal reports every workflow as missing.
    pub async fn require_namespace(&self) -> Result<(), TemporalError> {
        let request = DescribeNamespaceRequest {
            namespace: self.settings().namespace.clone(),
            ..Default::default()
        };
        let mut service = self.client().await?.connection().workflow_service();
        call(service.describe_namespace(Request::new(request))).await?;
        Ok(())
    }
}

/// This run of an order's workflow, or the newest run if `run_id` is empty.
fn execution(order_id: OrderId, run_id: String) -> WorkflowExecution {
    WorkflowExecution {
        workflow_id: workflow_id(order_id),
        run_id,
    }
}

fn instant(seconds: i64, nanos: i32) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, u32::try_from(nanos).ok()?)
}

fn step(activity: PendingActivityInfo) -> PendingStep {
    let is_waiting =
        activity.last_failure.is_some() && activity.state() == PendingActivityState::Scheduled;
    let next = activity
        .next_attempt_schedule_time
        .or(activity.scheduled_time);
    PendingStep {
        name: activity
            .activity_type
            .map(|kind| short_name(&kind.name))
            .unwrap_or_default(),
        attempts: activity.attempt.max(1),
        last_error: activity.last_failure.as_ref().map(causes),
        last_attempt_at: activity
            .last_started_time
            .and_then(|time| instant(time.seconds, time.nanos)),
        next_attempt_at: next
            .filter(|_| is_waiting)
            .and_then(|time| instant(time.seconds, time.nanos)),
    }
}

fn causes(failure: &Failure) -> String {
    let all = successors(Some(failure), |failure| failure.cause.as_deref());
    let texts: Vec<&str> = all.map(|failure| failure.message.as_str()).collect();
    texts.join(": ")
}
