//! `contract-diff OLD NEW [--format text|json|markdown]`: the command behind
//! `./justw contract-diff`. It ends with 1 if `info.version` does not fit the changes, with 2 if it
//! cannot compare.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use chrono::Utc;
use contract_diff::{Format, compare, read};

#[allow(clippy::print_stderr)] // the error output of a command line tool
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(fault)) => {
            eprintln!("error: {fault}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Why `info.version` does not fit the changes.
fn run(arguments: &[String]) -> Result<Option<String>> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (old, new, format) = match arguments[..] {
        [old, new] => (old, new, Format::Text),
        [old, new, "--format", format] => (old, new, format.parse()?),
        _ => bail!(
            "usage: contract-diff OLD NEW [--format text|json|markdown] (OLD and NEW are OpenAPI files, YAML or JSON)"
        ),
    };
    let old = read(Path::new(old))?;
    let new = read(Path::new(new))?;
    let report = compare(&old, &new, Utc::now().date_naive());
    write!(std::io::stdout().lock(), "{}", report.render(format))?;
    Ok(report.version_fault())
}
