//! The system under test: PostgreSQL, Temporal, our processes, the partners, and the links between
//! them.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use dev_servers::{Postgres, PostgresOptions, TemporalOptions, TemporalServer, Tools, child_pids};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use nix::unistd::Pid;
use partner_sandbox::SandboxClient;
use tokio::sync::Mutex;

use crate::app::{App, Role};
use crate::proxy::Link;
use crate::release::Release;
use crate::settings::{DATABASE, PARTNERS_DATABASE, Shared, Targets};

/// The processing time of an order.
pub const PROCESSING_DELAY: &str = "200ms";
/// The same for an upgrade: orders must be in progress while processes are replaced.
pub const LONG_PROCESSING_DELAY: &str = "4s";
const START_ATTEMPTS: usize = 5;

/// The number of our processes.
#[derive(Debug, Clone, Copy)]
pub struct Instances {
    /// `orders serve`.
    pub apis: usize,
    /// `orders worker`.
    pub workers: usize,
}

/// The programs that run at first.
#[derive(Debug, Clone, Copy)]
pub struct Programs<'a> {
    /// The service.
    pub service: &'a Release,
    /// The partners: they are tools of the test, so always those of the release under test.
    pub partners: &'a Release,
}

/// The system under test; stopped on drop.
pub struct World {
    tools: Tools,
    postgres_options: PostgresOptions,
    temporal_options: TemporalOptions,
    postgres: Mutex<Option<Postgres>>,
    temporal: Mutex<Option<TemporalServer>>,
    /// `orders serve` and `orders worker`.
    pub apps: Vec<App>,
    /// The connections between our processes and the servers.
    pub links: Vec<Link>,
    /// `orders sandbox`.
    pub sandbox: App,
    /// The connections from the workers to the partners.
    pub partner_links: Vec<Link>,
    completes_on_delivery: bool,
    has_items: AtomicBool,
    has_feed: AtomicBool,
    database_url: String,
    temporal_address: String,
    api_key: String,
}

impl World {
    /// Starts the system in `folder`.
    pub async fn start(
        programs: Programs<'_>,
        folder: &Path,
        shared: Shared,
        instances: Instances,
    ) -> Result<Self> {
        let release = programs.service;
        let tools = Tools::locate(None)?;
        let mut postgres_options = PostgresOptions {
            data_dir: folder.join("postgres"),
            // The kernel keeps what a killed process has written.
            // A commit that hangs keeps its connection in the server, also after its client is gone.
            settings: vec![("fsync", "off"), ("max_connections", "200")],
            ..PostgresOptions::default()
        };
        let mut temporal_options = TemporalOptions {
            database_file: Some(folder.join("temporal.db")),
            ..TemporalOptions::default()
        };
        let (postgres, temporal) = tokio::try_join!(
            Postgres::start(&tools, postgres_options.clone()),
            TemporalServer::start(&tools, temporal_options.clone()),
        )?;
        // Fixed ports, so that a restart uses the same ones.
        postgres_options.port = postgres.port();
        let database_url = postgres.url(DATABASE);
        let temporal_address = temporal.address();
        let temporal_at: SocketAddr = temporal_address.parse()?;
        temporal_options.port = temporal_at.port();
        let postgres_at: SocketAddr = ([127, 0, 0, 1], postgres.port()).into();

        let mut admin = AsyncPgConnection::establish(&postgres.url("postgres")).await?;
        for name in [DATABASE, PARTNERS_DATABASE] {
            admin
                .batch_execute(&format!("CREATE DATABASE {name}"))
                .await?;
        }
        release.migrate(&database_url).await?;
        let api_key = release.create_api_key(&database_url).await?;

        let (mut apps, mut links, mut partner_links) = (Vec::new(), Vec::new(), Vec::new());
        for (role, count) in [
            (Role::Serve, instances.apis),
            (Role::Worker, instances.workers),
        ] {
            for number in 1..=count {
                let name = format!("{} {number}", role.command());
                let to_postgres = Link::open(format!("{name} – PostgreSQL"), postgres_at).await?;
                let to_temporal = Link::open(format!("{name} – Temporal"), temporal_at).await?;
                let mut targets = Targets {
                    postgres: to_postgres.address(),
                    temporal: to_temporal.address(),
                    partners: shared.partners,
                };
                if role == Role::Worker {
                    let to_partners =
                        Link::open(format!("{name} – partners"), shared.partners).await?;
                    targets.partners = to_partners.address();
                    partner_links.push(to_partners);
                }
                let start = shared.service(role, name, &targets)?;
                apps.push(App::new(release, folder, start));
                links.extend([to_postgres, to_temporal]);
            }
        }
        let server = apps.iter().find_map(|app| app.url.as_deref());
        let books = postgres.url(PARTNERS_DATABASE);
        let sandbox = shared.sandbox(&books, server.context("no server")?);
        let world = Self {
            tools,
            postgres_options,
            temporal_options,
            postgres: Mutex::new(Some(postgres)),
            temporal: Mutex::new(Some(temporal)),
            apps,
            links,
            sandbox: App::new(programs.partners, folder, sandbox),
            partner_links,
            completes_on_delivery: shared.completes_on_delivery,
            has_items: AtomicBool::new(release.has_items),
            has_feed: AtomicBool::new(release.has_feed),
            database_url,
            temporal_address,
            api_key,
        };
        for app in world.processes() {
            app.start().await?;
        }
        for app in world.processes() {
            app.until_ready().await?;
        }
        Ok(world)
    }

