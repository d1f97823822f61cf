//! What a schema is in Rust: its type, and the check that a value of that type must pass.

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};

use crate::contract::{members_mut, resolve};
use crate::names;

const COMPONENTS: &str = "#/components/schemas/";

/// Whether a schema becomes a Rust item of its own (rather than a `Vec`, a `String`, …).
pub(crate) fn is_item(schema: &Value) -> bool {
    schema["properties"].is_object() || is_string_enum(schema)
}

fn is_string_enum(schema: &Value) -> bool {
    schema["enum"].is_array() && schema["type"] == "string"
}

/// Where generated code finds the value that it checks.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// A variable that holds a reference to it.
    Reference(&'a str),
    /// A place that holds it.
    Owned(&'a str),
}

impl Place<'_> {
    /// As a receiver of methods, where Rust takes either.
    fn name(&self) -> &str {
        match self {
            Self::Reference(name) | Self::Owned(name) => name,
        }
    }

    fn reference(self) -> String {
        match self {
            Self::Reference(name) => name.into(),
            Self::Owned(name) => format!("&{name}"),
        }
    }

    /// Of a type that is `Copy`.
    fn copied(self) -> String {
        match self {
            Self::Reference(name) => format!("*{name}"),
            Self::Owned(name) => name.into(),
        }
    }
}

/// The facts that the templates need of one schema.
pub(crate) struct Schemas<'a> {
    pub(crate) contract: &'a Value,
}

