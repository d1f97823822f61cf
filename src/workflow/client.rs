//! The way to Temporal: connects when it is first needed, and says what failed.

use std::sync::{Arc, Weak};
use std::time::Duration;

use prost::Message;
use temporalio_client::errors::{WorkflowInteractionError, WorkflowStartError};
use temporalio_client::{
    Client, ClientOptions, Connection, ConnectionOptions, DnsLoadBalancingOptions, UntypedWorkflow,
    WorkflowCancelOptions, WorkflowExecutionInfo, WorkflowHandle, WorkflowIdReusePolicy,
    WorkflowStartOptions,
};
use temporalio_common::protos::google::rpc::Status as RpcStatus;
use temporalio_common::protos::temporal::api::common::v1::Header;
use tokio::runtime::Handle;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};
use tonic::Code;

use super::executions::Execution;
use super::order_workflow::{OrderInput, OrderWorkflow};
use super::ownership::{self, Owner};
use super::{trace_header, transport, workflow_id};
use crate::config::{self, given};
use crate::domain::OrderKey;
use crate::telemetry::Telemetry;
use crate::telemetry::work;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(10);
const PING_TIMEOUT: Duration = Duration::from_secs(1);
/// How often the file of the API key is read.
const KEY_LOOK_INTERVAL: Duration = Duration::from_secs(2);
/// How often a start is tried while others start, or end, workflows of the same id.
const MOST_RACES: usize = 5;

/// Temporal did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum TemporalError {
    /// It cannot be reached.
    #[error("Temporal at {address} cannot be reached: {cause}")]
    Unreachable {
        /// Where it should be.
        address: String,
        /// What happened.
        cause: String,
    },
    /// It did not answer in time.
    #[error("Temporal did not answer in {} s", CALL_TIMEOUT.as_secs())]
    TimedOut,
    /// It is there, but can not serve: the same may work later.
    #[error("Temporal is not available: {0}")]
    Unavailable(String),
    /// It does not let us in, with this key or certificate: it may, with the next.
    #[error("Temporal does not let us in: {0}")]
    Denied(String),
    /// It will not do this: the next thing asked may well be done.
    #[error("Temporal refused: {0}")]
    Refused(String),
}

impl TemporalError {
    /// Whether everything else that is asked of Temporal will fail as well.
    pub fn is_outage(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }
}

impl From<tonic::Status> for TemporalError {
    fn from(status: tonic::Status) -> Self {
        match status.code() {
            Code::Unavailable
            | Code::DeadlineExceeded
            | Code::ResourceExhausted
            | Code::Cancelled
            | Code::Unknown => Self::Unavailable(status.to_string()),
            Code::Unauthenticated | Code::PermissionDenied => Self::Denied(status.to_string()),
            _ => Self::Refused(status.to_string()),
        }
    }
}

/// A client of Temporal that need not be there yet. Cheap to clone.
#[derive(Clone)]
pub struct Temporal {
    settings: Arc<config::Temporal>,
    client: Arc<OnceCell<Client>>,
    runtime: Handle,
    telemetry: Telemetry,
}

impl Temporal {
    /// With these settings; nothing is connected yet. Call it on the runtime that outlives all
    /// others: the connection is driven there, whoever asks for it first.
    pub fn new(settings: config::Temporal) -> Self {
        Self {
            settings: Arc::new(settings),
            client: Arc::default(),
            runtime: Handle::current(),
            telemetry: Telemetry::default(),
        }
    }

    /// The same, counted and traced.
    #[must_use]
    pub fn observed(mut self, telemetry: &Telemetry) -> Self {
        self.telemetry = telemetry.clone();
        self
    }

    /// Where what is done with Temporal is counted and traced.
    pub(super) fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    /// The settings it was made with.
    pub fn settings(&self) -> &config::Temporal {
        &self.settings
    }

    /// Reads the files that the settings name, so that one which is missing is known at the start.
    ///
    /// # Errors
    /// Names the setting.
    pub fn check(&self) -> Result<(), String> {
        transport::tls_options(&self.settings)?;
        self.settings.api_key()?;
        Ok(())
    }

    /// The client, connected. Once it is, it reconnects by itself.
    ///
    /// # Errors
    /// When Temporal cannot be reached.
    pub async fn client(&self) -> Result<&Client, TemporalError> {
        self.client
            .get_or_try_init(async || {
                let connecting = self
                    .runtime
                    .spawn(connect(self.settings.clone(), self.telemetry.clone()));
                let client = connecting
                    .await
                    .unwrap_or_else(|error| Err(TemporalError::Refused(error.to_string())))?;
                if given(&self.settings.api_key_file).is_some() {
                    let renewing = renew_key(self.settings.clone(), Arc::downgrade(&self.client));
                    self.runtime.spawn(renewing);
                }
                Ok(client)
            })
            .await
    }

