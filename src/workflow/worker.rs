//! Executes workflows and activities. Any number of workers may run.

use std::time::Duration;

use anyhow::{Context, Result};
use temporalio_sdk::runtime::RuntimeOptions;
use temporalio_sdk::{Runtime, Worker, WorkerOptions};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::activities::OrderActivities;
use super::activity_interceptor::ActivityInterceptor;
use super::client::Temporal;
use super::fulfilment::FulfilmentActivities;
use super::fulfilment::FulfilmentWorkflow;
use super::header_interceptor::header_interceptor;
use super::order_workflow::OrderWorkflow;
use crate::config::Settings;
use crate::db::{Database, OrderRepository};
use crate::partners::Partners;

const FIRST_RETRY: Duration = Duration::from_millis(500);
const LONGEST_RETRY: Duration = Duration::from_secs(15);

/// Runs until `stop` is cancelled, then finishes the activities in flight. Waits until Temporal is
/// reachable.
///
/// The future contains non-`Send` workflow state: await it on a multi-thread runtime, never spawn
/// it.
pub async fn run_worker(
    database: Database,
    temporal: Temporal,
    partners: Partners,
    settings: &Settings,
    stop: CancellationToken,
) -> Result<()> {
    let Some(client) = connected(&temporal, &stop).await else {
        return Ok(());
    };
    let grace = settings.http.shutdown_timeout;
    let orders = OrderRepository::new(database);
    let telemetry = temporal.telemetry();
    let runtime = RuntimeOptions::builder()
        .telemetry_options(telemetry.metrics.temporal())
        .build()
        .map_err(anyhow::Error::msg)?;
    let runtime =
        Runtime::from_current_tokio(runtime).context("cannot start the Temporal runtime")?;
    let options = WorkerOptions::new(temporal.settings().task_queue.clone())
        .register_workflow::<OrderWorkflow>()
        .context("cannot register the order workflow")?
        .register_workflow::<FulfilmentWorkflow>()
        .context("cannot register the workflow of orders with items")?
        .register_activities(OrderActivities::new(orders.clone()))
        .register_activities(FulfilmentActivities::new(
            orders,
            partners,
            settings.partners.clone(),
        ))
        .workflow_interceptor(header_interceptor())
        .activity_inbound_interceptor(ActivityInterceptor::new(telemetry))
        .graceful_shutdown_period(grace)
        .build();
    let mut worker = Worker::new(&runtime, client, options).context("cannot start the worker")?;
    let shutdown = worker.shutdown_handle();
    tracing::info!(task_queue = temporal.settings().task_queue, "worker runs");
    let running = worker.run();
    tokio::pin!(running);
    tokio::select! {
        result = &mut running => return result.context("the worker failed"),
        () = stop.cancelled() => shutdown(),
    }
    // An unavailable Temporal must not keep the process alive: Temporal repeats tasks whose results
    // it did not receive.
    let Ok(result) = timeout(grace * 2, running).await else {
        tracing::warn!("the worker did not stop in time; exiting anyway");
        return Ok(());
    };
    result.context("the worker failed while it stopped")
}

async fn connected(
    temporal: &Temporal,
    stop: &CancellationToken,
) -> Option<temporalio_client::Client> {
    let mut pause = FIRST_RETRY;
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
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_RETRY),
        }
    }
}
