//! Values that a schema allows, made by proptest.

use contract_runtime::Contract;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::string::string_regex;
use serde_json::{Map, Number, Value, json};

/// How deep optional members are nested.
const DEPTH: usize = 3;

/// Letters with a meaning in some syntax, and letters beyond ASCII.
const LETTERS: &str = "[ a-zA-Z0-9%&+,;=|./?#'\"\\\\äß漢😀-]";

/// The valid values of a root in the contract's schemas.
pub fn values(contract: &'static Contract, schemas: &str, root: &str) -> BoxedStrategy<Value> {
    let schemas: Value = serde_json::from_str(schemas).unwrap();
    let schema = &schemas["roots"][root];
    assert!(!schema.is_null(), "{root}");
    let root = root.to_owned();
    Maker { schemas: &schemas }
        .of(schema, 0)
        .prop_filter("not valid", move |value| contract.holds(&root, value))
        .boxed()
}

struct Maker<'s> {
    schemas: &'s Value,
}

impl Maker<'_> {
    fn of(&self, schema: &Value, depth: usize) -> BoxedStrategy<Value> {
        if let Some(name) = schema["$ref"]
            .as_str()
            .and_then(|at| at.strip_prefix("#/$defs/"))
        {
            return self.of(&self.schemas["$defs"][name], depth);
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let parts = parts
                .iter()
                .map(|part| self.of(part, depth))
                .collect::<Vec<_>>();
            return parts.prop_map(merged).boxed();
        }
        for key in ["oneOf", "anyOf"] {
            if let Some(parts) = schema[key].as_array() {
                let own = schema["properties"]
                    .is_object()
                    .then(|| self.object(schema, depth));
                let parts = parts
                    .iter()
                    .map(|part| self.of(part, depth))
                    .collect::<Vec<_>>();
                let one = proptest::strategy::Union::new(parts);
                return match own {
                    Some(own) => own.boxed(),
                    None => one.boxed(),
                };
            }
        }
        if let Some(values) = schema["enum"].as_array() {
            return select(values.clone()).boxed();
        }
        if !schema["const"].is_null() {
            return Just(schema["const"].clone()).boxed();
        }
        match &schema["type"] {
            Value::Array(kinds) => {
                let kinds = kinds.iter().map(|kind| {
                    let mut one = schema.clone();
                    one["type"] = kind.clone();
                    self.of(&one, depth)
                });
                proptest::strategy::Union::new(kinds.collect::<Vec<_>>()).boxed()
            }
            Value::String(kind) => match kind.as_str() {
                "object" => self.object(schema, depth),
                "array" => self.list(schema, depth),
                "string" => text(schema),
                "integer" => integer(schema),
                "number" => number(schema),
                "boolean" => any::<bool>().prop_map(Value::from).boxed(),
                _ => Just(Value::Null).boxed(),
            },
            _ if schema["properties"].is_object() => self.object(schema, depth),
            _ => prop_oneof![
                Just(Value::Null),
                any::<bool>().prop_map(Value::from),
                any::<i32>().prop_map(Value::from),
                text(schema),
                vec(text(schema), 0..2).prop_map(Value::from),
            ]
            .boxed(),
        }
    }

    fn object(&self, schema: &Value, depth: usize) -> BoxedStrategy<Value> {
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let mut members: Vec<BoxedStrategy<Option<(String, Value)>>> = Vec::new();
        for (name, member) in schema["properties"].as_object().into_iter().flatten() {
            let key = name.clone();
            if required.contains(&json!(name)) {
                let member = self.of(member, depth + 1);
                members.push(
                    member
                        .prop_map(move |value| Some((key.clone(), value)))
                        .boxed(),
                );
            } else if depth < DEPTH {
                let member = option::of(self.of(member, depth + 1));
                members.push(
                    member
                        .prop_map(move |value| Some((key.clone(), value?)))
                        .boxed(),
                );
            }
        }
        let more = match &schema["additionalProperties"] {
            more @ Value::Object(_) => {
                btree_map("more_[a-z]{0,3}", self.of(more, depth + 1), 0..3).boxed()
            }
            _ => Just(Default::default()).boxed(),
        };
        (members, more)
            .prop_map(|(members, more)| {
                Value::Object(members.into_iter().flatten().chain(more).collect())
            })
            .boxed()
    }

    fn list(&self, schema: &Value, depth: usize) -> BoxedStrategy<Value> {
        if let Some(items) = schema["prefixItems"].as_array() {
            let items = items.iter().map(|item| self.of(item, depth + 1));
            return items.collect::<Vec<_>>().prop_map(Value::from).boxed();
        }
        let least = schema["minItems"].as_u64().unwrap_or(0) as usize;
        let most = schema["maxItems"]
            .as_u64()
            .unwrap_or(3)
            .min(least as u64 + 3) as usize;
        let most = if depth < DEPTH { most } else { least };
        if most == 0 {
            return Just(json!([])).boxed();
        }
        vec(self.of(&schema["items"], depth + 1), least..=most)
            .prop_map(Value::from)
            .boxed()
    }
}

