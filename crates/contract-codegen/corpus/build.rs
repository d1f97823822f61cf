//! Generates a server and a client from every contract in `specs/`.

use std::path::{Path, PathBuf};
use std::{fs, thread};

use contract_codegen::Target;

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
    let all: Vec<(&PathBuf, &str, Target)> = specs
        .iter()
        .flat_map(|spec| {
            [
                (spec, "made", Target::Server),
                (spec, "clients", Target::Client),
            ]
        })
        .collect();
    // One per processor at the same time.
    let width = thread::available_parallelism().map_or(2, usize::from);
    for some in all.chunks(width) {
        thread::scope(|scope| {
            for (spec, folder, target) in some {
                scope.spawn(move || {
                    let name = match spec.ends_with("openapi.yaml") {
                        true => spec.parent().unwrap().file_name().unwrap(),
                        false => spec.file_stem().unwrap(),
                    };
                    let folder = here.join("src").join(folder).join(name);
                    let made = contract_codegen::module(spec, &folder, *target);
                    for warning in made.unwrap_or_else(|error| panic!("{error:#}")) {
                        println!("cargo::warning={warning}");
                    }
                });
            }
        });
    }
}
