//! Generates a module from every contract in `specs/`.

use std::path::{Path, PathBuf};
use std::{fs, thread};

fn main() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    // All of `specs`, so that every file of a contract in several files counts.
    for input in ["specs", "../src", "../templates", "../config.yaml"] {
        println!("cargo::rerun-if-changed={}", here.join(input).display());
    }
    let mut specs: Vec<PathBuf> = fs::read_dir(here.join("specs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| match path.is_dir() {
            true => path.join("openapi.yaml"),
            false => path,
        })
        .collect();
    specs.sort();
    // One per processor at the same time.
    let width = thread::available_parallelism().map_or(2, usize::from);
    for some in specs.chunks(width) {
        thread::scope(|scope| {
            for spec in some {
                scope.spawn(move || {
                    let folder = spec.parent().filter(|_| spec.ends_with("openapi.yaml"));
                    let name = folder.unwrap_or(spec).file_stem().unwrap();
                    let made = contract_codegen::module(spec, &here.join("src/made").join(name));
                    for warning in made.unwrap_or_else(|error| panic!("{error:#}")) {
                        println!("cargo::warning={warning}");
                    }
                });
            }
        });
    }
}