    /// Whether it answers, soon.
    pub async fn is_up(&self) -> bool {
        let asked = async {
            let client = self.client().await?;
            let request = tonic::Request::new(Default::default());
            client
                .connection()
                .workflow_service()
                .get_system_info(request)
                .await
                .map_err(|status| TemporalError::Refused(status.to_string()))
        };
        matches!(timeout(PING_TIMEOUT, asked).await, Ok(Ok(_)))
    }

    /// Starts the workflow of an order. One that is running is left as it is, and unless `again` so
    /// is one that has ended: that is success too. A workflow of another order that has the same id is in
    /// nobody's way, unless that order is of another database that is in use. Its steps go on with the
    /// trace of the work, if it is in one.
    ///
    /// # Errors
    /// When Temporal did not confirm.
    pub async fn start(
        &self,
        order: OrderKey,
        processing_delay: Duration,
        again: bool,
    ) -> Result<(), TemporalError> {
        let mut reuse = again;
        for _ in 0..MOST_RACES {
            if self.try_start(order, processing_delay, reuse).await? {
                return Ok(());
            }
            // Whose it is, is asked anew after each step: another process may have started this order's.
            if let Some(workflow) = self.describe(order.id).await? {
                let foreign = workflow.task_queue != self.settings.task_queue;
                match (
                    workflow.origin.owner(order.created_at),
                    workflow.is_running(),
                ) {
                    (Owner::This, true) => return Ok(()),
                    (Owner::This, false) if !again => return Ok(()),
                    (_, false) => {}
                    (Owner::Earlier, true) if !foreign => {
                        tracing::warn!(
                            order.id = order.id,
                            "terminating the workflow of an earlier order that had this id"
                        );
                        let reason = "its order is not in the database; another one has its id";
                        self.terminate(&workflow, reason).await?;
                    }
                    (_, true) => return Err(foreign_workflow(order.id, &workflow)),
                }
            }
            reuse = true;
        }
        let cause = format!("workflow {} changes all the time", workflow_id(order.id));
        Err(TemporalError::Unavailable(cause))
    }

    /// Says whether it was started: else there is one under its id that is running or, unless `reuse`,
    /// that has ended.
    async fn try_start(
        &self,
        order: OrderKey,
        processing_delay: Duration,
        reuse: bool,
    ) -> Result<bool, TemporalError> {
        let input = OrderInput {
            order_id: order.id,
            processing_delay_ms: u64::try_from(processing_delay.as_millis()).unwrap_or(u64::MAX),
        };
        let options =
            WorkflowStartOptions::new(self.settings.task_queue.clone(), workflow_id(order.id))
                .id_reuse_policy(match reuse {
                    true => WorkflowIdReusePolicy::AllowDuplicate,
                    false => WorkflowIdReusePolicy::RejectDuplicate,
                })
                // A worker on this client, if there is one, gets the first task with the answer.
                .enable_eager_workflow_start(true)
                .maybe_memo(order.created_at.map(ownership::memo))
                .header(header(order))
                .build();
        let started = self
            .client()
            .await?
            .start_workflow(OrderWorkflow::run, input, options);
        match timeout(CALL_TIMEOUT, started).await {
            Err(_) => Err(TemporalError::TimedOut),
            Ok(Ok(_)) => Ok(true),
            Ok(Err(WorkflowStartError::AlreadyStarted { .. })) => Ok(false),
            Ok(Err(WorkflowStartError::Rpc(status))) => Err(status.into()),
            Ok(Err(error)) => Err(TemporalError::Refused(error.to_string())),
        }
    }

    /// Asks the workflow of an order to end. One that has ended, or never was, is success too; one of
    /// another order that has the same id is left alone.
    ///
    /// # Errors
    /// When Temporal did not confirm.
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

    /// Asks this workflow, and no other one of its id, to end. One that has ended is success too.
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
        match timeout(CALL_TIMEOUT, handle.cancel(options)).await {
            Err(_) => Err(TemporalError::TimedOut),
            Ok(Ok(())) => Ok(()),
            Ok(Err(WorkflowInteractionError::NotFound(status))) => {
                match namespace_is_missing(&status) {
                    true => Err(status.into()),
                    false => Ok(()),
                }
            }
            Ok(Err(WorkflowInteractionError::Rpc(status))) => Err(status.into()),
            Ok(Err(error)) => Err(TemporalError::Refused(error.to_string())),
        }
    }
}

