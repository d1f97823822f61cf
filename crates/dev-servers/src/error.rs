//! Errors. Each message is one line and says what to do next.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

/// Why a program could not be started or kept running. Every message contains its cause.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // the messages explain the fields
pub enum Error {
    #[error("cannot find {program}: run ./justw run, which installs it (looked in {looked_in})")]
    MissingTool {
        program: &'static str,
        looked_in: String,
    },

    #[error("Temporal's server is not built: run ./justw cluster, which builds it with Go")]
    NoTemporalServer,

    /// Another live process holds the lock of the data directory.
    #[error(
        "{} is in use by another process{}: stop that one, or set another dev.data_dir",
        path.display(),
        pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default()
    )]
    InUse { path: PathBuf, pid: Option<i32> },

    /// The data belongs to a user that this process cannot switch to.
    #[error(
        "{} belongs to user {owner}, but this runs as {user}: run as {owner}, or delete it to start afresh",
        path.display()
    )]
    ForeignData {
        path: PathBuf,
        owner: String,
        user: String,
    },

    #[error(
        "{} belongs to root, and PostgreSQL refuses to run as root: chown -R it to an ordinary user, or delete it to start afresh",
        path.display()
    )]
    RootData { path: PathBuf },

    #[error(
        "port {port} ({setting}) is already in use: stop what listens there, or set {setting} to 0 for any free port"
    )]
    PortInUse { port: u16, setting: &'static str },

    /// A port cannot be listened on for another reason, such as a privileged port.
    #[error(
        "cannot listen on 127.0.0.1:{port} ({setting}): {source}; set another port, or 0 for any free one"
    )]
    Port {
        port: u16,
        setting: &'static str,
        source: io::Error,
    },

    #[error("cannot {action} {}: {source}; check that its directory exists and is writable", path.display())]
    File {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },

    #[error("cannot start {} as user {user}: {source}; check that this user may reach and execute it", path.display())]
    Spawn {
        path: PathBuf,
        user: String,
        source: io::Error,
    },

    /// A program ended although it was to run on, or without success; `log` quotes what it wrote
    /// last.
    #[error("{program} ended unexpectedly ({status}); {log}")]
    Exited {
        program: String,
        status: ExitStatus,
        log: String,
    },

    #[error("{program} is not ready after {} s; {log}", limit.as_secs())]
    NotReady {
        program: String,
        limit: Duration,
        log: String,
    },

    #[error("{program} did not end within {} s and was killed", limit.as_secs())]
    NotEnded { program: String, limit: Duration },

    /// A server of an earlier run does not end.
    #[error(
        "{program} of an earlier run (pid {pid}) still runs and cannot be stopped: stop it with kill -9 {pid}"
    )]
    StaleServer { program: &'static str, pid: i32 },
}

impl Error {
    /// For `map_err` on a file operation.
    pub fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }
}