impl Schemas<'_> {
    /// The Rust type of a schema, as seen from the module of an API.
    pub(crate) fn rust_type(&self, schema: &Value) -> Result<String> {
        let name = if let Some(name) = self.item_name(schema)? {
            format!("models::{name}")
        } else {
            let schema = resolve(self.contract, schema)?;
            for unsupported in ["oneOf", "anyOf", "allOf", "not"] {
                if !schema[unsupported].is_null() {
                    bail!("`{unsupported}` cannot be expressed yet");
                }
            }
            refuse_unknown_limits(schema)?;
            let format = schema["format"].as_str().unwrap_or_default();
            match (schema["type"].as_str().unwrap_or_default(), format) {
                ("integer", "int32") => "i32".into(),
                ("integer", _) => "i64".into(),
                ("number", "decimal") => "Decimal".into(),
                ("number", "float") => "f32".into(),
                ("number", _) => "f64".into(),
                ("boolean", _) => "bool".into(),
                ("string", "date-time") => "DateTime<Utc>".into(),
                ("string", "date") => "NaiveDate".into(),
                ("string", "uuid") => "Uuid".into(),
                ("string", "byte" | "binary") => bail!("format `{format}` cannot be expressed yet"),
                ("string", _) => "String".into(),
                ("array", _) => match self.rust_type(&schema["items"])?.as_str() {
                    inner if inner.contains("Decimal") => {
                        bail!("an array of decimals cannot be expressed yet")
                    }
                    inner => format!("Vec<{inner}>"),
                },
                ("object", _) if schema["additionalProperties"].is_object() => format!(
                    "BTreeMap<String, {}>",
                    self.rust_type(&schema["additionalProperties"])?
                ),
                ("object" | "", _) => "Value".into(),
                (other, _) => bail!("type `{other}` cannot be expressed"),
            }
        };
        Ok(if resolve(self.contract, schema)?["nullable"] == true {
            if name == "Decimal" {
                bail!("a nullable decimal cannot be expressed yet");
            }
            format!("Option<{name}>")
        } else {
            name
        })
    }

    /// A boolean expression over a value, or `None` when its type says it all.
    pub(crate) fn check(&self, schema: &Value, value: Place) -> Result<Option<String>> {
        if resolve(self.contract, schema)?["nullable"] == true {
            let inner = self.check_present(schema, Place::Reference("value"))?;
            return Ok(
                inner.map(|check| format!("{}.as_ref().is_none_or(|value| {check})", value.name()))
            );
        }
        self.check_present(schema, value)
    }

    fn check_present(&self, schema: &Value, value: Place) -> Result<Option<String>> {
        let name = value.name();
        if let Some(item) = self.item(schema)? {
            let checked = item["properties"].is_object();
            return Ok(checked.then(|| format!("{name}.is_valid()")));
        }
        let kind = self.rust_type(schema)?;
        let kind = kind.trim_start_matches("Option<").trim_end_matches('>');
        let schema = resolve(self.contract, schema)?;
        let mut checks = Vec::new();
        match schema["type"].as_str().unwrap_or_default() {
            "integer" => checks.extend(integer_range(schema, kind, value)),
            "number" => checks.extend(number_range(schema, kind, value)?),
            "string" if kind == "String" => {
                let length = format!("{name}.chars().count()");
                checks.extend(count_range(
                    &length,
                    &schema["minLength"],
                    &schema["maxLength"],
                ));
                if let Some(pattern) = schema["pattern"].as_str() {
                    checks.push(format!(
                        "{{ static PATTERN: Pattern = Pattern::new({}); PATTERN.matches({}) }}",
                        raw_string(pattern),
                        value.reference()
                    ));
                }
            }
            "array" => {
                let length = format!("{name}.len()");
                checks.extend(count_range(
                    &length,
                    &schema["minItems"],
                    &schema["maxItems"],
                ));
                if schema["uniqueItems"] == true {
                    checks.push(format!("all_unique({})", value.reference()));
                }
                if let Some(check) = self.check(&schema["items"], Place::Reference("item"))? {
                    checks.push(format!("{name}.iter().all(|item| {check})"));
                }
            }
            "object" if schema["additionalProperties"].is_object() => {
                let entry = &schema["additionalProperties"];
                if let Some(check) = self.check(entry, Place::Reference("item"))? {
                    checks.push(format!("{name}.values().all(|item| {check})"));
                }
            }
            _ => {}
        }
        Ok((!checks.is_empty()).then(|| checks.join(" && ")))
    }

    /// The `x-rust` facts of a component that becomes an item.
    pub(crate) fn facts(&self, name: &str, schema: &Value) -> Result<Value> {
        refuse_unknown_limits(schema)?;
        let docs = docs(schema, &format!("`{name}` of the contract."));
        if is_string_enum(schema) {
            let variants: Vec<Value> = schema["enum"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(|wire| json!({ "wire": wire, "literal": json!(wire).to_string(), "name": names::pascal(wire) }))
                .collect();
            return Ok(
                json!({ "name": names::pascal(name), "enum": true, "docs": docs, "variants": variants }),
            );
        }
        let required: Vec<&str> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut fields = Vec::new();
        let mut checks = Vec::new();
        for (wire, property) in schema["properties"].as_object().into_iter().flatten() {
            let present = required.contains(&wire.as_str());
            if !resolve(self.contract, property)?["default"].is_null() {
                bail!("in property `{wire}`: a default cannot be expressed yet");
            }
            let inner = self.rust_type(property)?.replace("models::", "");
            let field = names::snake(wire);
            let check = if present {
                self.check(property, Place::Owned(&format!("self.{field}")))?
            } else {
                self.check(property, Place::Reference("value"))?
                    .map(|check| format!("self.{field}.as_ref().is_none_or(|value| {check})"))
            };
            checks.extend(check);
            let mut serde = Vec::new();
            if field.trim_start_matches("r#") != wire {
                serde.push(format!("rename = {}", json!(wire)));
            }
            if !present {
                serde.push("default, skip_serializing_if = \"Option::is_none\"".into());
            }
            match (inner.as_str(), present) {
                ("Decimal", true) => serde.push("with = \"decimal\"".into()),
                ("Decimal", false) => serde.push("with = \"decimal::option\"".into()),
                _ if !present => serde.push("deserialize_with = \"present\"".into()),
                _ => {}
            }
            fields.push(json!({
                "name": field,
                "type": if present { inner } else { format!("Option<{inner}>") },
                "serde": serde.join(", "),
                "docs": docs_of_property(self.contract, property, wire),
            }));
        }
        Ok(json!({
            "name": names::pascal(name),
            "struct": true,
            "docs": docs,
            "fields": fields,
            "check": if checks.is_empty() { "true".into() } else { checks.join("\n            && ") },
        }))
    }

    /// The component that this schema refers to, when that becomes an item.
    fn item<'s>(&'s self, schema: &'s Value) -> Result<Option<&'s Value>> {
        let resolved = resolve(self.contract, schema)?;
        Ok((schema["$ref"].is_string() && is_item(resolved)).then_some(resolved))
    }

    fn item_name(&self, schema: &Value) -> Result<Option<String>> {
        Ok(self.item(schema)?.and_then(|_| {
            let reference = schema["$ref"].as_str()?;
            reference.strip_prefix(COMPONENTS).map(names::pascal)
        }))
    }
}

