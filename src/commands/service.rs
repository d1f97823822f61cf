//! `orders serve` and `orders worker`: the start-up sequence, the background work and the shutdown.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{migrate, print_line};
use crate::config::Settings;
use crate::db::{self, Database};
use crate::feed::Sequencer;
use crate::partners::Partners;
use crate::server::{Monitoring, Server};
use crate::telemetry::{self, Logging, Metrics, Telemetry};
use crate::webhooks::Deliverer;
use crate::workflow::{Dispatcher, Reconciler, Temporal, run_worker};

/// Serves the API and dispatches intents until a stop signal.
pub async fn serve(settings: Settings) -> Result<()> {
    let log = telemetry::init(&settings.log)?;
    migrate::require_current_schema(&settings).await?;
    let service = Service::start(settings, &log, "orders-serve", stop_on_signal()?)?;
    let server = service.bind().await?;
    let monitoring = service.monitor(false);
    print_line(&format!("ready {}", server.url()))?;
    let result = service.serve(server).await;
    service.finish(monitoring).await;
    result
}

/// Runs a worker, which also dispatches intents, until a stop signal.
pub async fn worker(settings: Settings) -> Result<()> {
    let log = telemetry::init(&settings.log)?;
    migrate::require_current_schema(&settings).await?;
    let service = Service::start(settings, &log, "orders-worker", stop_on_signal()?)?;
    let Service {
        settings,
        database,
        temporal,
        partners,
        stop,
        ..
    } = &service;
    let monitoring = service.monitor(true);
    let dispatching = dispatch(settings, &database.in_background(), temporal, stop);
    let result = run_worker(
        database.clone(),
        temporal.clone(),
        partners.clone(),
        settings,
        stop.clone(),
    )
    .await;
    stop.cancel();
    dispatching.await.context("the dispatcher failed")?;
    service.finish(monitoring).await;
    result
}

/// The parts of every long-running process.
pub(super) struct Service {
    pub(super) settings: Arc<Settings>,
    pub(super) database: Database,
    pub(super) temporal: Temporal,
    pub(super) partners: Partners,
    pub(super) stop: CancellationToken,
    telemetry: Telemetry,
}

impl Service {
    /// Temporal need not be reachable, but the files that its settings name must be readable.
    pub(super) fn start(
        settings: Settings,
        log: &Logging,
        name: &'static str,
        stop: CancellationToken,
    ) -> Result<Self> {
        let settings = Arc::new(settings);
        let telemetry = Telemetry::start(&settings, Some(log), name)?;
        let database = Database::new(&settings.database, name)?.observed(&telemetry.metrics);
        let temporal = Temporal::new(settings.temporal.clone());
        temporal.check().map_err(anyhow::Error::msg)?;
        Ok(Self {
            partners: Partners::new(&settings.partners, &telemetry.metrics)
                .map_err(anyhow::Error::msg)?,
            temporal: temporal.observed(&telemetry),
            settings,
            database,
            stop,
            telemetry,
        })
    }

    pub(super) async fn bind(&self) -> Result<Server> {
        let (database, temporal) = (self.database.clone(), self.temporal.clone());
        Server::bind(&self.settings, database, temporal, &self.telemetry).await
    }

    /// Starts the monitoring server.
    pub(super) fn monitor(&self, requires_temporal: bool) -> JoinHandle<()> {
        let background = self.database.in_background();
        let monitoring = Monitoring::new(&self.telemetry, &background, &self.temporal);
        monitoring
            .requires_temporal(requires_temporal)
            .start(&self.settings.monitoring, &self.stop)
    }

    pub(super) async fn serve(&self, server: Server) -> Result<()> {
        let (database, temporal) = (self.database.clone(), self.temporal.clone());
        serve_until(
            &self.settings,
            server,
            database,
            temporal,
            self.partners.clone(),
            &self.telemetry.metrics,
            self.stop.clone(),
        )
        .await
    }

