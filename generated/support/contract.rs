//! The contract itself, and what it says of a value that breaks it.

use std::sync::LazyLock;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, ValidationError};
use serde_json::{Value, json};

use super::Violation;

/// The contract as JSON.
pub const JSON: &str = include_str!("../openapi.json");

/// The longest detail of a violation, in bytes; the value that it quotes may be huge.
const DETAIL_LIMIT: usize = 300;

static CONTRACT: LazyLock<Value> = LazyLock::new(|| {
    let mut contract = serde_json::from_str(JSON).unwrap_or_default();
    spell_out_nullable(&mut contract);
    contract
});

/// Every violation of a body.
pub fn explain_body(method: &str, path: &str, body: &Value) -> Vec<Violation> {
    let request = resolve(&operation(method, path)["requestBody"]);
    let Some((_, media)) = request["content"]
        .as_object()
        .and_then(|content| content.iter().next())
    else {
        return Vec::new();
    };
    explain(&media["schema"], body)
        .into_iter()
        .map(|(pointer, detail)| Violation { pointer, detail })
        .collect()
}

/// Every violation of a parameter, given the texts that were sent for it.
pub fn explain_parameter(
    method: &str,
    path: &str,
    place: &str,
    name: &str,
    texts: &[String],
) -> Vec<Violation> {
    let shared = &CONTRACT["paths"][path]["parameters"];
    let schema = [&operation(method, path)["parameters"], shared]
        .into_iter()
        .filter_map(Value::as_array)
        .flatten()
        .map(resolve)
        .find(|parameter| parameter["in"] == place && parameter["name"] == name)
        .map_or(&Value::Null, |parameter| &parameter["schema"]);
    let resolved = resolve(schema);
    let value = match (resolved["type"].as_str(), texts) {
        (Some("array"), _) => {
            let item = resolve(&resolved["items"]);
            texts.iter().map(|text| to_json(item, text)).collect()
        }
        (_, [text]) => to_json(resolved, text),
        _ => json!(texts),
    };
    let mut found: Vec<Violation> = explain(schema, &value)
        .into_iter()
        .map(|(pointer, detail)| Violation {
            pointer: format!("{name}{pointer}"),
            detail,
        })
        .collect();
    if found.is_empty() {
        found.push(Violation {
            pointer: name.into(),
            detail: "is not a valid value".into(),
        });
    }
    found
}

fn operation(method: &str, path: &str) -> &'static Value {
    &CONTRACT["paths"][path][method.to_lowercase()]
}

fn resolve(mut value: &'static Value) -> &'static Value {
    while let Some(pointer) = value["$ref"]
        .as_str()
        .and_then(|target| target.strip_prefix('#'))
    {
        value = CONTRACT.pointer(pointer).unwrap_or(&Value::Null);
    }
    value
}

/// The JSON value that a text means where this schema is expected.
fn to_json(schema: &Value, text: &str) -> Value {
    match schema["type"].as_str() {
        Some("integer" | "number" | "boolean") => {
            serde_json::from_str(text).unwrap_or_else(|_| json!(text))
        }
        _ => json!(text),
    }
}

fn explain(schema: &Value, value: &Value) -> Vec<(String, String)> {
    // Schemas of OpenAPI 3.0 are of draft 4, and refer to one another inside the document.
    let schema = json!({ "allOf": [schema], "components": CONTRACT["components"] });
    let validator = jsonschema::options()
        .with_draft(Draft::Draft4)
        .should_validate_formats(true)
        .build(&schema);
    let Ok(validator) = validator else {
        return Vec::new();
    };
    validator
        .iter_errors(value)
        .map(|error| (pointer(&error), detail(&error)))
        .collect()
}

/// Where the fault is; for a missing property, where it should be.
fn pointer(error: &ValidationError) -> String {
    let parent = error.instance_path().to_string();
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            format!("{parent}/{}", name.replace('~', "~0").replace('/', "~1"))
        }
        _ => parent,
    }
}

fn detail(error: &ValidationError) -> String {
    let mut detail = match error.kind() {
        ValidationErrorKind::Required { .. } => "is required".into(),
        ValidationErrorKind::Enum { options } => {
            format!("{} is not one of {options}", error.instance())
        }
        _ => error.to_string(),
    };
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

/// `nullable: true` of OpenAPI 3.0 in the words of JSON Schema.
fn spell_out_nullable(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(spell_out_nullable),
        Value::Object(members) => {
            members.values_mut().for_each(spell_out_nullable);
            if members.get("nullable") == Some(&Value::Bool(true)) {
                if let Some(Value::String(kind)) = members.get("type").cloned() {
                    members.insert("type".into(), json!([kind, "null"]));
                }
                if let Some(Value::Array(values)) = members.get_mut("enum") {
                    values.push(Value::Null);
                }
            }
        }
        _ => {}
    }
}