/// A limit that no check is made of must not be passed over in silence.
fn refuse_unknown_limits(schema: &Value) -> Result<()> {
    for limit in [
        "exclusiveMinimum",
        "exclusiveMaximum",
        "minProperties",
        "maxProperties",
        "const",
    ] {
        if !schema[limit].is_null() && schema[limit] != false {
            bail!("`{limit}` cannot be expressed yet");
        }
    }
    if schema["additionalProperties"] == false {
        bail!("`additionalProperties: false` cannot be expressed yet");
    }
    if schema["type"] == "integer" && !schema["multipleOf"].is_null() {
        bail!("`multipleOf` of an integer cannot be expressed yet");
    }
    if schema["enum"].is_array() && !is_string_enum(schema) {
        bail!("an enum of something else than strings cannot be expressed yet");
    }
    if schema["properties"].is_object() && schema["additionalProperties"].is_object() {
        bail!("properties together with typed `additionalProperties` cannot be expressed yet");
    }
    Ok(())
}

/// Moves every inline object and enum into the components, so that each gets a name.
pub(crate) fn hoist(contract: &mut Value) {
    let mut components = Map::new();
    let known = contract["components"]["schemas"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    for (name, mut schema) in known {
        hoist_parts(&mut schema, &name, &mut components);
        components.insert(name, schema);
    }
    for (path, item) in members_mut(contract, "/paths") {
        for (method, operation) in members_mut(item, "") {
            let name = match operation["operationId"].as_str() {
                Some(id) => names::pascal(id),
                None => names::pascal(&format!("{method} {path}")),
            };
            hoist_operation(operation, &name, &mut components);
        }
    }
    contract["components"]["schemas"] = Value::Object(components);
}

fn hoist_operation(operation: &mut Value, name: &str, components: &mut Map<String, Value>) {
    let parameters = operation
        .get_mut("parameters")
        .and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        let own = names::pascal(parameter["name"].as_str().unwrap_or_default());
        if let Some(schema) = parameter.get_mut("schema") {
            hoist_one(schema, format!("{name}{own}"), components);
        }
    }
    for (_, media) in members_mut(operation, "/requestBody/content") {
        if let Some(schema) = media.get_mut("schema") {
            hoist_one(schema, format!("{name}Request"), components);
        }
    }
    for (status, response) in members_mut(operation, "/responses") {
        for (_, media) in members_mut(response, "/content") {
            if let Some(schema) = media.get_mut("schema") {
                hoist_one(schema, format!("{name}{status}Response"), components);
            }
        }
    }
}

fn hoist_one(schema: &mut Value, name: String, components: &mut Map<String, Value>) {
    hoist_parts(schema, &name, components);
    if is_item(schema) {
        let mut free = name.clone();
        let mut number = 2;
        while components.contains_key(&free) {
            free = format!("{name}{number}");
            number += 1;
        }
        let reference = json!({ "$ref": format!("{COMPONENTS}{free}") });
        components.insert(free, std::mem::replace(schema, reference));
    }
}

