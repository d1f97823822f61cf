//! Discriminators: the values that select each alternative, and schemas that extend a base by
//! `allOf`.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::COMPONENTS;
use crate::contract::{self, Node, items, members};

/// Appended to the pointer of a schema with a discriminator to refer to that schema without its
/// subtypes. In a JSON pointer a digit follows every `~`, so no pointer of a contract ends like
/// this.
pub(crate) const BASE_ONLY: &str = "~base";

/// A property whose value selects an alternative.
pub(crate) struct Discriminator {
    pub(crate) property: String,
    /// For each alternative the values that select it.
    pub(crate) values: Vec<Vec<String>>,
}

/// The discriminator of a union; `None` when it does not select every alternative.
pub(crate) fn discriminator(
    contract: &Value,
    schema: &Value,
    alternatives: &[Node],
) -> Option<Discriminator> {
    let property = schema["discriminator"]["propertyName"].as_str()?;
    let mut values = Vec::new();
    for alternative in alternatives {
        alternative.at.strip_prefix(COMPONENTS)?;
        values.push(discriminator_values(contract, schema, &alternative.at));
    }
    let mut seen = HashSet::new();
    let distinct = values
        .iter()
        .flatten()
        .all(|value| seen.insert(value.clone()));
    let property = property.to_owned();
    distinct.then_some(Discriminator { property, values })
}

/// The values that select the schema at a pointer: those of the mapping, else its name.
pub(crate) fn discriminator_values(contract: &Value, schema: &Value, at: &str) -> Vec<String> {
    let name = contract::unescape(at.strip_prefix(COMPONENTS).unwrap_or_default());
    let mapped: Vec<String> = members(&schema["discriminator"]["mapping"])
        .filter(|(_, target)| {
            target.as_str().is_some_and(|target| {
                target == name.as_str()
                    || contract::resolve(contract, target)
                        .and_then(|node| contract::follow(contract, node))
                        .is_ok_and(|node| node.at == at)
            })
        })
        .map(|(value, _)| value.clone())
        .collect();
    if mapped.is_empty() {
        vec![name]
    } else {
        mapped
    }
}

/// Schemas with a discriminator and no alternatives of their own, and those that extend them.
pub(crate) fn subtypes(contract: &Value) -> HashMap<String, Vec<String>> {
    let mut found: HashMap<String, Vec<String>> = HashMap::new();
    let components = &contract["components"]["schemas"];
    let is_base = |schema: &Value| {
        schema["discriminator"]["propertyName"].is_string()
            && schema["oneOf"].is_null()
            && schema["anyOf"].is_null()
    };
    for (name, schema) in members(components) {
        // Include all ancestors, so that grandchildren count as well.
        let mut open: Vec<&Value> = items(&schema["allOf"]).iter().collect();
        let mut seen = HashSet::new();
        while let Some(part) = open.pop() {
            let Some(reference) = part["$ref"].as_str() else {
                open.extend(items(&part["allOf"]));
                continue;
            };
            let Ok(base) = contract::resolve(contract, reference) else {
                continue;
            };
            let at = format!("{COMPONENTS}{}", contract::escape(name));
            if !seen.insert(base.at.clone()) || base.at == at {
                continue;
            }
            if is_base(base.value) {
                found.entry(base.at.clone()).or_default().push(at);
            }
            open.extend(items(&base.value["allOf"]));
        }
    }
    // If the property has an enum without a value for any subtype, it selects nothing.
    found.retain(|at, subtypes| {
        let Ok(base) = contract::node_at(contract, at) else {
            return false;
        };
        let property = base.value["discriminator"]["propertyName"]
            .as_str()
            .unwrap_or_default();
        let declared = &base.value["properties"][property];
        let declared = declared["$ref"]
            .as_str()
            .and_then(|reference| contract::resolve(contract, reference).ok())
            .map_or(declared, |node| node.value);
        let values: Vec<String> = subtypes
            .iter()
            .flat_map(|subtype| discriminator_values(contract, base.value, subtype))
            .collect();
        !declared["enum"].is_array()
            || items(&declared["enum"])
                .iter()
                .filter_map(Value::as_str)
                .any(|value| values.iter().any(|known| known == value))
    });
    found
}
