//! One `orders serve` or `orders worker` process, which is stopped, killed and restarted.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use dev_servers::Service;
use nix::sys::signal::Signal;
use tokio::sync::Mutex;

use crate::proxy::Link;
use crate::release::{Release, SETTINGS};

/// The database of all processes.
pub const DATABASE: &str = "orders";
/// How long an order must be unchanged before it is compared with its workflow.
pub const GRACE: Duration = Duration::from_secs(3);
/// How long a process may take to end after SIGTERM: what the service promises, and a margin.
const END_LIMIT: Duration = Duration::from_secs(30);
/// The log line of a worker that is ready.
const WORKER_RUNS: &str = "worker runs";

/// One of our processes.
pub struct App {
    /// Its name.
    pub name: String,
    /// The URL that it serves; `None` for a worker.
    pub url: Option<String>,
    release: Mutex<Release>,
    command: &'static str,
    environment: Vec<(String, String)>,
    log: PathBuf,
    service: Mutex<Option<Service>>,
}

impl App {
    pub fn new(
        release: &Release,
        folder: &Path,
        command: &'static str,
        name: String,
        [to_postgres, to_temporal]: [&Link; 2],
        processing_delay: &str,
    ) -> Result<Self> {
        // A fixed port, so that clients find it after a restart. It is free now.
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
            ("WORKFLOW__PROCESSING_DELAY", processing_delay.into()),
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

    /// Starts it unless it is running. It ends with this process.
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

    /// Waits until it is ready. Fails if it ends instead, or takes too long.
    pub async fn until_ready(&self) -> Result<()> {
        let service = self.service.lock().await;
        let service = service.as_ref().context("it was not started")?;
        if self.url.is_some() {
            service.ready().await?;
        } else {
            service.logged(WORKER_RUNS).await?;
        }
        Ok(())
    }

    /// Uses this release from the next start on.
    pub async fn become_release(&self, release: &Release) {
        *self.release.lock().await = release.clone();
    }

    /// Whether it may respond 500 after a schema change, by a known fault of its version.
    pub async fn fails_after_ddl(&self) -> bool {
        self.release.lock().await.fails_after_ddl
    }

    /// Restarts it if it ended by itself, as a process does that starts while the database is
    /// unavailable.
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

    /// Sends it a signal to end, and waits. `false` if it takes too long; it is killed then. It is
    /// not restarted in the meantime.
    pub async fn end(&self, signal: Signal) -> bool {
        match self.service.lock().await.take() {
            Some(service) => service.stop(signal, END_LIMIT).await.is_ok(),
            None => true,
        }
    }
}
