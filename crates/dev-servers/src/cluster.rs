//! A Temporal cluster: several servers with all four services each, on a PostgreSQL of their own.

use std::fs;
use std::path::{Path, PathBuf, absolute};
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;

use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

use crate::cluster_node::{self, ClusterNode, POLL};
use crate::command::command;
use crate::process::Process;
use crate::service::output;
use crate::{DataDirLock, Error, Postgres, PostgresOptions, Tools};

/// What compose.yaml runs for the same purpose.
const SCHEMA: &str = include_str!("../../../deploy/compose/temporal/schema.sh");
const NAMESPACE: &str = include_str!("../../../deploy/compose/temporal/namespace.sh");

pub(crate) const DATABASE: &str = "temporal";
pub(crate) const VISIBILITY: &str = "temporal_visibility";
const MAX_CONNECTIONS: &str = "400";

const SETUP_LIMIT: Duration = Duration::from_secs(180);
const TERMINATE: (Signal, Duration) = (Signal::SIGTERM, Duration::from_secs(30));

/// How to run a Temporal cluster.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// Holds everything: `postgres/`, and `node-N/` with the configuration and the log of each
    /// node. Used again if it exists, with the same number of shards.
    pub data_dir: PathBuf,
    /// The number of nodes.
    pub nodes: usize,
    /// The gRPC port of the first node's frontend on 127.0.0.1, the others count up; 0 is any free
    /// ports.
    pub port: u16,
    /// The number of history shards, which can never be changed.
    pub shards: u32,
    /// The namespace, created if need be, with the search attributes of orders.
    pub namespace: String,
    /// Settings of PostgreSQL.
    pub postgres_settings: Vec<(&'static str, &'static str)>,
}

impl Default for ClusterOptions {
    /// Two nodes with 512 shards on any free ports.
    fn default() -> Self {
        Self {
            data_dir: PathBuf::new(),
            nodes: 2,
            port: 0,
            shards: 512,
            namespace: "default".to_owned(),
            postgres_settings: Vec::new(),
        }
    }
}

/// A running Temporal cluster. Its parts can be stopped and started while others run. Dropping it
/// stops it at once; [`TemporalCluster::stop`] stops it in order.
#[derive(Debug)]
pub struct TemporalCluster {
    nodes: Vec<ClusterNode>,
    namespace: String,
    tools: Tools,
    postgres_options: PostgresOptions,
    postgres: Mutex<Option<Postgres>>,
    _lock: DataDirLock,
}

impl TemporalCluster {
    /// Starts PostgreSQL, brings the schema up to date, starts all nodes, creates the namespace, and
    /// waits until every node serves it.
    ///
    /// Dropping the future stops what was started. An error quotes the log of a node that ends or is
    /// not ready after 120 s.
    pub async fn start(tools: &Tools, options: &ClusterOptions) -> Result<Self, Error> {
        let programs = tools.temporal_server.clone();
        let programs = programs.ok_or(Error::NoTemporalServer)?;
        let dir = absolute(&options.data_dir);
        let dir = dir.map_err(Error::file("resolve", &options.data_dir))?;
        fs::create_dir_all(&dir).map_err(Error::file("create", &dir))?;
        let lock = DataDirLock::acquire_file(&dir.join("cluster.lock"), &dir)?;
        let mut postgres_options = PostgresOptions {
            data_dir: dir.join("postgres"),
            settings: options.postgres_settings.clone(),
            ..PostgresOptions::default()
        };
        postgres_options
            .settings
            .push(("max_connections", MAX_CONNECTIONS));
        let postgres = Postgres::start(tools, postgres_options.clone()).await?;
        postgres_options.port = postgres.port();
        prepare_schema(&programs, postgres.port()).await?;

        let ports = cluster_node::reserve(options)?;
        let frontend = ports.first().map_or(0, |ports| ports.grpc);
        let mut nodes = Vec::new();
        for (number, ports) in ports.into_iter().enumerate() {
            let dir = dir.join(format!("node-{}", number + 1));
            let name = format!("Temporal {}", number + 1);
            let node = ClusterNode::new(name, dir, programs.join("temporal-server"), ports);
            node.configure(options, postgres.port(), frontend)?;
            nodes.push(node);
        }
        let cluster = Self {
            nodes,
            namespace: options.namespace.clone(),
            tools: tools.clone(),
            postgres_options,
            postgres: Mutex::new(Some(postgres)),
            _lock: lock,
        };
        // The first node initializes the databases; several at once would race.
        cluster.start_node(0).await?;
        cluster.create_namespace().await?;
        for number in 1..cluster.nodes.len() {
            cluster.start_node(number).await?;
        }
        for node in &cluster.nodes {
            node.until_ready(&cluster.namespace).await?;
        }
        Ok(cluster)
    }

    async fn create_namespace(&self) -> Result<(), Error> {
        let mut script = shell(NAMESPACE, self.tools.temporal.parent());
        script
            .env("TEMPORAL_ADDRESS", self.address())
            .env("NAMESPACE", &self.namespace)
            .env("RETENTION", "1d");
        let created = output("namespace.sh", script, SETUP_LIMIT);
        let node = self.nodes[0].process.lock().await;
        // Rather than wait for a frontend that has ended.
        match node.as_ref() {
            Some(process) => tokio::select! {
                created = created => created.map(drop),
                failed = process.failed() => Err(failed),
            },
            None => created.await.map(drop),
        }
    }

