//! Reads a contract, and resolves JSON pointers and `$ref`s in it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

/// The operations a path item can have, in the order of the specification.
pub const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// The value of a missing member.
pub(crate) static NOTHING: Value = Value::Null;

/// Reads a contract from YAML or JSON. Keys keep their order.
pub fn read(path: &Path) -> Result<Value> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let text = text.trim_start_matches('\u{feff}');
    let contract: Value = if text.trim_start().starts_with('{') {
        serde_json::from_str(text)
            .with_context(|| format!("{} is not valid JSON", path.display()))?
    } else {
        let mut document: yaml_serde::Value = yaml_serde::from_str(text)
            .with_context(|| format!("{} is not valid YAML", path.display()))?;
        document.apply_merge()?;
        to_json(document)
    };
    match contract["openapi"].as_str() {
        Some(version) if version.starts_with("3.0") || version.starts_with("3.1") => Ok(contract),
        Some(version) => bail!(
            "{}: OpenAPI {version} is not supported, 3.0 and 3.1 are",
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
}

/// YAML allows keys that are not strings, such as `200:`; converts them to strings.
fn to_json(value: yaml_serde::Value) -> Value {
    match value {
        yaml_serde::Value::Null => Value::Null,
        yaml_serde::Value::Bool(value) => Value::Bool(value),
        yaml_serde::Value::Number(number) => json!(number),
        yaml_serde::Value::String(text) => Value::String(text),
        yaml_serde::Value::Sequence(items) => items.into_iter().map(to_json).collect(),
        yaml_serde::Value::Mapping(members) => {
            let mut object = Map::new();
            for (key, value) in members {
                let key = match to_json(key) {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                object.insert(key, to_json(value));
            }
            Value::Object(object)
        }
        yaml_serde::Value::Tagged(tagged) => to_json(tagged.value),
    }
}

/// The members of an object; none if it is something else.
pub(crate) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// The items of a list; none if it is something else.
pub(crate) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A value of the contract, and its JSON pointer.
#[derive(Debug, Clone)]
pub(crate) struct Node<'c> {
    pub(crate) value: &'c Value,
    pub(crate) at: String,
}

impl<'c> Node<'c> {
    /// A member of an object, `null` if there is none.
    pub(crate) fn child(&self, key: &str) -> Node<'c> {
        Node {
            value: self.value.get(key).unwrap_or(&NOTHING),
            at: format!("{}/{}", self.at, escape(key)),
        }
    }

    /// The members of an object, each with its name.
    pub(crate) fn children(&self) -> impl Iterator<Item = (&'c String, Node<'c>)> + use<'c> {
        let at = self.at.clone();
        members(self.value).map(move |(key, value)| {
            let at = format!("{at}/{}", escape(key));
            (key, Node { value, at })
        })
    }

    /// The items of a list.
    pub(crate) fn items(&self) -> impl Iterator<Item = Node<'c>> + use<'c> {
        let at = self.at.clone();
        items(self.value)
            .iter()
            .enumerate()
            .map(move |(index, value)| Node {
                value,
                at: format!("{at}/{index}"),
            })
    }

    /// The last name of the pointer.
    pub(crate) fn name(&self) -> String {
        unescape(self.at.rsplit('/').next().unwrap_or_default())
    }
}

/// A key from its form in a JSON pointer.
pub(crate) fn unescape(key: &str) -> String {
    key.replace("~1", "/").replace("~0", "~")
}

pub(crate) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The node that a `$ref` refers to.
pub(crate) fn resolve<'c>(contract: &'c Value, reference: &str) -> Result<Node<'c>> {
    let Some(pointer) = reference.strip_prefix('#') else {
        bail!("`$ref: {reference}` refers to another document: bundle the contract into one first");
    };
    node_at(contract, &percent_decode_str(pointer).decode_utf8_lossy())
        .with_context(|| format!("`$ref: {reference}` has no target in this document"))
}

/// The node at a JSON pointer, such as [`Node::at`].
pub(crate) fn node_at<'c>(contract: &'c Value, pointer: &str) -> Result<Node<'c>> {
    let value = contract
        .pointer(pointer)
        .with_context(|| format!("the contract has nothing at {pointer}"))?;
    let at = pointer.to_owned();
    Ok(Node { value, at })
}

/// Follows `$ref`s to their target.
pub(crate) fn follow<'c>(contract: &'c Value, mut node: Node<'c>) -> Result<Node<'c>> {
    for _ in 0..64 {
        let Some(reference) = node.value["$ref"].as_str() else {
            return Ok(node);
        };
        node = resolve(contract, reference)?;
    }
    bail!("the `$ref` at {} refers to itself", node.at)
}
