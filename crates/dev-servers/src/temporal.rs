//! The Temporal dev server: `temporal server start-dev`.

use super::{
    DevError, Tools, leftover,
    lock::DataDirLock,
    log::Log,
    port,
    process::Process,
    spawn::Spawn,
    user::{self, ServerUser},
};
use nix::sys::signal::Signal;
use std::{
    env,
    ffi::OsString,
    fmt::Write as _,
    fs, io,
    net::Ipv4Addr,
    path::{Path, PathBuf, absolute},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

const NAME: &str = "Temporal";
const PORT_SETTING: &str = "dev.temporal_port";
const UI_PORT_SETTING: &str = "dev.temporal_ui_port";
/// Where ports come from that nobody can set.
const INTERNAL: &str = "internal";

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
    /// Where it logs warnings and errors. `None` is `temporal.log` beside the database file, or with
    /// a database in memory a file without a name, for the sake of error messages.
    pub log_file: Option<PathBuf>,
    /// The gRPC port on 127.0.0.1; 0 is any free one.
    pub port: u16,
    /// The port of the web UI on 127.0.0.1; `Some(0)` is any free one, `None` is no UI.
    pub ui_port: Option<u16>,
    /// The namespace, created if need be. `default` exists in any case.
    pub namespace: String,
}

/// A running Temporal dev server. Dropping it stops it at once; [`TemporalServer::stop`] stops it in
/// order.
#[derive(Debug)]
pub struct TemporalServer {
    process: Process,
    ports: Ports,
    log: Log,
    files: Option<Files>,
}

#[derive(Debug, Clone, Copy)]
struct Ports {
    grpc: u16,
    ui: Option<u16>,
    http: u16,
    metrics: u16,
}

/// What belongs to a database in a file.
#[derive(Debug)]
struct Files {
    database: PathBuf,
    pid: PathBuf,
    dir: PathBuf,
    _lock: DataDirLock,
}

