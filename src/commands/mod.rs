//! The commands of `orders`: each starts the parts it needs, runs them, and stops them in order.

mod dev;
pub mod keys;
pub mod migrate;
pub mod partitions;
pub mod sandbox;
mod service;
mod status;
pub mod webhooks;

pub use dev::dev;
pub use service::{serve, serve_until, worker};
pub use status::status;

use std::io::Write;

use anyhow::Result;

use crate::config::Settings;

/// Prints the effective settings as TOML, without secrets.
pub fn show_config(settings: &Settings) -> Result<()> {
    print_line(toml::to_string(settings)?.trim_end())
}

/// Prints a line to stdout and flushes it, so that a pipe receives it immediately.
fn print_line(line: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    Ok(stdout.flush()?)
}
