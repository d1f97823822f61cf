//! Validation by the contract's schemas, and conversion of texts to the types that they expect.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, RwLock};

use chrono::{DateTime, NaiveDate, Utc};
use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, Keyword, ValidationError, Validator};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Violation;
use super::text::{Base64, DecimalText, Text};

/// The longest detail of a violation, in bytes; it may quote a huge value.
const DETAIL_LIMIT: usize = 300;

/// The deepest nesting that is searched for the types that a schema allows.
const DEPTH_LIMIT: usize = 16;

static SCHEMAS: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../schemas.json")).unwrap_or_default());

static VALIDATORS: LazyLock<RwLock<HashMap<String, Arc<Validator>>>> =
    LazyLock::new(RwLock::default);

/// The schema with this name.
pub fn named(name: &str) -> &'static Value {
    &SCHEMAS["roots"][name]
}

/// The responses of the operation at this method and route; `null` if there is none.
pub fn responses(method: &str, route: &str) -> &'static Value {
    &SCHEMAS["responses"][format!("{method} {route}")]
}

/// Whether the value is valid by the schema with this name.
pub fn holds(name: &str, value: &Value) -> bool {
    validator(name).is_some_and(|validator| validator.is_valid(value))
}

/// Every violation of the schema with this name.
pub fn explain(name: &str, value: &Value) -> Vec<Violation> {
    let Some(validator) = validator(name) else {
        return Vec::new();
    };
    let errors = validator.iter_errors(value);
    let mut found = Vec::new();
    errors.for_each(|error| describe(&error, &mut found));
    found
}

/// Compiles a validator on first use, and caches it.
fn validator(name: &str) -> Option<Arc<Validator>> {
    if let Ok(known) = VALIDATORS.read()
        && let Some(validator) = known.get(name)
    {
        return Some(validator.clone());
    }
    let mut definitions = Map::new();
    gather(named(name), &mut definitions);
    let schema = json!({ "allOf": [named(name)], "$defs": definitions });
    let validator = jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .with_format("date", |text: &str| NaiveDate::from_text(text).is_some())
        .with_format("date-time", |text: &str| {
            DateTime::<Utc>::from_text(text).is_some()
        })
        .with_format("uuid", |text: &str| Uuid::from_text(text).is_some())
        .with_format("byte", |text: &str| Base64::from_text(text).is_some())
        .with_format("decimal", |text: &str| {
            DecimalText::from_text(text).is_some()
        })
        .with_keyword("readAs", |_, kind, _| {
            Ok(Box::new(ReadAs(kind.as_str().unwrap_or_default().into())))
        })
        .build(&schema);
    let validator = Arc::new(validator.ok()?);
    if let Ok(mut known) = VALIDATORS.write() {
        known.insert(name.to_owned(), validator.clone());
    }
    Some(validator)
}

/// A keyword beyond JSON Schema: the Rust type with this name must be able to hold the number.
struct ReadAs(String);

impl ReadAs {
    fn detail(&self, value: &Value) -> Option<&'static str> {
        let Value::Number(number) = value else {
            return None;
        };
        let text = number.as_str();
        // `type` reports numbers that are not integers.
        let whole = number.as_f64().is_none_or(|number| number.fract() == 0.0);
        match self.0.as_str() {
            "i32" if whole && i32::from_text(text).is_none() => Some("is not a 32-bit integer"),
            "i64" if whole && i64::from_text(text).is_none() => Some("is not a 64-bit integer"),
            "u64" if whole && u64::from_text(text).is_none() => {
                Some("is not an unsigned 64-bit integer")
            }
            "Decimal" if Decimal::from_text(text).is_none() => Some("has too many digits"),
            "f32" if f32::from_text(text).is_none() => Some("is too large"),
            "f64" if f64::from_text(text).is_none() => Some("is too large"),
            _ => None,
        }
    }
}

impl<'i> Keyword<'i> for ReadAs {
    fn validate(&self, value: &'i Value) -> Result<(), ValidationError<'i>> {
        self.detail(value)
            .map_or(Ok(()), |detail| Err(ValidationError::custom(detail)))
    }

    fn is_valid(&self, value: &'i Value) -> bool {
        self.detail(value).is_none()
    }
}

/// The definitions that a schema refers to.
fn gather(schema: &Value, into: &mut Map<String, Value>) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| gather(item, into)),
        Value::Object(members) => {
            if let Some(name) = members
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(definition)
                && !into.contains_key(name)
            {
                let definition = &SCHEMAS["$defs"][name];
                into.insert(name.to_owned(), definition.clone());
                gather(definition, into);
            }
            members.values().for_each(|member| gather(member, into));
        }
        _ => {}
    }
}

fn definition(reference: &str) -> Option<&str> {
    reference.strip_prefix("#/$defs/")
}

