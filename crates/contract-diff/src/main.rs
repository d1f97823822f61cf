//! `contract-diff OLD NEW`: the command behind `./justw contract-diff`.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use contract_diff::{Contract, Level, compare, version_fault};

#[allow(clippy::print_stderr)] // the error output of a command line tool
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &[String]) -> Result<bool> {
    let [old, new] = arguments else {
        bail!("usage: contract-diff OLD NEW (two OpenAPI files, YAML or JSON)");
    };
    let old = Contract::read(Path::new(old))?;
    let new = Contract::read(Path::new(new))?;
    let changes = compare(&old, &new);
    let mut out = std::io::stdout().lock();
    for change in &changes {
        writeln!(out, "{change}")?;
    }
    let count = |level| {
        changes
            .iter()
            .filter(|change| change.level == level)
            .count()
    };
    writeln!(
        out,
        "{} → {}: {} breaking, {} risky, {} compatible",
        old.version(),
        new.version(),
        count(Level::Breaking),
        count(Level::Risky),
        count(Level::Compatible)
    )?;
    match version_fault(&old, &new, &changes) {
        None => Ok(true),
        Some(fault) => {
            writeln!(out, "error: {fault}")?;
            Ok(false)
        }
    }
}
