//! PostgreSQL on a data directory of its own.

use super::{
    DevError, Tools, leftover, lock::DataDirLock, log::Log, port, process::Process, spawn::Spawn,
    user::ServerUser,
};
use nix::sys::signal::Signal;
use std::{
    ffi::OsString,
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf, absolute},
    process::ExitStatus,
    time::Duration,
};
use tokio::time::{sleep, timeout};

/// The superuser that `initdb` makes, and its password: known to all, for the server listens on the
/// loopback address only and holds development data.
const USER: &str = "orders";
const PASSWORD: &str = "orders";

const NAME: &str = "PostgreSQL";
const PORT_SETTING: &str = "dev.postgres_port";
/// Prefix of the directories in which `initdb` works.
const STAGE: &str = "initdb.";
/// The line of `postmaster.pid` that says how far the server is, counted from 0
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
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// Holds everything: `cluster/` (PostgreSQL's own data directory), `postgresql.log`,
    /// `postgresql.lock`. Created if need be, used again if it exists.
    pub data_dir: PathBuf,
    /// The port on 127.0.0.1; 0 is any free one.
    pub port: u16,
    /// More server settings, `name` and `value`, as with `postgres -c`. Where a server listens is
    /// not among what they can change. With `fsync` `off`, `initdb` does not wait for the disk
    /// either.
    pub settings: Vec<(String, String)>,
}

/// A running PostgreSQL server. Dropping it stops it at once; [`Postgres::stop`] stops it in order.
#[derive(Debug)]
pub struct Postgres {
    process: Process,
    port: u16,
    cluster: PathBuf,
    log: Log,
    lock: DataDirLock,
}

