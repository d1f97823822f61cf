//! Generates a stub: a crate that serves a contract and returns 501 for every operation.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::{annotate, document, generator};

/// The file that marks a folder as a stub. It lists the generated files with their digests.
const MARK: &str = ".stub";

/// Writes the crate to `folder`, which must be new, empty, or from an earlier run. Files that were
/// edited since then are kept. Returns warnings.
pub fn write(contract: &Path, folder: &Path) -> Result<Vec<String>> {
    let occupied = folder.is_dir() && fs::read_dir(folder)?.next().is_some();
    let mark = fs::read_to_string(folder.join(MARK));
    if occupied && mark.is_err() {
        bail!(
            "{} is not empty and is not a stub: choose another folder",
            folder.display()
        );
    }
    let document = document::read(contract)?.value;
    let annotated = annotate::annotate(&document, true)
        .with_context(|| format!("{} cannot be turned into Rust", contract.display()))?;
    let files = generator::run(&crate::home(), &document, &annotated)?;

    let mark = mark.unwrap_or_default();
    let before: BTreeMap<&str, &str> = mark
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(digest, path)| (path, digest))
        .collect();
    let mut warnings = annotated.warnings;
    let ours = |path: &str| match fs::read(folder.join(path)) {
        Ok(present) => {
            path.starts_with(generator::MODULE)
                || before
                    .get(path)
                    .is_some_and(|known| *known == digest(&present))
        }
        Err(_) => true,
    };
    let mut mark = String::new();
    let mut written = Vec::new();
    for (path, content) in &files {
        let path = path.to_string_lossy().into_owned();
        if ours(&path) {
            mark.push_str(&format!("{}  {path}\n", digest(content)));
            generator::write(&folder.join(&path), content)?;
        } else {
            warnings.push(format!("{path} was edited, and is kept"));
        }
        written.push(path);
    }
    for gone in before
        .keys()
        .filter(|path| !written.iter().any(|known| known == *path))
    {
        if ours(gone) && folder.join(gone).is_file() {
            fs::remove_file(folder.join(gone))?;
        }
    }
    generator::write(&folder.join(MARK), mark.as_bytes())?;
    Ok(warnings)
}

fn digest(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
