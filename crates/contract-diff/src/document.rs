//! Resolves the references of a contract.

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// The longest chain of `$ref`s.
const MOST_REFERENCES: usize = 64;

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
                let pointer = percent_decode_str(reference.strip_prefix('#')?).decode_utf8_lossy();
                Some((self.0.pointer(&pointer)?, reference))
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
