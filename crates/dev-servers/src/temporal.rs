//! The Temporal dev server: `temporal server start-dev`.

use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf, absolute};
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Client;
use tokio::net::TcpStream;

use crate::command::{ServerCommand, command};
use crate::lock::DataDirLock;
use crate::log::Log;
use crate::process::Process;
use crate::run_as::{self, RunAs};
use crate::{Error, Tools, port, stale};

const NAME: &str = "Temporal";
const PORT_SETTING: &str = "dev.temporal_port";
const UI_PORT_SETTING: &str = "dev.temporal_ui_port";

const READY_LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);
const PROBE_LIMIT: Duration = Duration::from_secs(2);
const TERMINATE: (Signal, Duration) = (Signal::SIGTERM, Duration::from_secs(10));

/// How to run the Temporal dev server.
#[derive(Debug, Clone)]
pub struct TemporalOptions {
    /// The SQLite file; `None` keeps everything in memory. Its directory is created if need be.
    /// Beside it go a pid file and a lock file of its name, with `.pid` and `.lock` added.
    pub database_file: Option<PathBuf>,
    /// Where it logs warnings and errors. `None` is `temporal.log` beside the database file, or
    /// memory when the database is in memory.
    pub log_file: Option<PathBuf>,
    /// The gRPC port on 127.0.0.1; 0 is any free one.
    pub port: u16,
    /// The port of the web UI on 127.0.0.1; `Some(0)` is any free one, `None` is no UI.
    pub ui_port: Option<u16>,
    /// The namespace, created if need be. `default` exists in any case.
    pub namespace: String,
    /// The names and types of the search attributes of all namespaces.
    pub search_attributes: Vec<(&'static str, &'static str)>,
    /// Dynamic configuration: keys, and values in JSON.
    pub dynamic_config: Vec<(&'static str, &'static str)>,
}

impl Default for TemporalOptions {
    /// In memory, on any free port, without a UI.
    fn default() -> Self {
        Self {
            database_file: None,
            log_file: None,
            port: 0,
            ui_port: None,
            namespace: "default".to_owned(),
            search_attributes: Vec::new(),
            dynamic_config: Vec::new(),
        }
    }
}

/// A running Temporal dev server. Dropping it stops it at once; [`TemporalServer::stop`] stops it
/// in order.
#[derive(Debug)]
pub struct TemporalServer {
    process: Process,
    ports: Ports,
    files: Option<Files>,
}

#[derive(Debug, Clone, Copy)]
struct Ports {
    grpc: u16,
    ui: Option<u16>,
    http: u16,
    metrics: u16,
}

/// The files of a database that is not in memory.
#[derive(Debug)]
struct Files {
    database: PathBuf,
    pid: PathBuf,
    dir: PathBuf,
    _lock: DataDirLock,
}

