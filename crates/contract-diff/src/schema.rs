//! Compares schemas: which values were allowed, and which are now.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value};

use crate::contract::{Contract, members, strings};
use crate::{Changes, Level};

/// Who writes the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// The client: to allow less breaks it.
    Request,
    /// The server: to send more may break the client.
    Answer,
}

impl Direction {
    /// Fewer values are allowed than before.
    fn narrower(self) -> Level {
        match self {
            Self::Request => Level::Breaking,
            Self::Answer => Level::Compatible,
        }
    }

    /// More values are allowed than before, of the same kind.
    fn wider(self) -> Level {
        match self {
            Self::Request => Level::Compatible,
            Self::Answer => Level::Risky,
        }
    }

    /// Values of another kind are allowed than before.
    fn new_kind(self) -> Level {
        match self {
            Self::Request => Level::Compatible,
            Self::Answer => Level::Breaking,
        }
    }
}

/// Limits of which a smaller number allows more.
const LOWER_LIMITS: [&str; 5] = [
    "minimum",
    "exclusiveMinimum",
    "minLength",
    "minItems",
    "minProperties",
];
/// Limits of which a greater number allows more.
const UPPER_LIMITS: [&str; 5] = [
    "maximum",
    "exclusiveMaximum",
    "maxLength",
    "maxItems",
    "maxProperties",
];

pub(crate) struct SchemaDiff<'c> {
    old: &'c Contract,
    new: &'c Contract,
    way: Direction,
    /// Pairs of components on the way here: a schema may hold itself.
    above: HashSet<(String, String)>,
}

