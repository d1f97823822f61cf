//! Reads a contract and resolves its references.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The longest chain of `$ref`s.
const MOST_REFERENCES: usize = 64;

/// Reads a file, YAML or JSON.
pub fn read(path: &Path) -> Result<Value> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse(&text).with_context(|| path.display().to_string())
}

/// Reads a text, YAML or JSON.
pub fn parse(text: &str) -> Result<Value> {
    let document: Value = yaml_serde::from_str(text).context("not valid YAML")?;
    match document["openapi"].as_str() {
        Some(version) if version.starts_with("3.") => Ok(document),
        Some(version) => bail!("OpenAPI {version} is not supported, 3.0 and 3.1 are"),
        None => bail!("not an OpenAPI document (no `openapi` version)"),
    }
}

/// An OpenAPI 3 document.
#[derive(Clone, Copy)]
pub(crate) struct Contract<'a>(pub(crate) &'a Value);

impl<'a> Contract<'a> {
    /// `info.version`.
    pub(crate) fn version(self) -> &'a str {
        self.0["info"]["version"].as_str().unwrap_or("?")
    }

    /// The target of a reference, and the reference to it. A reference without a target or to
    /// itself is left unresolved: the linter reports it.
    pub(crate) fn resolve(self, mut value: &'a Value) -> (&'a Value, Option<&'a str>) {
        let mut name = None;
        for _ in 0..MOST_REFERENCES {
            let target = value["$ref"].as_str().and_then(|reference| {
                let pointer = reference.strip_prefix('#')?;
                Some((self.0.pointer(pointer)?, reference))
            });
            match target {
                Some((next, reference)) => {
                    name = Some(reference);
                    value = next;
                }
                None => break,
            }
        }
        (value, name)
    }

    pub(crate) fn get(self, value: &'a Value, key: &str) -> &'a Value {
        self.resolve(&value[key]).0
    }
}

/// The members of an object; none if it is something else.
pub(crate) fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, member)| (name.as_str(), member))
}

/// The elements of an array; none if it is something else.
pub(crate) fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The strings of an array; none if it is something else.
pub(crate) fn strings(value: &Value) -> Vec<&str> {
    elements(value).filter_map(Value::as_str).collect()
}
