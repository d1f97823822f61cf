//! Runs the plain workflow and its activities.

use anyhow::{Context, Result};
use order_processing::config::Settings;
use order_processing::db::{Database, OrderRepository};
use order_processing::workflow::Temporal;
use temporalio_sdk::runtime::RuntimeOptions;
use temporalio_sdk::{Runtime, Worker, WorkerOptions};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::plain_fulfilment::{PlainFulfilmentWorkflow, PlainSteps};
use super::plain_workflow::{PlainActivities, PlainOrderWorkflow, TASK_QUEUE};

/// Runs the worker until `stop`, with the SDK's default options.
pub async fn run(settings: &Settings, stop: CancellationToken) -> Result<()> {
    let database = Database::new(&settings.database, "bench-plain-worker")?;
    let temporal = Temporal::new(settings.temporal.clone());
    let runtime = Runtime::from_current_tokio(RuntimeOptions::default())
        .context("the Temporal runtime does not start")?;
    let grace = settings.http.shutdown_timeout;
    let options = WorkerOptions::new(TASK_QUEUE)
        .register_workflow::<PlainOrderWorkflow>()
        .context("the plain workflow cannot be registered")?
        .register_activities(PlainActivities::new(OrderRepository::new(database)))
        .register_workflow::<PlainFulfilmentWorkflow>()
        .context("the plain saga cannot be registered")?
        .register_activities(PlainSteps::new(settings)?)
        .graceful_shutdown_period(grace)
        .build();
    let client = temporal.client().await?.clone();
    let mut worker = Worker::new(&runtime, client, options).context("the worker does not start")?;
    let shutdown = worker.shutdown_handle();
    tracing::info!("plain worker runs");
    let running = worker.run();
    tokio::pin!(running);
    tokio::select! {
        result = &mut running => return result.context("the worker failed"),
        () = stop.cancelled() => shutdown(),
    }
    match timeout(grace, running).await {
        Ok(result) => result.context("the worker failed while it stopped"),
        Err(_) => Ok(()),
    }
}
