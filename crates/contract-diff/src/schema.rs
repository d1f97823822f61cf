//! Compares schemas, and the schemas within them.

use serde_json::{Map, Value, json};

use crate::change::{Changes, Level, Role};
use crate::document::{Contract, elements, members, strings};
use crate::keywords::{changed, what};
use crate::operations::Pair;

/// Keywords whose value is a schema, or contains some, and that allow less when they are there: it
/// cannot be computed what another value allows.
const RESTRICTIONS: [(&str, &str); 10] = [
    ("not", "not"),
    ("prefixItems", "prefix-items"),
    ("contains", "contains"),
    ("propertyNames", "property-names"),
    ("if", "if"),
    ("then", "then"),
    ("else", "else"),
    ("unevaluatedItems", "unevaluated-items"),
    ("unevaluatedProperties", "unevaluated-properties"),
    ("contentSchema", "content-schema"),
];

/// Keywords that contain schemas by name, and what a name is called.
const NAMED: [(&str, &str); 2] = [
    ("patternProperties", "pattern-property"),
    ("dependentSchemas", "dependent-schema"),
];

/// Keywords that do not restrict values.
const ANNOTATIONS: [&str; 8] = [
    "title",
    "description",
    "summary",
    "example",
    "examples",
    "externalDocs",
    "xml",
    "$comment",
];

/// How deep `allOf` may be nested; a deeper one contains itself.
const MOST_LEVELS: usize = 16;

