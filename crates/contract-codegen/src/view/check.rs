//! The checks of a value as Rust expressions.

use serde_json::{Number, Value};

use crate::numbers::{decimal, fits_f32, float};
use crate::pattern::rust_pattern;
use crate::schema::{Item, Kind, STRING, Schemas, Shape, Type, Unknown};
use crate::source::{Code, Piece, code};

/// The value that generated code checks.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// A variable with a reference to the value.
    Reference(&'a Code),
    /// A place expression of the value.
    Owned(&'a Code),
}

impl Place<'_> {
    /// As the receiver of a method, where Rust accepts either.
    fn name(&self) -> &Code {
        match self {
            Self::Reference(name) | Self::Owned(name) => name,
        }
    }

    fn reference(self) -> Code {
        match self {
            Self::Reference(name) => name.clone(),
            Self::Owned(name) => code!("&{}", name),
        }
    }

    /// Of a type that is `Copy`.
    fn copied(self) -> Code {
        match self {
            Self::Reference(name) => code!("*{}", name),
            Self::Owned(name) => name.clone(),
        }
    }
}

/// Writes checks, and tracks which items have any.
pub(crate) struct Checks {
    /// Whether unions have a variant for what the contract does not list.
    open: bool,
    checked: Vec<bool>,
    warnings: Vec<String>,
}

impl Checks {
    pub(crate) fn new(schemas: &Schemas, open: bool) -> Self {
        let mut checks = Self {
            open,
            checked: vec![false; schemas.items.len()],
            warnings: Vec::new(),
        };
        // An item that contains a checked one is checked too. Repeat until nothing changes.
        loop {
            let found: Vec<bool> = schemas
                .items
                .iter()
                .map(|item| !checks.of_item(item).is_empty())
                .collect();
            if found == checks.checked {
                checks.warnings.sort();
                checks.warnings.dedup();
                return checks;
            }
            checks.checked = found;
        }
    }

    /// Warnings about checks that cannot be made.
    pub(crate) fn into_warnings(self) -> Vec<String> {
        self.warnings
    }

    /// A closure that checks a parameter or a body.
    pub(crate) fn closure(&mut self, kind: &Type) -> Code {
        match self.of(kind, Place::Reference(&Code::of("value"))) {
            Some(check) => code!("|value| {}", check),
            None => Code::of("|_| true"),
        }
    }

    /// A boolean expression over a value, or `None` if there is nothing to check.
    pub(crate) fn of(&mut self, kind: &Type, value: Place) -> Option<Code> {
        if !kind.nullable {
            return self.of_present(kind, value);
        }
        let check = self.of_present(kind, Place::Reference(&Code::of("value")))?;
        Some(code!(
            "{}.as_ref().is_none_or(|value| {})",
            value.name(),
            check
        ))
    }

    /// The checks of an item's parts, to be joined by `&&`.
    pub(crate) fn of_item(&mut self, item: &Item) -> Vec<Code> {
        match &item.shape {
            Shape::Struct { fields, unknown } => {
                let mut checks = Vec::new();
                for field in fields {
                    let place = code!("self.{}", field.name);
                    let check = if field.required || field.default.is_some() {
                        self.of(&field.kind, Place::Owned(&place))
                    } else {
                        self.of(&field.kind, Place::Reference(&Code::of("value")))
                            .map(|check| code!("{}.as_ref().is_none_or(|value| {})", place, check))
                    };
                    checks.extend(check);
                }
                if let Unknown::Kept(kind, name) = unknown
                    && let Some(check) = self.of(kind, Place::Reference(&Code::of("item")))
                {
                    checks.push(code!("self.{}.values().all(|item| {})", name, check));
                }
                checks
            }
            // Without a discriminator, the limits are checked while an alternative is selected.
            Shape::Union(union) if union.discriminator.is_some() => {
                let mut arms = Vec::new();
                for variant in &union.variants {
                    if let Some(check) =
                        self.of(&variant.kind, Place::Reference(&Code::of("value")))
                    {
                        arms.push(code!("Self::{}(value) => {},", variant.name, check));
                    }
                }
                if arms.is_empty() {
                    return Vec::new();
                }
                if self.open || arms.len() < union.variants.len() {
                    arms.push(Code::of("_ => true,"));
                }
                vec![code!("match self {{ {} }}", Code::join(arms, " "))]
            }
            _ => Vec::new(),
        }
    }

