//! One process of our program, which is stopped, killed and restarted.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use dev_servers::{Service, wait_for};
use nix::sys::signal::Signal;
use tokio::sync::Mutex;

use crate::release::Release;

/// How long an order must be unchanged before it is compared with its workflow.
pub const GRACE: Duration = Duration::from_secs(3);
/// How long a process may take to end after SIGTERM: what the service promises, and a margin.
const END_LIMIT: Duration = Duration::from_secs(30);
/// The log line of a worker that is ready.
const WORKER_RUNS: &str = "worker runs";
/// The begin of the line that a sandbox prints when it is ready, and how long that may take.
const SANDBOX_RUNS: &str = "partners ";
const SANDBOX_LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);

/// Which process to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// `orders serve`.
    Serve,
    /// `orders worker`.
    Worker,
    /// `orders sandbox`: the partners.
    Sandbox,
}

impl Role {
    /// The name of the command.
    pub const fn command(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Worker => "worker",
            Self::Sandbox => "sandbox",
        }
    }
}

/// Settings without their prefix, and their values.
pub type Settings = Vec<(&'static str, String)>;

/// How a process is started.
pub struct Start {
    pub role: Role,
    pub name: String,
    /// Where it listens; nothing does for a worker.
    pub listen: SocketAddr,
    pub arguments: Vec<String>,
    pub settings: Settings,
    /// Settings that only releases know that fulfil orders with items.
    pub partners: Settings,
    /// Settings that only releases know that have the feed of events and find the primary of several hosts.
    pub recent: Settings,
}

/// One of our processes.
pub struct App {
    /// Its name.
    pub name: String,
    /// The URL that it serves; `None` for a worker.
    pub url: Option<String>,
    release: Mutex<Release>,
    start: Start,
    log: PathBuf,
    service: Mutex<Option<Service>>,
}

impl App {
    /// A process of this release that writes its log to the folder. It is not started.
    pub fn new(release: &Release, folder: &Path, start: Start) -> Self {
        let name = start.name.clone();
        Self {
            url: (start.role != Role::Worker).then(|| format!("http://{}", start.listen)),
            release: Mutex::new(release.clone()),
            log: folder.join(format!("{}.log", name.replace(' ', "-"))),
            service: Mutex::new(None),
            start,
            name,
        }
    }

    /// Starts it unless it is running. It ends with this process.
    pub async fn start(&self) -> Result<()> {
        let mut service = self.service.lock().await;
        if service.is_some() {
            return Ok(());
        }
        let release = self.release.lock().await;
        let mut command = release.command(self.start.role.command());
        command.args(&self.start.arguments);
        let partners = release.has_items.then_some(&self.start.partners);
        let recent = release.has_feed.then_some(&self.start.recent);
        // Later ones replace earlier ones.
        let settings = [Some(&self.start.settings), partners, recent];
        let settings = settings.into_iter().flatten().flatten();
        command.envs(settings.map(|(name, value)| (format!("ORDERS__{name}"), value)));
        *service = Some(Service::start(&self.name, command, &self.log)?);
        Ok(())
    }

    /// Waits until it is ready. Fails if it ends instead, or takes too long.
    pub async fn until_ready(&self) -> Result<()> {
        let service = self.service.lock().await;
        let service = service.as_ref().context("it was not started")?;
        match self.start.role {
            Role::Serve => drop(service.ready().await?),
            Role::Worker => service.logged(WORKER_RUNS).await?,
            Role::Sandbox => {
                let runs = || async {
                    service.require_running()?;
                    Ok::<_, dev_servers::Error>(service.printed(SANDBOX_RUNS))
                };
                let ready = wait_for(SANDBOX_LIMIT, POLL, runs).await?;
                ready.context("the sandbox is not ready")?;
            }
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