impl Pair<'_> {
    pub(crate) fn schema(&self, before: &Value, after: &Value, changes: &mut Changes) {
        // A pair of schemas is not compared within itself, and not again if it is equal. Only
        // references lead back to where the comparison came from.
        let visit = match (key(before), key(after)) {
            (Some(old), Some(new)) => Some((changes.role, old, new)),
            _ => None,
        };
        let Some(visit) = visit else {
            return self.contents(before, after, changes);
        };
        if self.equal.borrow().contains(&visit) {
            return;
        }
        if !self.above.borrow_mut().insert(visit.clone()) {
            self.cut.set(self.cut.get() + 1);
            return;
        }
        let (count, cut) = (changes.found.len(), self.cut.get());
        self.contents(before, after, changes);
        self.above.borrow_mut().remove(&visit);
        if changes.found.len() == count && self.cut.get() == cut {
            self.equal.borrow_mut().insert(visit);
        }
    }

    fn contents(&self, before: &Value, after: &Value, changes: &mut Changes) {
        let before = &flat(self.old, before, 0);
        let after = &flat(self.new, after, 0);
        changes.lifecycle(before, after);
        if self.became_union(before, after, changes) {
            return;
        }
        changes.keywords(before, after);
        for (keyword, name) in RESTRICTIONS {
            let (old, new) = (&before[keyword], &after[keyword]);
            if !self.same(old, new, false, 0) {
                let level = match (old.is_null(), new.is_null()) {
                    (true, _) => changes.role.narrower(),
                    (_, true) => changes.role.wider(),
                    _ => changes.role.unknown(),
                };
                let text = match (old.is_null(), new.is_null()) {
                    (true, _) => format!("{keyword} is new"),
                    (_, true) => format!("{keyword} is gone"),
                    _ => format!("{keyword} changed"),
                };
                changes.add(level, &what(old, new, name), text);
            }
        }
        for (keyword, name) in NAMED {
            self.named(keyword, name, before, after, changes);
        }
        self.properties(before, after, changes);
        self.additional_properties(before, after, changes);
        self.items(before, after, changes);
        self.variants(before, after, changes);
    }

    fn named(
        &self,
        keyword: &str,
        name: &'static str,
        before: &Value,
        after: &Value,
        changes: &mut Changes,
    ) {
        for (key, old) in members(&before[keyword]) {
            let mut changes = changes.at(&format!(" /{keyword}/{key}"));
            match &after[keyword][key] {
                Value::Null => {
                    changes.add(changes.role.wider(), &format!("{name}-removed"), "is gone");
                }
                new => self.schema(old, new, &mut changes),
            }
        }
        for (key, _) in members(&after[keyword]) {
            if before[keyword][key].is_null() {
                let mut changes = changes.at(&format!(" /{keyword}/{key}"));
                changes.add(changes.role.narrower(), &format!("{name}-added"), "is new");
            }
        }
    }

    fn properties(&self, before: &Value, after: &Value, changes: &mut Changes) {
        let role = changes.role;
        let old_required = strings(&before["required"]);
        let new_required = strings(&after["required"]);
        let (olds, news) = (&before["properties"], &after["properties"]);
        for (name, old) in members(olds) {
            let mut changes = changes.of(&format!(" /{name}"), "property");
            let new = &news[name];
            let was_there = visible(self.old, old, role);
            let is_there = !new.is_null() && visible(self.new, new, role);
            match (was_there, is_there) {
                (false, false) => continue,
                (true, false) if new.is_null() => {
                    let old = flat(self.old, old, 0);
                    changes.removed(Level::Breaking, &old, "is gone");
                    continue;
                }
                (true, false) => {
                    let (what, text) = match role {
                        Role::Writes => (
                            "became-read-only",
                            "is read-only now: the receiver ignores it",
                        ),
                        Role::Reads => ("became-write-only", "is write-only now: it is not sent"),
                    };
                    changes.add(Level::Breaking, what, text);
                    continue;
                }
                (false, true) => {
                    self.new_property(name, before, after, &mut changes);
                    continue;
                }
                (true, true) => {}
            }
            match (old_required.contains(&name), new_required.contains(&name)) {
                (false, true) => {
                    changes.add(role.narrower(), "became-required", "is required now");
                }
                (true, false) => {
                    changes.add(role.new_kind(), "became-optional", "may be absent now");
                }
                _ => {}
            }
            self.schema(old, new, &mut changes);
        }
        for (name, new) in members(news) {
            if olds[name].is_null() && visible(self.new, new, role) {
                let mut changes = changes.of(&format!(" /{name}"), "property");
                self.new_property(name, before, after, &mut changes);
            }
        }
    }

    fn new_property(&self, name: &str, before: &Value, after: &Value, changes: &mut Changes) {
        let required = strings(&after["required"]).contains(&name);
        let level = match (changes.role, required) {
            (Role::Writes, true) => Level::Breaking,
            // The old contract declared that there are no other members.
            (Role::Reads, _) if before["additionalProperties"] == false => Level::Risky,
            _ => Level::Compatible,
        };
        changes.is_new(level, required);
    }

    fn additional_properties(&self, before: &Value, after: &Value, changes: &mut Changes) {
        let keyword = "additionalProperties";
        let (old, new) = (&before[keyword], &after[keyword]);
        match (*old == false, *new == false) {
            (false, true) => changes.add(
                changes.role.narrower(),
                "additional-properties-removed",
                "allows no other members now",
            ),
            (true, false) => changes.add(
                changes.role.wider(),
                "additional-properties-added",
                "allows other members now",
            ),
            (false, false) if old.is_object() || new.is_object() => {
                self.schema(old, new, &mut changes.at(" /*"));
            }
            _ => {}
        }
    }

    fn items(&self, before: &Value, after: &Value, changes: &mut Changes) {
        let (old, new) = (&before["items"], &after["items"]);
        let is_other_type = before["type"] != after["type"] && (old.is_null() || new.is_null());
        if !(is_other_type || old.is_null() && new.is_null()) {
            self.schema(old, new, &mut changes.at(" /-"));
        }
    }

    /// Whether two schemas allow the same, as far as their text shows. In a map `by_name`, no key is
    /// an annotation.
    pub(crate) fn same(&self, before: &Value, after: &Value, by_name: bool, level: usize) -> bool {
        let (before, old_name) = self.old.resolve(before);
        let (after, new_name) = self.new.resolve(after);
        if level == 0 {
            self.alike.borrow_mut().clear();
        }
        if let (Some(old), Some(new)) = (old_name, new_name) {
            let pair = (old.to_owned(), new.to_owned());
            if !self.alike.borrow_mut().insert(pair) {
                return true;
            }
        }
        let counts = |name: &str| by_name || !ANNOTATIONS.contains(&name);
        match (before, after) {
            (Value::Object(olds), Value::Object(news)) => {
                let known = |name: &String| !counts(name) || olds.contains_key(name);
                news.keys().all(known)
                    && olds
                        .iter()
                        .filter(|(name, _)| counts(name))
                        .all(|(name, old)| {
                            let maps = ["properties", "patternProperties", "dependentSchemas"];
                            let by_name = maps.contains(&name.as_str()) && !by_name;
                            let same = |new| self.same(old, new, by_name, level + 1);
                            news.get(name).is_some_and(same)
                        })
            }
            (Value::Array(olds), Value::Array(news)) => {
                let mut pairs = olds.iter().zip(news);
                olds.len() == news.len()
                    && pairs.all(|(old, new)| self.same(old, new, false, level + 1))
            }
            _ => before == after,
        }
    }
}

