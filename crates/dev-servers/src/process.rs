//! A running child: watched by a thread of its own, stopped step by step.

use super::{
    DevError,
    spawn::{Birth, Spawn},
};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use std::{
    io,
    process::{Child, ExitStatus},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::Duration,
};
use tokio::{sync::watch, time::timeout};

/// How long `Drop` blocks for the child to heed its last signal before it is killed.
const DROP_LIMIT: Duration = Duration::from_secs(3);

/// A child process with its process group. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Process {
    name: &'static str,
    pid: i32,
    last_signal: Signal,
    life: Arc<Life>,
    exit: watch::Receiver<Option<ExitStatus>>,
}

/// The pid for as long as it is the child's: once reaped, the system may give it to another process,
/// which must not get our signals.
#[derive(Debug)]
struct Life {
    pid: Mutex<Option<Pid>>,
    ended: Condvar,
}

impl Life {
    fn pid(&self) -> MutexGuard<'_, Option<Pid>> {
        // Nothing can panic while the lock is held, and an Option is never half written.
        self.pid.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Signals the child and what it started in its group.
    fn signal(&self, signal: Signal) {
        if let Some(pid) = *self.pid() {
            // It fails only where the group has just ended, which is what we want.
            let _ = killpg(pid, signal);
        }
    }
}

impl Process {
    /// Starts the child from a thread that lives as long as it does; see [`Birth::spawn`] for why.
    ///
    /// Blocks for the milliseconds of fork and exec, as spawning does anywhere. An `await` instead
    /// would be a point at which the future may be dropped, leaving a child on its way to life.
    pub(super) fn start(spawn: Spawn<'_>) -> Result<Self, DevError> {
        let name = spawn.name;
        let last_signal = spawn.last_signal;
        let program = spawn.program.to_path_buf();
        let birth = spawn.prepare()?;
        let (born, is_born) = mpsc::channel();
        thread::Builder::new()
            .name(format!("dev {name}"))
            .spawn(move || supervise(birth, name, last_signal, &born))
            .map_err(DevError::file("start a thread for", &program))?;
        is_born
            .recv()
            .unwrap_or_else(|error| Err(DevError::file("start", &program)(io::Error::other(error))))
    }

    pub(super) fn pid(&self) -> i32 {
        self.pid
    }

    /// The status, once the child has ended.
    pub(super) fn status(&self) -> Option<ExitStatus> {
        *self.exit.borrow()
    }

    /// Resolves when the child has ended and is reaped.
    pub(super) async fn ended(&self) -> ExitStatus {
        let mut exit = self.exit.clone();
        let status = exit.wait_for(Option::is_some).await;
        // The thread sends before it ends; without it there is nothing left to wait for.
        status.map_or(None, |status| *status).unwrap_or_default()
    }

    /// Sends each signal in turn, giving the child the time next to it to end, and SIGKILL last.
    pub(super) async fn stop(&self, steps: &[(Signal, Duration)]) {
        for &(signal, limit) in steps {
            self.life.signal(signal);
            if timeout(limit, self.ended()).await.is_ok() {
                return;
            }
            tracing::warn!(
                process.name = self.name,
                process.pid = self.pid,
                signal = signal.as_str(),
                limit_ms = limit.as_millis(),
                "a development server ignores a signal"
            );
        }
        self.life.signal(Signal::SIGKILL);
        self.ended().await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        for signal in [self.last_signal, Signal::SIGKILL] {
            if self.life.pid().is_none() {
                return;
            }
            self.life.signal(signal);
            let waited = self
                .life
                .ended
                .wait_timeout_while(self.life.pid(), DROP_LIMIT, |pid| pid.is_some());
            drop(waited);
        }
    }
}

/// The life of the thread: spawn, report, wait, report.
fn supervise(
    birth: Birth,
    name: &'static str,
    last_signal: Signal,
    born: &mpsc::Sender<Result<Process, DevError>>,
) {
    let child = match birth.spawn() {
        Ok(child) => child,
        Err(error) => {
            let _ = born.send(Err(error));
            return;
        }
    };
    let raw = child.id().cast_signed();
    let life = Arc::new(Life {
        pid: Mutex::new(Some(Pid::from_raw(raw))),
        ended: Condvar::new(),
    });
    let (exit_sender, exit) = watch::channel(None);
    // `start` waits for exactly this, so it arrives.
    let _ = born.send(Ok(Process {
        name,
        pid: raw,
        last_signal,
        life: Arc::clone(&life),
        exit,
    }));
    let status = reap(child, &life);
    exit_sender.send_replace(Some(status));
    life.ended.notify_all();
}

/// Waits for the child without reaping it, then reaps it while nobody can signal its pid.
#[cfg(target_os = "linux")]
fn reap(mut child: Child, life: &Life) -> ExitStatus {
    use nix::{
        errno::Errno,
        sys::wait::{Id, WaitPidFlag, waitid},
    };
    let raw = Pid::from_raw(child.id().cast_signed());
    while waitid(Id::Pid(raw), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) == Err(Errno::EINTR) {}
    let mut pid = life.pid();
    *pid = None;
    child.wait().unwrap_or_default()
}

/// As on Linux, but by polling: waiting without reaping is not available everywhere.
#[cfg(not(target_os = "linux"))]
fn reap(mut child: Child, life: &Life) -> ExitStatus {
    loop {
        let mut pid = life.pid();
        match child.try_wait() {
            Ok(None) => drop(pid),
            ended => {
                *pid = None;
                return ended.ok().flatten().unwrap_or_default();
            }
        }
        thread::sleep(Duration::from_millis(50));
    }
}
