//! What each command does: it puts the parts together, runs them, and stops them in order.

pub mod keys;

use std::future::Future;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use dev_servers::{DataDirLock, Postgres, PostgresOptions, TemporalOptions, TemporalServer, Tools};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::{AuthMode, DatabaseTls, Secret, SecretUrl, Settings, TemporalTls};
use crate::db::{
    self, Backlog, Database, FailingIntent, IntentRepository, ReconciliationRepository, Report,
    migrations,
};
use crate::server::{Monitoring, Server};
use crate::telemetry::{self, Logging, Telemetry};
use crate::workflow::{Dispatcher, Reconciler, Temporal, run_worker};

const APPLICATION: &str = "orders";

/// Serves the API and dispatches intents until a signal to stop.
///
/// # Errors
/// When the database or the port cannot be had, or a part fails.
pub async fn serve(settings: Settings) -> Result<()> {
    let log = telemetry::init(&settings.log)?;
    require_current_schema(&settings).await?;
    let settings = Arc::new(settings);
    let telemetry = Telemetry::start(&settings, Some(&log), "orders-serve")?;
    let database = Database::new(&settings.database, "orders-serve")?.observed(&telemetry.metrics);
    let temporal = temporal(&settings)?.observed(&telemetry);
    let stop = stop_on_signal()?;
    let server = Server::bind(&settings, database.clone(), temporal.clone(), &telemetry).await?;
    let background = database.in_background();
    let monitoring = Monitoring::new(&telemetry, &background, &temporal);
    let monitoring = monitoring.start(&settings.monitoring, &stop);
    say_ready(&server)?;
    let served = serve_until(&settings, server, database, temporal, stop).await;
    telemetry.traces.finish().await;
    // Whatever became of it is no failure of what the process is there for.
    let _ = monitoring.await;
    served
}

/// Runs a worker, which dispatches intents too, until a signal to stop.
///
/// # Errors
/// When the database cannot be reached or the worker fails.
pub async fn worker(settings: Settings) -> Result<()> {
    let log = telemetry::init(&settings.log)?;
    require_current_schema(&settings).await?;
    let settings = Arc::new(settings);
    let telemetry = Telemetry::start(&settings, Some(&log), "orders-worker")?;
    let database = Database::new(&settings.database, "orders-worker")?.observed(&telemetry.metrics);
    let temporal = temporal(&settings)?.observed(&telemetry);
    let stop = stop_on_signal()?;
    let background = database.in_background();
    let monitoring = Monitoring::new(&telemetry, &background, &temporal).of_a_worker();
    let monitoring = monitoring.start(&settings.monitoring, &stop);
    let dispatching = dispatch(&settings, &background, &temporal, &stop);
    let grace = settings.http.shutdown_timeout;
    let worked = run_worker(database, temporal, grace, stop.clone()).await;
    stop.cancel();
    dispatching.await.context("the dispatcher failed")?;
    telemetry.traces.finish().await;
    let _ = monitoring.await;
    worked
}

/// The way to Temporal, which need not be there; the files that its settings name have to.
fn temporal(settings: &Settings) -> Result<Temporal> {
    let temporal = Temporal::new(settings.temporal.clone());
    temporal.check().map_err(anyhow::Error::msg)?;
    Ok(temporal)
}

/// Tells Temporal about orders until `stop`, in the background, where `dispatcher.enabled` says so.
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