impl Changes<'_> {
    /// Something that has a `required` flag is new.
    pub(crate) fn is_new(&mut self, level: Level, required: bool) {
        if required {
            self.add(level, "added-required", "is new and required");
        } else {
            self.add(level, "added", "is new");
        }
    }
}

/// The discriminator of a union.
pub(crate) fn discriminator(before: &Value, after: &Value, changes: &mut Changes) {
    let (old, new) = (&before["discriminator"], &after["discriminator"]);
    if old["propertyName"] != new["propertyName"] {
        let text = "the discriminator changed";
        let what = what(old, new, "discriminator");
        return changes.add(Level::Breaking, &what, text);
    }
    for (name, target) in members(&old["mapping"]) {
        match &new["mapping"][name] {
            Value::Null => {
                let text = format!("the discriminator's value {name} is gone");
                changes.add(changes.role.narrower(), "discriminator-value-removed", text);
            }
            other if other != target => {
                let text = changed(
                    &format!("the variant of the discriminator's value {name}"),
                    &target.to_string(),
                    &other.to_string(),
                );
                changes.add(Level::Breaking, "discriminator-value-changed", text);
            }
            _ => {}
        }
    }
    for (name, _) in members(&new["mapping"]) {
        if old["mapping"][name].is_null() {
            let text = format!("the discriminator's value {name} is new");
            changes.add(changes.role.wider(), "discriminator-value-added", text);
        }
    }
}

/// Whether the one who writes sends the property: `readOnly` ones are not in requests, `writeOnly`
/// ones not in responses.
fn visible(contract: Contract, property: &Value, role: Role) -> bool {
    let flag = match role {
        Role::Writes => "readOnly",
        Role::Reads => "writeOnly",
    };
    flat(contract, property, 0)[flag] != true
}

/// Identifies a schema that may lead to others by reference; empty if there is no schema.
fn key(schema: &Value) -> Option<String> {
    let refers = schema["$ref"].is_string() || schema["allOf"].is_array();
    match schema {
        Value::Null => Some(String::new()),
        _ => refers.then(|| schema.to_string()),
    }
}

/// A schema with its `$ref` and `allOf` merged: all properties and `required`; for other keywords the
/// last wins. `true` and `false` are schemas, too.
pub(crate) fn flat(contract: Contract, schema: &Value, level: usize) -> Value {
    match schema {
        Value::Bool(true) => return json!({}),
        Value::Bool(false) => return json!({"not": {}}),
        _ => {}
    }
    let (target, name) = contract.resolve(schema);
    let is_plain = name.is_none() && !schema["allOf"].is_array();
    if is_plain || level >= MOST_LEVELS {
        return schema.clone();
    }
    let mut whole = Map::new();
    let own = schema.as_object().cloned().unwrap_or_default();
    let own = own
        .into_iter()
        .filter(|(name, _)| name != "allOf" && name != "$ref");
    let parts = name.map(|_| target).into_iter();
    let parts = parts
        .chain(elements(&schema["allOf"]))
        .map(|part| flat(contract, part, level + 1));
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
