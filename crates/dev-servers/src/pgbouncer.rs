//! PgBouncer in front of a PostgreSQL server.

use std::fs;
use std::path::{Path, PathBuf, absolute};
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::unistd::geteuid;

use crate::Error;
use crate::command::{ServerCommand, command};
use crate::log::Log;
use crate::postgres::Postgres;
use crate::process::Process;
use crate::run_as::RunAs;

const READY_LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);
/// Where Debian puts it; an ordinary user does not have it on PATH.
const DEBIAN: &str = "/usr/sbin";

/// A running PgBouncer in session mode. Dropping it kills it.
#[derive(Debug)]
pub struct PgBouncer {
    _process: Process,
    port: u16,
}

impl PgBouncer {
    /// Whether it is installed (Debian: `pgbouncer`).
    pub fn is_installed() -> bool {
        program().is_some()
    }

    /// Starts it at this port, with its files in `dir`, for a [`Postgres`] at `postgres_port`, and waits
    /// until it accepts connections. Started by root, it runs as `postgres` or `nobody`.
    ///
    /// An error quotes the log when it ends or is not ready after 30 s.
    pub async fn start(dir: &Path, postgres_port: u16, port: u16) -> Result<Self, Error> {
        let program = program().ok_or_else(|| Error::MissingTool {
            program: "PgBouncer (pgbouncer)",
            looked_in: format!("PATH, {DEBIAN}"),
        })?;
        fs::create_dir_all(dir).map_err(Error::file("create", dir))?;
        let dir = absolute(dir).map_err(Error::file("resolve", dir))?;
        let write = |name: &str, text: String| {
            let path = dir.join(name);
            fs::write(&path, text).map_err(Error::file("write", &path))?;
            Ok(path)
        };
        let (user, password) = (Postgres::USER, Postgres::PASSWORD);
        let users = write("users.txt", format!("\"{user}\" \"{password}\"\n"))?;
        let configuration = format!(
            "[databases]\n* = host=127.0.0.1 port={postgres_port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {}\n\
             pool_mode = session\ndefault_pool_size = 60\nmax_client_conn = 200\n\
             ignore_startup_parameters = options\n",
            users.display(),
        );
        let configuration = write("pgbouncer.ini", configuration)?;
        let log = Log::append(&dir.join("pgbouncer.log"))?;
        let mut command = command(&program, "PG");
        command.arg(&configuration);
        // It refuses to run as root, and would outlive us if it changed its user itself.
        let user = geteuid().is_root().then(RunAs::unprivileged);
        let command = ServerCommand::in_dir(command, &dir, &log, user.as_ref())?;
        let process = Process::start("PgBouncer", command, log, Signal::SIGKILL)?;
        let ready = || async { process.log().contains("process up") };
        process.until(READY_LIMIT, POLL, ready).await?;
        Ok(Self {
            _process: process,
            port,
        })
    }

    /// A connection URL, like [`Postgres::url`].
    pub fn url(&self, database: &str) -> String {
        Postgres::url_at(self.port, database)
    }
}

fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from(DEBIAN)]);
    let mut programs = folders.map(|folder| folder.join("pgbouncer"));
    programs.find(|program| program.is_file())
}