impl<'c> SchemaDiff<'c> {
    pub(crate) fn new(old: &'c Contract, new: &'c Contract, way: Direction) -> Self {
        Self {
            old,
            new,
            way,
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
        self.types(&before, &after, changes);
        self.values(&before, &after, changes);
        self.limits(&before, &after, changes);
        self.properties(&before, &after, changes);
        self.items(&before, &after, changes);
        self.variants(&before, &after, changes);
        self.transitions(&before, &after, changes);
        if after["deprecated"] == true && before["deprecated"] != true {
            changes.add(Level::Compatible, "is deprecated now");
        }
        if before["default"] != after["default"] && self.way == Direction::Request {
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

    fn types(&self, before: &Value, after: &Value, changes: &mut Changes) {
        let olds = types(before);
        let news = types(after);
        let covers = |types: &BTreeSet<String>, one: &str| {
            types.is_empty()
                || types.contains(one)
                || (one == "integer" && types.contains("number"))
        };
        let gone = olds.iter().filter(|one| !covers(&news, one));
        let gone: Vec<&str> = gone.map(String::as_str).collect();
        let new = news.iter().filter(|one| !covers(&olds, one));
        let new: Vec<&str> = new.map(String::as_str).collect();
        if !gone.is_empty() || (olds.is_empty() && !news.is_empty()) {
            let what = match gone.is_empty() {
                true => "anything else than its type".to_owned(),
                false => gone.join(", "),
            };
            changes.add(self.way.narrower(), format!("may no longer be {what}"));
        }
        if !new.is_empty() || (news.is_empty() && !olds.is_empty()) {
            let what = match new.is_empty() {
                true => "anything".to_owned(),
                false => new.join(", "),
            };
            changes.add(self.way.new_kind(), format!("may be {what} now"));
        }
        let (old, new) = (before["format"].as_str(), after["format"].as_str());
        if old != new {
            let level = match (old, new) {
                (Some("int32"), Some("int64") | None) | (Some("float"), Some("double")) => {
                    self.way.wider()
                }
                (Some("int64") | None, Some("int32")) => self.way.narrower(),
                _ => Level::Breaking,
            };
            let show = |format: Option<&str>| format.unwrap_or("none").to_owned();
            let text = format!("format changed from {} to {}", show(old), show(new));
            changes.add(level, text);
        }
    }

    fn values(&self, before: &Value, after: &Value, changes: &mut Changes) {
        match (allowed(before), allowed(after)) {
            (None, None) => {}
            (Some(_), None) => changes.add(self.way.wider(), "is no longer an enumeration"),
            (None, Some(_)) => changes.add(self.way.narrower(), "is an enumeration now"),
            (Some(olds), Some(news)) => {
                for value in olds.iter().filter(|value| !news.contains(value)) {
                    changes.add(self.way.narrower(), format!("the value {value} is gone"));
                }
                for value in news.iter().filter(|value| !olds.contains(value)) {
                    changes.add(self.way.wider(), format!("the value {value} is new"));
                }
            }
        }
    }

    fn limits(&self, before: &Value, after: &Value, changes: &mut Changes) {
        for (limits, sign) in [(LOWER_LIMITS, 1.0), (UPPER_LIMITS, -1.0)] {
            for limit in limits {
                let number = |schema: &Value| schema[limit].as_f64();
                let (old, new) = (number(before), number(after));
                let level = match (old, new) {
                    (None, Some(_)) => self.way.narrower(),
                    (Some(_), None) => self.way.wider(),
                    (Some(old), Some(new)) if (new - old) * sign > 0.0 => self.way.narrower(),
                    (Some(old), Some(new)) if (new - old) * sign < 0.0 => self.way.wider(),
                    _ => continue,
                };
                self.limit(limit, level, before, after, changes);
            }
        }
        for limit in ["pattern", "multipleOf"] {
            let level = match (before[limit].is_null(), after[limit].is_null()) {
                _ if before[limit] == after[limit] => continue,
                (false, true) => self.way.wider(),
                // Whether another pattern allows more or less cannot be seen.
                _ => self.way.narrower().min(self.way.wider()),
            };
            self.limit(limit, level, before, after, changes);
        }
        for (flag, absent) in [
            ("uniqueItems", false),
            ("exclusiveMinimum", false),
            ("exclusiveMaximum", false),
        ] {
            let is_set = |schema: &Value| schema[flag].as_bool().unwrap_or(absent);
            match (is_set(before), is_set(after)) {
                (false, true) => changes.add(self.way.narrower(), format!("{flag} now")),
                (true, false) => changes.add(self.way.wider(), format!("no longer {flag}")),
                _ => {}
            }
        }
    }

    fn limit(
        &self,
        limit: &str,
        level: Level,
        before: &Value,
        after: &Value,
        changes: &mut Changes,
    ) {
        let show = |value: &Value| match value {
            Value::Null => "none".to_owned(),
            other => other.to_string(),
        };
        let text = format!(
            "{limit} changed from {} to {}",
            show(&before[limit]),
            show(&after[limit])
        );
        changes.add(level, text);
    }

    fn properties(&mut self, before: &Value, after: &Value, changes: &mut Changes) {
        let required = |schema: &Value| -> BTreeSet<String> {
            strings(&schema["required"])
                .into_iter()
                .map(str::to_owned)
                .collect()
        };
        let (old_required, new_required) = (required(before), required(after));
        for (name, old) in members(&before["properties"]) {
            let mut changes = changes.at(&format!(" /{name}"));
            let new = &after["properties"][name];
            if new.is_null() {
                changes.add(Level::Breaking, "is gone");
                continue;
            }
            match (old_required.contains(name), new_required.contains(name)) {
                (false, true) => changes.add(self.way.narrower(), "is required now"),
                (true, false) => changes.add(self.way.new_kind(), "may be absent now"),
                _ => {}
            }
            self.compare(old, new, &mut changes);
        }
        for (name, _) in members(&after["properties"]) {
            if before["properties"][name].is_null() {
                let level = match (self.way, new_required.contains(name)) {
                    (Direction::Request, true) => Level::Breaking,
                    // A client that refuses what it does not know was told that there is nothing.
                    (Direction::Answer, _) if before["additionalProperties"] == false => {
                        Level::Risky
                    }
                    _ => Level::Compatible,
                };
                let text = match new_required.contains(name) {
                    true => "is new and required",
                    false => "is new",
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
        let forbidden = |value: &Value| *value == false;
        match (forbidden(old), forbidden(new)) {
            (false, true) => changes.add(self.way.narrower(), "takes no other members now"),
            (true, false) => changes.add(self.way.wider(), "takes other members now"),
            (false, false) if old.is_object() || new.is_object() => {
                let any = Value::Object(Map::new());
                let schema = |value: &Value| match value.is_object() {
                    true => value.clone(),
                    false => any.clone(),
                };
                self.compare(&schema(old), &schema(new), &mut changes.at(" /*"));
            }
            _ => {}
        }
    }

    fn items(&mut self, before: &Value, after: &Value, changes: &mut Changes) {
        if before["items"].is_object() || after["items"].is_object() {
            let (old, new) = (before["items"].clone(), after["items"].clone());
            self.compare(&old, &new, &mut changes.at(" /-"));
        }
    }

    /// Variants are told apart by their component's name, or else by what they are.
    fn variants(&mut self, before: &Value, after: &Value, changes: &mut Changes) {
        for keyword in ["oneOf", "anyOf"] {
            let olds = variants(self.old, &before[keyword]);
            let news = variants(self.new, &after[keyword]);
            if olds.is_empty() && news.is_empty() {
                continue;
            }
            if olds.is_empty() {
                changes.add(self.way.narrower(), format!("is {keyword} now"));
                continue;
            }
            if news.is_empty() {
                changes.add(self.way.new_kind(), format!("is no longer {keyword}"));
                continue;
            }
            for (name, old) in &olds {
                let mut changes = changes.at(&format!(" ({name})"));
                match news.iter().find(|(other, _)| other == name) {
                    Some((_, new)) => self.compare(old, new, &mut changes),
                    None => changes.add(self.way.narrower(), "the variant is gone"),
                }
            }
            for (name, _) in &news {
                if !olds.iter().any(|(other, _)| other == name) {
                    let mut changes = changes.at(&format!(" ({name})"));
                    changes.add(self.way.wider(), "the variant is new");
                }
            }
            if before["discriminator"] != after["discriminator"] {
                changes.add(Level::Breaking, "the discriminator changed");
            }
        }
    }

    /// `x-transitions`: from each value of an enumeration, those that it may become. A client reads
    /// and asks for them alike.
    fn transitions(&self, before: &Value, after: &Value, changes: &mut Changes) {
        let (olds, news) = (&before["x-transitions"], &after["x-transitions"]);
        if olds.is_null() || news.is_null() {
            return;
        }
        let froms: BTreeSet<&str> = members(olds)
            .chain(members(news))
            .map(|(from, _)| from)
            .collect();
        for from in froms {
            let (old, new) = (strings(&olds[from]), strings(&news[from]));
            for to in old.iter().filter(|to| !new.contains(to)) {
                let text = format!("{from} may no longer become {to}");
                changes.add(self.way.narrower(), text);
            }
            for to in new.iter().filter(|to| !old.contains(to)) {
                changes.add(self.way.wider(), format!("{from} may become {to} now"));
            }
        }
    }
}

/// The types that are allowed, `null` among them; empty when any is.
fn types(schema: &Value) -> BTreeSet<String> {
    let mut types: BTreeSet<String> = match &schema["type"] {
        Value::String(one) => BTreeSet::from([one.clone()]),
        several => strings(several).into_iter().map(str::to_owned).collect(),
    };
    if schema["nullable"] == true && !types.is_empty() {
        types.insert("null".into());
    }
    types
}

/// The values of an enumeration; `None` when it is none.
fn allowed(schema: &Value) -> Option<Vec<&Value>> {
    match (&schema["enum"], &schema["const"]) {
        (Value::Array(values), _) => Some(values.iter().collect()),
        (_, Value::Null) => None,
        (_, one) => Some(vec![one]),
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

/// How deep `allOf` may be nested; deeper, it is in a circle.
const MOST_LEVELS: usize = 32;

/// A schema with its `allOf` taken together: the properties and demands of all, the last word on
/// everything else.
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