impl TemporalServer {
    /// Starts the server and waits until its frontend answers for the namespace and reaches the
    /// history and matching services behind it. A server that an earlier run left on the database
    /// file is stopped first.
    ///
    /// Run by root it runs as the owner of the database's directory, who may be root.
    ///
    /// Dropping the future stops what was started.
    ///
    /// # Errors
    ///
    /// Any [`DevError`]; where the server ended or is not ready after 30 s it quotes the log.
    pub async fn start(tools: &Tools, options: TemporalOptions) -> Result<Self, DevError> {
        let mut files = match &options.database_file {
            Some(database) => Some(Files::prepare(database).await?),
            None => None,
        };
        let mut attempt = 1;
        loop {
            let server = Self::launch(tools, &options, files)?;
            match server.until_ready(&options.namespace).await {
                Ok(()) => return Ok(server),
                // With a port that is set, the next attempt says that it is in use.
                Err(_) if attempt < port::ATTEMPTS && port::was_taken(&server.log.recent()) => {
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
    ) -> Result<Self, DevError> {
        let log = match (&options.log_file, &files) {
            (Some(path), _) => Log::append(path)?,
            (None, Some(files)) => Log::append(&files.dir.join("temporal.log"))?,
            (None, None) => Log::unnamed()?,
        };
        let dir = match &files {
            Some(files) => files.dir.clone(),
            None => env::temp_dir(),
        };
        let user = match &files {
            Some(files) => ServerUser::for_data_in(&files.dir)?,
            None => None,
        };

        // All claims are held until all are made, so that the ports differ.
        let grpc = port::claim(options.port, PORT_SETTING)?;
        let ui = options
            .ui_port
            .map(|port| port::claim(port, UI_PORT_SETTING))
            .transpose()?;
        let http = port::claim(0, INTERNAL)?;
        let metrics = port::claim(0, INTERNAL)?;
        let ports = Ports {
            grpc: grpc.port,
            ui: ui.as_ref().map(|claim| claim.port),
            http: http.port,
            metrics: metrics.port,
        };
        drop((grpc, ui, http, metrics));

        let process = Process::start(Spawn {
            name: NAME,
            program: &tools.temporal,
            args: arguments(ports, &options.namespace, files.as_ref()),
            dir: &dir,
            log: &log,
            without_env: "TEMPORAL_",
            user: user.as_ref(),
            // SQLite loses nothing by it, and nothing could delay it.
            last_signal: Signal::SIGKILL,
        })?;
        if let Some(files) = &files {
            fs::write(&files.pid, format!("{}\n", process.pid()))
                .map_err(DevError::file("write", &files.pid))?;
            user::hand_to_owner_of_parent(&files.pid)?;
        }
        Ok(Self {
            process,
            ports,
            log,
            files,
        })
    }

    /// Asks over the frontend's HTTP API, which is a thin layer over the same handlers as gRPC: that
    /// takes a few lines instead of a gRPC client or a `temporal operator cluster health` (a process
    /// of 100 MB) every few milliseconds, and unlike the health service it shows that the services
    /// behind the frontend have joined.
    async fn until_ready(&self, namespace: &str) -> Result<(), DevError> {
        let namespace = percent_encoded(namespace);
        let namespace = format!("/api/v1/namespaces/{namespace}");
        let probes = [
            // The namespace exists and the frontend knows it.
            (namespace.clone(), &[200][..]),
            // History answers: it has no such workflow.
            (
                format!("{namespace}/workflows/ready-probe"),
                &[404, 200][..],
            ),
            // Matching answers.
            (format!("{namespace}/task-queues/ready-probe"), &[200][..]),
        ];
        let ready = async {
            for (path, good) in &probes {
                while !self.answers(path, good).await {
                    if let Some(status) = self.process.status() {
                        return Err(self.exited(status));
                    }
                    sleep(POLL).await;
                }
            }
            while TcpStream::connect((Ipv4Addr::LOCALHOST, self.ports.grpc))
                .await
                .is_err()
            {
                if let Some(status) = self.process.status() {
                    return Err(self.exited(status));
                }
                sleep(POLL).await;
            }
            Ok(())
        };
        timeout(READY_LIMIT, ready).await.unwrap_or_else(|_| {
            Err(DevError::NotReady {
                program: NAME,
                limit: READY_LIMIT,
                log: self.log.summary(),
            })
        })
    }

    async fn answers(&self, path: &str, good: &[u16]) -> bool {
        matches!(
            timeout(PROBE_LIMIT, http_status(self.ports.http, path)).await,
            Ok(Ok(Some(status))) if good.contains(&status)
        )
    }

    /// Host and port of the gRPC frontend, `127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.ports.grpc)
    }

    /// The URL of the web UI, if it was asked for.
    #[must_use]
    pub fn ui_url(&self) -> Option<String> {
        self.ports.ui.map(|port| format!("http://127.0.0.1:{port}"))
    }

    /// The process id of the server.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.process.pid()
    }

    /// Resolves if the server ends by itself, with the reason.
    pub async fn wait(&self) -> DevError {
        self.exited(self.process.ended().await)
    }

    /// Stops the server in order: SIGTERM, after 10 s SIGKILL.
    pub async fn stop(self) {
        self.process.stop(&[TERMINATE]).await;
        if let Some(files) = &self.files {
            // Left behind it does no harm: its pid is verified before use.
            let _ = fs::remove_file(&files.pid);
        }
    }

    fn exited(&self, status: std::process::ExitStatus) -> DevError {
        DevError::Exited {
            program: NAME,
            status,
            log: self.log.summary(),
        }
    }
}

impl Files {
    async fn prepare(database: &Path) -> Result<Self, DevError> {
        let database = absolute(database).map_err(DevError::file("resolve", database))?;
        let dir = database.parent().unwrap_or(&database).to_path_buf();
        fs::create_dir_all(&dir).map_err(DevError::file("create", &dir))?;
        let lock = DataDirLock::acquire_file(&with_suffix(&database, ".lock"), &database)?;
        let pid = with_suffix(&database, ".pid");
        leftover::clear_temporal(&pid, &database).await?;
        // Temporal would say only "unable to open database file", and later.
        match fs::OpenOptions::new().append(true).open(&database) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(user::explain_denied("open", &database, &database, error));
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

fn arguments(ports: Ports, namespace: &str, files: Option<&Files>) -> Vec<OsString> {
    let mut args: Vec<OsString> = [
        "server",
        "start-dev",
        "--ip=127.0.0.1",
        "--log-level=warn",
        "--color=never",
        // What the user has configured for the `temporal` command line is not meant for us.
        "--disable-config-file",
        "--disable-config-env",
    ]
    .map(OsString::from)
    .into();
    args.push(format!("--port={}", ports.grpc).into());
    args.push(format!("--http-port={}", ports.http).into());
    args.push(format!("--metrics-port={}", ports.metrics).into());
    args.push(format!("--namespace={namespace}").into());
    match ports.ui {
        Some(port) => {
            args.push(format!("--ui-port={port}").into());
            args.push("--ui-disable-news-fetch".into());
        }
        None => args.push("--headless".into()),
    }
    if let Some(files) = files {
        // Two arguments: `leftover` knows the server by this path as an argument of its own.
        args.push("--db-filename".into());
        args.push(files.database.clone().into());
    }
    args
}

/// The status code that the HTTP API answers to `GET path`; `None` if that is no HTTP.
async fn http_status(port: u16, path: &str) -> io::Result<Option<u16>> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut start = [0; "HTTP/1.1 200".len()];
    stream.read_exact(&mut start).await?;
    Ok(str::from_utf8(&start)
        .ok()
        .and_then(|line| line.strip_prefix("HTTP/1.1 "))
        .and_then(|code| code.parse().ok()))
}

/// `text` as one segment of a path (RFC 3986, section 3.3).
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