/// Runs everything on this machine until a signal to stop, and takes down what it brought up.
///
/// # Errors
/// When a part cannot be started or fails.
pub async fn dev(mut settings: Settings) -> Result<()> {
    let log = telemetry::init(&settings.log)?;
    open_to_this_machine(&mut settings)?;
    let stop = stop_on_signal()?;
    let tools = Tools::locate(None)?;
    let folder = settings.dev.data_dir.clone();
    let _lock = DataDirLock::acquire(&folder)?;
    // The port of the API first: the one thing that most likely fails, before anything is up.
    let free = std::net::TcpListener::bind(&settings.http.listen)
        .with_context(|| format!("cannot listen on {} (http.listen)", settings.http.listen))?;
    drop(free);

    let Some(postgres) = unless_stopped(&stop, start_postgres(&tools, &folder, &settings)).await?
    else {
        return Ok(());
    };
    let result = async {
        let url = postgres.url(APPLICATION);
        create_database(&postgres.url("postgres")).await?;
        say(&format!("postgres {url}"))?;
        let Some(temporal) =
            unless_stopped(&stop, start_temporal(&tools, &folder, &settings)).await?
        else {
            return Ok(());
        };
        use_own_servers(&mut settings, &url, temporal.address())?;
        let result = dev_with(settings, &log, &postgres, &temporal, stop.clone()).await;
        temporal.stop().await;
        result
    }
    .await;
    postgres.stop().await;
    result
}

/// Without any setting for authentication everybody on this machine is let in, and nobody else.
fn open_to_this_machine(settings: &mut Settings) -> Result<()> {
    if !settings.auth.has_a_way() {
        settings.auth.mode = AuthMode::Disabled;
    }
    let address: SocketAddr = settings.http.listen.parse()?;
    if settings.auth.mode == AuthMode::Disabled && !address.ip().is_loopback() {
        bail!(
            "`orders dev` without authentication serves this machine only, and {address} \
             (http.listen) is open to others; set auth.api_keys = true"
        );
    }
    Ok(())
}

/// What `orders dev` brings up is on this machine, and speaks no TLS.
fn use_own_servers(settings: &mut Settings, database: &str, temporal: String) -> Result<()> {
    settings.database.url = SecretUrl::try_from(database).map_err(anyhow::Error::msg)?;
    settings.database.password = Secret::default();
    settings.database.password_file = PathBuf::new();
    settings.database.tls = DatabaseTls::default();
    settings.temporal.address = temporal;
    settings.temporal.api_key = Secret::default();
    settings.temporal.api_key_file = PathBuf::new();
    settings.temporal.tls = TemporalTls::default();
    Ok(())
}

async fn dev_with(
    settings: Settings,
    log: &Logging,
    postgres: &Postgres,
    temporal_server: &TemporalServer,
    stop: CancellationToken,
) -> Result<()> {
    say(&format!("temporal {}", temporal_server.address()))?;
    if let Some(url) = temporal_server.ui_url() {
        say(&format!("temporal ui {url}"))?;
    }
    migrate(&settings, |connection| migrations::up(connection, warn)).await?;
    let settings = Arc::new(settings);
    let telemetry = Telemetry::start(&settings, Some(log), "orders-dev")?;
    let database = Database::new(&settings.database, "orders-dev")?.observed(&telemetry.metrics);
    let temporal = temporal(&settings)?.observed(&telemetry);
    let server = Server::bind(&settings, database.clone(), temporal.clone(), &telemetry).await?;
    let background = database.in_background();
    let monitoring = Monitoring::new(&telemetry, &background, &temporal);
    let monitoring = monitoring.start(&settings.monitoring, &stop);
    say(&format!("docs {}/docs", server.url()))?;
    say_ready(&server)?;

    let grace = settings.http.shutdown_timeout;
    let serving = serve_until(
        &settings,
        server,
        database.clone(),
        temporal.clone(),
        stop.clone(),
    );
    let working = run_worker(database, temporal, grace, stop.clone());
    let parts = async {
        tokio::try_join!(stopping_all(&stop, serving), stopping_all(&stop, working)).map(drop)
    };
    let result = tokio::select! {
        result = parts => result,
        error = postgres.wait() => Err(error.into()),
        error = temporal_server.wait() => Err(error.into()),
    };
    stop.cancel();
    telemetry.traces.finish().await;
    let _ = monitoring.await;
    result
}

/// The end of one part, well or not, is the end of all.
async fn stopping_all(
    stop: &CancellationToken,
    part: impl Future<Output = Result<()>>,
) -> Result<()> {
    let result = part.await;
    stop.cancel();
    result
}

