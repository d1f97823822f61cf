//! The programs under test, and our own, as child processes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use order_processing::dev::end_with_us;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child as Process, ChildStdout, Command};
use tokio::time::{sleep, timeout};

const READY_LIMIT: Duration = Duration::from_secs(30);
const END_LIMIT: Duration = Duration::from_secs(25);
const POLL: Duration = Duration::from_millis(20);
/// What an error quotes of a log.
const QUOTED_LINES: usize = 8;
/// Settings of whoever starts us are not for what is measured.
const SETTINGS_PREFIX: &str = "ORDERS__";

/// How a process says that it is ready.
#[derive(Debug, Clone, Copy)]
pub enum Ready {
    /// By a line `ready http://ADDRESS` on stdout.
    Address,
    /// By this text in its log.
    Logged(&'static str),
}

/// What to start.
#[derive(Debug)]
pub struct Program<'a> {
    /// In messages.
    pub name: &'a str,
    /// The file.
    pub file: &'a Path,
    /// Its arguments.
    pub arguments: &'a [&'a str],
    /// Settings, `name` and value, as `ORDERS__` name.
    pub settings: Vec<(String, String)>,
    /// Where stderr goes.
    pub log: PathBuf,
    /// When it is ready.
    pub ready: Ready,
}

/// A process that runs until it is stopped. It ends with us, however we end.
#[derive(Debug)]
pub struct Child {
    name: String,
    process: Process,
    pid: i32,
    /// Where it serves; empty when it does not.
    pub address: String,
    /// How long it took to be ready.
    pub started_in: Duration,
    log: PathBuf,
    /// Open, so that what it prints later does no harm.
    stdout: Lines<BufReader<ChildStdout>>,
}

impl Child {
    /// Starts a program and waits until it is ready.
    pub async fn start(program: Program<'_>) -> Result<Self> {
        let Program {
            name, log, ready, ..
        } = program;
        let mut command = quiet(program.file);
        command
            .args(program.arguments)
            .envs(
                program
                    .settings
                    .iter()
                    .map(|(key, value)| (format!("{SETTINGS_PREFIX}{key}"), value)),
            )
            .stdout(Stdio::piped())
            .stderr(File::create(&log).context("cannot create a log")?);
        let begun = Instant::now();
        let mut process = spawn(command, program.file)?;
        let pid = i32::try_from(process.id().context("it has ended at once")?)?;
        let stdout = process.stdout.take().context("it has no stdout")?;
        let mut child = Self {
            name: name.to_owned(),
            process,
            pid,
            address: String::new(),
            started_in: Duration::ZERO,
            log,
            stdout: BufReader::new(stdout).lines(),
        };
        let waited = timeout(READY_LIMIT, child.until(ready)).await;
        match waited.unwrap_or_else(|_| bail!("it is not ready in time")) {
            Ok(address) => child.address = address,
            Err(error) => bail!("{name}: {error:#}; {}", child.quoted_log()),
        }
        child.started_in = begun.elapsed();
        Ok(child)
    }

    async fn until(&mut self, ready: Ready) -> Result<String> {
        match ready {
            Ready::Address => {
                while let Some(line) = self.stdout.next_line().await? {
                    if let Some(address) = line.strip_prefix("ready http://") {
                        return Ok(address.to_owned());
                    }
                }
                bail!("it ended before it was ready")
            }
            Ready::Logged(text) => loop {
                if fs::read_to_string(&self.log)?.contains(text) {
                    return Ok(String::new());
                }
                self.require_alive()?;
                sleep(POLL).await;
            },
        }
    }

    /// Its process id.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// An error when it has ended.
    pub fn require_alive(&mut self) -> Result<()> {
        match self.process.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("{} ended ({status}); {}", self.name, self.quoted_log()),
        }
    }

    /// Stops it in order, and by force when that takes too long.
    pub async fn stop(mut self) -> Result<()> {
        self.require_alive()?;
        kill(Pid::from_raw(self.pid), Signal::SIGTERM)?;
        if timeout(END_LIMIT, self.process.wait()).await.is_err() {
            self.process.kill().await?;
            bail!("{} did not stop in time and was killed", self.name);
        }
        Ok(())
    }

    fn quoted_log(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        format!("its log ends: {}", last_lines(&text))
    }
}

/// Runs a program to its end, and gives what it prints.
pub async fn output(mut command: Command, name: &str, limit: Duration) -> Result<String> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let process = spawn(command, Path::new(name))?;
    let output = timeout(limit, process.wait_with_output())
        .await
        .with_context(|| format!("{name} did not end in {} s", limit.as_secs()))??;
    require_success(name, output.status, &output.stderr)?;
    String::from_utf8(output.stdout).with_context(|| format!("{name} prints no text"))
}

/// A command without settings of ours, in a process group of its own: a Ctrl-C reaches only us.
pub fn quiet(program: &Path) -> Command {
    let mut command = std::process::Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with(SETTINGS_PREFIX) {
            command.env_remove(name);
        }
    }
    end_with_us(&mut command);
    let mut command = Command::from(command);
    command
        .stdin(Stdio::null())
        .process_group(0)
        .kill_on_drop(true);
    command
}

fn spawn(mut command: Command, program: &Path) -> Result<Process> {
    command
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))
}

fn require_success(name: &str, status: ExitStatus, stderr: &[u8]) -> Result<()> {
    if !status.success() {
        let text = String::from_utf8_lossy(stderr);
        bail!("{name} failed ({status}): {}", last_lines(&text));
    }
    Ok(())
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(QUOTED_LINES);
    lines.get(from..).unwrap_or_default().join(" | ")
}
