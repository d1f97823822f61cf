//! Computes a digest of the generator itself, because generated code depends on it.

#![allow(clippy::unwrap_used)] // cargo shows the message

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

fn files(path: &Path, into: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            files(&entry.unwrap().path(), into);
        }
    } else {
        into.push(path.to_owned());
    }
}

fn main() {
    let mut all = Vec::new();
    for input in ["src", "templates", "config.yaml"] {
        println!("cargo::rerun-if-changed={input}");
        files(Path::new(input), &mut all);
    }
    all.sort();
    let mut digest = Sha256::new();
    for file in all {
        digest.update(file.to_string_lossy().as_bytes());
        digest.update(fs::read(file).unwrap());
    }
    let digest: String = digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    println!("cargo::rustc-env=CODEGEN_DIGEST={digest}");
}
