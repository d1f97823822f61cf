//! The parts: PostgreSQL, Temporal, two of each of our processes, and the links between them.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use dev_servers::{
    Postgres, PostgresOptions, Service, TemporalOptions, TemporalServer, Tools, child_pids,
};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use tokio::sync::Mutex;

use crate::proxy::Link;
use crate::release::{Release, SETTINGS};

/// How long an order is processed.
const PROCESSING_DELAY: &str = "200ms";
/// The same, where orders have to be under way while processes are replaced.
const LONG_PROCESSING_DELAY: &str = "4s";
/// For how long an order must not have changed before it is compared with its workflow.
pub const GRACE: Duration = Duration::from_secs(3);
/// How long a process may take to end after SIGTERM: what the service promises, and some.
const END_LIMIT: Duration = Duration::from_secs(30);
const START_ATTEMPTS: usize = 5;
/// What a worker logs once it runs.
const WORKER_RUNS: &str = "worker runs";
const DATABASE: &str = "orders";

/// How many of our processes there are.
#[derive(Debug, Clone, Copy)]
pub struct Instances {
    /// `orders serve`.
    pub apis: usize,
    /// `orders worker`.
    pub workers: usize,
}

/// How long orders are under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// So that there are many.
    Short,
    /// So that many are under way at any time.
    Long,
}

impl Pace {
    fn processing_delay(self) -> &'static str {
        match self {
            Self::Short => PROCESSING_DELAY,
            Self::Long => LONG_PROCESSING_DELAY,
        }
    }
}

/// All parts. They end with it.
pub struct World {
    tools: Tools,
    postgres_options: PostgresOptions,
    temporal_options: TemporalOptions,
    postgres: Mutex<Option<Postgres>>,
    temporal: Mutex<Option<TemporalServer>>,
    /// `orders serve` and `orders worker`.
    pub apps: Vec<App>,
    /// Between those and the servers.
    pub links: Vec<Link>,
    database_url: String,
    temporal_address: String,
    api_key: String,
}

/// One of our processes.
pub struct App {
    /// Which.
    pub name: String,
    /// Where it serves; `None` for a worker.
    pub url: Option<String>,
    release: Mutex<Release>,
    command: &'static str,
    environment: Vec<(String, String)>,
    log: PathBuf,
    service: Mutex<Option<Service>>,
}

