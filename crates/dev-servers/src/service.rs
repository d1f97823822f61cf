//! Programs other than the two servers, such as `orders serve`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::Error;
use crate::command::{ServerCommand, die_with_parent};
use crate::log::{Log, last_lines};
use crate::process::Process;

const READY_LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);
const READY: &str = "ready ";

/// A program that runs until it is stopped. Its stderr is a log file; a program that serves prints
/// `ready http://HOST:PORT` on stdout once it does. Dropping it kills it.
#[derive(Debug)]
pub struct Service {
    process: Process,
    printed: watch::Receiver<Vec<String>>,
}

impl Service {
    /// Starts the program, which appends to this log file. Does not wait for it.
    pub fn start(name: &str, mut command: Command, log_file: &Path) -> Result<Self, Error> {
        let log = Log::append(log_file)?;
        command.stdout(Stdio::piped()).stderr(log.writers()?.1);
        let mut process = Process::start(name, ServerCommand::new(command), log, Signal::SIGKILL)?;
        let (sender, printed) = watch::channel(Vec::new());
        if let Some(stdout) = process.take_stdout() {
            // Reads until the end, so that the program never blocks on its output.
            thread::spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    sender.send_modify(|lines| lines.push(line));
                }
            });
        }
        Ok(Self { process, printed })
    }

    /// The URL that it serves at, once it is ready. Fails when it ends instead, or takes over 30 s.
    pub async fn ready(&self) -> Result<String, Error> {
        let mut printed = self.printed.clone();
        let ready = printed.wait_for(|lines| with_prefix(lines, READY).is_some());
        match timeout(READY_LIMIT, ready).await {
            Ok(Ok(lines)) => Ok(with_prefix(&lines, READY).unwrap_or_default()),
            // Its stdout is closed.
            Ok(Err(_)) => Err(self.process.failed().await),
            Err(_) => Err(self.process.not_ready(READY_LIMIT)),
        }
    }

    /// The rest of the first line on stdout with this prefix.
    pub fn printed(&self, prefix: &str) -> Option<String> {
        with_prefix(&self.printed.borrow(), prefix)
    }

    /// Waits until its log contains this text. Fails when it ends instead, or takes over 30 s.
    pub async fn logged(&self, text: &str) -> Result<(), Error> {
        let found = || async { self.log().contains(text) };
        self.process.until(READY_LIMIT, POLL, found).await
    }

    /// The log that it has written.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Its process id.
    pub fn pid(&self) -> i32 {
        self.process.pid()
    }

    /// How it ended; `None` while it runs.
    pub fn status(&self) -> Option<ExitStatus> {
        self.process.status()
    }

    /// Fails when it has ended.
    pub fn require_running(&self) -> Result<(), Error> {
        self.status()
            .map_or(Ok(()), |status| Err(self.process.exited(status)))
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Sends it a signal to end and waits for that. Fails when it takes longer than `limit`; it is
    /// killed then.
    pub async fn stop(self, signal: Signal, limit: Duration) -> Result<(), Error> {
        if self.process.stop(&[(signal, limit)]).await {
            return Ok(());
        }
        let program = self.process.name().to_owned();
        Err(Error::NotEnded { program, limit })
    }
}

fn with_prefix(lines: &[String], prefix: &str) -> Option<String> {
    let found = lines.iter().find_map(|line| line.strip_prefix(prefix));
    found.map(str::to_owned)
}

/// Runs a program to its end and returns what it prints. The calling thread must live as long as
/// the program, as the threads of a runtime do.
pub async fn output(name: &str, mut command: Command, limit: Duration) -> Result<String, Error> {
    die_with_parent(&mut command, Signal::SIGKILL);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut command = tokio::process::Command::from(command);
    let running = command.kill_on_drop(true).output();
    let output = timeout(limit, running)
        .await
        .map_err(|_| Error::NotEnded {
            program: name.to_owned(),
            limit,
        })?
        .map_err(Error::file("run", name))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(Error::Exited {
            program: name.to_owned(),
            status: output.status,
            log: format!("it wrote: {}", last_lines(&stderr)),
        });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
