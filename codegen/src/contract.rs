//! Reading a contract and finding one's way in it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The operations a path item can have, in the order of the specification.
pub const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// Reads a contract from YAML (JSON is YAML too). Keys keep their order.
pub fn read(path: &Path) -> Result<Value> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let contract: Value = yaml_serde::from_str(&text)
        .with_context(|| format!("{} is not valid YAML", path.display()))?;
    match contract["openapi"].as_str() {
        Some(version) if version.starts_with("3.0.") => Ok(contract),
        Some(version) => bail!(
            "{}: OpenAPI {version} is not supported yet, 3.0 is",
            path.display()
        ),
        None => bail!(
            "{}: not an OpenAPI document (no `openapi` version)",
            path.display()
        ),
    }
}

/// Follows `$ref`s inside the document until something that is none.
pub fn resolve<'a>(contract: &'a Value, mut value: &'a Value) -> Result<&'a Value> {
    for _ in 0..64 {
        let Some(reference) = value["$ref"].as_str() else {
            return Ok(value);
        };
        value = reference
            .strip_prefix('#')
            .and_then(|pointer| contract.pointer(pointer))
            .with_context(|| format!("`$ref: {reference}` leads nowhere in this document"))?;
    }
    bail!("a `$ref` leads to itself")
}

/// The members of the object at a JSON pointer; none when it is absent. (Indexing would add it.)
pub(crate) fn members_mut<'v>(
    value: &'v mut Value,
    pointer: &str,
) -> impl Iterator<Item = (&'v String, &'v mut Value)> + use<'v> {
    value
        .pointer_mut(pointer)
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten()
}