    /// Stops the remaining tasks and sends pending spans. A failure here does not fail the process.
    pub(super) async fn finish(self, monitoring: JoinHandle<()>) {
        self.stop.cancel();
        self.telemetry.traces.finish().await;
        let _ = monitoring.await;
    }
}

/// Runs the server and the background work until `stop` is cancelled; then ends within
/// `http.shutdown_timeout` plus a short time.
pub async fn serve_until(
    settings: &Arc<Settings>,
    server: Server,
    database: Database,
    temporal: Temporal,
    partners: Partners,
    metrics: &Metrics,
    stop: CancellationToken,
) -> Result<()> {
    let background = database.in_background();
    let deliverer = Deliverer::new(&background, settings, metrics).map_err(anyhow::Error::msg)?;
    let dispatching = dispatch(settings, &background, &temporal, &stop);
    let reconciler = Reconciler::new(settings.clone(), background.clone(), temporal, partners);
    let reconciling = tokio::spawn(reconciler.run(stop.clone()));
    let sequencer = Sequencer::new(background.clone(), settings.feed.clone());
    let sequencing = tokio::spawn(sequencer.run(stop.clone()));
    let delivering = tokio::spawn(deliverer.run(stop.clone()));
    let sweep_interval = settings.idempotency.sweep_interval;
    let sweeping = tokio::spawn(sweep(background.clone(), sweep_interval, stop.clone()));
    let extending = tokio::spawn(extend_partitions(background, stop.clone()));
    let served = server.run(stop.clone()).await;
    stop.cancel();
    dispatching.await.context("the dispatcher failed")?;
    reconciling.await.context("the reconciler failed")?;
    sequencing.await.context("the sequencer failed")?;
    delivering.await.context("the webhooks failed")?;
    sweeping.await.context("the sweeper failed")?;
    extending.await.context("adding partitions failed")?;
    served
}

/// Dispatches intents in the background until `stop` is cancelled, if `dispatcher.enabled` is set.
fn dispatch(
    settings: &Arc<Settings>,
    database: &Database,
    temporal: &Temporal,
    stop: &CancellationToken,
) -> JoinHandle<()> {
    let enabled = settings.dispatcher.enabled;
    let dispatcher = Dispatcher::new(settings.clone(), database.clone(), temporal.clone());
    let stop = stop.clone();
    tokio::spawn(async move {
        if enabled {
            dispatcher.run(stop).await;
        }
    })
}

/// Deletes expired idempotency keys periodically.
async fn sweep(database: Database, interval: Duration, stop: CancellationToken) {
    loop {
        let swept = tokio::select! {
            () = stop.cancelled() => return,
            swept = db::sweep_expired_keys(&database) => swept,
        };
        match swept {
            Ok(0) => {}
            Ok(keys) => tracing::info!(keys, "deleted expired idempotency keys"),
            Err(error) => {
                tracing::warn!(error = %error, "cannot delete expired idempotency keys; retrying later")
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(interval) => {}
        }
    }
}

/// How often partitions are added, if the tables have any.
const EXTENSION_INTERVAL: Duration = Duration::from_secs(10);

/// Adds partitions ahead of the ids of new orders.
async fn extend_partitions(database: Database, stop: CancellationToken) {
    loop {
        let extended = tokio::select! {
            () = stop.cancelled() => return,
            extended = db::partitions::extend(&database) => extended,
        };
        if let Err(error) = extended {
            tracing::warn!(error = %error, "cannot add a partition of orders; retrying");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EXTENSION_INTERVAL) => {}
        }
    }
}

/// Cancelled by SIGINT and SIGTERM. A second signal ends the process immediately.
pub(super) fn stop_on_signal() -> Result<CancellationToken> {
    let stop = CancellationToken::new();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let token = stop.clone();
    tokio::spawn(async move {
        let mut signals = 0;
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            signals += 1;
            if signals > 1 {
                std::process::exit(130);
            }
            tracing::info!("stopping");
            token.cancel();
        }
    });
    Ok(stop)
}
