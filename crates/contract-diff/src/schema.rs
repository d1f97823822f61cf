//! Compares schemas, and the schemas within them.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::constraints::Direction;
use crate::contract::{Contract, members, strings};
use crate::{Changes, Level};

pub(crate) struct SchemaDiff<'c> {
    old: &'c Contract,
    new: &'c Contract,
    direction: Direction,
    /// The pairs of components that contain this one: a schema may contain itself.
    above: HashSet<(String, String)>,
}

impl<'c> SchemaDiff<'c> {
    pub(crate) fn new(old: &'c Contract, new: &'c Contract, direction: Direction) -> Self {
        Self {
            old,
            new,
            direction,
            above: HashSet::new(),
        }
    }

    pub(crate) fn compare(&mut self, before: &Value, after: &Value, changes: &mut Changes) {
        let (before, old_name) = self.old.resolve(before);
        let (after, new_name) = self.new.resolve(after);
        let pair = match (old_name, new_name) {
            (Some(old), Some(new)) => Some((old.to_owned(), new.to_owned())),
            _ => None,
        };
        if let Some(pair) = &pair
            && !self.above.insert(pair.clone())
        {
            return;
        }
        let before = flat(self.old, before, 0);
        let after = flat(self.new, after, 0);
        self.direction.constraints(&before, &after, changes);
        self.properties(&before, &after, changes);
        self.items(&before, &after, changes);
        self.variants(&before, &after, changes);
        changes.add_deprecation(&before, &after);
        if before["default"] != after["default"] && self.direction == Direction::Request {
            let text = format!(
                "default changed from {} to {}",
                before["default"], after["default"]
            );
            changes.add(Level::Risky, text);
        }
        if let Some(pair) = pair {
            self.above.remove(&pair);
        }
    }

    fn properties(&mut self, before: &Value, after: &Value, changes: &mut Changes) {
        let old_required = strings(&before["required"]);
        let new_required = strings(&after["required"]);
        for (name, old) in members(&before["properties"]) {
            let mut changes = changes.at(&format!(" /{name}"));
            let new = &after["properties"][name];
            if new.is_null() {
                changes.add(Level::Breaking, "is gone");
                continue;
            }
            changes.add_flag(
                old_required.contains(&name),
                new_required.contains(&name),
                (self.direction.narrower(), "is required now"),
                (self.direction.new_kind(), "may be absent now"),
            );
            self.compare(old, new, &mut changes);
        }
        for (name, _) in members(&after["properties"]) {
            if before["properties"][name].is_null() {
                let level = match (self.direction, new_required.contains(&name)) {
                    (Direction::Request, true) => Level::Breaking,
                    // The old contract declared that there are no other members.
                    (Direction::Response, _) if before["additionalProperties"] == false => {
                        Level::Risky
                    }
                    _ => Level::Compatible,
                };
                let text = if new_required.contains(&name) {
                    "is new and required"
                } else {
                    "is new"
                };
                changes.at(&format!(" /{name}")).add(level, text);
            }
        }
        self.additional_properties(before, after, changes);
    }

    fn additional_properties(&mut self, before: &Value, after: &Value, changes: &mut Changes) {
        let (old, new) = (
            &before["additionalProperties"],
            &after["additionalProperties"],
        );
        changes.add_flag(
            *old == false,
            *new == false,
            (self.direction.narrower(), "allows no other members now"),
            (self.direction.wider(), "allows other members now"),
        );
        if *old != false && *new != false && (old.is_object() || new.is_object()) {
            self.compare(old, new, &mut changes.at(" /*"));
        }
    }

    fn items(&mut self, before: &Value, after: &Value, changes: &mut Changes) {
        if before["items"].is_object() || after["items"].is_object() {
            self.compare(&before["items"], &after["items"], &mut changes.at(" /-"));
        }
    }

    /// Variants are identified by the name of their component or their title, else by their
    /// content.
    fn variants(&mut self, before: &Value, after: &Value, changes: &mut Changes) {
        for keyword in ["oneOf", "anyOf"] {
            let olds = variants(self.old, &before[keyword]);
            let news = variants(self.new, &after[keyword]);
            if olds.is_empty() && news.is_empty() {
                continue;
            }
            if olds.is_empty() {
                changes.add(self.direction.narrower(), format!("is {keyword} now"));
                continue;
            }
            if news.is_empty() {
                changes.add(self.direction.new_kind(), format!("is no longer {keyword}"));
                continue;
            }
            for (name, old) in &olds {
                let mut changes = changes.at(&format!(" ({name})"));
                match news.iter().find(|(other, _)| other == name) {
                    Some((_, new)) => self.compare(old, new, &mut changes),
                    None => changes.add(self.direction.narrower(), "the variant is gone"),
                }
            }
            for (name, _) in &news {
                if !olds.iter().any(|(other, _)| other == name) {
                    let mut changes = changes.at(&format!(" ({name})"));
                    changes.add(self.direction.wider(), "the variant is new");
                }
            }
            if before["discriminator"] != after["discriminator"] {
                changes.add(Level::Breaking, "the discriminator changed");
            }
        }
    }
}

fn variants<'a>(contract: &'a Contract, list: &'a Value) -> Vec<(String, &'a Value)> {
    let variants = list.as_array().into_iter().flatten();
    variants
        .map(|variant| {
            let (schema, name) = contract.resolve(variant);
            let name = name.or(schema["title"].as_str());
            (
                name.map_or_else(|| schema.to_string(), str::to_owned),
                variant,
            )
        })
        .collect()
}

/// How deep `allOf` may be nested; a deeper one contains itself.
const MOST_LEVELS: usize = 32;

/// A schema with its `allOf` merged: all properties and `required`; for other keywords the last
/// wins.
fn flat(contract: &Contract, schema: &Value, level: usize) -> Value {
    let Some(parts) = schema["allOf"].as_array().filter(|_| level < MOST_LEVELS) else {
        return schema.clone();
    };
    let mut whole = Map::new();
    let own = schema.as_object().cloned().unwrap_or_default();
    let own = own.into_iter().filter(|(name, _)| name != "allOf");
    let parts = parts
        .iter()
        .map(|part| flat(contract, contract.resolve(part).0, level + 1));
    for part in parts.chain([Value::Object(own.collect())]) {
        let Value::Object(part) = part else { continue };
        for (name, value) in part {
            match (name.as_str(), whole.get_mut(&name), value) {
                ("properties", Some(Value::Object(all)), Value::Object(more)) => all.extend(more),
                ("required", Some(Value::Array(all)), Value::Array(more)) => all.extend(more),
                (_, _, value) => {
                    whole.insert(name, value);
                }
            }
        }
    }
    Value::Object(whole)
}
