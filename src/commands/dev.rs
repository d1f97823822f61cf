//! `orders dev`: runs everything on this machine.

use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use tokio_util::sync::CancellationToken;

use super::service::{Service, stop_on_signal};
use super::{migrate, print_line, sandbox};
use crate::config::{AuthMode, DatabaseTls, Secret, SecretUrl, Settings, TemporalTls};
use crate::partners::SHIPPING_WEBHOOK;
use crate::telemetry::{self, Logging};
use crate::workflow::{SEARCH_ATTRIBUTES, run_worker};
use partner_sandbox::{Sandbox, SandboxOptions, Webhook};

use dev_servers::{DataDirLock, Postgres, PostgresOptions, TemporalOptions, TemporalServer, Tools};

const APPLICATION: &str = "orders";

/// Runs everything on this machine until a stop signal, then stops what it has started.
pub async fn dev(mut settings: Settings) -> Result<()> {
    let log = telemetry::init(&settings.log)?;
    disable_auth_on_loopback(&mut settings)?;
    let stop = stop_on_signal()?;
    let tools = Tools::locate(None)?;
    let folder = settings.dev.data_dir.clone();
    let _lock = DataDirLock::acquire(&folder)?;
    // Check the port of the API first: it is the most likely to be in use, and nothing has been
    // started yet.
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
        print_line(&format!("postgres {url}"))?;
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

/// Without authentication settings, every caller on this machine is accepted, and no other.
fn disable_auth_on_loopback(settings: &mut Settings) -> Result<()> {
    if !settings.auth.accepts_credentials() {
        settings.auth.mode = AuthMode::Disabled;
    }
    let address: SocketAddr = settings.http.listen.parse()?;
    if settings.auth.mode == AuthMode::Disabled && !address.ip().is_loopback() {
        bail!(
            "`orders dev` without authentication serves this machine only, but {address} \
             (http.listen) is not a loopback address; set auth.api_keys = true"
        );
    }
    Ok(())
}

/// The servers that `orders dev` starts are local and do not use TLS.
fn use_own_servers(settings: &mut Settings, database: &str, temporal: String) -> Result<()> {
    settings.database.url = SecretUrl::try_from(database).map_err(anyhow::Error::msg)?;
    settings.database.password = Secret::default();
    settings.database.password_file = PathBuf::new();
    settings.database.tls = DatabaseTls::default();
    settings.temporal.address = temporal;
    settings.temporal.api_key = Secret::default();
    settings.temporal.api_key_file = PathBuf::new();
    settings.temporal.tls = TemporalTls::default();
    settings.temporal.search_attributes = true;
    Ok(())
}

async fn dev_with(
    settings: Settings,
    log: &Logging,
    postgres: &Postgres,
    temporal_server: &TemporalServer,
    stop: CancellationToken,
) -> Result<()> {
    print_line(&format!("temporal {}", temporal_server.address()))?;
    let mut settings = settings;
    if let Some(url) = temporal_server.ui_url() {
        print_line(&format!("temporal ui {url}"))?;
        settings.temporal.ui_url = url.to_string();
    }
    migrate::apply_pending(&settings).await?;
    let secret = sandbox::webhook_secret();
    let partners = if settings.dev.sandbox && settings.partners.is_empty() {
        settings.console.sample_orders = true;
        Some(start_partners(&mut settings, &secret).await?)
    } else {
        None
    };
    let console = settings.console.enabled;
    let service = Service::start(settings, log, "orders-dev", stop)?;
    let server = service.bind().await?;
    if let Some(partners) = &partners {
        let url = format!("{}{}", server.url(), SHIPPING_WEBHOOK);
        let webhook = Webhook { url, secret };
        partners.client().set_webhook(Some(&webhook)).await?;
        print_line(&format!("partners {}", partners.url()))?;
    }
    let monitoring = service.monitor(false);
    if console {
        print_line(&format!("console {}/console/", server.url()))?;
    }
    print_line(&format!("docs {}/docs", server.url()))?;
    print_line(&format!("ready {}", server.url()))?;

    let stop = &service.stop;
    let working = run_worker(
        service.database.clone(),
        service.temporal.clone(),
        service.partners.clone(),
        &service.settings,
        stop.clone(),
    );
    let serving = service.serve(server);
    let parts = async {
        tokio::try_join!(stopping_all(stop, serving), stopping_all(stop, working)).map(drop)
    };
    let result = tokio::select! {
        result = parts => result,
        error = postgres.wait() => Err(error.into()),
        error = temporal_server.wait() => Err(error.into()),
    };
    service.finish(monitoring).await;
    if let Some(partners) = partners {
        partners.stop().await;
    }
    result
}

/// Starts the sandboxes of the partners, and sets them in the settings.
async fn start_partners(settings: &mut Settings, secret: &str) -> Result<Sandbox> {
    let options = SandboxOptions {
        listen: SocketAddr::from(([127, 0, 0, 1], settings.dev.partners_port)),
        database_url: settings.database.url.expose().as_str().to_owned(),
        token: sandbox::TOKEN.into(),
        webhook: None,
        dispatch_after: Some(sandbox::DISPATCH_AFTER),
        deliver_after: Some(sandbox::DELIVER_AFTER),
    };
    let started = Sandbox::start(options).await?;
    settings
        .partners
        .use_sandbox(&started.url(), sandbox::TOKEN, secret);
    Ok(started)
}

/// Stops the other parts when one ends, with or without an error.
async fn stopping_all(
    stop: &CancellationToken,
    part: impl Future<Output = Result<()>>,
) -> Result<()> {
    let result = part.await;
    stop.cancel();
    result
}

async fn start_postgres(tools: &Tools, folder: &Path, settings: &Settings) -> Result<Postgres> {
    let options = PostgresOptions {
        data_dir: folder.join("postgres"),
        port: settings.dev.postgres_port,
        ..PostgresOptions::default()
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
        search_attributes: SEARCH_ATTRIBUTES.to_vec(),
        ..TemporalOptions::default()
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
