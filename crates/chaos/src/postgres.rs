//! PostgreSQL: one server, or a primary with a synchronous standby that can take over.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use dev_servers::{Postgres, PostgresOptions, Tools, wait_for};
use diesel::sql_query;
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::sync::Mutex;

const SYNC_LIMIT: Duration = Duration::from_secs(60);
const SYNC_PAUSE: Duration = Duration::from_millis(50);
/// The kernel keeps what a killed process has written. A commit that hangs keeps its connection in
/// the server, also after its client is gone.
const SETTINGS: [(&str, &str); 2] = [("fsync", "off"), ("max_connections", "200")];
const WAIT_FOR_STANDBY: &str = "ALTER SYSTEM SET synchronous_standby_names = '*'";
const WAIT_FOR_NOBODY: &str = "ALTER SYSTEM RESET synchronous_standby_names";
/// A setting cannot be changed and reloaded in one transaction.
const RELOAD: &str = "SELECT pg_reload_conf()";

/// The servers, of which one is the primary.
pub struct Database {
    tools: Tools,
    servers: Vec<Server>,
    primary: AtomicUsize,
}

struct Server {
    options: Mutex<PostgresOptions>,
    address: SocketAddr,
    running: Mutex<Option<Postgres>>,
}

impl Database {
    /// Starts the primary with these databases and, if there is to be one, its synchronous standby.
    pub async fn start(
        tools: &Tools,
        folder: &Path,
        databases: &[&str],
        with_standby: bool,
    ) -> Result<Self> {
        let primary = Server::start(tools, folder, "postgres", None).await?;
        let url = url(primary.address, "postgres");
        let mut servers = vec![primary];
        for name in databases {
            execute(&url, &format!("CREATE DATABASE {name}")).await?;
        }
        if with_standby {
            servers.push(Server::start(tools, folder, "standby", Some(url)).await?);
        }
        let database = Self {
            tools: tools.clone(),
            servers,
            primary: AtomicUsize::new(0),
        };
        database.wait_for_standby().await?;
        Ok(database)
    }

    /// Where all servers listen.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.servers.iter().map(|server| server.address).collect()
    }

    /// The URL of a database on the primary.
    pub fn url(&self, database: &str) -> String {
        url(self.current().address, database)
    }

    /// Commits wait for the standby, if there is one, and for nobody otherwise. Returns once the
    /// standby has everything: only then may it take over.
    pub async fn wait_for_standby(&self) -> Result<()> {
        if self.servers.len() == 1 {
            return self.set(WAIT_FOR_NOBODY).await;
        }
        self.set(WAIT_FOR_STANDBY).await?;
        let url = self.url("postgres");
        let in_sync = || async {
            let mut connection = AsyncPgConnection::establish(&url).await?;
            let query = sql_query("SELECT FROM pg_stat_replication WHERE sync_state = 'sync'");
            // Its trait has a `load`, as atomic integers have.
            let found = diesel_async::RunQueryDsl::execute(query, &mut connection).await?;
            Ok::<_, anyhow::Error>((found > 0).then_some(()))
        };
        let in_sync = wait_for(SYNC_LIMIT, SYNC_PAUSE, in_sync).await?;
        in_sync.context("the standby does not follow the primary")?;
        // A commit that waits for the standby.
        execute(&url, "SELECT pg_logical_emit_message(true, 'chaos', '')").await
    }

    /// Commits wait for a standby that does not exist.
    pub async fn wait_for_unavailable(&self) -> Result<()> {
        self.set("ALTER SYSTEM SET synchronous_standby_names = 'away'")
            .await
    }

    /// Neither statement writes to the WAL, so neither waits itself.
    async fn set(&self, setting: &str) -> Result<()> {
        let url = self.url("postgres");
        execute(&url, setting).await?;
        execute(&url, RELOAD).await
    }

    /// Kills the parent process of the primary.
    pub async fn kill(&self) {
        self.current().kill().await;
    }

    /// Starts the primary again.
    pub async fn start_again(&self) -> Result<()> {
        self.current().start_again(&self.tools).await
    }

    /// The processes of the primary, the parent first.
    pub async fn pids(&self) -> Vec<Pid> {
        self.current().pids().await
    }

    /// Makes the standby the primary: the old one is dead or frozen. Commits wait for nobody until
    /// [`Database::rejoin`].
    pub async fn promote(&self) -> Result<()> {
        let standby = (self.primary.load(Ordering::Relaxed) + 1) % self.servers.len();
        let url = url(self.servers[standby].address, "postgres");
        execute(&url, "SELECT pg_promote()").await?;
        self.primary.store(standby, Ordering::Relaxed);
        self.set(WAIT_FOR_NOBODY).await
    }

    /// Replaces the old primary by a standby of the new one, which waits for it from then on.
    pub async fn rejoin(&self) -> Result<()> {
        let (old, primary) = (self.old(), self.url("postgres"));
        // A frozen one must not resume: it does not know of the promotion.
        for pid in old.pids().await {
            let _ = kill(pid, Signal::SIGKILL);
        }
        old.kill().await;
        let mut options = old.options.lock().await;
        let data = options.data_dir.join("cluster");
        if data.exists() {
            fs::remove_dir_all(data)?;
        }
        options.standby_of = Some(primary);
        drop(options);
        old.start_again(&self.tools).await?;
        self.wait_for_standby().await
    }

    fn current(&self) -> &Server {
        &self.servers[self.primary.load(Ordering::Relaxed)]
    }

    fn old(&self) -> &Server {
        let current = self.primary.load(Ordering::Relaxed);
        &self.servers[(current + 1) % self.servers.len()]
    }
}

impl Server {
    async fn start(
        tools: &Tools,
        folder: &Path,
        name: &str,
        standby_of: Option<String>,
    ) -> Result<Self> {
        let mut options = PostgresOptions {
            data_dir: folder.join(name),
            settings: SETTINGS.into(),
            standby_of,
            ..PostgresOptions::default()
        };
        let running = Postgres::start(tools, options.clone()).await?;
        // A fixed port, so that a restart uses the same one.
        options.port = running.port();
        Ok(Self {
            options: Mutex::new(options),
            address: ([127, 0, 0, 1], running.port()).into(),
            running: Mutex::new(Some(running)),
        })
    }

    async fn kill(&self) {
        if let Some(running) = self.running.lock().await.take() {
            running.kill().await;
        }
    }

    async fn start_again(&self, tools: &Tools) -> Result<()> {
        let options = self.options.lock().await;
        *self.running.lock().await = Some(Postgres::start_again(tools, &options).await?);
        Ok(())
    }

    async fn pids(&self) -> Vec<Pid> {
        let running = self.running.lock().await;
        let pids = running.iter().flat_map(Postgres::pids);
        pids.map(Pid::from_raw).collect()
    }
}

/// The URL of a database on these servers; of several, the primary is used.
pub fn url_of_all(servers: &[SocketAddr], database: &str) -> String {
    if let [one] = servers {
        return url(*one, database);
    }
    let servers: Vec<String> = servers.iter().map(ToString::to_string).collect();
    let servers = servers.join(",");
    format!("postgres://orders:orders@{servers}/{database}?target_session_attrs=read-write")
}

fn url(server: SocketAddr, database: &str) -> String {
    format!("postgres://orders:orders@{server}/{database}")
}

async fn execute(url: &str, statement: &str) -> Result<()> {
    let mut connection = AsyncPgConnection::establish(url).await?;
    let executed = connection.batch_execute(statement).await;
    executed.with_context(|| statement.to_owned())
}
