//! The Temporal client, which starts and cancels the workflows of orders.

use std::sync::Arc;
use std::time::Duration;

use temporalio_client::errors::{WorkflowInteractionError, WorkflowStartError};
use temporalio_client::{
    Client, UntypedWorkflow, WorkflowCancelOptions, WorkflowExecutionInfo, WorkflowHandle,
    WorkflowIdReusePolicy, WorkflowSignalOptions, WorkflowStartOptions,
};
use temporalio_common::protos::temporal::api::common::v1::Header;
use temporalio_common::search_attributes::SearchAttributes;
use tokio::runtime::Handle;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::connection::{connect, renew_key, tls_options};
use super::error::{TemporalError, found, in_time};
use super::executions::Execution;
use super::fulfilment::{FulfilmentInput, FulfilmentWorkflow};
use super::order_workflow::{OrderInput, OrderWorkflow};
use super::ownership::{self, Owner};
use super::{search, trace_header, workflow_id};
use crate::config::{self, given};
use crate::domain::{CustomerId, OrderKey};
use crate::telemetry::{Telemetry, request_scope};

const PING_TIMEOUT: Duration = Duration::from_secs(1);
/// Attempts to start a workflow while others start or end workflows with the same id.
const START_ATTEMPTS: usize = 5;

/// A Temporal client that connects on first use. Cheap to clone.
#[derive(Clone)]
pub struct Temporal {
    settings: Arc<config::Temporal>,
    client: Arc<OnceCell<Client>>,
    runtime: Handle,
    telemetry: Telemetry,
}

impl Temporal {
    /// Creates a client. Must be called on the runtime that outlives all others: the connection is
    /// driven there, whichever runtime uses it first.
    pub fn new(settings: config::Temporal) -> Self {
        Self {
            settings: Arc::new(settings),
            client: Arc::default(),
            runtime: Handle::current(),
            telemetry: Telemetry::default(),
        }
    }

    /// Adds metrics and traces.
    #[must_use]
    pub fn observed(mut self, telemetry: &Telemetry) -> Self {
        self.telemetry = telemetry.clone();
        self
    }

    /// Metrics and traces.
    pub(super) fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    /// The settings.
    pub fn settings(&self) -> &config::Temporal {
        &self.settings
    }

    /// Reads the files that the settings name, so that a missing file is found at start-up; an
    /// error names the setting.
    pub fn check(&self) -> Result<(), String> {
        tls_options(&self.settings)?;
        self.settings.api_key()?;
        Ok(())
    }

    /// The connected client. It reconnects automatically.
    pub async fn client(&self) -> Result<&Client, TemporalError> {
        self.client
            .get_or_try_init(async || {
                let connecting = self
                    .runtime
                    .spawn(connect(self.settings.clone(), self.telemetry.clone()));
                let client = connecting
                    .await
                    .unwrap_or_else(|error| Err(TemporalError::Rejected(error.to_string())))?;
                if given(&self.settings.api_key_file).is_some() {
                    let renewing = renew_key(self.settings.clone(), Arc::downgrade(&self.client));
                    self.runtime.spawn(renewing);
                }
                Ok(client)
            })
            .await
    }

    /// Whether Temporal responds within a second.
    pub async fn is_up(&self) -> bool {
        let probe = async {
            let client = self.client().await?;
            let mut service = client.connection().workflow_service();
            let request = tonic::Request::new(Default::default());
            service.get_system_info(request).await?;
            Ok::<_, TemporalError>(())
        };
        matches!(timeout(PING_TIMEOUT, probe).await, Ok(Ok(())))
    }

    /// Starts the workflow of an order. A running workflow is left unchanged, and so is one that
    /// has ended unless `again` is set; both are success. The workflow of another order with the
    /// same id is replaced, unless that order belongs to another database in use. The workflow's
    /// header contains the current trace.
    pub async fn start(
        &self,
        order: OrderKey,
        input: WorkflowInput,
        again: bool,
    ) -> Result<(), TemporalError> {
        let mut reuse = again;
        for _ in 0..START_ATTEMPTS {
            if self.try_start(order, input, reuse).await? {
                return Ok(());
            }
            // Described after every attempt, because another process may have started this order's
            // workflow.
            if let Some(workflow) = self.describe(order.id).await? {
                let is_foreign = workflow.task_queue != self.settings.task_queue;
                let owner = workflow.origin.owner(order.created_at);
                match (owner, workflow.is_running()) {
                    (Owner::This, true) => return Ok(()),
                    (Owner::This, false) if !again => return Ok(()),
                    (_, false) => {}
                    (Owner::Earlier, true) if !is_foreign => {
                        self.terminate_earlier(&workflow).await?;
                    }
                    (_, true) => return Err(foreign_workflow(&workflow)),
                }
            }
            reuse = true;
        }
        let cause = format!("workflow {} keeps changing", workflow_id(order.id));
        Err(TemporalError::Unavailable(cause))
    }

