//! The contract's schemas in plain JSON Schema (2020-12), for the generated code to validate with.
//!
//! They cover what types and checks cannot express, and list every violation of a rejected request.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::contract::{self, Node, items, members};
use crate::names::Scope;
use crate::pattern;
use crate::schema::keywords::{has_siblings, is_assertion, number_name, type_name};
use crate::schema::{BASE_ONLY, discriminator, discriminator_values, subtypes};

/// A custom keyword: the Rust type that must be able to hold the number.
const READ_AS: &str = "readAs";

/// Translates schemas and their references.
pub(crate) struct JsonSchemas<'c> {
    contract: &'c Value,
    subtypes: HashMap<String, Vec<String>>,
    /// Pointer → name and translation, which is `null` until [`Self::finish`] makes it.
    definitions: HashMap<String, (String, Value)>,
    names: Scope,
    open: Vec<String>,
}

impl<'c> JsonSchemas<'c> {
    pub(crate) fn new(contract: &'c Value) -> Self {
        Self {
            contract,
            subtypes: subtypes(contract),
            definitions: HashMap::new(),
            names: Scope::default(),
            open: Vec::new(),
        }
    }

    /// The translation of a schema, which may refer to definitions.
    pub(crate) fn root(&mut self, node: &Node<'c>) -> Result<Value> {
        let translated = self.schema(node)?;
        self.finish()?;
        Ok(translated)
    }

    /// A reference to the schema at a JSON pointer.
    pub(crate) fn at(&mut self, at: &str) -> Result<Value> {
        let reference = self.reference(at);
        self.finish()?;
        Ok(reference)
    }

    pub(crate) fn into_definitions(self) -> Value {
        let definitions: BTreeMap<String, Value> = self.definitions.into_values().collect();
        Value::Object(definitions.into_iter().collect())
    }

    fn finish(&mut self) -> Result<()> {
        while let Some(at) = self.open.pop() {
            let translated = match at.strip_suffix(BASE_ONLY) {
                Some(place) => {
                    let node = contract::node_at(self.contract, place)?;
                    self.plain(&node)?
                }
                None => {
                    let node = contract::node_at(self.contract, &at)?;
                    match self.subtypes.get(&at).cloned() {
                        Some(subtypes) => self.base_with_subtypes(&node, &subtypes),
                        None => self.schema(&node)?,
                    }
                }
            };
            if let Some(definition) = self.definitions.get_mut(&at) {
                definition.1 = translated;
            }
        }
        Ok(())
    }

    fn reference(&mut self, at: &str) -> Value {
        let name = match self.definitions.get(at) {
            Some((name, _)) => name.clone(),
            None => {
                let last = at
                    .trim_end_matches(BASE_ONLY)
                    .rsplit('/')
                    .next()
                    .unwrap_or_default();
                let plain: String = last.chars().filter(char::is_ascii_alphanumeric).collect();
                // A JSON pointer has no raw identifiers.
                let name = self
                    .names
                    .declare(&plain)
                    .trim_start_matches("r#")
                    .to_owned();
                self.definitions
                    .insert(at.to_owned(), (name.clone(), Value::Null));
                self.open.push(at.to_owned());
                name
            }
        };
        json!({ "$ref": format!("#/$defs/{name}") })
    }

    /// A `$ref` in `allOf` means the base schema only, not its subtypes.
    fn part(&mut self, node: &Node<'c>) -> Result<Value> {
        let target = contract::follow(self.contract, node.clone())?;
        if self.subtypes.contains_key(&target.at) && node.value["$ref"].is_string() {
            return Ok(self.reference(&format!("{}{BASE_ONLY}", target.at)));
        }
        self.schema(node)
    }

    fn schema(&mut self, node: &Node<'c>) -> Result<Value> {
        if let Some(reference) = node.value["$ref"].as_str() {
            let target = contract::resolve(self.contract, reference)?;
            let reference = self.reference(&target.at);
            if !has_siblings(self.contract, node.value) {
                return Ok(reference);
            }
            let own = self.plain(node)?;
            return Ok(json!({ "allOf": [reference, own] }));
        }
        self.plain(node)
    }

