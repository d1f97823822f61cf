//! A running child process, supervised by a dedicated thread.

use std::io;
use std::process::{Child, ChildStdout, ExitStatus};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::command::ServerCommand;
use crate::log::Log;
use crate::{Error, wait_for};

/// How long `Drop` waits for the child to end on its death signal before it kills the child.
const DROP_LIMIT: Duration = Duration::from_secs(3);

/// A child process with its process group. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    pid: i32,
    death_signal: Signal,
    shared: Arc<Shared>,
    exit: watch::Receiver<Option<ExitStatus>>,
    stdout: Option<ChildStdout>,
    log: Log,
}

/// The pid for as long as it is the child's: once reaped, the system may give it to another
/// process, which must not get our signals.
#[derive(Debug)]
struct Shared {
    pid: Mutex<Option<Pid>>,
    ended: Condvar,
}

impl Shared {
    fn pid(&self) -> MutexGuard<'_, Option<Pid>> {
        // Nothing can panic while the lock is held, and an Option is never half written.
        self.pid.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Process {
    /// Starts the child from a thread that lives as long as it does; [`ServerCommand::spawn`] says
    /// why. `death_signal` ends it at once, without leaving a process behind: it is sent when this
    /// is dropped and when we die.
    ///
    /// Blocks for the milliseconds of fork and exec, as spawning does anywhere. An `await` instead
    /// would be a point at which the future may be dropped, leaving a child without an owner.
    pub(crate) fn start(
        name: &str,
        command: ServerCommand,
        log: Log,
        death_signal: Signal,
    ) -> Result<Self, Error> {
        let (sender, started) = mpsc::channel();
        let owned_name = name.to_owned();
        let failed = |error| Error::file("start a thread for", name)(error);
        thread::Builder::new()
            .name(format!("dev {name}"))
            .spawn(move || supervise(owned_name, command, log, death_signal, &sender))
            .map_err(failed)?;
        started
            .recv()
            .unwrap_or_else(|error| Err(failed(io::Error::other(error))))
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }

    /// The pipe of its stdout, if it has one; the first call gets it.
    pub(crate) fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.stdout.take()
    }

    /// The status, once the child has ended.
    pub(crate) fn status(&self) -> Option<ExitStatus> {
        *self.exit.borrow()
    }

    /// Resolves when the child has ended and is reaped.
    pub(crate) async fn ended(&self) -> ExitStatus {
        let mut exit = self.exit.clone();
        let status = exit.wait_for(Option::is_some).await;
        // The thread sends before it ends; without it there is nothing left to wait for.
        status.map_or(None, |status| *status).unwrap_or_default()
    }

    /// Waits until `condition` holds. Fails when the child ends before that, or after `limit`.
    pub(crate) async fn until<F: Future<Output = bool>>(
        &self,
        limit: Duration,
        pause: Duration,
        condition: impl Fn() -> F,
    ) -> Result<(), Error> {
        let holds = wait_for(limit, pause, || async {
            if condition().await {
                return Ok(Some(()));
            }
            self.status()
                .map_or(Ok(None), |status| Err(self.exited(status)))
        });
        holds.await?.ok_or_else(|| self.not_ready(limit))
    }

    /// Resolves when the child has ended, with the reason as an error.
    pub(crate) async fn failed(&self) -> Error {
        self.exited(self.ended().await)
    }

    pub(crate) fn exited(&self, status: ExitStatus) -> Error {
        Error::Exited {
            program: self.name.clone(),
            status,
            log: self.log.summary(),
        }
    }

    pub(crate) fn not_ready(&self, limit: Duration) -> Error {
        Error::NotReady {
            program: self.name.clone(),
            limit,
            log: self.log.summary(),
        }
    }

    /// The log that it has written.
    pub(crate) fn log(&self) -> String {
        self.log.read()
    }

    /// Kills the child alone, as a crash would, and waits for its end.
    pub(crate) async fn kill(&self) {
        self.signal(Signal::SIGKILL);
        self.ended().await;
    }

    /// Signals the child alone. Does nothing when it has ended.
    pub(crate) fn signal(&self, signal: Signal) {
        if let Some(pid) = *self.shared.pid() {
            // It can fail only when the child has just ended.
            let _ = kill(pid, signal);
        }
    }

    /// Signals the child and everything it started in its group.
    fn signal_group(&self, signal: Signal) {
        if let Some(pid) = *self.shared.pid() {
            let _ = killpg(pid, signal);
        }
    }

    /// Sends each signal in turn, waiting up to its limit for the child to end, and SIGKILL last.
    /// Returns whether SIGKILL was not needed.
    pub(crate) async fn stop(&self, steps: &[(Signal, Duration)]) -> bool {
        for &(signal, limit) in steps {
            self.signal_group(signal);
            if timeout(limit, self.ended()).await.is_ok() {
                return true;
            }
            tracing::warn!(
                process.name = self.name,
                process.pid = self.pid,
                signal = signal.as_str(),
                limit_ms = limit.as_millis(),
                "a development server ignores a signal"
            );
        }
        self.signal_group(Signal::SIGKILL);
        self.ended().await;
        false
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        for signal in [self.death_signal, Signal::SIGKILL] {
            if self.shared.pid().is_none() {
                return;
            }
            self.signal_group(signal);
            let ended = &self.shared.ended;
            drop(ended.wait_timeout_while(self.shared.pid(), DROP_LIMIT, |pid| pid.is_some()));
        }
    }
}

/// The body of the thread: spawns the child, reports it, waits, reports the status.
fn supervise(
    name: String,
    command: ServerCommand,
    log: Log,
    death_signal: Signal,
    started: &mpsc::Sender<Result<Process, Error>>,
) {
    let mut child = match command.spawn(death_signal) {
        Ok(child) => child,
        Err(error) => {
            let _ = started.send(Err(error));
            return;
        }
    };
    let pid = child.id().cast_signed();
    let shared = Arc::new(Shared {
        pid: Mutex::new(Some(Pid::from_raw(pid))),
        ended: Condvar::new(),
    });
    let (exit_sender, exit) = watch::channel(None);
    // `start` waits for this message.
    let _ = started.send(Ok(Process {
        name,
        pid,
        death_signal,
        shared: Arc::clone(&shared),
        exit,
        stdout: child.stdout.take(),
        log,
    }));
    let status = reap(child, &shared);
    exit_sender.send_replace(Some(status));
    shared.ended.notify_all();
}

/// Waits for the child without reaping it, then reaps it while no other thread can signal its pid.
fn reap(mut child: Child, shared: &Shared) -> ExitStatus {
    let pid = Pid::from_raw(child.id().cast_signed());
    while waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) == Err(Errno::EINTR) {}
    let mut pid = shared.pid();
    *pid = None;
    child.wait().unwrap_or_default()
}
