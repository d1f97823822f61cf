//! The parts: PostgreSQL, Temporal, two of each of our processes, and the links between them.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use order_processing::dev::{
    Postgres, PostgresOptions, TemporalOptions, TemporalServer, Tools, end_with_us,
};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

use crate::proxy::Link;
use crate::release::Release;

/// How long an order is processed.
const PROCESSING_DELAY: &str = "200ms";
/// The same, where orders have to be under way while processes are replaced.
const LONG_PROCESSING_DELAY: &str = "4s";
/// For how long an order must not have changed before it is compared with its workflow.
pub const GRACE: Duration = Duration::from_secs(3);
/// How long a process may take to end after SIGTERM: what the service promises, and some.
const END_LIMIT: Duration = Duration::from_secs(30);
const START_TRIES: usize = 5;
/// How long a process may take to serve, and how long a worker has run when it goes on running.
const START_LIMIT: Duration = Duration::from_secs(30);
const WORKER_STARTS: Duration = Duration::from_secs(1);
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
    api_key: Option<String>,
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
    child: Mutex<Option<Child>>,
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
            port: 0,
            // What a killed process has written, the system still has.
            settings: vec![("fsync".into(), "off".into())],
        };
        let mut temporal_options = TemporalOptions {
            database_file: Some(folder.join("temporal.db")),
            log_file: None,
            port: 0,
            ui_port: None,
            namespace: "default".into(),
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
        let api_key = match release.wants_key() {
            true => Some(release.make_key(&database_url).await?),
            false => None,
        };

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

    /// What clients send to be let in; `None` where everybody is.
    pub fn api_key(&self) -> Option<&str> {
        self.api_key.as_deref()
    }

    /// Kills PostgreSQL's parent process.
    pub async fn kill_postgres(&self) -> Result<()> {
        if let Some(postgres) = self.postgres.lock().await.take() {
            kill(Pid::from_raw(postgres.pid()), Signal::SIGKILL)?;
            postgres.wait().await;
        }
        Ok(())
    }

    /// Starts PostgreSQL again.
    pub async fn start_postgres(&self) -> Result<()> {
        let mut postgres = self.postgres.lock().await;
        // Processes of a killed one may still be ending.
        for _ in 1..START_TRIES {
            if let Ok(started) = Postgres::start(&self.tools, self.postgres_options.clone()).await {
                *postgres = Some(started);
                return Ok(());
            }
        }
        *postgres = Some(Postgres::start(&self.tools, self.postgres_options.clone()).await?);
        Ok(())
    }

    /// PostgreSQL's processes, the parent first.
    pub async fn postgres_pids(&self) -> Vec<Pid> {
        match &*self.postgres.lock().await {
            Some(postgres) => with_children(postgres.pid()),
            None => Vec::new(),
        }
    }

    /// Kills Temporal.
    pub async fn kill_temporal(&self) -> Result<()> {
        if let Some(temporal) = self.temporal.lock().await.take() {
            kill(Pid::from_raw(temporal.pid()), Signal::SIGKILL)?;
            temporal.wait().await;
        }
        Ok(())
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
                .map(|(name, value)| (format!("ORDERS__{name}"), value))
                .collect(),
            log: folder.join(format!("{}.log", name.replace(' ', "-"))),
            child: Mutex::new(None),
            name,
        })
    }

    /// Starts it, unless it runs. It ends with us.
    pub async fn start(&self) -> Result<()> {
        let mut child = self.child.lock().await;
        if child.is_some() {
            return Ok(());
        }
        let log = File::options().create(true).append(true).open(&self.log)?;
        let release = self.release.lock().await;
        let mut command = release.command(self.command);
        let settings = release.settings().iter();
        command
            .envs(self.environment.iter().cloned())
            .envs(settings.map(|(name, value)| (format!("ORDERS__{name}"), value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        end_with_us(&mut command);
        let started = Command::from(command).kill_on_drop(true).spawn();
        *child = Some(started.with_context(|| format!("cannot start {}", self.name))?);
        Ok(())
    }

    /// Waits until it serves, or a worker runs.
    ///
    /// # Errors
    /// When it ends instead, or takes too long.
    pub async fn until_ready(&self) -> Result<()> {
        let begun = Instant::now();
        loop {
            let mut child = self.child.lock().await;
            if let Some(status) = child.as_mut().map(Child::try_wait).transpose()?.flatten() {
                bail!("{} ended: {status}; see {}", self.name, self.log.display());
            }
            drop(child);
            let ready = match &self.url {
                Some(url) => {
                    let answer = reqwest::get(format!("{url}/readyz")).await;
                    answer.is_ok_and(|answer| answer.status().is_success())
                }
                // Settings that it does not know end it before that.
                None => begun.elapsed() > WORKER_STARTS,
            };
            match ready {
                true => return Ok(()),
                false if begun.elapsed() > START_LIMIT => bail!("{} does not serve", self.name),
                false => sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// Starts as this release from now on.
    pub async fn become_release(&self, release: &Release) {
        *self.release.lock().await = release.clone();
    }

    /// Whether it may answer 500 after a change of the schema, by a known fault of its version.
    pub async fn fails_after_ddl(&self) -> bool {
        self.release.lock().await.fails_after_ddl
    }

    /// Whether it ended by itself: a process that cannot start while the database is away does.
    pub async fn start_if_ended(&self) -> Result<bool> {
        let mut child = self.child.lock().await;
        let ended = match child.as_mut() {
            Some(running) => running.try_wait()?.is_some(),
            None => return Ok(false),
        };
        if ended {
            *child = None;
            drop(child);
            self.start().await?;
        }
        Ok(ended)
    }

    /// Sends it a signal.
    pub async fn signal(&self, signal: Signal) -> Result<()> {
        let child = self.child.lock().await;
        if let Some(pid) = child.as_ref().and_then(Child::id) {
            kill(Pid::from_raw(i32::try_from(pid)?), signal)?;
        }
        Ok(())
    }

    /// Sends it a signal to end, and waits for that. `false` when it takes too long; it is killed then.
    /// Nobody starts it again meanwhile.
    pub async fn end(&self, signal: Signal) -> Result<bool> {
        let Some(mut child) = self.child.lock().await.take() else {
            return Ok(true);
        };
        if let Some(pid) = child.id() {
            kill(Pid::from_raw(i32::try_from(pid)?), signal)?;
        }
        if timeout(END_LIMIT, child.wait()).await.is_ok() {
            return Ok(true);
        }
        child.kill().await?;
        Ok(false)
    }
}

/// A process and its children.
fn with_children(parent: i32) -> Vec<Pid> {
    let children = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let pid: i32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            // The name, in parentheses, may hold anything.
            let (_, rest) = stat.rsplit_once(')')?;
            let its_parent: i32 = rest.split_whitespace().nth(1)?.parse().ok()?;
            (its_parent == parent).then_some(Pid::from_raw(pid))
        });
    std::iter::once(Pid::from_raw(parent))
        .chain(children)
        .collect()
}