fn describe(error: &ValidationError, found: &mut Vec<Violation>) {
    let parent = error.instance_path().to_string();
    let at = |name: &str| format!("{parent}/{}", name.replace('~', "~0").replace('/', "~1"));
    match error.kind() {
        // Point to where the missing property should be.
        ValidationErrorKind::Required { property } => found.push(Violation {
            pointer: at(property.as_str().unwrap_or_default()),
            detail: "is required".into(),
        }),
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            found.extend(unexpected.iter().map(|name| Violation {
                pointer: at(name),
                detail: "is not allowed here".into(),
            }));
        }
        // If only one alternative has the value's type, report its violations.
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context }
            if meant_alternative(error, context).is_some() =>
        {
            let errors = meant_alternative(error, context).into_iter().flatten();
            errors.for_each(|error| describe(error, found));
        }
        ValidationErrorKind::FalseSchema => found.push(Violation {
            pointer: parent,
            detail: "is not allowed here".into(),
        }),
        ValidationErrorKind::Enum { options } => found.push(Violation {
            pointer: parent,
            detail: shortened(format!("{} is not one of {options}", error.instance())),
        }),
        _ => found.push(Violation {
            pointer: parent,
            detail: shortened(error.to_string()),
        }),
    }
}

fn meant_alternative<'e>(
    error: &ValidationError,
    alternatives: &'e [Vec<ValidationError<'static>>],
) -> Option<&'e Vec<ValidationError<'static>>> {
    let mut of_its_type = alternatives.iter().filter(|errors| {
        !errors.iter().any(|inner| {
            matches!(inner.kind(), ValidationErrorKind::Type { .. })
                && inner.instance_path() == error.instance_path()
        })
    });
    of_its_type.next().filter(|_| of_its_type.next().is_none())
}

fn shortened(mut detail: String) -> String {
    if detail.len() > DETAIL_LIMIT {
        let mut end = DETAIL_LIMIT;
        while !detail.is_char_boundary(end) {
            end -= 1;
        }
        detail.truncate(end);
        detail.push('…');
    }
    detail
}

/// The JSON value of a text by the types that the schema allows.
pub fn meant(schema: &Value, text: &str) -> Value {
    let mut types = BTreeSet::new();
    allowed(schema, &mut types, 0);
    let parsed = || serde_json::from_str::<Value>(text).ok();
    let number = types.contains("integer") || types.contains("number");
    if number && let Some(number @ Value::Number(_)) = parsed() {
        return number;
    }
    if types.contains("boolean")
        && let Some(truth @ Value::Bool(_)) = parsed()
    {
        return truth;
    }
    if types.contains("object")
        && let Some(object @ Value::Object(_)) = parsed()
    {
        return object;
    }
    if types.contains("array")
        && let Some(list @ Value::Array(_)) = parsed()
    {
        return list;
    }
    json!(text)
}

/// The schema of a member of an object with this schema.
pub fn property<'s>(schema: &'s Value, name: &str) -> &'s Value {
    find(schema, 0, &|schema| schema["properties"].get(name))
        .or_else(|| {
            find(schema, 0, &|schema| {
                Some(&schema["additionalProperties"]).filter(|rest| rest.is_object())
            })
        })
        .unwrap_or(&Value::Null)
}

/// The schema of an item of a list with this schema.
pub fn item(schema: &Value) -> &Value {
    find(schema, 0, &|schema| schema.get("items")).unwrap_or(&Value::Null)
}

/// Whether the schema allows this type.
pub fn allows(schema: &Value, name: &str) -> bool {
    let mut types = BTreeSet::new();
    allowed(schema, &mut types, 0);
    types.contains(name)
}

fn followed(schema: &Value) -> &Value {
    match schema["$ref"].as_str().and_then(definition) {
        Some(name) => &SCHEMAS["$defs"][name],
        None => schema,
    }
}

fn parts(schema: &Value) -> impl Iterator<Item = &Value> {
    ["allOf", "oneOf", "anyOf"]
        .into_iter()
        .filter_map(|key| schema[key].as_array())
        .flatten()
        .chain(schema.get("then"))
        .chain(schema.get("$ref").map(|_| followed(schema)))
}

fn find<'s>(
    schema: &'s Value,
    depth: usize,
    look: &dyn Fn(&'s Value) -> Option<&'s Value>,
) -> Option<&'s Value> {
    if depth > DEPTH_LIMIT {
        return None;
    }
    look(schema).or_else(|| parts(schema).find_map(|part| find(part, depth + 1, look)))
}

fn allowed<'s>(schema: &'s Value, types: &mut BTreeSet<&'s str>, depth: usize) {
    if depth > DEPTH_LIMIT {
        return;
    }
    match &schema["type"] {
        Value::String(name) => drop(types.insert(name)),
        Value::Array(names) => types.extend(names.iter().filter_map(Value::as_str)),
        _ => {}
    }
    let values = schema["enum"]
        .as_array()
        .into_iter()
        .flatten()
        .chain(schema.get("const"));
    for value in values.filter(|_| schema["type"].is_null()) {
        match value {
            Value::Number(_) => drop(types.insert("number")),
            Value::Bool(_) => drop(types.insert("boolean")),
            _ => {}
        }
    }
    parts(schema).for_each(|part| allowed(part, types, depth + 1));
}
