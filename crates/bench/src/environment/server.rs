//! Processes that serve or work while something is measured.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use dev_servers::Service;
use nix::sys::signal::Signal;

const END_LIMIT: Duration = Duration::from_secs(25);

/// A command without the settings of this process's own environment.
pub fn command(program: &Path) -> Command {
    dev_servers::command(program, "ORDERS__")
}

/// A process that runs until it is stopped. It ends when this process ends, even by SIGKILL.
#[derive(Debug)]
pub struct Server {
    service: Service,
    /// Its host and port; empty for a worker.
    pub address: String,
    /// How long it took until it was ready.
    pub started_in: Duration,
}

impl Server {
    /// Starts a program and waits until it serves, or has logged `ready`.
    pub async fn start(
        name: &str,
        command: Command,
        log: &Path,
        ready: Option<&str>,
    ) -> Result<Self> {
        let begun = Instant::now();
        let service = Service::start(name, command, log)?;
        let mut address = String::new();
        match ready {
            Some(text) => service.logged(text).await?,
            None => {
                let url = service.ready().await?;
                let (_, host) = url.split_once("://").context("it printed no URL")?;
                host.clone_into(&mut address);
            }
        }
        Ok(Self {
            service,
            address,
            started_in: begun.elapsed(),
        })
    }

    /// Its process id.
    pub fn pid(&self) -> i32 {
        self.service.pid()
    }

    /// Stops it with SIGTERM; fails if it has already ended, or does not end in time.
    pub async fn stop(self) -> Result<()> {
        self.service.require_running()?;
        Ok(self.service.stop(Signal::SIGTERM, END_LIMIT).await?)
    }
}
