//! PostgreSQL with a dedicated data directory.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf, absolute};
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::time::timeout;

use crate::command::{ServerCommand, command};
use crate::lock::DataDirLock;
use crate::log::Log;
use crate::process::Process;
use crate::run_as::RunAs;
use crate::{Error, Tools, child_pids, port, stale};

const NAME: &str = "PostgreSQL";
const PORT_SETTING: &str = "dev.postgres_port";
/// Prefix of the directories that `initdb` writes.
const STAGE: &str = "initdb.";
/// The line of `postmaster.pid` with the status of the server, counted from 0
/// (`LOCK_FILE_LINE_PM_STATUS` in PostgreSQL's `miscadmin.h`, which counts from 1).
const STATUS_LINE: usize = 7;

const INITDB_LIMIT: Duration = Duration::from_secs(120);
const READY_LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);
/// "Fast" shutdown: end the sessions, write a checkpoint, so that the next start need not recover.
const FAST: (Signal, Duration) = (Signal::SIGINT, Duration::from_secs(10));
/// "Immediate" shutdown: end at once, workers included; no data is lost, the next start recovers.
const IMMEDIATE: (Signal, Duration) = (Signal::SIGQUIT, Duration::from_secs(7));

/// How to run PostgreSQL.
#[derive(Debug, Clone, Default)]
pub struct PostgresOptions {
    /// Holds everything: `cluster/` (PostgreSQL's own data directory), `postgresql.log`,
    /// `postgresql.lock`. Created if need be, used again if it exists.
    pub data_dir: PathBuf,
    /// The port on 127.0.0.1; 0 is any free one.
    pub port: u16,
    /// More server settings, `name` and `value`, as with `postgres -c`; where the server listens
    /// cannot be changed. With `fsync` `off`, `initdb` does not wait for the disk either.
    pub settings: Vec<(&'static str, &'static str)>,
    /// The URL of a primary: new data is a copy of it, and the server its standby.
    pub standby_of: Option<String>,
}

/// A running PostgreSQL server. Dropping it stops it at once; [`Postgres::stop`] stops it in order.
#[derive(Debug)]
pub struct Postgres {
    process: Process,
    port: u16,
    cluster: PathBuf,
    lock: DataDirLock,
}

impl Postgres {
    /// The superuser.
    pub(crate) const USER: &str = "orders";
    /// Its password, no secret: the server listens on the loopback address only and holds
    /// development data.
    pub(crate) const PASSWORD: &str = "orders";

