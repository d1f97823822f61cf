//! `contract`: servers, clients, checks and comparisons from an OpenAPI contract.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use contract_codegen::{Build, lint, stub};

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
}

#[allow(clippy::print_stderr)] // the output of a command line tool
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments.command) {
        Ok((warnings, done)) => {
            for warning in &warnings {
                eprintln!("warning: {warning}");
            }
            match done {
                Some(done) => eprintln!("{done}"),
                None if warnings.is_empty() => {}
                None => return ExitCode::FAILURE,
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The warnings, and what was done.
fn run(command: &Command) -> Result<(Vec<String>, Option<String>)> {
    Ok(match command {
        Command::Generate { contract, folder } => {
            let warnings = Build::server(contract, folder).generate()?;
            (
                warnings,
                Some(format!(
                    "{} is made from {}",
                    folder.display(),
                    contract.display()
                )),
            )
        }
        Command::Client { contract, folder } => {
            let warnings = Build::client(contract, folder).generate()?;
            (
                warnings,
                Some(format!(
                    "{} is made from {}",
                    folder.display(),
                    contract.display()
                )),
            )
        }
        Command::Stub { contract, folder } => {
            let warnings = stub::write(contract, folder)?;
            let done = format!(
                "{} contains a server: run `cargo run` in it",
                folder.display()
            );
            (warnings, Some(done))
        }
        Command::Lint { contract } => (lint(contract)?, None),
    })
}
