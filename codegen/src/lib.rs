//! Turns an OpenAPI contract into an actix-web module: traits, types, routes.
//!
//! The way of the data: [`contract`] reads the YAML, [`annotate`] adds to a copy of it what a
//! template cannot work out (Rust names, types, checks), [`generator`] runs openapi-generator with
//! our templates over that copy, and the result is formatted and put in place as a whole.

pub mod annotate;
pub mod contract;
mod fingerprint;
mod generator;
mod names;
mod schema;

use std::path::PathBuf;

use anyhow::{Context, Result};

/// Where a project keeps its contract, its templates and what is made of them.
#[derive(Debug, Clone)]
pub struct Project {
    /// The folder that holds `api/`, `codegen/` and `generated/`.
    pub root: PathBuf,
}

impl Project {
    /// The contract, written by people.
    pub fn contract(&self) -> PathBuf {
        self.root.join("api/openapi.yaml")
    }

    /// What is made of it, written by this crate only.
    pub fn generated(&self) -> PathBuf {
        self.root.join("generated")
    }

    /// Everything that decides what is generated; a change of any of it makes `generated/` stale.
    pub fn inputs(&self) -> [PathBuf; 4] {
        [
            self.contract(),
            self.root.join("codegen/config.yaml"),
            self.root.join("codegen/templates"),
            self.root.join("codegen/src"),
        ]
    }

    /// Whether `generated/` was made from the inputs as they are now.
    pub fn is_current(&self) -> Result<bool> {
        fingerprint::matches(self)
    }

    /// Makes `generated/` anew. Needs the tools that `./justw` installs.
    pub fn generate(&self) -> Result<()> {
        let contract = contract::read(&self.contract())?;
        let annotated =
            annotate::annotate(&contract).context("the contract cannot be turned into Rust")?;
        let files = generator::run(self, &contract, &annotated)?;
        generator::replace(&self.generated(), files, &fingerprint::of(self)?)
    }
}