    fn plain(&mut self, node: &Node<'c>) -> Result<Value> {
        let schema = node.value;
        if schema.is_boolean() {
            return Ok(schema.clone());
        }
        let mut made = Map::new();
        for (key, value) in members(schema).filter(|(key, _)| is_assertion(key)) {
            let child = node.child(key);
            let translated = match key.as_str() {
                "allOf" => child
                    .items()
                    .map(|part| self.part(&part))
                    .collect::<Result<Value>>()?,
                "oneOf" | "anyOf" | "prefixItems" => child
                    .items()
                    .map(|part| self.schema(&part))
                    .collect::<Result<Value>>()?,
                "properties" | "patternProperties" | "dependentSchemas" => {
                    let mut all = Map::new();
                    for (name, part) in child.children() {
                        if key == "patternProperties" && pattern::rust_pattern(name).is_none() {
                            continue;
                        }
                        all.insert(name.clone(), self.schema(&part)?);
                    }
                    Value::Object(all)
                }
                "items"
                | "additionalProperties"
                | "not"
                | "if"
                | "then"
                | "else"
                | "contains"
                | "propertyNames"
                | "unevaluatedItems"
                | "unevaluatedProperties" => self.schema(&child)?,
                // A client need not send a property that only the server sets.
                "required" => items(value)
                    .iter()
                    .filter(|name| !self.is_read_only(node, name.as_str().unwrap_or_default()))
                    .cloned()
                    .collect(),
                "pattern" => match value.as_str().and_then(pattern::plain_pattern) {
                    Some(plain) => json!(plain),
                    None => continue,
                },
                "exclusiveMinimum" | "exclusiveMaximum" if value.is_boolean() => continue,
                "additionalItems" | "dependencies" => continue,
                _ => value.clone(),
            };
            made.insert(key.clone(), translated);
        }
        for (flag, limit) in [
            ("exclusiveMinimum", "minimum"),
            ("exclusiveMaximum", "maximum"),
        ] {
            if schema[flag] == true
                && let Some(limit) = made.remove(limit)
            {
                made.insert(flag.into(), limit);
            }
        }
        // If no property is allowed, jsonschema names an unknown one only for this keyword.
        if schema["additionalProperties"] == false
            && !["properties", "patternProperties"]
                .iter()
                .any(|key| made.contains_key(*key))
        {
            made.remove("additionalProperties");
            made.insert("unevaluatedProperties".into(), json!(false));
        }
        if schema["type"].is_null()
            && let Some(name) = type_name(schema)
        {
            made.insert("type".into(), json!(name));
        }
        formats(schema, &mut made);
        self.discriminated(node, &mut made)?;
        Ok(nullable(schema, made))
    }

    fn is_read_only(&self, node: &Node<'c>, name: &str) -> bool {
        let property = node.child("properties").child(name);
        contract::follow(self.contract, property)
            .is_ok_and(|property| property.value["readOnly"] == true)
    }

    /// With a discriminator, a value is validated by the alternative that it selects.
    fn discriminated(&mut self, node: &Node<'c>, made: &mut Map<String, Value>) -> Result<()> {
        let list = if node.value["oneOf"].is_array() {
            "oneOf"
        } else {
            "anyOf"
        };
        let mut nodes = Vec::new();
        for alternative in node.child(list).items() {
            nodes.push(contract::follow(self.contract, alternative)?);
        }
        let alone = node.value["oneOf"].is_null() || node.value["anyOf"].is_null();
        if nodes.len() < 2 || !alone {
            return Ok(());
        }
        if let Some(found) = discriminator(self.contract, node.value, &nodes) {
            made.remove(list);
            let places: Vec<String> = nodes.into_iter().map(|node| node.at).collect();
            let cases = places.into_iter().zip(found.values).collect();
            made.extend(self.cases(&found.property, cases));
        }
        Ok(())
    }

    fn base_with_subtypes(&mut self, node: &Node<'c>, subtypes: &[String]) -> Value {
        let schema = node.value;
        let property = schema["discriminator"]["propertyName"]
            .as_str()
            .unwrap_or_default();
        let mut cases: Vec<(String, Vec<String>)> = subtypes
            .iter()
            .map(|at| (at.clone(), discriminator_values(self.contract, schema, at)))
            .collect();
        let own = discriminator_values(self.contract, schema, &node.at);
        cases.push((format!("{}{BASE_ONLY}", node.at), own));
        let made = self.cases(property, cases);
        nullable(schema, made)
    }

    fn cases(&mut self, property: &str, cases: Vec<(String, Vec<String>)>) -> Map<String, Value> {
        let known: Vec<&String> = cases.iter().flat_map(|(_, values)| values).collect();
        let mut made = Map::new();
        made.insert("type".into(), json!("object"));
        made.insert("required".into(), json!([property]));
        made.insert("properties".into(), json!({ property: { "enum": known } }));
        let mut all = Vec::new();
        for (at, values) in cases {
            let reference = self.reference(&at);
            all.push(json!({
                "if": { "properties": { property: { "enum": values } }, "required": [property] },
                "then": reference,
            }));
        }
        made.insert("allOf".into(), Value::Array(all));
        made
    }
}

/// The formats of the generated types, others are annotations; and the Rust type of a number.
fn formats(schema: &Value, made: &mut Map<String, Value>) {
    let format = schema["format"].as_str().unwrap_or_default();
    match (type_name(schema), format) {
        (Some("string"), "date" | "date-time" | "uuid" | "decimal" | "byte") => {
            made.insert("format".into(), json!(format));
        }
        (Some("string"), _) if schema["contentEncoding"] == "base64" => {
            made.insert("format".into(), json!("byte"));
        }
        (Some("integer" | "number"), _) => {
            made.insert(READ_AS.into(), json!(number_name(schema)));
        }
        _ => {}
    }
}

/// `nullable: true` of OpenAPI 3.0 in JSON Schema.
fn nullable(schema: &Value, mut made: Map<String, Value>) -> Value {
    if schema["nullable"] != true || made.is_empty() {
        return Value::Object(made);
    }
    let simple = ["allOf", "oneOf", "anyOf", "not", "const"]
        .iter()
        .all(|key| !made.contains_key(*key));
    match made.get("type").cloned() {
        Some(Value::String(kind)) if simple => {
            made.insert("type".into(), json!([kind, "null"]));
            if let Some(Value::Array(values)) = made.get_mut("enum") {
                values.push(Value::Null);
            }
            Value::Object(made)
        }
        _ => json!({ "anyOf": [{ "type": "null" }, made] }),
    }
}
