//! Compares the keywords that do not contain schemas: types, enums, limits, `x-transitions`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::contract::{members, strings};
use crate::{Changes, Level};

/// Who writes the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// The client: allowing less breaks it.
    Request,
    /// The server: sending more may break the client.
    Response,
}

impl Direction {
    /// The level when fewer values are allowed than before.
    pub(crate) fn narrower(self) -> Level {
        match self {
            Self::Request => Level::Breaking,
            Self::Response => Level::Compatible,
        }
    }

    /// The level when more values of the same kind are allowed than before.
    pub(crate) fn wider(self) -> Level {
        match self {
            Self::Request => Level::Compatible,
            Self::Response => Level::Risky,
        }
    }

    /// The level when values of another kind are allowed than before.
    pub(crate) fn new_kind(self) -> Level {
        match self {
            Self::Request => Level::Compatible,
            Self::Response => Level::Breaking,
        }
    }
}

/// Limits that allow more when they are smaller.
const LOWER_LIMITS: [&str; 5] = [
    "minimum",
    "exclusiveMinimum",
    "minLength",
    "minItems",
    "minProperties",
];
/// Limits that allow more when they are greater.
const UPPER_LIMITS: [&str; 5] = [
    "maximum",
    "exclusiveMaximum",
    "maxLength",
    "maxItems",
    "maxProperties",
];

impl Direction {
    pub(crate) fn constraints(self, before: &Value, after: &Value, changes: &mut Changes) {
        self.types(before, after, changes);
        self.values(before, after, changes);
        self.limits(before, after, changes);
        self.transitions(before, after, changes);
    }

    fn types(self, before: &Value, after: &Value, changes: &mut Changes) {
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
            let what = if gone.is_empty() {
                "anything other than its type".to_owned()
            } else {
                gone.join(", ")
            };
            changes.add(self.narrower(), format!("may no longer be {what}"));
        }
        if !new.is_empty() || (news.is_empty() && !olds.is_empty()) {
            let what = if new.is_empty() {
                "anything".to_owned()
            } else {
                new.join(", ")
            };
            changes.add(self.new_kind(), format!("may be {what} now"));
        }
        let (old, new) = (before["format"].as_str(), after["format"].as_str());
        if old != new {
            let level = match (old, new) {
                (Some("int32"), Some("int64") | None) | (Some("float"), Some("double")) => {
                    self.wider()
                }
                (Some("int64") | None, Some("int32")) => self.narrower(),
                _ => Level::Breaking,
            };
            let text = format!(
                "format changed from {} to {}",
                old.unwrap_or("none"),
                new.unwrap_or("none")
            );
            changes.add(level, text);
        }
    }

    fn values(self, before: &Value, after: &Value, changes: &mut Changes) {
        match (allowed(before), allowed(after)) {
            (None, None) => {}
            (Some(_), None) => changes.add(self.wider(), "is no longer an enumeration"),
            (None, Some(_)) => changes.add(self.narrower(), "is an enumeration now"),
            (Some(olds), Some(news)) => {
                for value in olds.iter().filter(|value| !news.contains(value)) {
                    changes.add(self.narrower(), format!("the value {value} is gone"));
                }
                for value in news.iter().filter(|value| !olds.contains(value)) {
                    changes.add(self.wider(), format!("the value {value} is new"));
                }
            }
        }
    }

    fn limits(self, before: &Value, after: &Value, changes: &mut Changes) {
        for (limits, sign) in [(LOWER_LIMITS, 1.0), (UPPER_LIMITS, -1.0)] {
            for limit in limits {
                let number = |schema: &Value| schema[limit].as_f64();
                let (old, new) = (number(before), number(after));
                let level = match (old, new) {
                    (None, Some(_)) => self.narrower(),
                    (Some(_), None) => self.wider(),
                    (Some(old), Some(new)) if (new - old) * sign > 0.0 => self.narrower(),
                    (Some(old), Some(new)) if (new - old) * sign < 0.0 => self.wider(),
                    _ => continue,
                };
                limit_changed(limit, level, before, after, changes);
            }
        }
        for limit in ["pattern", "multipleOf"] {
            let level = match (before[limit].is_null(), after[limit].is_null()) {
                _ if before[limit] == after[limit] => continue,
                (false, true) => self.wider(),
                // It cannot be computed whether the new value allows more or less.
                _ => self.narrower().min(self.wider()),
            };
            limit_changed(limit, level, before, after, changes);
        }
        for flag in ["uniqueItems", "exclusiveMinimum", "exclusiveMaximum"] {
            changes.add_flag(
                before[flag] == true,
                after[flag] == true,
                (self.narrower(), &format!("{flag} now")),
                (self.wider(), &format!("no longer {flag}")),
            );
        }
    }

    /// `x-transitions`: for each enum value, the values that may follow it. They apply both to
    /// values that a client reads and to those that it writes.
    fn transitions(self, before: &Value, after: &Value, changes: &mut Changes) {
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
                changes.add(self.narrower(), text);
            }
            for to in new.iter().filter(|to| !old.contains(to)) {
                changes.add(self.wider(), format!("{from} may become {to} now"));
            }
        }
    }
}

fn limit_changed(limit: &str, level: Level, before: &Value, after: &Value, changes: &mut Changes) {
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

/// The allowed types, including `null`; empty if any type is allowed.
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

/// The values of an enumeration; `None` if it is not an enumeration.
fn allowed(schema: &Value) -> Option<Vec<&Value>> {
    match (&schema["enum"], &schema["const"]) {
        (Value::Array(values), _) => Some(values.iter().collect()),
        (_, Value::Null) => None,
        (_, one) => Some(vec![one]),
    }
}