impl World {
    /// Starts everything in `folder`, our processes of this release.
    pub async fn start(
        release: &Release,
        folder: &Path,
        pace: Pace,
        instances: Instances,
    ) -> Result<Self> {
        let tools = Tools::locate(None)?;
        let mut postgres_options = PostgresOptions {
            data_dir: folder.join("postgres"),
            // What a killed process has written, the system still has.
            settings: vec![("fsync", "off")],
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
        // They come back where they were.
        postgres_options.port = postgres.port();
        let database_url = postgres.url(DATABASE);
        let temporal_address = temporal.address();
        let temporal_at: SocketAddr = temporal_address.parse()?;
        temporal_options.port = temporal_at.port();
        let postgres_at: SocketAddr = ([127, 0, 0, 1], postgres.port()).into();

        let mut admin = AsyncPgConnection::establish(&postgres.url("postgres")).await?;
        admin
            .batch_execute(&format!("CREATE DATABASE {DATABASE}"))
            .await?;
        release.migrate(&database_url).await?;
        let api_key = release.create_api_key(&database_url).await?;

        let mut world = Self {
            tools,
            postgres_options,
            temporal_options,
            postgres: Mutex::new(Some(postgres)),
            temporal: Mutex::new(Some(temporal)),
            apps: Vec::new(),
            links: Vec::new(),
            database_url,
            temporal_address,
            api_key,
        };
        for (command, count) in [("serve", instances.apis), ("worker", instances.workers)] {
            for number in 1..=count {
                let name = format!("{command} {number}");
                let to_postgres = Link::open(format!("{name} – PostgreSQL"), postgres_at).await?;
                let to_temporal = Link::open(format!("{name} – Temporal"), temporal_at).await?;
                let links = [&to_postgres, &to_temporal];
                let app = App::new(release, folder, command, name, links, pace)?;
                app.start().await?;
                world.apps.push(app);
                world.links.extend([to_postgres, to_temporal]);
            }
        }
        for app in &world.apps {
            app.until_ready().await?;
        }
        Ok(world)
    }

    /// The database, past every proxy.
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// Temporal, past every proxy.
    pub fn temporal_address(&self) -> &str {
        &self.temporal_address
    }

    /// The processes that serve, and where.
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
        // Processes of a killed one may still be ending.
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

    /// Starts Temporal again, with what it has on disk.
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

impl App {
    fn new(
        release: &Release,
        folder: &Path,
        command: &'static str,
        name: String,
        [to_postgres, to_temporal]: [&Link; 2],
        pace: Pace,
    ) -> Result<Self> {
        // Fixed, so that clients find it after a restart; free at least now.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let listen = format!("127.0.0.1:{port}");
        let database = format!(
            "postgres://orders:orders@{}/{DATABASE}",
            to_postgres.address()
        );
        let settings = [
            ("HTTP__LISTEN", listen.clone()),
            ("HTTP__SHUTDOWN_TIMEOUT", "5s".into()),
            ("DATABASE__URL", database),
            ("TEMPORAL__ADDRESS", to_temporal.address().to_string()),
            ("WORKFLOW__PROCESSING_DELAY", pace.processing_delay().into()),
            ("DISPATCHER__LEASE", "5s".into()),
            ("DISPATCHER__MAX_BACKOFF", "2s".into()),
            ("RECONCILER__INTERVAL", "2s".into()),
            ("RECONCILER__GRACE", format!("{}s", GRACE.as_secs())),
            ("LOG__FORMAT", "text".into()),
            ("LOG__FILTER", "warn,order_processing::workflow=info".into()),
        ];
        Ok(Self {
            url: (command == "serve").then(|| format!("http://{listen}")),
            release: Mutex::new(release.clone()),
            command,
            environment: settings
                .into_iter()
                .chain(SETTINGS.map(|(name, value)| (name, value.to_owned())))
                .map(|(name, value)| (format!("ORDERS__{name}"), value))
                .collect(),
            log: folder.join(format!("{}.log", name.replace(' ', "-"))),
            service: Mutex::new(None),
            name,
        })
    }

    /// Starts it, unless it runs. It ends with us.
    pub async fn start(&self) -> Result<()> {
        let mut service = self.service.lock().await;
        if service.is_some() {
            return Ok(());
        }
        let release = self.release.lock().await;
        let mut command = release.command(self.command);
        command.envs(self.environment.iter().cloned());
        *service = Some(Service::start(&self.name, command, &self.log)?);
        Ok(())
    }

    /// Waits until it serves, or a worker runs. Fails when it ends instead, or takes too long.
    pub async fn until_ready(&self) -> Result<()> {
        let service = self.service.lock().await;
        let service = service.as_ref().context("it is not started")?;
        if self.url.is_some() {
            service.ready().await?;
        } else {
            service.logged(WORKER_RUNS).await?;
        }
        Ok(())
    }

    /// Starts as this release from now on.
    pub async fn become_release(&self, release: &Release) {
        *self.release.lock().await = release.clone();
    }

    /// Whether it may answer 500 after a change of the schema, by a known fault of its version.
    pub async fn fails_after_ddl(&self) -> bool {
        self.release.lock().await.fails_after_ddl
    }

    /// Starts it again if it ended by itself: a process that cannot start while the database is away does.
    pub async fn start_if_ended(&self) -> Result<()> {
        let mut service = self.service.lock().await;
        if service
            .take_if(|running| running.status().is_some())
            .is_none()
        {
            return Ok(());
        }
        drop(service);
        self.start().await
    }

    /// Sends it a signal.
    pub async fn signal(&self, signal: Signal) {
        if let Some(service) = &*self.service.lock().await {
            service.signal(signal);
        }
    }

    /// Sends it a signal to end, and waits for that. `false` when it takes too long; it is killed then.
    /// Nobody starts it again meanwhile.
    pub async fn end(&self, signal: Signal) -> bool {
        match self.service.lock().await.take() {
            Some(service) => service.stop(signal, END_LIMIT).await.is_ok(),
            None => true,
        }
    }
}
