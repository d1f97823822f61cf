//! Generation as a step of a build: from `build.rs`, and only when an input has changed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::{Target, document, generator};

/// Stored in the folder, so that it is committed with the code that it describes.
const FINGERPRINT: &str = ".fingerprint";

/// A contract, and the folder of the module that is made of it.
///
/// ```no_run
/// // build.rs
/// contract_codegen::Build::server("api/openapi.yaml", "src/generated").run();
/// ```
#[derive(Debug, Clone)]
pub struct Build {
    contract: PathBuf,
    folder: PathBuf,
    target: Target,
}

impl Build {
    /// Traits to implement, for a server.
    pub fn server(contract: impl Into<PathBuf>, folder: impl Into<PathBuf>) -> Self {
        Self::new(contract, folder, Target::Server)
    }

    /// Functions to call a server.
    pub fn client(contract: impl Into<PathBuf>, folder: impl Into<PathBuf>) -> Self {
        Self::new(contract, folder, Target::Client)
    }

    fn new(contract: impl Into<PathBuf>, folder: impl Into<PathBuf>, target: Target) -> Self {
        Self {
            contract: contract.into(),
            folder: folder.into(),
            target,
        }
    }

    /// For `build.rs`: generates if an input has changed, and tells cargo what to watch. Ends the
    /// build with one line if the contract is wrong or a tool is missing. Needs no tool if the
    /// folder is current.
    #[allow(clippy::print_stdout)] // how a build script speaks to cargo
    pub fn run(&self) {
        if let Err(error) = self.run_if_needed() {
            println!("cargo::error={}", format!("{error:#}").replace('\n', "; "));
            std::process::exit(1);
        }
    }

    #[allow(clippy::print_stdout)] // how a build script speaks to cargo
    fn run_if_needed(&self) -> Result<()> {
        println!(
            "cargo::rerun-if-changed={}",
            self.folder.join(FINGERPRINT).display()
        );
        for file in self.files()? {
            println!("cargo::rerun-if-changed={}", file.display());
        }
        if self.is_current()? {
            return Ok(());
        }
        let folder = self.folder.display();
        println!("cargo::warning=the contract changed: regenerating {folder}");
        for warning in self.generate()? {
            println!("cargo::warning={warning}");
        }
        Ok(())
    }

    /// Whether the folder was made from the current contract, by this generator.
    pub fn is_current(&self) -> Result<bool> {
        let known = fs::read_to_string(self.folder.join(FINGERPRINT)).unwrap_or_default();
        Ok(known.trim() == self.fingerprint()?)
    }

    /// Generates the folder anew. Returns warnings.
    pub fn generate(&self) -> Result<Vec<String>> {
        let (document, annotated) = crate::read(&self.contract, self.target)?;
        let made = generator::run(&document, &annotated)?;
        let mut files = generator::below(made, generator::MODULE);
        let fingerprint = format!("{}\n", self.fingerprint()?);
        files.insert(FINGERPRINT.into(), fingerprint.into());
        generator::replace(&self.folder, &files, FINGERPRINT)?;
        Ok(annotated.warnings)
    }

    /// The files of the contract.
    fn files(&self) -> Result<Vec<PathBuf>> {
        Ok(document::read(&self.contract)?.files)
    }

    /// A digest of everything that the generated code depends on, in hexadecimal.
    fn fingerprint(&self) -> Result<String> {
        let mut digest = Sha256::new();
        digest.update(generator::DIGEST);
        digest.update(format!("{:?}", self.target));
        let root = self.contract.parent().unwrap_or(Path::new(""));
        for file in self.files()? {
            let content =
                fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let name = file.strip_prefix(root).unwrap_or(&file);
            digest.update(name.to_string_lossy().as_bytes());
            digest.update([0]);
            digest.update((content.len() as u64).to_le_bytes());
            digest.update(content);
        }
        let digest = digest.finalize();
        Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_the_contract_makes_the_result_stale() {
        let folder = tempfile::tempdir().unwrap();
        let contract = folder.path().join("contract.yaml");
        fs::write(&contract, "openapi: 3.0.3\n").unwrap();
        let build = Build::server(&contract, folder.path().join("generated"));
        assert!(!build.is_current().unwrap());
        fs::create_dir(&build.folder).unwrap();
        fs::write(build.folder.join(FINGERPRINT), build.fingerprint().unwrap()).unwrap();
        assert!(build.is_current().unwrap());
        let client = Build::client(&contract, &build.folder);
        assert!(!client.is_current().unwrap());
        fs::write(&contract, "openapi: 3.0.3\n# changed\n").unwrap();
        assert!(!build.is_current().unwrap());
    }
}
