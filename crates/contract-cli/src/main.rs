//! `contract`: servers, clients, checks and comparisons from an OpenAPI contract.

#![allow(clippy::print_stderr)] // the output of a command line tool

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use chrono::Utc;
use clap::{Parser, Subcommand};
use contract_codegen::{Build, document, lint, stub};
use contract_diff::{Format, compare};

/// Servers, clients, checks and comparisons from an OpenAPI contract.
#[derive(Parser)]
#[command(name = "contract", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Generate the traits, types and routes of a server into FOLDER, which is replaced
    Generate {
        /// An OpenAPI document, YAML or JSON
        contract: PathBuf,
        /// The folder of the module
        folder: PathBuf,
    },
    /// Generate a typed client into FOLDER, which is replaced
    Client {
        /// An OpenAPI document, YAML or JSON
        contract: PathBuf,
        /// The folder of the module
        folder: PathBuf,
    },
    /// Write a crate to FOLDER that serves the contract and answers every operation with 501
    Stub {
        /// An OpenAPI document, YAML or JSON
        contract: PathBuf,
        /// A new folder, or a stub; files that you edited are kept
        folder: PathBuf,
    },
    /// Say what of the contract cannot be served or is not checked; fail if there is anything
    Lint {
        /// An OpenAPI document, YAML or JSON
        contract: PathBuf,
    },
    /// Say what a change of the contract means for clients; fail if `info.version` does not fit
    Diff {
        /// The contract that clients have
        before: PathBuf,
        /// The contract that they get
        after: PathBuf,
        /// How the changes are written: text, json or markdown
        #[arg(long, default_value = "text")]
        format: Format,
    },
}

/// The exit code is 1 if something is wrong with the contract, and 2 if the command cannot do its
/// work.
fn main() -> ExitCode {
    run(&Arguments::parse().command).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}

fn run(command: &Command) -> Result<ExitCode> {
    let made = |folder: &Path, contract: &Path| {
        format!("{} is made from {}", folder.display(), contract.display())
    };
    let (warnings, done) = match command {
        Command::Generate { contract, folder } => {
            let warnings = Build::server(contract, folder).generate()?;
            (warnings, made(folder, contract))
        }
        Command::Client { contract, folder } => {
            let warnings = Build::client(contract, folder).generate()?;
            (warnings, made(folder, contract))
        }
        Command::Stub { contract, folder } => {
            let warnings = stub::write(contract, folder)?;
            let done = format!(
                "{} contains a server: run `cargo run` in it",
                folder.display()
            );
            (warnings, done)
        }
        Command::Lint { contract } => {
            let warnings = lint(contract)?;
            warn(&warnings);
            return Ok(ExitCode::from(u8::from(!warnings.is_empty())));
        }
        Command::Diff {
            before,
            after,
            format,
        } => return diff(before, after, *format),
    };
    warn(&warnings);
    eprintln!("{done}");
    Ok(ExitCode::SUCCESS)
}

fn warn(warnings: &[String]) {
    for warning in warnings {
        eprintln!("warning: {warning}");
    }
}

fn diff(before: &Path, after: &Path, format: Format) -> Result<ExitCode> {
    let before = document::read(before)?.value;
    let after = document::read(after)?.value;
    let report = compare(&before, &after, Utc::now().date_naive());
    write!(std::io::stdout().lock(), "{}", report.render(format))?;
    Ok(match report.version_fault() {
        Some(fault) => {
            eprintln!("error: {fault}");
            ExitCode::FAILURE
        }
        None => ExitCode::SUCCESS,
    })
}
