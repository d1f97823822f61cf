//! What can go wrong, each as one line that says what to do next.

use std::{io, path::PathBuf, process::ExitStatus, time::Duration};

/// Why a development server could not be started or kept running.
///
/// Every message is one line and complete: it already contains its cause.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DevError {
    /// A program is neither in the tools directory nor on PATH.
    #[error("cannot find {program}: run ./justw run, which installs it (looked in {looked_in})")]
    MissingTool {
        /// What is missing, for example `PostgreSQL (postgres, initdb)`.
        program: &'static str,
        /// The places that were searched, comma separated.
        looked_in: String,
    },

    /// Another live process holds the lock of the data directory.
    #[error(
        "{} is in use by another process{}: stop that one, or set another dev.data_dir",
        path.display(),
        pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default()
    )]
    InUse {
        /// The directory or file that is locked.
        path: PathBuf,
        /// The holder, where it could be read.
        pid: Option<i32>,
    },

    /// The data was made by a user as whom we cannot run.
    #[error(
        "{} belongs to user {owner}, but this runs as {user}: run as {owner}, or delete it to start afresh",
        path.display()
    )]
    ForeignData {
        /// The data directory or file.
        path: PathBuf,
        /// Name or uid of its owner.
        owner: String,
        /// Name or uid of the current user.
        user: String,
    },

    /// PostgreSQL refuses to run as root, and the data belongs to root.
    #[error(
        "{} belongs to root, as whom PostgreSQL refuses to run: chown -R it to an ordinary user, or delete it to start afresh",
        path.display()
    )]
    RootData {
        /// The PostgreSQL data directory.
        path: PathBuf,
    },

    /// A port that was asked for is taken.
    #[error(
        "port {port} ({setting}) is already in use: stop what listens there, or set {setting} to 0 for any free port"
    )]
    PortInUse {
        /// The port.
        port: u16,
        /// The setting it comes from.
        setting: &'static str,
    },

    /// A port cannot be listened on for another reason, such as a privileged port.
    #[error(
        "cannot listen on 127.0.0.1:{port} ({setting}): {source}; set another port, or 0 for any free one"
    )]
    Port {
        /// The port.
        port: u16,
        /// The setting it comes from.
        setting: &'static str,
        /// The operating system's word.
        source: io::Error,
    },

    /// A file operation failed.
    #[error("cannot {action} {}: {source}; check that its directory exists and is writable", path.display())]
    File {
        /// A verb: `create`, `open` …
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The operating system's word.
        source: io::Error,
    },

    /// A program could not be executed.
    #[error("cannot start {} as user {user}: {source}; check that this user may reach and execute it", path.display())]
    Spawn {
        /// The program file.
        path: PathBuf,
        /// The user it was to run as.
        user: String,
        /// The operating system's word.
        source: io::Error,
    },

    /// A server ended by itself, at its start or later.
    #[error("{program} ended unexpectedly ({status}); {log}")]
    Exited {
        /// Its name.
        program: &'static str,
        /// How it ended.
        status: ExitStatus,
        /// Where its log is and how it ends.
        log: String,
    },

    /// A server runs but never became ready.
    #[error("{program} is not ready after {} s; {log}", limit.as_secs())]
    NotReady {
        /// Its name.
        program: &'static str,
        /// How long it was waited for.
        limit: Duration,
        /// Where its log is and how it ends.
        log: String,
    },

    /// A server of an earlier run is still there and does not end.
    #[error(
        "{program} of an earlier run (pid {pid}) still runs and cannot be stopped: stop it with kill -9 {pid}"
    )]
    Leftover {
        /// Its name.
        program: &'static str,
        /// Its process id.
        pid: i32,
    },
}

impl DevError {
    /// For `map_err` on a file operation.
    pub(super) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }
}