    fn of_present(&mut self, kind: &Type, value: Place) -> Option<Code> {
        let name = value.name();
        let schema = kind.schema;
        let mut checks = Vec::new();
        match &kind.kind {
            // The limits are those of what it is written as.
            Kind::Own(_, inner) => {
                let plain = Type {
                    kind: (**inner).clone(),
                    ..kind.clone()
                };
                let check = self.of_present(&plain, Place::Reference(&Code::of("value")))?;
                let into = match **inner {
                    Kind::String => {
                        code!("::std::string::ToString::to_string({})", value.reference())
                    }
                    _ => code!(
                        "::std::convert::Into::into(::std::clone::Clone::clone({}))",
                        value.reference()
                    ),
                };
                return Some(code!(
                    "{{ let value: {} = {}; let value = &value; {} }}",
                    schemas_kind(inner),
                    into,
                    check
                ));
            }
            Kind::Item(item) => {
                return self.checked[*item].then(|| code!("{}.is_valid()", name));
            }
            Kind::I32 | Kind::I64 | Kind::U64 => checks.extend(integer(schema, &kind.kind, value)),
            Kind::F32 | Kind::F64 | Kind::Decimal => {
                checks.extend(number(schema, &kind.kind, value))
            }
            Kind::String => {
                let length = code!("{}.chars().count()", name);
                checks.extend(count(
                    name,
                    &length,
                    &schema["minLength"],
                    &schema["maxLength"],
                ));
                if let Some(pattern) = schema["pattern"].as_str() {
                    match rust_pattern(pattern) {
                        Some(pattern) => checks.push(code!(
                            "{{ static PATTERN: runtime::Pattern = runtime::Pattern::new({}); \
                             PATTERN.matches({}) }}",
                            Code::raw_literal(&pattern),
                            value.reference()
                        )),
                        None => self.warnings.push(format!(
                            "the pattern {} is not checked: it is not a regular expression of ECMA-262",
                            Code::raw_literal(pattern)
                        )),
                    }
                }
            }
            Kind::List(item) => {
                let length = code!("{}.len()", name);
                checks.extend(count(
                    name,
                    &length,
                    &schema["minItems"],
                    &schema["maxItems"],
                ));
                if schema["uniqueItems"] == true {
                    checks.push(code!("runtime::all_unique({})", value.reference()));
                }
                if let Some(check) = self.of(item, Place::Reference(&Code::of("item"))) {
                    checks.push(code!("{}.iter().all(|item| {})", name, check));
                }
            }
            Kind::Map(item) => {
                let length = code!("{}.len()", name);
                let (minimum, maximum) = (&schema["minProperties"], &schema["maxProperties"]);
                checks.extend(count(name, &length, minimum, maximum));
                if let Some(check) = self.of(item, Place::Reference(&Code::of("item"))) {
                    checks.push(code!("{}.values().all(|item| {})", name, check));
                }
            }
            _ => {}
        }
        (!checks.is_empty()).then(|| Code::join(checks, " && "))
    }
}

/// The Rust type of a plain value.
fn schemas_kind(kind: &Kind) -> Code {
    Code::of(match kind {
        Kind::I32 => "i32",
        Kind::I64 => "i64",
        Kind::U64 => "u64",
        Kind::F32 => "f32",
        Kind::F64 => "f64",
        Kind::Decimal => "runtime::rust_decimal::Decimal",
        _ => STRING,
    })
}

/// The minimum and the maximum, each with whether it is exclusive.
struct Range<'s> {
    minimum: Option<(&'s Number, bool)>,
    maximum: Option<(&'s Number, bool)>,
}

/// The limits of a number; `exclusive…` is a flag in OpenAPI 3.0 and a limit in 3.1.
fn limits(schema: &Value) -> Range<'_> {
    let side = |plain: &str, exclusive: &str, tighter: fn(f64, f64) -> bool| {
        let inclusive = schema[plain]
            .as_number()
            .map(|limit| (limit, schema[exclusive] == true));
        let own = schema[exclusive].as_number().map(|limit| (limit, true));
        match (inclusive, own) {
            (Some(one), Some(other)) => {
                let value = |limit: &Number| limit.as_f64().unwrap_or_default();
                Some(if tighter(value(one.0), value(other.0)) {
                    one
                } else {
                    other
                })
            }
            (one, other) => one.or(other),
        }
    };
    Range {
        minimum: side("minimum", "exclusiveMinimum", |one, other| one > other),
        maximum: side("maximum", "exclusiveMaximum", |one, other| one < other),
    }
}

