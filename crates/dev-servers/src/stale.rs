//! Servers that an earlier run left behind: found, verified, stopped.
//!
//! Called with the lock of the data in hand, so whoever started them is gone. A pid alone proves
//! nothing, for the system uses it again; the process must also say that it serves this very data.

use super::DevError;
use nix::{
    errno::Errno,
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    fs, io,
    path::Path,
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// How long each signal may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Stops what still serves the PostgreSQL data directory `cluster`, and clears the way for a new
/// `postgres`.
pub(super) async fn clear_postgres(cluster: &Path) -> Result<(), DevError> {
    let pid_file = cluster.join("postmaster.pid");
    let recorded = read_pid(&pid_file);
    let mut pids: Vec<i32> = recorded
        .into_iter()
        .filter(|&pid| serves_cluster(pid, cluster))
        .collect();
    // Workers outlive a postmaster that was killed by SIGKILL, for a moment mostly, and a new one
    // refuses to start beside them.
    pids.extend(orphans(cluster, &pids));
    // SIGQUIT is PostgreSQL's "at once": the postmaster takes its workers along, and a worker heeds
    // it as well. The next start recovers from the write-ahead log.
    stop("PostgreSQL", &pids, Signal::SIGQUIT, |pid| {
        serves_cluster(pid, cluster)
    })
    .await?;
    // A pid file whose pid is now somebody else's (or a zombie's) would make `postgres` refuse to
    // start. If nobody has that pid, `postgres` itself clears the file, after more checks than ours.
    if recorded.is_some_and(exists) {
        match fs::remove_file(&pid_file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(DevError::file("remove", &pid_file)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Stops the Temporal dev server that `pid_file` names, if it still serves `database`.
pub(super) async fn clear_temporal(pid_file: &Path, database: &Path) -> Result<(), DevError> {
    let pids: Vec<i32> = read_pid(pid_file)
        .into_iter()
        .filter(|&pid| serves_database(pid, database))
        .collect();
    stop("Temporal", &pids, Signal::SIGTERM, |pid| {
        serves_database(pid, database)
    })
    .await
}

/// The first line of a pid file.
pub(super) fn read_pid(path: &Path) -> Option<i32> {
    let content = fs::read_to_string(path).ok()?;
    // 0 and -1 would address groups of processes.
    let pid = content.lines().next()?.trim().parse().ok()?;
    (pid > 1).then_some(pid)
}

async fn stop(
    program: &'static str,
    pids: &[i32],
    first: Signal,
    is_it: impl Fn(i32) -> bool,
) -> Result<(), DevError> {
    for signal in [first, Signal::SIGKILL] {
        let mut left: Vec<i32> = pids.iter().copied().filter(|&pid| is_it(pid)).collect();
        for &pid in &left {
            tracing::warn!(
                process.name = program,
                process.pid = pid,
                signal = signal.as_str(),
                "stopping a development server of an earlier run"
            );
            if kill(Pid::from_raw(pid), signal) == Err(Errno::EPERM) {
                return Err(DevError::Leftover { program, pid });
            }
        }
        let deadline = Instant::now() + LIMIT;
        while !left.is_empty() && Instant::now() < deadline {
            sleep(Duration::from_millis(20)).await;
            left.retain(|&pid| is_it(pid));
        }
    }
    match pids.iter().copied().find(|&pid| is_it(pid)) {
        Some(pid) => Err(DevError::Leftover { program, pid }),
        None => Ok(()),
    }
}

fn exists(pid: i32) -> bool {
    kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH)
}

/// Whether `pid` is a Temporal dev server on `database`.
fn serves_database(pid: i32, database: &Path) -> bool {
    process::has_argument(pid, Path::new("start-dev")) && process::has_argument(pid, database)
}

/// Whether `pid` is a process of a PostgreSQL server on `cluster`.
fn serves_cluster(pid: i32, cluster: &Path) -> bool {
    process::is_postgres(pid)
        && (process::has_argument(pid, cluster) || process::works_in(pid, cluster))
}

/// Processes on `cluster` other than `known`.
fn orphans(cluster: &Path, known: &[i32]) -> Vec<i32> {
    let mut pids = process::all();
    pids.retain(|pid| !known.contains(pid) && serves_cluster(*pid, cluster));
    pids
}

/// What can be learnt of somebody else's process, from `/proc`.
#[cfg(target_os = "linux")]
mod process {
    use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt, path::Path};

    /// Empty for a process that is gone or only waits to be reaped.
    fn command_line(pid: i32) -> Vec<u8> {
        fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default()
    }

    pub(super) fn has_argument(pid: i32, wanted: &Path) -> bool {
        command_line(pid)
            .split(|&byte| byte == 0)
            .any(|argument| argument == wanted.as_os_str().as_bytes())
    }

    pub(super) fn is_postgres(pid: i32) -> bool {
        let command = command_line(pid);
        let program = command.split(|&byte| byte == 0).next().unwrap_or_default();
        // A worker calls itself `postgres: checkpointer` and the like.
        program.starts_with(b"postgres:")
            || Path::new(OsStr::from_bytes(program)).file_name() == Some(OsStr::new("postgres"))
    }

    /// Every process of PostgreSQL stays in its data directory, which a worker's title does not
    /// name.
    pub(super) fn works_in(pid: i32, dir: &Path) -> bool {
        match (
            fs::read_link(format!("/proc/{pid}/cwd")),
            dir.canonicalize(),
        ) {
            (Ok(its), Ok(dir)) => its == dir,
            _ => false,
        }
    }

    pub(super) fn all() -> Vec<i32> {
        fs::read_dir("/proc").map_or_else(
            |_| Vec::new(),
            |entries| {
                entries
                    .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
                    .collect()
            },
        )
    }
}

/// What can be learnt of somebody else's process, from `ps`.
#[cfg(not(target_os = "linux"))]
mod process {
    use std::{path::Path, process::Command};

    /// Empty for a process that is gone.
    fn command_line(pid: i32) -> String {
        Command::new("ps")
            .args(["-ww", "-o", "command=", "-p", &pid.to_string()])
            .output()
            .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
            .unwrap_or_default()
    }

    pub(super) fn has_argument(pid: i32, wanted: &Path) -> bool {
        format!("{} ", command_line(pid)).contains(&format!(" {} ", wanted.display()))
    }

    pub(super) fn is_postgres(pid: i32) -> bool {
        command_line(pid).contains("postgres")
    }

    /// `ps` does not tell; the postmaster has its directory as an argument.
    pub(super) fn works_in(_: i32, _: &Path) -> bool {
        false
    }

    /// Workers without their postmaster cannot be told apart, so there is nothing to look through;
    /// `postgres` itself reports such a worker.
    pub(super) fn all() -> Vec<i32> {
        Vec::new()
    }
}
