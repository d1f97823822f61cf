//! Measures the order service on this machine, against the plainest way to do the same.
//!
//! Everything is real: the release build of `orders`, PostgreSQL that waits for the disk, Temporal.
//! What is compared takes turns, so that a machine that is slow for a while is slow for both.

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

/// Measures the order service on this machine, against the plainest way to do the same
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    part: Option<Part>,
}

/// What a run starts as a process of its own. Nobody else needs them.
#[derive(Subcommand)]
enum Part {
    /// The load generator
    #[command(hide = true)]
    Load(LoadOptions),
    /// A server to compare with
    #[command(hide = true)]
    Reference {
        /// Which
        #[arg(value_enum)]
        reference: Reference,
    },
    /// The worker of the plain workflow
    #[command(hide = true)]
    PlainWorker,
    /// The layers around the routes
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

#[allow(clippy::print_stderr)] // a command line's one way to say why it stops
fn complain(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}