/// Serves with this server, and does what orders need in the background, until `stop`; then ends
/// within `http.shutdown_timeout` and a little.
///
/// # Errors
/// When a part fails.
pub async fn serve_until(
    settings: &Arc<Settings>,
    server: Server,
    database: Database,
    temporal: Temporal,
    stop: CancellationToken,
) -> Result<()> {
    let background = database.in_background();
    let dispatching = dispatch(settings, &background, &temporal, &stop);
    let reconciler = Reconciler::new(settings.clone(), background.clone(), temporal);
    let reconciling = tokio::spawn(reconciler.run(stop.clone()));
    let sweep_interval = settings.idempotency.sweep_interval;
    let sweeping = tokio::spawn(sweep(background, sweep_interval, stop.clone()));
    let served = server.run(stop.clone()).await;
    stop.cancel();
    dispatching.await.context("the dispatcher failed")?;
    reconciling.await.context("the reconciler failed")?;
    sweeping.await.context("the sweeper failed")?;
    served
}

/// Forgets idempotency keys whose time is over, again and again.
async fn sweep(database: Database, interval: Duration, stop: CancellationToken) {
    loop {
        let swept = tokio::select! {
            () = stop.cancelled() => return,
            swept = db::sweep_expired_keys(&database) => swept,
        };
        match swept {
            Ok(0) => {}
            Ok(keys) => tracing::info!(keys, "forgot expired idempotency keys"),
            Err(error) => tracing::warn!(error = %error, "expired idempotency keys stay for now"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(interval) => {}
        }
    }
}

async fn start_postgres(tools: &Tools, folder: &Path, settings: &Settings) -> Result<Postgres> {
    let options = PostgresOptions {
        data_dir: folder.join("postgres"),
        port: settings.dev.postgres_port,
        settings: Vec::new(),
    };
    Ok(Postgres::start(tools, options).await?)
}

async fn start_temporal(
    tools: &Tools,
    folder: &Path,
    settings: &Settings,
) -> Result<TemporalServer> {
    let options = TemporalOptions {
        database_file: Some(folder.join("temporal.db")),
        log_file: Some(folder.join("temporal.log")),
        port: settings.dev.temporal_port,
        ui_port: Some(settings.dev.temporal_ui_port),
        namespace: settings.temporal.namespace.clone(),
    };
    Ok(TemporalServer::start(tools, options).await?)
}

async fn unless_stopped<T>(
    stop: &CancellationToken,
    starting: impl Future<Output = Result<T>>,
) -> Result<Option<T>> {
    tokio::select! {
        started = starting => started.map(Some),
        () = stop.cancelled() => Ok(None),
    }
}

async fn create_database(admin_url: &str) -> Result<()> {
    let mut connection = AsyncPgConnection::establish(admin_url).await?;
    let created = diesel::sql_query(format!("CREATE DATABASE {APPLICATION}"))
        .execute(&mut connection)
        .await;
    match created {
        Ok(_) => Ok(()),
        Err(error) if error.to_string().contains("already exists") => Ok(()),
        Err(error) => Err(error).context("cannot create the database"),
    }
}

/// Applies every pending migration.
///
/// # Errors
/// When the database cannot be reached or a migration fails.
pub async fn migrate_up(settings: &Settings) -> Result<()> {
    let applied = migrate(settings, |connection| migrations::up(connection, warn)).await?;
    for name in &applied {
        say(&format!("applied {name}"))?;
    }
    if applied.is_empty() {
        say("nothing to apply: the schema is current")?;
    }
    Ok(())
}

/// Takes back the newest migration.
///
/// # Errors
/// When the database cannot be reached or the migration cannot be taken back.
pub async fn migrate_down(settings: &Settings) -> Result<()> {
    match migrate(settings, |connection| migrations::down(connection, warn)).await? {
        Some(name) => say(&format!("reverted {name}")),
        None => say("nothing to revert: no migration is applied"),
    }
}

/// Shows which migrations are applied.
///
/// # Errors
/// When the database cannot be reached.
pub async fn migrate_status(settings: &Settings) -> Result<()> {
    for migration in migrate(settings, migrations::status).await? {
        let mark = if migration.applied {
            "applied"
        } else {
            "pending"
        };
        say(&format!("{mark} {}", migration.name))?;
    }
    Ok(())
}

/// Shows what waits for Temporal, what Temporal would not take, and how many orders disagree with
/// their workflows.
///
/// # Errors
/// When the database cannot be reached.
pub async fn status(settings: &Settings, json: bool) -> Result<()> {
    let database = Database::new(&settings.database, "orders-status")?;
    let intents = IntentRepository::new(database.clone());
    let status = Status {
        outbox: intents.backlog().await?,
        failing: intents.failing(FAILING_SHOWN).await?,
        reconciliation: ReconciliationRepository::new(database).report().await?,
    };
    if json {
        return say(&serde_json::to_string_pretty(&status)?);
    }
    let Status {
        outbox,
        failing,
        reconciliation,
    } = status;
    say(&format!(
        "outbox: {} waiting, {} failing, the oldest for {} s",
        outbox.waiting, outbox.failing, outbox.oldest_age_seconds
    ))?;
    for intent in failing {
        say(&format!(
            "  order {} {} attempts {}: {}",
            intent.order_id, intent.action, intent.attempts, intent.last_error
        ))?;
    }
    let when = match reconciliation.finished_at {
        Some(time) => format!("at {}", time.to_rfc3339()),
        None => "never".into(),
    };
    say(&format!(
        "drift: {} of {} compared, last {when}; {} repaired so far",
        reconciliation.drift, reconciliation.compared, reconciliation.repaired
    ))
}

/// Failing intents that `orders status` names.
const FAILING_SHOWN: i64 = 20;

#[derive(serde::Serialize)]
struct Status {
    outbox: Backlog,
    failing: Vec<FailingIntent>,
    reconciliation: Report,
}

/// Shows the settings in force, as TOML, without secrets.
///
/// # Errors
/// When stdout is gone.
pub fn show_config(settings: &Settings) -> Result<()> {
    say(toml::to_string(settings)?.trim_end())
}

async fn migrate<T>(
    settings: &Settings,
    step: impl FnOnce(AsyncPgConnection) -> Result<T, crate::error::StoreError>,
) -> Result<T> {
    let connection = tokio::time::timeout(
        settings
            .database
            .acquire_timeout
            .max(std::time::Duration::from_secs(5)),
        db::connect(&settings.database, "orders-migrate"),
    )
    .await
    .ok()
    .unwrap_or_else(|| {
        Err(crate::error::StoreError::Unavailable(
            "no answer in time".into(),
        ))
    })
    .with_context(|| {
        format!(
            "cannot reach PostgreSQL at {} (database.url)",
            settings.database.url
        )
    })?;
    Ok(step(connection)?)
}

async fn require_current_schema(settings: &Settings) -> Result<()> {
    let pending = migrate(settings, migrations::status).await?;
    let pending: Vec<String> = pending
        .into_iter()
        .filter(|known| !known.applied)
        .map(|known| known.name)
        .collect();
    if !pending.is_empty() {
        bail!(
            "the database lacks {}; run `orders migrate up`",
            pending.join(", ")
        );
    }
    Ok(())
}

/// Cancelled by SIGINT and SIGTERM. A second signal ends the process at once.
fn stop_on_signal() -> Result<CancellationToken> {
    let stop = CancellationToken::new();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let told = stop.clone();
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
            told.cancel();
        }
    });
    Ok(stop)
}

fn say_ready(server: &Server) -> Result<()> {
    say(&format!("ready {}", server.url()))
}

/// A line for whoever waits for the command: on stderr, where no program looks for a result.
fn warn(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A line for whoever started the process, at once even into a pipe.
fn say(line: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    Ok(stdout.flush()?)
}