    /// Host and port of the first node's gRPC frontend, `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        self.addresses().swap_remove(0)
    }

    /// Host and port of every node's gRPC frontend.
    pub fn addresses(&self) -> Vec<String> {
        let nodes = self.nodes.iter();
        nodes
            .map(|node| format!("127.0.0.1:{}", node.ports.grpc))
            .collect()
    }

    /// Kills a node, as a crash would, and waits for its end.
    pub async fn kill_node(&self, number: usize) {
        if let Some(process) = self.nodes[number].process.lock().await.take() {
            process.kill().await;
        }
    }

    /// Stops a node in order: SIGTERM, after 30 s SIGKILL.
    pub async fn stop_node(&self, number: usize) {
        if let Some(process) = self.nodes[number].process.lock().await.take() {
            process.stop(&[TERMINATE]).await;
        }
    }

    /// Starts a node. Does not wait for it.
    pub async fn start_node(&self, number: usize) -> Result<(), Error> {
        self.nodes[number].start().await
    }

    /// Waits until a node serves the namespace.
    pub async fn until_ready(&self, number: usize) -> Result<(), Error> {
        self.nodes[number].until_ready(&self.namespace).await
    }

    /// Starts the nodes that have ended by themselves, as a supervisor would: a node ends when it
    /// starts while its database is away.
    pub async fn restart_ended(&self) -> Result<(), Error> {
        for node in &self.nodes {
            let ended = {
                let process = node.process.lock().await;
                process
                    .as_ref()
                    .is_some_and(|process| process.status().is_some())
            };
            if ended {
                node.start().await?;
            }
        }
        Ok(())
    }

    /// The process of a node, unless it is stopped.
    pub async fn node_pid(&self, number: usize) -> Option<i32> {
        let process = self.nodes[number].process.lock().await;
        process.as_ref().map(Process::pid)
    }

    /// The processes of all nodes that are not stopped.
    pub async fn node_pids(&self) -> Vec<i32> {
        let mut pids = Vec::new();
        for number in 0..self.nodes.len() {
            pids.extend(self.node_pid(number).await);
        }
        pids
    }

    /// PostgreSQL's processes, the parent first.
    pub async fn database_pids(&self) -> Vec<i32> {
        let postgres = self.postgres.lock().await;
        postgres.iter().flat_map(Postgres::pids).collect()
    }

    /// Kills PostgreSQL's parent process, as a crash would.
    pub async fn kill_database(&self) {
        if let Some(postgres) = self.postgres.lock().await.take() {
            postgres.kill().await;
        }
    }

    /// Starts PostgreSQL again.
    pub async fn start_database(&self) -> Result<(), Error> {
        let mut postgres = self.postgres.lock().await;
        *postgres = Some(Postgres::start_again(&self.tools, &self.postgres_options).await?);
        Ok(())
    }

    /// Resolves if a node or PostgreSQL ends by itself, with the reason.
    pub async fn wait(&self) -> Error {
        loop {
            for node in &self.nodes {
                if let Some(process) = &*node.process.lock().await
                    && let Some(status) = process.status()
                {
                    return process.exited(status);
                }
            }
            if let Some(postgres) = &*self.postgres.lock().await
                && let Ok(error) = timeout(Duration::ZERO, postgres.wait()).await
            {
                return error;
            }
            sleep(POLL).await;
        }
    }

    /// Stops the nodes, and then PostgreSQL, in order.
    pub async fn stop(self) {
        for number in 0..self.nodes.len() {
            self.stop_node(number).await;
        }
        if let Some(postgres) = self.postgres.lock().await.take() {
            postgres.stop().await;
        }
    }
}

/// Creates the databases unless they exist, and brings their schema up to date.
async fn prepare_schema(programs: &Path, port: u16) -> Result<(), Error> {
    let port = port.to_string();
    for database in [DATABASE, VISIBILITY] {
        let mut create = command(&programs.join("temporal-sql-tool"), "SQL_");
        create
            .args(["--plugin", "postgres12", "--endpoint", "127.0.0.1"])
            .args(["--port", &port])
            .args(["--user", Postgres::USER, "--password", Postgres::PASSWORD])
            .args(["--db", database, "create-database"]);
        output("temporal-sql-tool", create, SETUP_LIMIT).await?;
    }
    let mut script = shell(SCHEMA, Some(programs));
    script
        .env("SCHEMA", programs.join("schema"))
        .env("SQL_PLUGIN", "postgres12")
        .env("SQL_HOST", "127.0.0.1")
        .env("SQL_PORT", &port)
        .env("SQL_USER", Postgres::USER)
        .env("SQL_PASSWORD", Postgres::PASSWORD)
        .env("TEMPORAL_DATABASE", DATABASE)
        .env("TEMPORAL_VISIBILITY_DATABASE", VISIBILITY);
    output("schema.sh", script, SETUP_LIMIT).await.map(drop)
}

/// A script that finds its programs in this folder first.
fn shell(script: &str, programs: Option<&Path>) -> Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = programs.map(Path::to_path_buf).into_iter();
    let path = std::env::join_paths(folders.chain(std::env::split_paths(&path)));
    let mut shell = command(Path::new("/bin/sh"), "TEMPORAL_");
    shell.args(["-c", script]);
    if let Ok(path) = path {
        shell.env("PATH", path);
    }
    shell
}
