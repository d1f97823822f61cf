//! Reading a contract and finding one's way in it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Number, Value};

/// The operations a path item can have, in the order of the specification.
pub const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// What stands where a contract says nothing.
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

/// YAML has keys that are no strings, such as `200:`; they become what they look like.
fn to_json(value: yaml_serde::Value) -> Value {
    match value {
        yaml_serde::Value::Null => Value::Null,
        yaml_serde::Value::Bool(value) => Value::Bool(value),
        yaml_serde::Value::Number(number) => number_to_json(&number),
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

fn number_to_json(number: &yaml_serde::Number) -> Value {
    if let Some(whole) = number.as_i64() {
        return whole.into();
    }
    if let Some(whole) = number.as_u64() {
        return whole.into();
    }
    number
        .as_f64()
        .and_then(Number::from_f64)
        .map_or(Value::Null, Value::Number)
}

/// The members of an object; none when it is something else.
pub(crate) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// The items of a list; none when it is something else.
pub(crate) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A value and where it stands in the contract, as a JSON pointer.
#[derive(Debug, Clone)]
pub(crate) struct Node<'c> {
    pub(crate) value: &'c Value,
    pub(crate) at: String,
}

impl<'c> Node<'c> {
    /// What a member of an object is, `null` when there is none.
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

/// The key that stands so in a JSON pointer.
pub(crate) fn unescape(key: &str) -> String {
    key.replace("~1", "/").replace("~0", "~")
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The place that a `$ref` names.
pub(crate) fn target<'c>(contract: &'c Value, reference: &str) -> Result<Node<'c>> {
    let Some(pointer) = reference.strip_prefix('#') else {
        bail!("`$ref: {reference}` leads out of this document: bundle the contract into one first");
    };
    place(contract, &percent_decoded(pointer))
        .with_context(|| format!("`$ref: {reference}` leads nowhere in this document"))
}

/// The place at a JSON pointer, such as [`Node::at`].
pub(crate) fn place<'c>(contract: &'c Value, pointer: &str) -> Result<Node<'c>> {
    let value = contract
        .pointer(pointer)
        .with_context(|| format!("there is nothing at {pointer}"))?;
    let at = pointer.to_owned();
    Ok(Node { value, at })
}

/// Follows `$ref`s until something that is none.
pub(crate) fn follow<'c>(contract: &'c Value, mut node: Node<'c>) -> Result<Node<'c>> {
    for _ in 0..64 {
        let Some(reference) = node.value["$ref"].as_str() else {
            return Ok(node);
        };
        node = target(contract, reference)?;
    }
    bail!("a `$ref` at {} leads to itself", node.at)
}

/// A `$ref` is a URI, in which braces and the like of a path are escaped.
fn percent_decoded(pointer: &str) -> String {
    let mut bytes = Vec::with_capacity(pointer.len());
    let mut rest = pointer.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = (*first == b'%' && tail.len() >= 2)
            .then(|| std::str::from_utf8(&tail[..2]).ok())
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