impl TemporalServer {
    /// Starts the server and waits until its frontend serves the namespace and reaches the history
    /// and matching services behind it. A server that an earlier run left on the database file is
    /// stopped first.
    ///
    /// Started by root it runs as the owner of the database's directory, who may be root.
    ///
    /// Dropping the future stops what was started. An error quotes the log when the server ends or
    /// is not ready after 30 s.
    pub async fn start(tools: &Tools, options: TemporalOptions) -> Result<Self, Error> {
        let mut files = match &options.database_file {
            Some(database) => Some(Files::prepare(database).await?),
            None => None,
        };
        let mut attempt = 1;
        loop {
            let server = Self::launch(tools, &options, files)?;
            match server.until_ready(&options.namespace).await {
                Ok(()) => return Ok(server),
                // With a fixed port, the next attempt reports that it is in use.
                Err(_) if attempt < port::ATTEMPTS && port::was_taken(&server.process.log()) => {
                    attempt += 1;
                    // Moved out first: the failed server must be gone before the next one starts.
                    let Self {
                        process,
                        files: kept,
                        ..
                    } = server;
                    drop(process);
                    files = kept;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Starts the server, not waiting for it.
    fn launch(
        tools: &Tools,
        options: &TemporalOptions,
        files: Option<Files>,
    ) -> Result<Self, Error> {
        let log = match (&options.log_file, &files) {
            (Some(path), _) => Log::append(path)?,
            (None, Some(files)) => Log::append(&files.dir.join("temporal.log"))?,
            (None, None) => Log::in_memory()?,
        };
        let (dir, user) = match &files {
            Some(files) => (files.dir.clone(), RunAs::for_data_in(&files.dir)?),
            None => (std::env::temp_dir(), None),
        };

        // All are held until all are reserved, so that the ports differ.
        let grpc = port::reserve(options.port, PORT_SETTING)?;
        let ui = options
            .ui_port
            .map(|port| port::reserve(port, UI_PORT_SETTING))
            .transpose()?;
        let http = port::reserve(0, port::INTERNAL)?;
        let metrics = port::reserve(0, port::INTERNAL)?;
        let ports = Ports {
            grpc: grpc.port,
            ui: ui.as_ref().map(|ui| ui.port),
            http: http.port,
            metrics: metrics.port,
        };
        drop((grpc, ui, http, metrics));

        let temporal = server_command(&tools.temporal, ports, options, files.as_ref());
        let temporal = ServerCommand::in_dir(temporal, &dir, &log, user.as_ref())?;
        // SIGKILL is safe for SQLite, and cannot be delayed.
        let process = Process::start(NAME, temporal, log, Signal::SIGKILL)?;
        if let Some(files) = &files {
            fs::write(&files.pid, format!("{}\n", process.pid()))
                .map_err(Error::file("write", &files.pid))?;
            run_as::give_to_owner_of_parent(&files.pid)?;
        }
        Ok(Self {
            process,
            ports,
            files,
        })
    }

    async fn until_ready(&self, namespace: &str) -> Result<(), Error> {
        let frontend = Frontend::new(self.ports.grpc, self.ports.http)?;
        let ready = || frontend.serves(namespace);
        self.process.until(READY_LIMIT, POLL, ready).await
    }

    /// Host and port of the gRPC frontend, `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.ports.grpc)
    }

    /// The URL of the web UI, if it was requested.
    pub fn ui_url(&self) -> Option<String> {
        self.ports.ui.map(|port| format!("http://127.0.0.1:{port}"))
    }

    /// Sends its process a signal, for instance SIGSTOP.
    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Kills the server, as a crash would, and waits for its end.
    pub async fn kill(self) {
        self.process.kill().await;
    }

    /// The process id of the server.
    pub fn pid(&self) -> i32 {
        self.process.pid()
    }

    /// Resolves if the server ends by itself, with the reason.
    pub async fn wait(&self) -> Error {
        self.process.failed().await
    }

    /// Stops the server in order: SIGTERM, after 10 s SIGKILL.
    pub async fn stop(self) {
        self.process.stop(&[TERMINATE]).await;
        if let Some(files) = &self.files {
            // A pid file that stays does no harm: the pid is verified before use.
            let _ = fs::remove_file(&files.pid);
        }
    }
}

/// The frontend of a server, as a client sees it.
pub(crate) struct Frontend {
    client: Client,
    grpc: u16,
    http: u16,
}

impl Frontend {
    /// The frontend with these ports on 127.0.0.1.
    pub(crate) fn new(grpc: u16, http: u16) -> Result<Self, Error> {
        let client = Client::builder().no_proxy().timeout(PROBE_LIMIT).build();
        let client = client.map_err(io::Error::other);
        let client = client.map_err(Error::file("create", "an HTTP client"))?;
        Ok(Self { client, grpc, http })
    }

    /// Whether it serves the namespace. Asks its HTTP API, which is a thin layer over the same
    /// handlers as gRPC. It needs no gRPC client, and unlike the health service it shows that the
    /// services behind the frontend have joined.
    pub(crate) async fn serves(&self, namespace: &str) -> bool {
        let namespace = utf8_percent_encode(namespace, NON_ALPHANUMERIC);
        let http = self.http;
        let url = format!("http://127.0.0.1:{http}/api/v1/namespaces/{namespace}");
        let probes = [
            // The namespace exists and the frontend knows it.
            (url.clone(), &[200][..]),
            // The history service responds: it has no such workflow.
            (format!("{url}/workflows/ready-probe"), &[404, 200][..]),
            // The matching service responds.
            (format!("{url}/task-queues/ready-probe"), &[200][..]),
        ];
        for (url, expected) in probes {
            let response = self.client.get(url).send().await;
            if !response.is_ok_and(|got| expected.contains(&got.status().as_u16())) {
                return false;
            }
        }
        let connected = TcpStream::connect((Ipv4Addr::LOCALHOST, self.grpc)).await;
        connected.is_ok()
    }
}

impl Files {
    async fn prepare(database: &Path) -> Result<Self, Error> {
        let database = absolute(database).map_err(Error::file("resolve", database))?;
        let dir = database.parent().unwrap_or(&database).to_path_buf();
        fs::create_dir_all(&dir).map_err(Error::file("create", &dir))?;
        let lock = DataDirLock::acquire_file(&with_suffix(&database, ".lock"), &database)?;
        let pid = with_suffix(&database, ".pid");
        stale::stop_temporal(&pid, &database).await?;
        // Temporal would say only "unable to open database file", and later.
        match fs::OpenOptions::new().append(true).open(&database) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(run_as::explain_denied("open", &database, &database, error));
            }
            _ => {}
        }
        Ok(Self {
            database,
            pid,
            dir,
            _lock: lock,
        })
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

fn server_command(
    program: &Path,
    ports: Ports,
    options: &TemporalOptions,
    files: Option<&Files>,
) -> Command {
    let mut command = command(program, "TEMPORAL_");
    command
        .args(["server", "start-dev", "--ip=127.0.0.1"])
        .args(["--log-level=warn", "--color=never"])
        // Ignore the user's configuration of the `temporal` command line.
        .args(["--disable-config-file", "--disable-config-env"])
        .arg(format!("--port={}", ports.grpc))
        .arg(format!("--http-port={}", ports.http))
        .arg(format!("--metrics-port={}", ports.metrics))
        .arg(format!("--namespace={}", options.namespace));
    for (name, kind) in &options.search_attributes {
        command.arg(format!("--search-attribute={name}={kind}"));
    }
    for (key, value) in &options.dynamic_config {
        command.arg(format!("--dynamic-config-value={key}={value}"));
    }
    match ports.ui {
        Some(port) => command
            .arg(format!("--ui-port={port}"))
            .arg("--ui-disable-news-fetch"),
        None => command.arg("--headless"),
    };
    if let Some(files) = files {
        // Two arguments: `stale` identifies the server by this path as a separate argument.
        command.arg("--db-filename").arg(&files.database);
    }
    command
}
