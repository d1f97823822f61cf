//! What Temporal says of the workflows of orders.

use std::collections::HashMap;

use chrono::DateTime;
use temporalio_common::protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_common::protos::temporal::api::enums::v1::WorkflowExecutionStatus;
use temporalio_common::protos::temporal::api::workflow::v1::WorkflowExecutionInfo;
use temporalio_common::protos::temporal::api::workflowservice::v1::{
    DescribeNamespaceRequest, DescribeWorkflowExecutionRequest, ListWorkflowExecutionsRequest,
    TerminateWorkflowExecutionRequest,
};
use tokio::time::timeout;
use tonic::{Code, Request, Response, Status};

use super::gateway::{CALL_TIMEOUT, Temporal, TemporalError, namespace_is_missing};
use super::ownership::{self, Origin};
use super::{order_of, workflow_id};

/// What Temporal knows of an order's workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkflowState {
    /// It is on its way.
    Running {
        /// Whether it was asked to end.
        cancel_requested: bool,
    },
    /// An operator stopped it by force.
    Terminated,
    /// It ended in any other way: a verb in the past.
    Ended(&'static str),
}

/// A workflow that has, or had, the id of an order's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// The id of the order.
    pub order_id: i64,
    /// Tells it from others of the same id.
    pub run_id: String,
    /// Where its tasks go.
    pub task_queue: String,
    /// Whose it is.
    pub origin: Origin,
    /// What became of it.
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
        let started_at = info.start_time.and_then(|time| {
            DateTime::from_timestamp(time.seconds, u32::try_from(time.nanos).ok()?)
        });
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

    /// Whether it is on its way.
    pub fn is_running(&self) -> bool {
        matches!(self.state, WorkflowState::Running { .. })
    }
}

/// A page of running workflows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Running {
    /// The workflows.
    pub workflows: Vec<Execution>,
    /// Leads to the next page; empty on the last one.
    pub next_page: Vec<u8>,
}

impl Temporal {
    /// The newest workflow of an order's id. `None` when Temporal has never heard of one, or has
    /// forgotten it.
    ///
    /// # Errors
    /// When Temporal does not say.
    pub async fn describe(&self, order_id: i64) -> Result<Option<Execution>, TemporalError> {
        let client = self.client().await?;
        let request = DescribeWorkflowExecutionRequest {
            namespace: self.settings().namespace.clone(),
            execution: Some(execution(order_id, String::new())),
        };
        let mut service = client.connection().workflow_service();
        let described = service.describe_workflow_execution(Request::new(request));
        let described = match answer(described).await {
            Ok(described) => described,
            Err(Failure::Status(status))
                if status.code() == Code::NotFound && !namespace_is_missing(&status) =>
            {
                return Ok(None);
            }
            Err(failure) => return Err(failure.into()),
        };
        let cancel_requested = described
            .workflow_extended_info
            .is_some_and(|info| info.cancel_requested);
        let info = described.workflow_execution_info.unwrap_or_default();
        Execution::of(info, cancel_requested)
            .map(Some)
            .ok_or_else(|| TemporalError::Refused("it described another workflow".into()))
    }

    /// The running workflows of the ids of these orders. Temporal's list lags behind a little: ask
    /// [`Temporal::describe`] of one that is missing.
    ///
    /// # Errors
    /// When Temporal does not say.
    pub async fn running_among(
        &self,
        order_ids: &[i64],
    ) -> Result<HashMap<i64, Execution>, TemporalError> {
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

    /// A page of the running workflows of this service's task queue.
    ///
    /// # Errors
    /// When Temporal does not say.
    pub async fn running(&self, size: i32, page: Vec<u8>) -> Result<Running, TemporalError> {
        let query = format!(
            "ExecutionStatus = 'Running' AND WorkflowType = 'OrderWorkflow' AND TaskQueue = '{}'",
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
        let client = self.client().await?;
        let request = ListWorkflowExecutionsRequest {
            namespace: self.settings().namespace.clone(),
            page_size,
            next_page_token,
            query,
        };
        let mut service = client.connection().workflow_service();
        let listed = answer(service.list_workflow_executions(Request::new(request))).await?;
        Ok(Running {
            workflows: listed
                .executions
                .into_iter()
                .filter_map(|info| Execution::of(info, false))
                .collect(),
            next_page: listed.next_page_token,
        })
    }

    /// Ends this workflow, and no other one of its id, by force. One that has ended is success too.
    ///
    /// # Errors
    /// When Temporal did not confirm.
    pub async fn terminate(&self, workflow: &Execution, reason: &str) -> Result<(), TemporalError> {
        let client = self.client().await?;
        let request = TerminateWorkflowExecutionRequest {
            namespace: self.settings().namespace.clone(),
            workflow_execution: Some(execution(workflow.order_id, workflow.run_id.clone())),
            reason: reason.to_owned(),
            ..Default::default()
        };
        let mut service = client.connection().workflow_service();
        match answer(service.terminate_workflow_execution(Request::new(request))).await {
            Ok(_) => Ok(()),
            Err(Failure::Status(status))
                if status.code() == Code::NotFound && !namespace_is_missing(&status) =>
            {
                Ok(())
            }
            Err(failure) => Err(failure.into()),
        }
    }

    /// Asks for the namespace that the workflows live in.
    ///
    /// # Errors
    /// When Temporal is away, or has no such namespace: what it says of workflows means nothing
    /// then.
    pub async fn require_namespace(&self) -> Result<(), TemporalError> {
        let client = self.client().await?;
        let request = DescribeNamespaceRequest {
            namespace: self.settings().namespace.clone(),
            ..Default::default()
        };
        let mut service = client.connection().workflow_service();
        answer(service.describe_namespace(Request::new(request))).await?;
        Ok(())
    }
}

enum Failure {
    Status(Status),
    TimedOut,
}

impl From<Failure> for TemporalError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Status(status) => status.into(),
            Failure::TimedOut => Self::TimedOut,
        }
    }
}

async fn answer<T>(call: impl Future<Output = Result<Response<T>, Status>>) -> Result<T, Failure> {
    match timeout(CALL_TIMEOUT, call).await {
        Err(_) => Err(Failure::TimedOut),
        Ok(Err(status)) => Err(Failure::Status(status)),
        Ok(Ok(response)) => Ok(response.into_inner()),
    }
}

/// This run of an order's workflow; the newest one when it is empty.
fn execution(order_id: i64, run_id: String) -> WorkflowExecution {
    WorkflowExecution {
        workflow_id: workflow_id(order_id),
        run_id,
    }
}
