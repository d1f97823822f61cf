//! What Temporal says of the workflows of orders.

use std::collections::HashSet;

use temporalio_common::protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_common::protos::temporal::api::enums::v1::WorkflowExecutionStatus;
use temporalio_common::protos::temporal::api::workflowservice::v1::{
    DescribeNamespaceRequest, DescribeWorkflowExecutionRequest, ListWorkflowExecutionsRequest,
    TerminateWorkflowExecutionRequest,
};
use tokio::time::timeout;
use tonic::{Code, Request, Response, Status};

use super::gateway::{CALL_TIMEOUT, Temporal, TemporalError, namespace_is_missing};
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
    /// Temporal has never heard of it, or has forgotten it.
    Unknown,
}

/// A page of running workflows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Running {
    /// Their orders.
    pub order_ids: Vec<i64>,
    /// Leads to the next page; empty on the last one.
    pub next_page: Vec<u8>,
}

impl Temporal {
    /// The state of an order's newest workflow.
    ///
    /// # Errors
    /// When Temporal does not say.
    pub async fn describe(&self, order_id: i64) -> Result<WorkflowState, TemporalError> {
        let client = self.client().await?;
        let request = DescribeWorkflowExecutionRequest {
            namespace: self.settings().namespace.clone(),
            execution: Some(execution(order_id)),
        };
        let mut service = client.connection().workflow_service();
        let described = service.describe_workflow_execution(Request::new(request));
        let described = match answer(described).await {
            Ok(described) => described,
            Err(Failure::Status(status))
                if status.code() == Code::NotFound && !namespace_is_missing(&status) =>
            {
                return Ok(WorkflowState::Unknown);
            }
            Err(failure) => return Err(failure.into()),
        };
        let cancel_requested = described
            .workflow_extended_info
            .is_some_and(|info| info.cancel_requested);
        let info = described.workflow_execution_info.unwrap_or_default();
        Ok(match info.status() {
            WorkflowExecutionStatus::Running | WorkflowExecutionStatus::ContinuedAsNew => {
                WorkflowState::Running { cancel_requested }
            }
            WorkflowExecutionStatus::Terminated => WorkflowState::Terminated,
            WorkflowExecutionStatus::Completed => WorkflowState::Ended("completed"),
            WorkflowExecutionStatus::Canceled => WorkflowState::Ended("was cancelled"),
            WorkflowExecutionStatus::TimedOut => WorkflowState::Ended("timed out"),
            _ => WorkflowState::Ended("failed"),
        })
    }

    /// Those of these orders whose workflow is running. Temporal's list lags behind a little: ask
    /// [`Temporal::describe`] of one that is missing.
    ///
    /// # Errors
    /// When Temporal does not say.
    pub async fn running_among(&self, order_ids: &[i64]) -> Result<HashSet<i64>, TemporalError> {
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
        Ok(page.order_ids.into_iter().collect())
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
            order_ids: listed
                .executions
                .iter()
                .filter_map(|info| order_of(&info.execution.as_ref()?.workflow_id))
                .collect(),
            next_page: listed.next_page_token,
        })
    }

    /// Ends an order's workflow by force. One that has ended is success too.
    ///
    /// # Errors
    /// When Temporal did not confirm.
    pub async fn terminate(&self, order_id: i64, reason: &str) -> Result<(), TemporalError> {
        let client = self.client().await?;
        let request = TerminateWorkflowExecutionRequest {
            namespace: self.settings().namespace.clone(),
            workflow_execution: Some(execution(order_id)),
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

fn execution(order_id: i64) -> WorkflowExecution {
    WorkflowExecution {
        workflow_id: workflow_id(order_id),
        run_id: String::new(),
    }
}