fn hoist_parts(schema: &mut Value, name: &str, components: &mut Map<String, Value>) {
    for (wire, property) in members_mut(schema, "/properties") {
        hoist_one(
            property,
            format!("{name}{}", names::pascal(wire)),
            components,
        );
    }
    for part in ["items", "additionalProperties"] {
        if let Some(part) = schema.get_mut(part) {
            hoist_one(part, format!("{name}Item"), components);
        }
    }
}

/// The description as the lines of a doc comment.
pub(crate) fn docs(value: &Value, otherwise: &str) -> Vec<String> {
    let text = value["description"].as_str().unwrap_or(otherwise).trim();
    text.lines()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

fn docs_of_property(contract: &Value, property: &Value, wire: &str) -> Vec<String> {
    let described = if property["description"].is_string() {
        property
    } else {
        resolve(contract, property).unwrap_or(property)
    };
    docs(described, &format!("`{wire}` of the contract."))
}

fn integer_range(schema: &Value, kind: &str, value: Place) -> Option<String> {
    let (lowest, highest) = match kind {
        "i32" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    let minimum = schema["minimum"].as_i64().filter(|limit| *limit > lowest);
    let maximum = schema["maximum"].as_i64().filter(|limit| *limit < highest);
    range(minimum, maximum, value)
}

fn range<T: std::fmt::Display>(
    minimum: Option<T>,
    maximum: Option<T>,
    value: Place,
) -> Option<String> {
    let copied = value.copied();
    match (minimum, maximum) {
        (Some(minimum), Some(maximum)) => Some(format!(
            "({minimum}..={maximum}).contains({})",
            value.reference()
        )),
        (Some(minimum), None) => Some(format!("{copied} >= {minimum}")),
        (None, Some(maximum)) => Some(format!("{copied} <= {maximum}")),
        (None, None) => None,
    }
}

fn number_range(schema: &Value, kind: &str, value: Place) -> Result<Vec<String>> {
    let literal = |limit: &Value| -> Result<Option<String>> {
        let Value::Number(number) = limit else {
            return Ok(None);
        };
        Ok(Some(if kind == "Decimal" {
            decimal_literal(&number.to_string())?
        } else {
            format!("{number}_{kind}")
        }))
    };
    let (minimum, maximum) = (literal(&schema["minimum"])?, literal(&schema["maximum"])?);
    let mut checks: Vec<String> = range(minimum, maximum, value).into_iter().collect();
    if let Some(step) = literal(&schema["multipleOf"])? {
        let zero = if kind == "Decimal" {
            "Decimal::ZERO"
        } else {
            "0.0"
        };
        checks.push(format!("{} % {step} == {zero}", value.copied()));
    }
    Ok(checks)
}

fn decimal_literal(number: &str) -> Result<String> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: i64 = format!("{whole}{fraction}").parse()?;
    Ok(match (digits, fraction.len()) {
        (0, _) => "Decimal::ZERO".into(),
        (digits, scale) => format!("Decimal::new({}, {scale})", grouped(digits)),
    })
}

fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

fn count_range(count: &str, minimum: &Value, maximum: &Value) -> Option<String> {
    let minimum = minimum.as_u64().filter(|limit| *limit > 0);
    range(minimum, maximum.as_u64(), Place::Owned(count))
}

/// A raw string literal with as many `#` as the text needs, and no more.
pub(crate) fn raw_string(text: &str) -> String {
    if !text.contains(['"', '\\']) {
        return format!("\"{text}\"");
    }
    let mut hashes = String::new();
    while text.contains(&format!("\"{hashes}")) {
        hashes.push('#');
    }
    format!("r{hashes}\"{text}\"{hashes}")
}