fn integer(schema: &Value, kind: &Kind, value: Place) -> Vec<Code> {
    let (lowest, highest) = match kind {
        Kind::I32 => (i128::from(i32::MIN), i128::from(i32::MAX)),
        Kind::U64 => (0, i128::from(u64::MAX)),
        _ => (i128::from(i64::MIN), i128::from(i64::MAX)),
    };
    let range = limits(schema);
    let minimum = range.minimum.map(|(limit, exclusive)| match whole(limit) {
        Ok(limit) => limit + i128::from(exclusive),
        Err(limit) => limit.ceil() as i128,
    });
    let maximum = range.maximum.map(|(limit, exclusive)| match whole(limit) {
        Ok(limit) => limit - i128::from(exclusive),
        Err(limit) => limit.floor() as i128,
    });
    if minimum.is_some_and(|limit| limit > highest) || maximum.is_some_and(|limit| limit < lowest) {
        return vec![Code::of("false")];
    }
    let minimum = minimum.filter(|limit| *limit > lowest);
    let maximum = maximum.filter(|limit| *limit < highest);
    let mut checks: Vec<Code> = between(minimum, maximum, value).into_iter().collect();
    if let Some(step) = schema["multipleOf"].as_number() {
        match whole(step) {
            Ok(1) => {}
            Ok(step) if step > 0 && step <= highest => {
                checks.push(code!("{} % {} == 0", value.copied(), step));
            }
            Ok(_) => checks.push(code!("{} == 0", value.copied())),
            Err(_) => checks.push(code!(
                "runtime::is_multiple({} as f64, {})",
                value.copied(),
                float(step, "_f64")
            )),
        }
    }
    checks
}

fn whole(number: &Number) -> Result<i128, f64> {
    if let Some(value) = number.as_i128() {
        return Ok(value);
    }
    let value = number.as_f64().unwrap_or_default();
    if value.fract() == 0.0 && value.abs() < 1e30 {
        Ok(value as i128)
    } else {
        Err(value)
    }
}

fn number(schema: &Value, kind: &Kind, value: Place) -> Vec<Code> {
    let literal = |number: &Number| match kind {
        Kind::Decimal => decimal(&number.to_string()),
        // A limit outside the range of the type has no effect.
        Kind::F32 => fits_f32(number).then(|| float(number, "_f32")),
        _ => Some(float(number, "_f64")),
    };
    let range = limits(schema);
    let side = |limit: Option<(&Number, bool)>| {
        limit.and_then(|(limit, exclusive)| Some((literal(limit)?, exclusive)))
    };
    let copied = value.copied();
    let mut checks = Vec::new();
    match (side(range.minimum), side(range.maximum)) {
        (Some((low, false)), Some((high, false))) => {
            checks.extend(between(Some(low), Some(high), value));
        }
        (low, high) => {
            if let Some((low, exclusive)) = low {
                let sign = if exclusive { ">" } else { ">=" };
                checks.push(code!("{} {} {}", copied, sign, low));
            }
            if let Some((high, exclusive)) = high {
                let sign = if exclusive { "<" } else { "<=" };
                checks.push(code!("{} {} {}", copied, sign, high));
            }
        }
    }
    if let Some(step) = schema["multipleOf"].as_number() {
        match (kind, literal(step)) {
            (Kind::Decimal, Some(step)) => {
                checks.push(code!(
                    "{} % {} == runtime::rust_decimal::Decimal::ZERO",
                    copied,
                    step
                ));
            }
            (Kind::F32, _) => checks.push(code!(
                "runtime::is_multiple(f64::from({}), {})",
                copied,
                float(step, "_f64")
            )),
            _ => checks.push(code!(
                "runtime::is_multiple({}, {})",
                copied,
                float(step, "_f64")
            )),
        }
    }
    checks
}

fn between<T: Piece>(minimum: Option<T>, maximum: Option<T>, value: Place) -> Option<Code> {
    let copied = value.copied();
    match (minimum, maximum) {
        (Some(minimum), Some(maximum)) => Some(code!(
            "({}..={}).contains({})",
            minimum,
            maximum,
            value.reference()
        )),
        (Some(minimum), None) => Some(code!("{} >= {}", copied, minimum)),
        (None, Some(maximum)) => Some(code!("{} <= {}", copied, maximum)),
        (None, None) => None,
    }
}

fn count(whole: &Code, count: &Code, minimum: &Value, maximum: &Value) -> Option<Code> {
    let limit = |value: &Value| match value.as_number().map(self::whole) {
        Some(Ok(limit)) => u64::try_from(limit).ok(),
        _ => None,
    };
    let minimum = limit(minimum).filter(|limit| *limit > 0);
    match (minimum, limit(maximum)) {
        (Some(1), None) => Some(code!("!{}.is_empty()", whole)),
        (None, Some(0)) => Some(code!("{}.is_empty()", whole)),
        (minimum, maximum) => between(minimum, maximum, Place::Owned(count)),
    }
}
