//! Reads a contract, which may be split over several files, as one document.
//!
//! [`kind`] knows where a document has references, [`files`] reads files and resolves references
//! between them, [`bundle`] moves what they refer to into the document of the root file,
//! [`components`] names it, and [`beyond`] refuses what OpenAPI 3.2 has and 3.1 has not.

mod beyond;
mod bundle;
mod components;
mod files;
mod kind;

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use serde_json::Value;

use crate::docs::one_line;
use bundle::Bundler;
use files::Files;

/// A contract, read from one or several files.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The whole contract. Every reference in it is a JSON pointer into it; keys keep their order.
    pub value: Value,
    /// All files that it consists of, the root first.
    pub files: Vec<PathBuf>,
}

/// Reads a contract from YAML or JSON, with all files that it refers to.
///
/// Fails with one line that names the file, and the JSON pointer of the reference, if a file or a
/// fragment is missing or invalid, if a reference leads to itself or out to the network, or if the
/// version of OpenAPI is not supported.
pub fn read(path: &Path) -> Result<Document> {
    bundle(path).map_err(|error| anyhow!(one_line(&format!("{error:#}"))))
}

fn bundle(path: &Path) -> Result<Document> {
    let mut files = Files::default();
    let root = files.load(path)?;
    let contract = files.value(root);
    match contract["openapi"].as_str() {
        Some(version) if ["3.0", "3.1", "3.2"].contains(&minor(version)) => {}
        Some(version) => bail!(
            "{}: OpenAPI {version} is not supported, 3.0, 3.1 and 3.2 are",
            path.display()
        ),
        None if contract["swagger"].is_string() => bail!(
            "{}: Swagger 2.0 is not supported: convert it to OpenAPI 3.0 first",
            path.display()
        ),
        None => bail!(
            "{}: not an OpenAPI document (no `openapi` version)",
            path.display()
        ),
    }
    let mut bundler = Bundler::new(files);
    let value = bundler.document()?;
    Ok(Document {
        value,
        files: bundler.into_paths(),
    })
}

/// The major and minor part of a version.
fn minor(version: &str) -> &str {
    match version.match_indices('.').nth(1) {
        Some((end, _)) => &version[..end],
        None => version,
    }
}

#[cfg(test)]
mod tests;