    /// Starts the server and waits until it accepts connections. The first start in a directory
    /// runs `initdb`: UTF-8, locale C.UTF-8 of the builtin provider (the same everywhere), data
    /// checksums, scram-sha-256. A server that an earlier run left running is stopped first.
    ///
    /// Started by root it runs as the owner of the data, or for new data as user `postgres` or
    /// `nobody`.
    ///
    /// Dropping the future stops what was started; an incomplete data directory is never used.
    ///
    /// An error quotes the log when the server ends or is not ready after 30 s.
    pub async fn start(tools: &Tools, options: PostgresOptions) -> Result<Self, Error> {
        let home = &options.data_dir;
        fs::create_dir_all(home).map_err(Error::file("create", home))?;
        let home = absolute(home).map_err(Error::file("resolve", home))?;
        let mut lock = DataDirLock::acquire_file(&home.join("postgresql.lock"), &home)?;
        let cluster = home.join("cluster");
        let user = RunAs::for_postgres(&cluster)?;
        stale::stop_postgres(&cluster).await?;
        remove_stages(&home);
        let log_file = home.join("postgresql.log");
        if !cluster.exists() {
            let log = Log::append(&log_file)?;
            let initialised =
                initialise(tools, &home, &cluster, user.as_ref(), &options, log).await;
            remove_stages(&home);
            initialised?;
        }
        let mut attempt = 1;
        loop {
            let log = Log::append(&log_file)?;
            let server = Self::launch(tools, &options, cluster.clone(), user.as_ref(), log, lock)?;
            match server.until_ready().await {
                Ok(()) => return Ok(server),
                // With a fixed port, the next attempt reports that it is in use.
                Err(_) if attempt < port::ATTEMPTS && port::was_taken(&server.process.log()) => {
                    attempt += 1;
                    lock = server.lock;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Starts a server that was killed: its child processes may still be ending.
    pub async fn start_again(tools: &Tools, options: &PostgresOptions) -> Result<Self, Error> {
        for _ in 1..port::ATTEMPTS {
            if let Ok(started) = Self::start(tools, options.clone()).await {
                return Ok(started);
            }
        }
        Self::start(tools, options.clone()).await
    }

    /// Starts the server, not waiting for it.
    fn launch(
        tools: &Tools,
        options: &PostgresOptions,
        cluster: PathBuf,
        user: Option<&RunAs>,
        log: Log,
        lock: DataDirLock,
    ) -> Result<Self, Error> {
        let reserved = port::reserve(options.port, PORT_SETTING)?;
        let port = reserved.port;
        // Our settings come last and take precedence: `url` depends on them. No Unix socket, since
        // its path may be too long or already taken, and TCP is needed anyway.
        let port_setting = port.to_string();
        let fixed = [
            ("listen_addresses", "127.0.0.1"),
            ("port", port_setting.as_str()),
            ("unix_socket_directories", ""),
        ];
        let mut postgres = command(&tools.postgres, "PG");
        postgres.arg("-D").arg(&cluster);
        for (name, value) in options.settings.iter().chain(&fixed) {
            postgres.arg("-c").arg(format!("{name}={value}"));
        }
        // Instead of what pg_basebackup has written: its options may be unknown to the library that
        // the server finds on this machine.
        if let Some(primary) = &options.standby_of {
            postgres
                .arg("-c")
                .arg(format!("primary_conninfo={primary}"));
        }
        drop(reserved);
        let postgres = ServerCommand::in_dir(postgres, &cluster, &log, user)?;
        let process = Process::start(NAME, postgres, log, IMMEDIATE.0)?;
        Ok(Self {
            process,
            port,
            cluster,
            lock,
        })
    }

    /// Watches the status line of `postmaster.pid`: cheaper than connecting, and it cannot mistake
    /// another server on the port for ours.
    async fn until_ready(&self) -> Result<(), Error> {
        let pid_file = self.cluster.join("postmaster.pid");
        let ready = || async { is_ready(&pid_file, self.pid()) };
        self.process.until(READY_LIMIT, POLL, ready).await
    }

    /// A connection URL with user and password. Databases other than `postgres` are the caller's to
    /// create, over `url("postgres")`. `database` goes into the URL as it is.
    pub fn url(&self, database: &str) -> String {
        Self::url_at(self.port, database)
    }

    /// The URL of a database at this port, which may be that of a pooler.
    pub(crate) fn url_at(port: u16, database: &str) -> String {
        let (user, password) = (Self::USER, Self::PASSWORD);
        format!("postgres://{user}:{password}@127.0.0.1:{port}/{database}")
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process id of the postmaster, the parent of all its processes.
    pub fn pid(&self) -> i32 {
        self.process.pid()
    }

    /// The process ids of all its processes, the postmaster first.
    pub fn pids(&self) -> Vec<i32> {
        let mut pids = vec![self.pid()];
        pids.extend(child_pids(self.pid()));
        pids
    }

    /// Resolves if the server ends by itself, with the reason.
    pub async fn wait(&self) -> Error {
        self.process.failed().await
    }

    /// Stops the server in order: fast shutdown, after 10 s immediate shutdown, after 7 s more
    /// SIGKILL. None of its processes is left.
    pub async fn stop(self) {
        self.process.stop(&[FAST, IMMEDIATE]).await;
        // Child processes can be left only after SIGKILL.
        if let Err(error) = stale::stop_postgres(&self.cluster).await {
            tracing::warn!(error.message = %error, "processes of PostgreSQL may still run");
        }
    }

    /// Kills the postmaster, as a crash would, and waits for its end.
    pub async fn kill(self) {
        self.process.kill().await;
    }
}

fn is_ready(pid_file: &Path, pid: i32) -> bool {
    // Until the server has replaced it, the file of an earlier run may still be there.
    stale::read_pid(pid_file) == Some(pid)
        && fs::read_to_string(pid_file).is_ok_and(|content| says_ready(&content))
}

/// A primary, or a standby that answers queries.
fn says_ready(pid_file: &str) -> bool {
    let status = pid_file.lines().nth(STATUS_LINE).map(str::trim);
    matches!(status, Some("ready" | "standby"))
}

/// Creates `cluster`. `initdb` or `pg_basebackup` writes a directory beside it, which gets the final
/// name only when it is complete, so an interruption loses only the work.
async fn initialise(
    tools: &Tools,
    home: &Path,
    cluster: &Path,
    user: Option<&RunAs>,
    options: &PostgresOptions,
    log: Log,
) -> Result<(), Error> {
    let stage = home.join(format!("{STAGE}{}", std::process::id()));
    let data = stage.join("cluster");
    let password_file = stage.join("password");
    for dir in [&stage, &data] {
        DirBuilder::new()
            .mode(0o700)
            .create(dir)
            .map_err(Error::file("create", dir))?;
    }
    write_private(&password_file, Postgres::PASSWORD)
        .map_err(Error::file("write", &password_file))?;
    if let Some(user) = user {
        for path in [&stage, &data, &password_file] {
            user.make_owner_of(path)?;
        }
    }

    let (name, program) = match &options.standby_of {
        None => ("initdb", new_data(tools, &data, &password_file, options)),
        Some(primary) => ("pg_basebackup", copy_of(tools, &data, primary)),
    };
    let program = ServerCommand::in_dir(program, &stage, &log, user)?;
    let initdb = Process::start(name, program, log, Signal::SIGKILL)?;
    match timeout(INITDB_LIMIT, initdb.ended()).await {
        Ok(status) if status.success() => {
            fs::rename(&data, cluster).map_err(Error::file("create", cluster))
        }
        Ok(status) => Err(initdb.exited(status)),
        Err(_) => Err(initdb.not_ready(INITDB_LIMIT)),
    }
}

fn new_data(
    tools: &Tools,
    data: &Path,
    password_file: &Path,
    options: &PostgresOptions,
) -> Command {
    let mut initdb = command(&tools.initdb, "PG");
    initdb
        .arg("--pgdata")
        .arg(data)
        .arg("--pwfile")
        .arg(password_file)
        .args([
            "--username",
            Postgres::USER,
            "--auth=scram-sha-256",
            "--encoding=UTF8",
        ])
        // The builtin provider sorts the same on every machine; the C library's part gets "C",
        // since C.UTF-8 does not exist everywhere.
        .args([
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
        ])
        // Suppress the advice on how to start the server.
        .arg("--no-instructions");
    if options.settings.contains(&("fsync", "off")) {
        initdb.arg("--no-sync");
    }
    initdb
}

fn copy_of(tools: &Tools, data: &Path, primary: &str) -> Command {
    let mut backup = command(&tools.postgres.with_file_name("pg_basebackup"), "PG");
    backup
        .arg("--pgdata")
        .arg(data)
        .arg("--dbname")
        .arg(primary)
        // The copy follows the primary from its first start.
        .args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync"]);
    backup
}

fn write_private(path: &Path, content: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    writeln!(file, "{content}")
}

/// Removes what an interrupted `initdb` left. The lock is held, so none is running. What cannot be
/// removed does no harm.
fn remove_stages(home: &Path) {
    let Ok(entries) = fs::read_dir(home) else {
        return;
    };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(STAGE)
            && let Err(error) = fs::remove_dir_all(entry.path())
        {
            tracing::debug!(
                error.message = %error,
                file.path = %entry.path().display(),
                "cannot remove what an interrupted initdb left"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_eighth_line_counts_as_ready() {
        let file = "42\n/data\n1700000000\n5432\n\n127.0.0.1\n  1 2\nready   \n";
        assert!(says_ready(file));
        assert!(says_ready(&file.replace("ready   ", "standby ")));
        assert!(!says_ready(&file.replace("ready   ", "starting")));
        assert!(!says_ready("42\n/data\nready\n"));
        assert!(!says_ready(""));
    }
}
