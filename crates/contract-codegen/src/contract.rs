//! Resolves JSON pointers and `$ref`s in a contract.

use anyhow::{Context, Result, bail};
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// The operations a path item can have, in the order of the specification.
pub const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// The value of a missing member.
pub(crate) static NOTHING: Value = Value::Null;

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
