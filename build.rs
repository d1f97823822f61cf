//! Keeps `generated/` in step with the contract. Does nothing when the contract is unchanged, and
//! then needs neither Java nor Python.

#![allow(clippy::expect_used)] // cargo shows the message

use std::path::PathBuf;

fn main() {
    let project = contract_codegen::Project {
        root: PathBuf::from(
            std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"),
        ),
    };
    let current = project.inputs().and_then(|inputs| {
        for input in inputs {
            println!("cargo::rerun-if-changed={}", input.display());
        }
        if project.is_current()? {
            return Ok(());
        }
        println!("cargo::warning=the contract changed: regenerating generated/");
        for warning in project.generate()? {
            println!("cargo::warning={warning}");
        }
        Ok(())
    });
    if let Err(error) = current {
        println!("cargo::error={}", format!("{error:#}").replace('\n', "; "));
        std::process::exit(1);
    }
}