    /// Whether the workflow was started; `false` when one with its id is running or, without
    /// `reuse`, has ended.
    async fn try_start(
        &self,
        order: OrderKey,
        input: WorkflowInput,
        reuse: bool,
    ) -> Result<bool, TemporalError> {
        let reuse_policy = if reuse {
            WorkflowIdReusePolicy::AllowDuplicate
        } else {
            WorkflowIdReusePolicy::RejectDuplicate
        };
        let options =
            WorkflowStartOptions::new(self.settings.task_queue.clone(), workflow_id(order.id))
                .id_reuse_policy(reuse_policy)
                // A worker on this client, if any, gets the first task with the response.
                .enable_eager_workflow_start(true)
                .maybe_memo(order.created_at.map(ownership::memo))
                .maybe_search_attributes(input.search_attributes())
                .header(header(order))
                .build();
        let client = self.client().await?;
        let started = match input {
            WorkflowInput::Order(input) => {
                let starting = client.start_workflow(OrderWorkflow::run, input, options);
                in_time(starting).await?.map(drop)
            }
            WorkflowInput::Fulfilment { input, .. } => {
                let starting = client.start_workflow(FulfilmentWorkflow::run, input, options);
                in_time(starting).await?.map(drop)
            }
        };
        match started {
            Ok(()) => Ok(true),
            Err(WorkflowStartError::AlreadyStarted { .. }) => Ok(false),
            Err(WorkflowStartError::Rpc(status)) => Err(status.into()),
            Err(error) => Err(TemporalError::Rejected(error.to_string())),
        }
    }

    /// Cancels the workflow of an order. A workflow that has ended or does not exist is success
    /// too; the workflow of another order with the same id is left unchanged.
    pub async fn end(&self, order: OrderKey, reason: &str) -> Result<(), TemporalError> {
        match self.describe(order.id).await? {
            Some(workflow)
                if workflow.is_running()
                    && workflow.origin.owner(order.created_at) == Owner::This =>
            {
                self.cancel(&workflow, reason).await
            }
            _ => Ok(()),
        }
    }

    /// Wakes the workflow of an order with items. A workflow that has ended or does not exist is
    /// success too: what the order asks for is in its row. The same `intent` wakes it once.
    pub async fn wake(&self, order: OrderKey, intent: i64) -> Result<(), TemporalError> {
        let handle = WorkflowHandle::<_, FulfilmentWorkflow>::new(
            self.client().await?.clone(),
            WorkflowExecutionInfo::builder()
                .namespace(self.settings.namespace.clone())
                .workflow_id(workflow_id(order.id))
                .build(),
        );
        let options = WorkflowSignalOptions::builder()
            .request_id(format!("wake-{intent}"))
            .build();
        let signal = handle.signal(FulfilmentWorkflow::wake, intent, options);
        let signalled = in_time(signal).await?.map_err(interaction_failed);
        found(signalled).map(|_| ())
    }

    /// Cancels this run of a workflow. A run that has ended is success too.
    async fn cancel(&self, workflow: &Execution, reason: &str) -> Result<(), TemporalError> {
        let handle = WorkflowHandle::<_, UntypedWorkflow>::new(
            self.client().await?.clone(),
            WorkflowExecutionInfo::builder()
                .namespace(self.settings.namespace.clone())
                .workflow_id(workflow_id(workflow.order_id))
                .run_id(workflow.run_id.clone())
                .build(),
        );
        let options = WorkflowCancelOptions::builder().reason(reason).build();
        let cancelled = in_time(handle.cancel(options)).await?;
        let cancelled = cancelled.map_err(interaction_failed);
        found(cancelled).map(|_| ())
    }

    /// Terminates the workflow of an earlier order with the same id.
    pub(super) async fn terminate_earlier(
        &self,
        workflow: &Execution,
    ) -> Result<(), TemporalError> {
        tracing::warn!(
            order.id = workflow.order_id.0,
            "terminating the workflow of an earlier order with this id"
        );
        let reason = "its order is not in the database; another order has its id";
        self.terminate(workflow, reason).await
    }
}

/// The workflow to start, with its input.
#[derive(Debug, Clone, Copy)]
pub enum WorkflowInput {
    /// Of an order without items.
    Order(OrderInput),
    /// Of an order with items.
    Fulfilment {
        /// The input.
        input: FulfilmentInput,
        /// The customer as a search attribute, if the namespace has them.
        customer: Option<CustomerId>,
    },
}

impl WorkflowInput {
    fn search_attributes(&self) -> Option<SearchAttributes> {
        match self {
            Self::Fulfilment { customer, .. } => customer.map(search::at_start),
            Self::Order(_) => None,
        }
    }
}

fn interaction_failed(error: WorkflowInteractionError) -> TemporalError {
    match error {
        WorkflowInteractionError::NotFound(status) | WorkflowInteractionError::Rpc(status) => {
            status.into()
        }
        error => TemporalError::Rejected(error.to_string()),
    }
}

/// Header fields for the activities.
fn header(order: OrderKey) -> Header {
    let order = order.created_at.map(ownership::payload);
    let trace = request_scope::trace().map(trace_header::payload);
    let fields = [(ownership::KEY, order), (trace_header::KEY, trace)];
    let given = fields
        .into_iter()
        .filter_map(|(key, payload)| Some((key.to_owned(), payload?)));
    Header {
        fields: given.collect(),
    }
}

/// Two databases in use must not end each other's workflows.
pub(super) fn foreign_workflow(workflow: &Execution) -> TemporalError {
    let cause = format!(
        "workflow {}, run {}, on task queue {} belongs to another database that is in use; \
         use a separate namespace and task queue for each database",
        workflow_id(workflow.order_id),
        workflow.run_id,
        workflow.task_queue
    );
    tracing::error!(order.id = workflow.order_id.0, "{cause}");
    TemporalError::Rejected(cause)
}