impl Postgres {
    /// Starts the server and waits until it accepts connections. The first start in a directory
    /// runs `initdb`: UTF-8, locale C.UTF-8 of the builtin provider (the same everywhere), data
    /// checksums, scram-sha-256. A server that an earlier run left behind is stopped first.
    ///
    /// Run by root it runs as the owner of the data, or for new data as user `postgres` or `nobody`.
    ///
    /// Dropping the future stops what was started; a half-made data directory is never used.
    ///
    /// # Errors
    ///
    /// Any [`DevError`]; where the server ended or is not ready after 30 s it quotes the log.
    pub async fn start(tools: &Tools, options: PostgresOptions) -> Result<Self, DevError> {
        let home = &options.data_dir;
        fs::create_dir_all(home).map_err(DevError::file("create", home))?;
        let home = absolute(home).map_err(DevError::file("resolve", home))?;
        let mut lock = DataDirLock::acquire_file(&home.join("postgresql.lock"), &home)?;
        let cluster = home.join("cluster");
        let user = ServerUser::for_postgres(&cluster)?;
        leftover::clear_postgres(&cluster).await?;
        remove_stages(&home);
        let log_file = home.join("postgresql.log");
        if !cluster.exists() {
            let log = Log::append(&log_file)?;
            let made = initialise(
                tools,
                &home,
                &cluster,
                user.as_ref(),
                &options.settings,
                &log,
            )
            .await;
            remove_stages(&home);
            made?;
        }
        let mut attempt = 1;
        loop {
            let log = Log::append(&log_file)?;
            let server = Self::launch(tools, &options, cluster.clone(), user.as_ref(), log, lock)?;
            match server.until_ready().await {
                Ok(()) => return Ok(server),
                // With a port that is set, the next attempt says that it is in use.
                Err(_) if attempt < port::ATTEMPTS && port::was_taken(&server.log.recent()) => {
                    attempt += 1;
                    lock = server.lock;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Starts the server, not waiting for it.
    fn launch(
        tools: &Tools,
        options: &PostgresOptions,
        cluster: PathBuf,
        user: Option<&ServerUser>,
        log: Log,
        lock: DataDirLock,
    ) -> Result<Self, DevError> {
        let claim = port::claim(options.port, PORT_SETTING)?;
        let port = claim.port;
        // Ours come last and win: `url` depends on them. No Unix socket, for its path may be too
        // long or already taken, and TCP is needed anyway.
        let fixed = [
            ("listen_addresses".to_owned(), "127.0.0.1".to_owned()),
            ("port".to_owned(), port.to_string()),
            ("unix_socket_directories".to_owned(), String::new()),
        ];
        let mut args: Vec<OsString> = vec!["-D".into(), cluster.clone().into()];
        for (name, value) in options.settings.iter().chain(&fixed) {
            args.push("-c".into());
            args.push(format!("{name}={value}").into());
        }
        drop(claim);
        let process = Process::start(Spawn {
            name: NAME,
            program: &tools.postgres,
            args,
            dir: &cluster,
            log: &log,
            without_env: "PG",
            user,
            last_signal: IMMEDIATE.0,
        })?;
        Ok(Self {
            process,
            port,
            cluster,
            log,
            lock,
        })
    }

    /// Watches the status line of `postmaster.pid`: cheaper than connecting, and it cannot mistake
    /// another server on the port for ours.
    async fn until_ready(&self) -> Result<(), DevError> {
        let pid_file = self.cluster.join("postmaster.pid");
        let ready = async {
            loop {
                if let Some(status) = self.process.status() {
                    return Err(self.exited(status));
                }
                if is_ready(&pid_file, self.process.pid()) {
                    return Ok(());
                }
                sleep(POLL).await;
            }
        };
        timeout(READY_LIMIT, ready)
            .await
            .unwrap_or_else(|_| Err(not_ready(READY_LIMIT, &self.log)))
    }

    /// A connection URL with user and password. Databases other than `postgres` are the caller's to
    /// create, over `url("postgres")`. `database` goes into the URL as it is.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!(
            "postgres://{USER}:{PASSWORD}@127.0.0.1:{}/{database}",
            self.port
        )
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process id of the postmaster, the parent of all its processes.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.process.pid()
    }

    /// Resolves if the server ends by itself, with the reason.
    pub async fn wait(&self) -> DevError {
        self.exited(self.process.ended().await)
    }

    /// Stops the server in order: fast shutdown, after 10 s immediate shutdown, after 7 s more
    /// SIGKILL. None of its processes is left.
    pub async fn stop(self) {
        self.process.stop(&[FAST, IMMEDIATE]).await;
        // Only after SIGKILL is there anything left to find.
        if let Err(error) = leftover::clear_postgres(&self.cluster).await {
            tracing::warn!(error.message = %error, "PostgreSQL may have left processes behind");
        }
    }

    fn exited(&self, status: ExitStatus) -> DevError {
        exited(status, &self.log)
    }
}

fn exited(status: ExitStatus, log: &Log) -> DevError {
    DevError::Exited {
        program: NAME,
        status,
        log: log.summary(),
    }
}

fn not_ready(limit: Duration, log: &Log) -> DevError {
    DevError::NotReady {
        program: NAME,
        limit,
        log: log.summary(),
    }
}

fn is_ready(pid_file: &Path, pid: i32) -> bool {
    // Until the server has replaced it, the file of an earlier run may still be there.
    leftover::read_pid(pid_file) == Some(pid)
        && fs::read_to_string(pid_file).is_ok_and(|content| says_ready(&content))
}

fn says_ready(pid_file: &str) -> bool {
    pid_file.lines().nth(STATUS_LINE).map(str::trim) == Some("ready")
}

/// Makes `cluster`. `initdb` works in a directory beside it that gets the final name only when it is
/// whole, so being killed in the middle costs nothing but the work.
async fn initialise(
    tools: &Tools,
    home: &Path,
    cluster: &Path,
    user: Option<&ServerUser>,
    settings: &[(String, String)],
    log: &Log,
) -> Result<(), DevError> {
    let stage = home.join(format!("{STAGE}{}", std::process::id()));
    let made = stage.join("cluster");
    let password_file = stage.join("password");
    for dir in [&stage, &made] {
        DirBuilder::new()
            .mode(0o700)
            .create(dir)
            .map_err(DevError::file("create", dir))?;
    }
    write_private(&password_file, PASSWORD).map_err(DevError::file("write", &password_file))?;
    if let Some(user) = user {
        for path in [&stage, &made, &password_file] {
            user.take(path)?;
        }
    }

    let option = |name: &str, value: &Path| {
        let mut option = OsString::from(name);
        option.push(value);
        option
    };
    let mut args: Vec<OsString> = vec![
        option("--pgdata=", &made),
        option("--pwfile=", &password_file),
        format!("--username={USER}").into(),
        "--auth=scram-sha-256".into(),
        "--encoding=UTF8".into(),
        // The builtin provider sorts alike on every machine; what remains to the C library gets
        // "C", since C.UTF-8 is not known everywhere.
        "--locale-provider=builtin".into(),
        "--builtin-locale=C.UTF-8".into(),
        "--locale=C".into(),
        // The advice on how to start the server is not for our user.
        "--no-instructions".into(),
    ];
    if settings
        .iter()
        .any(|(name, value)| name == "fsync" && value == "off")
    {
        args.push("--no-sync".into());
    }
    let initdb = Process::start(Spawn {
        name: "initdb",
        program: &tools.initdb,
        args,
        dir: &stage,
        log,
        without_env: "PG",
        user,
        last_signal: Signal::SIGKILL,
    })?;
    match timeout(INITDB_LIMIT, initdb.ended()).await {
        Ok(status) if status.success() => {
            fs::rename(&made, cluster).map_err(DevError::file("create", cluster))
        }
        Ok(status) => Err(exited(status, log)),
        Err(_) => Err(not_ready(INITDB_LIMIT, log)),
    }
}

fn write_private(path: &Path, content: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    writeln!(file, "{content}")
}

/// Removes what an interrupted `initdb` left. The lock is held, so none is at work here. What cannot
/// be removed is in nobody's way.
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
        assert!(!says_ready(&file.replace("ready   ", "starting")));
        assert!(!says_ready("42\n/data\nready\n"));
        assert!(!says_ready(""));
    }
}
