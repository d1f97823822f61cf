//! Validation by the contract's schemas, and conversion of texts to the types that they expect.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, RwLock};

use chrono::{DateTime, NaiveDate, Utc};
use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, Keyword, ValidationError, Validator};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::text::{Base64, DecimalText, Text};
use crate::{Contract, Violation};

/// The longest detail of a violation, in bytes; it may quote a huge value.
const DETAIL_LIMIT: usize = 300;

/// The deepest nesting that is searched for the types that a schema allows.
const DEPTH_LIMIT: usize = 16;

/// A schema of a contract.
#[derive(Clone, Copy)]
pub struct Schema {
    contract: &'static Contract,
    pub(crate) value: &'static Value,
}

impl Schema {
    /// The schema with this name in the contract's schemas.
    pub(crate) fn named(contract: &'static Contract, name: &str) -> Self {
        Self {
            contract,
            value: &contract.schemas()["roots"][name],
        }
    }

    fn of(self, value: &'static Value) -> Self {
        Self { value, ..self }
    }

    /// A keyword of the schema that is not a schema itself.
    pub(crate) fn keyword(self, name: &str) -> &'static Value {
        &self.value[name]
    }

    /// The JSON value of a text by the types that the schema allows.
    pub fn meant(self, text: &str) -> Value {
        let mut types = BTreeSet::new();
        self.allowed(&mut types, 0);
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
    pub fn property(self, name: &str) -> Self {
        self.find(0, &|schema| schema["properties"].get(name))
            .or_else(|| {
                self.find(0, &|schema| {
                    Some(&schema["additionalProperties"]).filter(|rest| rest.is_object())
                })
            })
            .unwrap_or(self.of(&Value::Null))
    }

    /// The schema of an item of a list with this schema.
    pub fn item(self) -> Self {
        self.find(0, &|schema| schema.get("items"))
            .unwrap_or(self.of(&Value::Null))
    }

    /// Whether the schema allows this type.
    pub fn allows(self, name: &str) -> bool {
        let mut types = BTreeSet::new();
        self.allowed(&mut types, 0);
        types.contains(name)
    }

    fn parts(self) -> impl Iterator<Item = Self> {
        let reference = self.value["$ref"].as_str().and_then(definition);
        ["allOf", "oneOf", "anyOf"]
            .into_iter()
            .filter_map(move |key| self.value[key].as_array())
            .flatten()
            .chain(self.value.get("then"))
            .chain(reference.map(|name| &self.contract.schemas()["$defs"][name]))
            .map(move |value| self.of(value))
    }

    fn find(
        self,
        depth: usize,
        look: &dyn Fn(&'static Value) -> Option<&'static Value>,
    ) -> Option<Self> {
        if depth > DEPTH_LIMIT {
            return None;
        }
        look(self.value)
            .map(|value| self.of(value))
            .or_else(|| self.parts().find_map(|part| part.find(depth + 1, look)))
    }

    fn allowed(self, types: &mut BTreeSet<&'static str>, depth: usize) {
        if depth > DEPTH_LIMIT {
            return;
        }
        match &self.value["type"] {
            Value::String(name) => drop(types.insert(name)),
            Value::Array(names) => types.extend(names.iter().filter_map(Value::as_str)),
            _ => {}
        }
        let values = self.value["enum"]
            .as_array()
            .into_iter()
            .flatten()
            .chain(self.value.get("const"));
        for value in values.filter(|_| self.value["type"].is_null()) {
            match value {
                Value::Number(_) => drop(types.insert("number")),
                Value::Bool(_) => drop(types.insert("boolean")),
                _ => {}
            }
        }
        self.parts().for_each(|part| part.allowed(types, depth + 1));
    }
}

/// The validators of a contract, each compiled on first use.
pub(crate) type Validators = RwLock<BTreeMap<String, Arc<Validator>>>;

impl Contract {
    /// Whether the value is valid by the schema with this name.
    pub fn holds(&'static self, name: &str, value: &Value) -> bool {
        self.validator(name)
            .is_some_and(|validator| validator.is_valid(value))
    }

    /// Every violation of the schema with this name.
    pub fn explain(&'static self, name: &str, value: &Value) -> Vec<Violation> {
        let Some(validator) = self.validator(name) else {
            return Vec::new();
        };
        let errors = validator.iter_errors(value);
        let mut found = Vec::new();
        errors.for_each(|error| describe(&error, &mut found));
        found
    }

    fn validator(&'static self, name: &str) -> Option<Arc<Validator>> {
        if let Ok(known) = self.validators.read()
            && let Some(validator) = known.get(name)
        {
            return Some(validator.clone());
        }
        let root = &self.schemas()["roots"][name];
        let mut definitions = Map::new();
        self.gather(root, &mut definitions);
        let schema = json!({ "allOf": [root], "$defs": definitions });
        let validator = Arc::new(compile(&schema)?);
        if let Ok(mut known) = self.validators.write() {
            known.insert(name.to_owned(), validator.clone());
        }
        Some(validator)
    }

    /// The definitions that a schema refers to.
    fn gather(&self, schema: &Value, into: &mut Map<String, Value>) {
        match schema {
            Value::Array(items) => items.iter().for_each(|item| self.gather(item, into)),
            Value::Object(members) => {
                if let Some(name) = members
                    .get("$ref")
                    .and_then(Value::as_str)
                    .and_then(definition)
                    && !into.contains_key(name)
                {
                    let definition = &self.schemas()["$defs"][name];
                    into.insert(name.to_owned(), definition.clone());
                    self.gather(definition, into);
                }
                members
                    .values()
                    .for_each(|member| self.gather(member, into));
            }
            _ => {}
        }
    }
}

fn compile(schema: &Value) -> Option<Validator> {
    jsonschema::options()
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
        .build(schema)
        .ok()
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
