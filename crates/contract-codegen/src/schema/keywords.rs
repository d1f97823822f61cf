//! The meaning of single keywords of a schema.

use serde_json::Value;

use super::Kind;
use crate::contract::{items, members};

/// The keywords that constrain a value.
const ASSERTIONS: &str = "
    type enum const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength
    minLength pattern maxItems minItems uniqueItems contains minContains maxContains
    prefixItems items additionalItems unevaluatedItems maxProperties minProperties
    required properties patternProperties additionalProperties propertyNames
    unevaluatedProperties dependentRequired dependentSchemas dependencies allOf anyOf
    oneOf not if then else
";

/// Whether a keyword constrains a value.
pub(crate) fn is_assertion(key: &str) -> bool {
    ASSERTIONS
        .split_whitespace()
        .any(|assertion| assertion == key)
}

/// The limits of a string.
pub(super) const TEXT_LIMITS: &[&str] = &["pattern", "minLength", "maxLength"];
/// The limits of a number.
pub(super) const NUMBER_LIMITS: &[&str] = &[
    "minimum",
    "maximum",
    "multipleOf",
    "exclusiveMinimum",
    "exclusiveMaximum",
];
/// Keywords of any schema that no type expresses.
pub(super) const ALWAYS_INEXACT: &[&str] = &["not", "if", "oneOf", "anyOf"];
/// Keywords of an array that no type expresses.
pub(super) const LIST_INEXACT: &[&str] = &[
    "contains",
    "prefixItems",
    "unevaluatedItems",
    "additionalItems",
];
/// Keywords of an object that no type expresses.
pub(super) const OBJECT_INEXACT: &[&str] = &[
    "patternProperties",
    "propertyNames",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "unevaluatedProperties",
];

pub(super) fn has_any(schema: &Value, keys: &[&str]) -> bool {
    keys.iter().any(|key| !schema[key].is_null())
}

/// Whether keywords beside a `$ref` have an effect: OpenAPI 3.0 ignores them, 3.1 does not.
pub(crate) fn has_siblings(contract: &Value, schema: &Value) -> bool {
    !contract["openapi"]
        .as_str()
        .unwrap_or_default()
        .starts_with("3.0")
        && members(schema).any(|(key, _)| is_assertion(key))
}

/// The type of a schema; `None` if there is none or several.
pub(crate) fn type_name(schema: &Value) -> Option<&str> {
    match &schema["type"] {
        Value::String(name) => Some(name),
        Value::Array(names) => {
            let mut names = names
                .iter()
                .filter_map(Value::as_str)
                .filter(|name| *name != "null");
            names.next().filter(|_| names.next().is_none())
        }
        _ if schema["properties"].is_object() || !schema["additionalProperties"].is_null() => {
            Some("object")
        }
        _ if !schema["items"].is_null() => Some("array"),
        _ => None,
    }
}

pub(super) fn is_object(schema: &Value) -> bool {
    type_name(schema) == Some("object")
}

pub(super) fn is_null(schema: &Value) -> bool {
    schema["type"] == "null"
        || (schema["enum"].is_array() && items(&schema["enum"]).iter().all(Value::is_null))
        || (schema.get("const") == Some(&Value::Null))
}

/// Whether `null` is allowed.
pub(crate) fn is_nullable(schema: &Value) -> bool {
    schema["nullable"] == true || items(&schema["type"]).iter().any(|name| name == "null")
}

pub(super) fn string_kind<'c>(schema: &Value) -> Kind<'c> {
    if schema["contentEncoding"] == "base64" {
        return Kind::Base64;
    }
    match schema["format"].as_str() {
        Some("date-time") => Kind::DateTime,
        Some("date") => Kind::Date,
        Some("uuid") => Kind::Uuid,
        Some("byte") => Kind::Base64,
        Some("binary") => Kind::Binary,
        Some("decimal") => Kind::DecimalText,
        _ if schema["contentMediaType"] == "application/octet-stream" => Kind::Binary,
        _ => Kind::String,
    }
}

pub(super) fn number_kind<'c>(schema: &Value) -> Kind<'c> {
    match (type_name(schema), schema["format"].as_str()) {
        (Some("integer"), _) => integer_kind(schema),
        (_, Some("decimal")) => Kind::Decimal,
        (_, Some("float")) => Kind::F32,
        _ => Kind::F64,
    }
}

/// The Rust type of a number.
pub(crate) fn number_name(schema: &Value) -> &'static str {
    match number_kind(schema) {
        Kind::I32 => "i32",
        Kind::I64 => "i64",
        Kind::U64 => "u64",
        Kind::Decimal => "Decimal",
        Kind::F32 => "f32",
        _ => "f64",
    }
}

fn integer_kind<'c>(schema: &Value) -> Kind<'c> {
    let beyond = schema["maximum"]
        .as_u64()
        .is_some_and(|limit| i64::try_from(limit).is_err());
    match schema["format"].as_str() {
        Some("int32") => Kind::I32,
        Some("uint64") => Kind::U64,
        _ if beyond && schema["minimum"].as_u64().is_some() => Kind::U64,
        _ => Kind::I64,
    }
}
