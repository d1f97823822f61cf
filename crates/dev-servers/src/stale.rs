//! Servers that an earlier run left running: found, verified, stopped.
//!
//! The caller holds the lock of the data, so the process that started them has ended. A pid alone
//! proves nothing, since the system reuses it; the process must also serve this very data.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::proc_fs::{self, has_argument};
use crate::{Error, wait_for};

/// How long each signal may take.
const LIMIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);

/// Stops what still serves the PostgreSQL data directory `cluster`, and clears the way for a new
/// `postgres`.
pub(crate) async fn stop_postgres(cluster: &Path) -> Result<(), Error> {
    let serves = |pid: &i32| {
        proc_fs::is_postgres(*pid)
            && (has_argument(*pid, cluster) || proc_fs::works_in(*pid, cluster))
    };
    // Child processes outlive a postmaster that was killed by SIGKILL, usually for a moment, and a
    // new one does not start while they run. On SIGQUIT, its immediate shutdown, a postmaster ends
    // its child processes, and these end on it as well. The next start recovers from the
    // write-ahead log.
    let pids = proc_fs::all();
    stop("PostgreSQL", pids, Signal::SIGQUIT, serves).await?;
    // A pid file whose pid is now another process's (or a zombie's) would make `postgres` refuse to
    // start. If no process has that pid, `postgres` itself removes the file, after more checks than
    // ours.
    let pid_file = cluster.join("postmaster.pid");
    if read_pid(&pid_file).is_some_and(exists) {
        match fs::remove_file(&pid_file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::file("remove", &pid_file)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Stops the Temporal dev server that `pid_file` names, if it still serves `database`.
pub(crate) async fn stop_temporal(pid_file: &Path, database: &Path) -> Result<(), Error> {
    let pids = read_pid(pid_file).into_iter().collect();
    stop("Temporal", pids, Signal::SIGTERM, |pid| {
        has_argument(*pid, Path::new("start-dev")) && has_argument(*pid, database)
    })
    .await
}

/// The first line of a pid file.
pub(crate) fn read_pid(path: &Path) -> Option<i32> {
    let content = fs::read_to_string(path).ok()?;
    // 0 and -1 would address groups of processes.
    let pid = content.lines().next()?.trim().parse().ok()?;
    (pid > 1).then_some(pid)
}

/// Stops those of the processes that serve the data.
async fn stop(
    program: &'static str,
    mut pids: Vec<i32>,
    first: Signal,
    serves: impl Fn(&i32) -> bool,
) -> Result<(), Error> {
    for signal in [first, Signal::SIGKILL] {
        pids.retain(&serves);
        for &pid in &pids {
            tracing::warn!(
                process.name = program,
                process.pid = pid,
                signal = signal.as_str(),
                "stopping a development server of an earlier run"
            );
            if kill(Pid::from_raw(pid), signal) == Err(Errno::EPERM) {
                return Err(Error::StaleServer { program, pid });
            }
        }
        wait_for(LIMIT, POLL, || async {
            Ok::<_, Error>((!pids.iter().any(&serves)).then_some(()))
        })
        .await?;
    }
    pids.retain(&serves);
    match pids.first() {
        Some(&pid) => Err(Error::StaleServer { program, pid }),
        None => Ok(()),
    }
}

fn exists(pid: i32) -> bool {
    kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH)
}
