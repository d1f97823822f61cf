//! `enum` and `const`.

use std::collections::HashSet;

use serde_json::Value;

use super::Shape;
use super::keywords::type_name;
use crate::contract::items;
use crate::names::{self, Scope};

/// An `enum` of strings or of integers; others are validated by the schema.
pub(super) fn enumeration<'c>(schema: &Value) -> Option<Shape<'c>> {
    let constant;
    let values = match (schema["enum"].as_array(), schema.get("const")) {
        (Some(values), None) => values,
        (None, Some(value)) => {
            constant = vec![value.clone()];
            &constant
        }
        _ => return None,
    };
    let values: Vec<&Value> = values.iter().filter(|value| !value.is_null()).collect();
    let kind = type_name(schema);
    if values.is_empty() {
        return None;
    }
    let titles = &schema["x-enum-varnames"];
    let named = |index: usize, wire: &str| {
        let title = titles[index]
            .as_str()
            .filter(|_| items(titles).len() == values.len());
        names::variant(title.unwrap_or(wire))
    };
    // The name of a constant of the generated enum.
    let mut scope = Scope::reserving(&["ALL"]);
    let mut seen = HashSet::new();
    if matches!(kind, None | Some("string")) && values.iter().all(|value| value.is_string()) {
        let variants = values.iter().enumerate().filter_map(|(index, value)| {
            let wire = value
                .as_str()
                .filter(|wire| seen.insert((*wire).to_owned()))?;
            Some((wire.to_owned(), scope.declare(&named(index, wire))))
        });
        return Some(Shape::Strings(variants.collect()));
    }
    if kind == Some("integer") && values.iter().all(|value| value.is_i64()) {
        let variants = values.iter().enumerate().filter_map(|(index, value)| {
            let wire = value
                .as_i64()
                .filter(|wire| seen.insert(wire.to_string()))?;
            Some((wire, scope.declare(&named(index, &wire.to_string()))))
        });
        return Some(Shape::Integers(variants.collect()));
    }
    None
}
