//! `cargo run -p contract-codegen -- …`: the commands behind `./justw generate` and `./justw stub`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use contract_codegen::{Project, stub};

const USAGE: &str = "usage: contract-codegen generate | codegen stub SPEC DIR";

#[allow(clippy::print_stderr)] // the output of a command line tool
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["generate"] => generate(),
        ["stub", contract, folder] => {
            stub::write(Path::new(contract), Path::new(folder)).map(|warnings| {
                (
                    warnings,
                    format!("{folder} contains a server: run `cargo run` in it"),
                )
            })
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok((warnings, done)) => {
            for warning in warnings {
                eprintln!("warning: {warning}");
            }
            eprintln!("{done}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn generate() -> Result<(Vec<String>, String)> {
    let project = Project {
        root: PathBuf::from("."),
    };
    let done = "generated/ is made from api/openapi.yaml".to_owned();
    project.generate().map(|warnings| (warnings, done))
}
