//! A digest of all inputs of the generator.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::Project;

/// Stored in `generated/`, so that it is committed with the code that it describes.
pub(crate) const FILE: &str = ".fingerprint";

/// The digest of the current inputs, in hexadecimal.
pub(crate) fn of(project: &Project) -> Result<String> {
    let mut digest = Sha256::new();
    for file in files(project)? {
        let content = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let name = file.strip_prefix(&project.root).unwrap_or(&file);
        digest.update(name.to_string_lossy().as_bytes());
        digest.update([0]);
        digest.update((content.len() as u64).to_le_bytes());
        digest.update(content);
    }
    Ok(digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

/// Whether `generated/` carries the digest of the inputs.
pub(crate) fn matches(project: &Project) -> Result<bool> {
    let kept = fs::read_to_string(project.generated().join(FILE)).unwrap_or_default();
    Ok(kept.trim() == of(project)?)
}

fn files(project: &Project) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for input in project.inputs()? {
        collect(&input, &mut files)?;
    }
    files.sort();
    files.dedup();
    Ok(files)
}

fn collect(path: &Path, into: &mut Vec<PathBuf>) -> Result<()> {
    if !path.is_dir() {
        into.push(path.to_owned());
        return Ok(());
    }
    let entries = fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
    for entry in entries {
        collect(&entry?.path(), into)?;
    }
    Ok(())
}
