//! `cargo run -p codegen -- generate`: what `./justw generate` calls.

use std::path::PathBuf;
use std::process::ExitCode;

use codegen::Project;

#[allow(clippy::print_stderr)] // a command line's one way to talk
fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() != Some("generate") {
        eprintln!("usage: codegen generate");
        return ExitCode::from(2);
    }
    let project = Project {
        root: PathBuf::from("."),
    };
    match project.generate() {
        Ok(()) => {
            eprintln!("generated/ is made from api/openapi.yaml");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