/// What steps are to know of, besides their input.
fn header(order: OrderKey) -> Header {
    let order = order.created_at.map(ownership::payload);
    let trace = work::trace().map(trace_header::payload);
    let fields = [(ownership::KEY, order), (trace_header::KEY, trace)];
    let given = fields
        .into_iter()
        .filter_map(|(key, payload)| Some((key.to_owned(), payload?)));
    Header {
        fields: given.collect(),
    }
}

/// Two databases in use must not end each other's workflows.
pub(super) fn foreign_workflow(order_id: i64, workflow: &Execution) -> TemporalError {
    let cause = format!(
        "workflow {}, run {}, on task queue {} is of an order of another database that is in use; \
         a namespace and a task queue are for one database",
        workflow_id(order_id),
        workflow.run_id,
        workflow.task_queue
    );
    tracing::error!(order.id = order_id, "{cause}");
    TemporalError::Refused(cause)
}

/// Has the connection use the key that the file holds, for as long as there is a connection.
async fn renew_key(settings: Arc<config::Temporal>, client: Weak<OnceCell<Client>>) {
    let mut last = None;
    loop {
        sleep(KEY_LOOK_INTERVAL).await;
        let Some(client) = client.upgrade() else {
            return;
        };
        let reading = settings.clone();
        let read = spawn_blocking(move || reading.api_key()).await;
        let Ok(read) = read else { return };
        if last.as_ref() == Some(&read) {
            continue;
        }
        match (&read, client.get()) {
            (Ok(Some(key)), Some(client)) => {
                let key = key.expose().to_owned();
                client.connection().set_api_key(Some(key));
                if last.is_some() {
                    tracing::info!("temporal.api_key_file: the key was read again");
                }
            }
            // While it is replaced, a file may be empty, or not there.
            (Err(error), _) => tracing::error!(error, "the old key to Temporal stays in use"),
            (Ok(_), _) => {}
        }
        last = Some(read);
    }
}

/// Temporal says "not found" of a namespace as it does of a workflow; only the latter means that
/// there is none.
pub(super) fn namespace_is_missing(status: &tonic::Status) -> bool {
    RpcStatus::decode(status.details()).is_ok_and(|status| {
        let mut details = status.details.iter();
        details.any(|detail| detail.type_url.ends_with(".NamespaceNotFoundFailure"))
    })
}

async fn connect(
    settings: Arc<config::Temporal>,
    telemetry: Telemetry,
) -> Result<Client, TemporalError> {
    let unreachable = |cause: String| TemporalError::Unreachable {
        address: settings.address.clone(),
        cause,
    };
    let mut url = settings.url().map_err(unreachable)?;
    let tls = transport::tls_options(&settings).map_err(unreachable)?;
    let mut origin = None;
    let mut balancing = Some(DnsLoadBalancingOptions::default());
    if tls
        .as_ref()
        .is_some_and(|tls| tls.client_cert_resolver.is_some())
    {
        // The SDK brings the encryption itself then, and takes neither `https` nor several addresses.
        let encrypted = url.as_str().parse();
        origin = Some(encrypted.map_err(|_| unreachable("it is no URI".into()))?);
        balancing = None;
        url.set_scheme("http")
            .map_err(|()| unreachable("it is no URL".into()))?;
    }
    let api_key = settings.api_key().map_err(unreachable)?;
    let meter = telemetry.metrics.temporal_client();
    let meter = meter.map_err(|error| unreachable(error.to_string()))?;
    let options = ConnectionOptions::new(url)
        .identity(format!("orders-{}", std::process::id()))
        .connect_timeout(CONNECT_TIMEOUT)
        .maybe_tls_options(tls)
        .maybe_override_origin(origin)
        .dns_load_balancing(balancing)
        .maybe_api_key(api_key.map(|key| key.expose().to_owned()))
        .maybe_metrics_meter(meter)
        .build();
    let connection = timeout(CALL_TIMEOUT, Connection::connect(options))
        .await
        .map_err(|_| TemporalError::TimedOut)?
        .map_err(|error| unreachable(error.to_string()))?;
    Client::new(
        connection,
        ClientOptions::new(settings.namespace.clone()).build(),
    )
    .map_err(|error| unreachable(error.to_string()))
}
