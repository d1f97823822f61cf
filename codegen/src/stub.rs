//! A crate of its own that serves a contract and answers 501 everywhere: a start to write in.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::{annotate, contract, generator};

/// The file in the generated module by which a folder is known to hold a stub of an earlier run.
const MARK: &str = ".stub";

/// Writes the crate at `folder`, which has to be new, empty, or of an earlier run. Returns warnings.
pub fn write(contract: &Path, folder: &Path) -> Result<Vec<String>> {
    let occupied = folder.is_dir() && fs::read_dir(folder)?.next().is_some();
    if occupied && !folder.join(generator::MODULE).join(MARK).is_file() {
        bail!("{} is not empty, and holds no stub", folder.display());
    }
    let document = contract::read(contract)?;
    let annotated = annotate::annotate(&document, true)
        .with_context(|| format!("{} cannot be turned into Rust", contract.display()))?;
    let files = generator::run(&crate::home(), &document, &annotated)?;
    let mut generated = generator::below(files.clone(), generator::MODULE);
    generated.insert(MARK.into(), Vec::new());
    generator::replace(&folder.join(generator::MODULE), &generated, MARK)?;
    for (path, content) in files {
        if !path.starts_with(generator::MODULE) {
            generator::write(&folder.join(path), &content)?;
        }
    }
    Ok(annotated.warnings)
}
