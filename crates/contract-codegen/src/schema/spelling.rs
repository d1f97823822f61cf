//! Types and default values as Rust code.

use serde_json::Value;

use super::{Kind, Schemas, Shape, Type};
use crate::numbers;
use crate::source::{Code, code};

pub(crate) const STRING: &str = "::std::string::String";

/// A type whose value may be absent.
pub(crate) fn option(kind: &Code) -> Code {
    code!("::std::option::Option<{}>", kind)
}

impl<'c> Schemas<'c> {
    /// A type as Rust, with the path of the module of the items. All other types have absolute
    /// paths, so an item with the same name cannot hide them.
    pub(crate) fn spell(&self, kind: &Type, models: &'static str) -> Code {
        let name = match &kind.kind {
            Kind::Any => Code::of("runtime::serde_json::Value"),
            Kind::Bool => Code::of("bool"),
            Kind::I32 => Code::of("i32"),
            Kind::I64 => Code::of("i64"),
            Kind::U64 => Code::of("u64"),
            Kind::F32 => Code::of("f32"),
            Kind::F64 => Code::of("f64"),
            Kind::Decimal => Code::of("runtime::rust_decimal::Decimal"),
            Kind::DecimalText => Code::of("runtime::DecimalText"),
            Kind::String => Code::of(STRING),
            Kind::Base64 => Code::of("runtime::Base64"),
            Kind::Binary => Code::of("runtime::Binary"),
            Kind::Date => Code::of("runtime::chrono::NaiveDate"),
            Kind::DateTime => Code::of("runtime::chrono::DateTime<runtime::chrono::Utc>"),
            Kind::Uuid => Code::of("runtime::uuid::Uuid"),
            Kind::List(item) => code!("::std::vec::Vec<{}>", self.spell(item, models)),
            Kind::Map(value) => code!(
                "::std::collections::BTreeMap<{}, {}>",
                STRING,
                self.spell(value, models)
            ),
            Kind::Item(item) => code!("{}{}", models, self.items[*item].name),
            Kind::Own(path, _) => path.clone(),
        };
        if kind.nullable { option(&name) } else { name }
    }

    /// A value of the contract as Rust; `None` when it does not match its own schema.
    pub(crate) fn literal(
        &self,
        kind: &Type<'c>,
        value: &Value,
        models: &'static str,
    ) -> Option<Code> {
        let literal = match (&kind.kind, value) {
            (_, Value::Null) => return None,
            (Kind::Bool, Value::Bool(value)) => code!("{}", value),
            (Kind::I32, value) => code!("{}", i64::from(i32::try_from(value.as_i64()?).ok()?)),
            (Kind::I64, value) => code!("{}", value.as_i64()?),
            (Kind::U64, value) => code!("{}", value.as_u64()?),
            (Kind::F32, Value::Number(number)) if numbers::fits_f32(number) => {
                numbers::float(number, "_f32")
            }
            (Kind::F64, Value::Number(number)) => numbers::float(number, "_f64"),
            (Kind::Decimal, Value::Number(number)) => numbers::decimal(&number.to_string())?,
            (Kind::String, Value::String(text)) => {
                code!("{}::from({})", STRING, Code::literal(text))
            }
            (Kind::List(_), Value::Array(list)) if list.is_empty() => {
                Code::of("::std::vec::Vec::new()")
            }
            (Kind::List(item), Value::Array(list)) => {
                let literals = list.iter().map(|value| self.literal(item, value, models));
                let literals: Vec<Code> = literals.collect::<Option<_>>()?;
                code!("::std::vec![{}]", Code::join(literals, ", "))
            }
            (Kind::Map(_), Value::Object(map)) if map.is_empty() => {
                Code::of("::std::collections::BTreeMap::new()")
            }
            (Kind::Any, value) => code!(
                "runtime::serde_json::from_str({}).unwrap_or_default()",
                Code::raw_literal(&value.to_string())
            ),
            (Kind::Item(item), value) => {
                let item = &self.items[*item];
                let variant = match &item.shape {
                    Shape::Strings(variants) => variants
                        .iter()
                        .find(|(wire, _)| Some(&**wire) == value.as_str())
                        .map(|(_, name)| name),
                    Shape::Integers(variants) => variants
                        .iter()
                        .find(|(wire, _)| Some(*wire) == value.as_i64())
                        .map(|(_, name)| name),
                    _ => None,
                };
                code!("{}{}::{}", models, item.name, variant?)
            }
            (kind, Value::String(text)) if is_plausible(kind, text) => {
                code!("runtime::fixed({})", Code::literal(text))
            }
            _ => return None,
        };
        Some(if kind.nullable {
            code!("::std::option::Option::Some({})", literal)
        } else {
            literal
        })
    }
}

/// Whether a default looks like a value of its format.
fn is_plausible(kind: &Kind, text: &str) -> bool {
    let like = |pattern: &str| {
        fancy_regex::Regex::new(pattern).is_ok_and(|regex| regex.is_match(text).unwrap_or(false))
    };
    match kind {
        Kind::Date => like(r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])$"),
        Kind::DateTime => like(
            r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-][01]\d:[0-5]\d)$",
        ),
        Kind::Uuid => like(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"),
        Kind::DecimalText => like(r"^-?(0|[1-9][0-9]{0,19})(\.[0-9]{1,8})?$"),
        _ => false,
    }
}
