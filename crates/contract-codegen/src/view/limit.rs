//! Limits of numbers and lengths as Rust expressions.

use serde_json::{Number, Value};

use crate::numbers::{decimal, fits_f32, float};
use crate::schema::Kind;
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
    pub(super) fn name(&self) -> &Code {
        match self {
            Self::Reference(name) | Self::Owned(name) => name,
        }
    }

    pub(super) fn reference(self) -> Code {
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

/// The checks of an integer.
pub(super) fn integer(schema: &Value, kind: &Kind, value: Place) -> Vec<Code> {
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

/// The checks of any other number.
pub(super) fn number(schema: &Value, kind: &Kind, value: Place) -> Vec<Code> {
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

/// The check of a length; `whole` is what has it.
pub(super) fn count(whole: &Code, count: &Code, minimum: &Value, maximum: &Value) -> Option<Code> {
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
