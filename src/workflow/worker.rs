//! Runs workflows and activities. Any number of these may run.

use std::time::Duration;

use anyhow::{Context, Result};
use temporalio_sdk::runtime::RuntimeOptions;
use temporalio_sdk::{Runtime, Worker, WorkerOptions};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::activities::OrderActivities;
use super::gateway::Temporal;
use super::observing::ObservedSteps;
use super::order_workflow::OrderWorkflow;
use super::passed_headers;
use crate::db::{Database, OrderRepository};

const FIRST_RETRY: Duration = Duration::from_millis(500);
const LONGEST_RETRY: Duration = Duration::from_secs(15);

/// Works until `stop`, then finishes the activities in flight. Waits for a Temporal that is away.
///
/// Its future holds non-`Send` workflow state: await it on a multi-thread runtime, never spawn it.
///
/// # Errors
/// When the worker itself fails.
pub async fn run_worker(
    database: Database,
    temporal: Temporal,
    grace: Duration,
    stop: CancellationToken,
) -> Result<()> {
    let Some(client) = connected(&temporal, &stop).await else {
        return Ok(());
    };
    let telemetry = temporal.telemetry();
    let runtime = RuntimeOptions::builder()
        .telemetry_options(telemetry.metrics.temporal())
        .build()
        .map_err(anyhow::Error::msg)?;
    let runtime =
        Runtime::from_current_tokio(runtime).context("the Temporal runtime does not start")?;
    let options = WorkerOptions::new(temporal.settings().task_queue.clone())
        .register_workflow::<OrderWorkflow>()
        .context("the order workflow cannot be registered")?
        .register_activities(OrderActivities::new(OrderRepository::new(database)))
        .workflow_interceptor(passed_headers::passed_on())
        .activity_inbound_interceptor(ObservedSteps::new(telemetry))
        .graceful_shutdown_period(grace)
        .build();
    let mut worker = Worker::new(&runtime, client, options).context("the worker does not start")?;
    let shutdown = worker.shutdown_handle();
    tracing::info!(task_queue = temporal.settings().task_queue, "worker runs");
    let running = worker.run();
    tokio::pin!(running);
    tokio::select! {
        result = &mut running => return result.context("the worker failed"),
        () = stop.cancelled() => shutdown(),
    }
    // A Temporal that is away must not keep the process; what it does not hear is done again.
    match timeout(grace * 2, running).await {
        Ok(result) => result.context("the worker failed while it stopped"),
        Err(_) => {
            tracing::warn!("the worker did not stop in time; it is left as it is");
            Ok(())
        }
    }
}

async fn connected(
    temporal: &Temporal,
    stop: &CancellationToken,
) -> Option<temporalio_client::Client> {
    let mut nap = FIRST_RETRY;
    loop {
        tokio::select! {
            () = stop.cancelled() => return None,
            client = temporal.client() => match client {
                Ok(client) => return Some(client.clone()),
                Err(error) => tracing::warn!(error = %error, "the worker waits for Temporal"),
            },
        }
        tokio::select! {
            () = stop.cancelled() => return None,
            () = tokio::time::sleep(nap) => nap = (nap * 2).min(LONGEST_RETRY),
        }
    }
}