    /// Our processes and the partners.
    pub fn processes(&self) -> impl Iterator<Item = &App> {
        std::iter::once(&self.sandbox).chain(&self.apps)
    }

    /// The control API of the partners, without a proxy.
    pub fn partners(&self) -> SandboxClient {
        SandboxClient::new(self.sandbox.url.clone().unwrap_or_default())
    }

    /// Whether orders with items are completed on delivery, so that parcels may come back before.
    pub fn completes_on_delivery(&self) -> bool {
        self.completes_on_delivery
    }

    /// Whether every process knows orders with items.
    pub fn has_items(&self) -> bool {
        self.has_items.load(Ordering::Relaxed)
    }

    /// Records that every process knows orders with items from now on.
    pub fn now_has_items(&self) {
        self.has_items.store(true, Ordering::Relaxed);
    }

    /// Whether every server has the feed of events.
    pub fn has_feed(&self) -> bool {
        self.has_feed.load(Ordering::Relaxed)
    }

    /// Records that every server has the feed from now on.
    pub fn now_has_feed(&self) {
        self.has_feed.store(true, Ordering::Relaxed);
    }

    /// The database without a proxy.
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// Temporal without a proxy.
    pub fn temporal_address(&self) -> &str {
        &self.temporal_address
    }

    /// The API processes with their URLs.
    pub fn servers(&self) -> Vec<(&App, &str)> {
        let apps = self.apps.iter();
        apps.filter_map(|app| Some((app, app.url.as_deref()?)))
            .collect()
    }

    /// The API key of the clients.
    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    /// Kills PostgreSQL's parent process.
    pub async fn kill_postgres(&self) {
        if let Some(postgres) = self.postgres.lock().await.take() {
            postgres.kill().await;
        }
    }

    /// Starts PostgreSQL again.
    pub async fn start_postgres(&self) -> Result<()> {
        let mut postgres = self.postgres.lock().await;
        // Child processes of the killed server may still be ending.
        for attempt in 1.. {
            match Postgres::start(&self.tools, self.postgres_options.clone()).await {
                Err(error) if attempt == START_ATTEMPTS => return Err(error.into()),
                Err(_) => {}
                Ok(started) => {
                    *postgres = Some(started);
                    break;
                }
            }
        }
        Ok(())
    }

    /// PostgreSQL's processes, the parent first.
    pub async fn postgres_pids(&self) -> Vec<Pid> {
        let postgres = self.postgres.lock().await;
        let parent = postgres.iter().map(Postgres::pid);
        parent
            .flat_map(|pid| std::iter::once(pid).chain(child_pids(pid)))
            .map(Pid::from_raw)
            .collect()
    }

    /// Kills Temporal.
    pub async fn kill_temporal(&self) {
        if let Some(temporal) = self.temporal.lock().await.take() {
            temporal.kill().await;
        }
    }

    /// Starts Temporal again with its data.
    pub async fn start_temporal(&self) -> Result<()> {
        let mut temporal = self.temporal.lock().await;
        let options = self.temporal_options.clone();
        *temporal = Some(TemporalServer::start(&self.tools, options).await?);
        Ok(())
    }

    /// Temporal's process.
    pub async fn temporal_pids(&self) -> Vec<Pid> {
        let temporal = self.temporal.lock().await;
        temporal
            .iter()
            .map(|temporal| Pid::from_raw(temporal.pid()))
            .collect()
    }
}
