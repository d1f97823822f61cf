//! Compares what a schema says about one value: type, enumeration, limits, `x-transitions`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::change::{Changes, Level, Role};
use crate::document::{elements, members, strings};

/// How the value of a keyword decides which values the schema allows.
#[derive(Clone, Copy)]
enum Effect {
    /// Allows more when it is smaller. The other keyword is its exclusive form.
    AtLeast(&'static str),
    /// Allows more when it is greater. The other keyword is its exclusive form.
    AtMost(&'static str),
    /// Allows less when it is `true`.
    Flag,
    /// Allows less when it is a multiple of what it was.
    Divisor,
    /// Allows less when it is there; it cannot be computed what another value allows.
    Restriction,
}

/// Keywords without schemas. Those with schemas are in `schema.rs`.
const KEYWORDS: [(&str, Effect); 16] = [
    ("minimum", Effect::AtLeast("exclusiveMinimum")),
    ("minLength", Effect::AtLeast("")),
    ("minItems", Effect::AtLeast("")),
    ("minProperties", Effect::AtLeast("")),
    ("minContains", Effect::AtLeast("")),
    ("maximum", Effect::AtMost("exclusiveMaximum")),
    ("maxLength", Effect::AtMost("")),
    ("maxItems", Effect::AtMost("")),
    ("maxProperties", Effect::AtMost("")),
    ("maxContains", Effect::AtMost("")),
    ("uniqueItems", Effect::Flag),
    ("multipleOf", Effect::Divisor),
    ("pattern", Effect::Restriction),
    ("dependentRequired", Effect::Restriction),
    ("contentEncoding", Effect::Restriction),
    ("contentMediaType", Effect::Restriction),
];

const OPEN_ENUM: &str = "the SDKs keep a value that they do not know; code that matches every value needs a branch for others";
const LIMIT: &str =
    "concerns consumers that rely on the limit, for example for the size of a column";

impl Changes<'_> {
    /// Compares all keywords that do not contain schemas.
    pub(crate) fn keywords(&mut self, before: &Value, after: &Value) {
        self.types(before, after);
        self.format(before, after);
        self.values(before, after);
        for (keyword, effect) in KEYWORDS {
            self.keyword(keyword, effect, before, after);
        }
        self.transitions(before, after);
        if before["default"] != after["default"] {
            let what = what(&before["default"], &after["default"], "default");
            let text = changed(
                "default",
                &show(&before["default"]),
                &show(&after["default"]),
            );
            match self.role {
                Role::Writes => self.add_noted(
                    Level::Risky,
                    &what,
                    text,
                    Some("a request without it means something else now"),
                ),
                Role::Reads => self.add(Level::Compatible, &what, text),
            }
        }
    }

    fn types(&mut self, before: &Value, after: &Value) {
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
            let text = format!("may no longer be {what}");
            self.add(self.role.narrower(), "type-narrowed", text);
        }
        if !new.is_empty() || (news.is_empty() && !olds.is_empty()) {
            let what = if new.is_empty() {
                "anything".to_owned()
            } else {
                new.join(", ")
            };
            let text = format!("may be {what} now");
            self.add(self.role.new_kind(), "type-widened", text);
        }
    }

    /// SDKs have a type of their own for many formats.
    fn format(&mut self, before: &Value, after: &Value) {
        let (old, new) = (before["format"].as_str(), after["format"].as_str());
        if old == new {
            return;
        }
        let level = match (old, new) {
            (Some("int32"), Some("int64") | None) | (Some("float"), Some("double")) => {
                self.role.wider()
            }
            (Some("int64") | None, Some("int32")) => self.role.narrower(),
            _ => Level::Breaking,
        };
        let text = changed("format", old.unwrap_or("none"), new.unwrap_or("none"));
        self.add(level, "format-changed", text);
    }

    fn values(&mut self, before: &Value, after: &Value) {
        let (narrower, wider) = (self.role.narrower(), self.role.wider());
        let note = (wider == Level::Risky).then_some(OPEN_ENUM);
        match (allowed(before), allowed(after)) {
            (None, None) => {}
            (Some(_), None) => {
                let text = "is no longer an enumeration";
                self.add_noted(wider, "became-not-enum", text, note);
            }
            (None, Some(_)) => self.add(narrower, "became-enum", "is an enumeration now"),
            (Some(olds), Some(news)) => {
                for value in olds.iter().filter(|value| !news.contains(value)) {
                    let text = format!("the value {value} is gone");
                    self.add(narrower, "enum-value-removed", text);
                }
                // A consumer that knows the old values finds none of them any more.
                let all_new = !news.iter().any(|value| olds.contains(value));
                let (level, note) = match self.role {
                    Role::Reads if all_new => (Level::Breaking, None),
                    _ => (wider, note),
                };
                for value in news.iter().filter(|value| !olds.contains(value)) {
                    let text = format!("the value {value} is new");
                    self.add_noted(level, "enum-value-added", text, note);
                }
            }
        }
    }