/// All members of these objects; the last of other values.
fn merged(parts: Vec<Value>) -> Value {
    let objects: Option<Vec<&Map<String, Value>>> = parts.iter().map(Value::as_object).collect();
    match objects {
        Some(objects) => Value::Object(
            objects
                .into_iter()
                .flatten()
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        ),
        None => parts.into_iter().next_back().unwrap_or_default(),
    }
}

fn text(schema: &Value) -> BoxedStrategy<Value> {
    let regex = match schema["format"].as_str() {
        Some("date") => "20[0-9]{2}-0[1-9]-1[0-9]".to_owned(),
        Some("date-time") => {
            "20[0-9]{2}-0[1-9]-1[0-9]T1[0-9]:[0-5][0-9]:[0-5][0-9](\\.[1-9]{3})?Z".into()
        }
        Some("uuid") => "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}".into(),
        Some("byte") => "([A-Za-z0-9+/]{4}){0,4}".into(),
        Some("decimal") => "-?[1-9][0-9]{0,9}(\\.[0-9]{1,4})?".into(),
        _ => match schema["pattern"].as_str() {
            Some(pattern) => pattern.trim_matches(['^', '$']).replace("\\w", "[a-z_0-9]"),
            None => {
                let least = schema["minLength"].as_u64().unwrap_or(0);
                let most = schema["maxLength"].as_u64().unwrap_or(least + 8);
                format!("{LETTERS}{{{least},{most}}}")
            }
        },
    };
    string_regex(&regex).unwrap().prop_map(Value::from).boxed()
}

/// The bounds of a number, both inclusive.
fn bounds(schema: &Value, default: i64) -> (i64, i64) {
    let bound = |plain: &str, exclusive: &str, step: i64, other: i64| {
        let inclusive = schema[plain].as_f64().map(|bound| bound as i64);
        let exclusive = schema[exclusive].as_f64().map(|bound| bound as i64 + step);
        inclusive.or(exclusive).unwrap_or(other)
    };
    (
        bound("minimum", "exclusiveMinimum", 1, -default),
        bound("maximum", "exclusiveMaximum", -1, default),
    )
}

fn integer(schema: &Value) -> BoxedStrategy<Value> {
    let widest = match schema["readAs"].as_str() {
        Some("i32") => i64::from(i32::MAX),
        _ => 1 << 60,
    };
    let (least, most) = bounds(schema, widest);
    let step = schema["multipleOf"].as_i64().unwrap_or(1);
    (least / step..=most / step)
        .prop_map(move |number| json!(number * step))
        .boxed()
}

fn number(schema: &Value) -> BoxedStrategy<Value> {
    let (least, most) = bounds(schema, 1 << 20);
    let scale: u32 = match schema["multipleOf"].as_f64() {
        Some(0.01) => 2,
        Some(_) => 1,
        None => 3,
    };
    let unit = 10_i64.pow(scale);
    // Below the upper bound, whatever the digits behind the point are.
    (least * unit..=most * unit)
        .prop_map(move |number| {
            let sign = if number < 0 { "-" } else { "" };
            let (whole, rest) = (number.abs() / unit, number.abs() % unit);
            let width = scale as usize;
            let text = format!("{sign}{whole}.{rest:0width$}");
            Value::Number(text.parse::<Number>().unwrap())
        })
        .boxed()
}
