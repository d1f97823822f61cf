//! Measures the order service on this machine, against the simplest implementations of the same.
//!
//! Everything is real: the release build of `orders`, PostgreSQL that waits for the disk, Temporal.
//! The compared subjects take turns, so that a temporary slowdown of the machine affects all of
//! them.

mod environment;
mod load;
mod options;
mod pgbench;
mod plan;
mod progress;
mod references;
mod report;
mod run;
mod scenarios;
mod stats;
mod usage;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::load::LoadOptions;
use crate::options::Options;
use crate::references::Reference;

/// Measures the order service on this machine, against the simplest implementations of the same
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    part: Option<Part>,
}

/// Internal commands, which a run starts as separate processes.
#[derive(Subcommand)]
enum Part {
    /// The load generator
    #[command(hide = true)]
    Load(LoadOptions),
    /// A reference server
    #[command(hide = true)]
    Reference {
        /// The kind of server
        #[arg(value_enum)]
        reference: Reference,
    },
    /// The worker of the plain workflow
    #[command(hide = true)]
    PlainWorker,
    /// Measure the layers around the routes
    #[command(hide = true)]
    Middleware {
        /// Turns of each set of layers
        #[arg(long)]
        rounds: usize,
        /// Requests in a turn
        #[arg(long)]
        requests: u32,
    },
}

fn main() -> ExitCode {
    match start(Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            complain(&error);
            ExitCode::from(2)
        }
    }
}

fn start(cli: Cli) -> Result<bool> {
    match cli.part {
        None => return run::run(&cli.options),
        Some(Part::Load(options)) => load::run(&options)?,
        Some(Part::Reference { reference }) => references::serve(reference)?,
        Some(Part::PlainWorker) => references::work()?,
        Some(Part::Middleware { rounds, requests }) => {
            scenarios::middleware::measure(rounds, requests)?;
        }
    }
    Ok(true)
}

#[allow(clippy::print_stderr)] // the error output of a command line tool
fn complain(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}