    fn keyword(&mut self, keyword: &str, effect: Effect, before: &Value, after: &Value) {
        let (old, new) = (&before[keyword], &after[keyword]);
        let (narrower, wider) = (self.role.narrower(), self.role.wider());
        let text = changed(keyword, &show(old), &show(new));
        let (level, what, text) = match effect {
            Effect::AtLeast(exclusive) | Effect::AtMost(exclusive) => {
                let sign = if matches!(effect, Effect::AtLeast(_)) {
                    1.0
                } else {
                    -1.0
                };
                let old = Bound::of(before, keyword, exclusive, sign);
                let new = Bound::of(after, keyword, exclusive, sign);
                let level = match new.tightness.total_cmp(&old.tightness) {
                    std::cmp::Ordering::Equal if new.exclusive == old.exclusive => return,
                    std::cmp::Ordering::Equal if new.exclusive => narrower,
                    std::cmp::Ordering::Greater => narrower,
                    _ => wider,
                };
                let what = match (old.text == "none", new.text == "none") {
                    (true, _) => "added",
                    (_, true) => "removed",
                    _ if new.tightness * sign > old.tightness * sign => "increased",
                    _ if new.tightness * sign < old.tightness * sign => "decreased",
                    _ => "changed",
                };
                let what = format!("{}-{what}", kebab(keyword));
                (level, what, changed(keyword, &old.text, &new.text))
            }
            Effect::Flag => match (*old == true, *new == true) {
                (false, true) => (
                    narrower,
                    format!("{}-added", kebab(keyword)),
                    format!("{keyword} now"),
                ),
                (true, false) => (
                    wider,
                    format!("{}-removed", kebab(keyword)),
                    format!("no longer {keyword}"),
                ),
                _ => return,
            },
            _ if old == new => return,
            Effect::Divisor | Effect::Restriction => {
                let multiple = |of: &Value, one: &Value| match (effect, of.as_f64(), one.as_f64()) {
                    (Effect::Divisor, Some(of), Some(one)) => (of / one).fract() == 0.0,
                    _ => false,
                };
                let level = if old.is_null() || multiple(new, old) {
                    narrower
                } else if new.is_null() || multiple(old, new) {
                    wider
                } else {
                    self.role.unknown()
                };
                (level, what(old, new, &kebab(keyword)), text)
            }
        };
        let note = (level == Level::Risky).then_some(LIMIT);
        self.add_noted(level, &what, text, note);
    }

    /// `x-transitions`: for each enum value, the values that may follow it. They apply both to
    /// values that a consumer reads and to those that it writes.
    fn transitions(&mut self, before: &Value, after: &Value) {
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
                self.add(self.role.narrower(), "transition-removed", text);
            }
            for to in new.iter().filter(|to| !old.contains(to)) {
                let text = format!("{from} may become {to} now");
                self.add(self.role.wider(), "transition-added", text);
            }
        }
    }
}

/// A limit: an inclusive or exclusive bound, whichever allows less. In OpenAPI 3.0 the exclusive
/// keyword is a flag, in 3.1 a number.
struct Bound {
    /// Greater if less is allowed.
    tightness: f64,
    exclusive: bool,
    text: String,
}

impl Bound {
    fn of(schema: &Value, keyword: &str, exclusive: &str, sign: f64) -> Self {
        let none = if keyword.starts_with("min") && keyword != "minimum" {
            // Nothing is shorter than 0.
            if keyword == "minContains" { 1.0 } else { 0.0 }
        } else {
            f64::NEG_INFINITY
        };
        let bound = |value: &Value, exclusive: bool| {
            let number = value.as_f64()?;
            let after = if exclusive { " (exclusive)" } else { "" };
            Some(Self {
                tightness: number * sign,
                exclusive,
                text: format!("{value}{after}"),
            })
        };
        let inclusive = bound(&schema[keyword], schema[exclusive] == true);
        let other = bound(&schema[exclusive], true);
        let tighter = |one: Self, two: Self| {
            if one.tightness > two.tightness {
                one
            } else {
                two
            }
        };
        match (inclusive, other) {
            (Some(one), Some(two)) => tighter(one, two),
            (one, two) => one.or(two).unwrap_or(Self {
                tightness: none,
                exclusive: false,
                text: "none".into(),
            }),
        }
    }
}

/// The end of a rule's id for a keyword that appeared, disappeared or changed.
pub(crate) fn what(old: &Value, new: &Value, name: &str) -> String {
    let what = match (old.is_null(), new.is_null()) {
        (true, _) => "added",
        (_, true) => "removed",
        _ => "changed",
    };
    format!("{name}-{what}")
}

/// `maxLength` as `max-length`.
pub(crate) fn kebab(keyword: &str) -> String {
    let mut name = String::new();
    for letter in keyword.chars() {
        if letter.is_ascii_uppercase() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

pub(crate) fn changed(keyword: &str, old: &str, new: &str) -> String {
    format!("{keyword} changed from {old} to {new}")
}

pub(crate) fn show(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        other => other.to_string(),
    }
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
        (Value::Array(_), _) => Some(elements(&schema["enum"]).collect()),
        (_, Value::Null) => None,
        (_, one) => Some(vec![one]),
    }
}
