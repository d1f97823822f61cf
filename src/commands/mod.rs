//! The commands of `orders`: each assembles the parts that it needs, runs them, and stops them in order.

mod dev;
pub mod keys;
pub mod migrate;
mod service;
mod status;

pub use dev::dev;
pub use service::{serve, serve_until, worker};
pub use status::status;

use std::io::Write;

use anyhow::Result;

use crate::config::Settings;

/// Shows the settings in force, as TOML, without secrets.
pub fn show_config(settings: &Settings) -> Result<()> {
    print_line(toml::to_string(settings)?.trim_end())
}

/// Prints a line on stdout and flushes it, also into a pipe.
fn print_line(line: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    Ok(stdout.flush()?)
}
