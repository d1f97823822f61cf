//! Numbers of a contract as Rust literals.

use serde_json::Number;

use crate::source::{Code, code};

/// The largest number of decimal places of a `Decimal`.
const LARGEST_SCALE: usize = 28;

/// The literal of a floating point number: a JSON number with a Rust type as suffix.
pub(crate) fn float(number: &Number, kind: &'static str) -> Code {
    let number = number.as_f64().unwrap_or_default();
    let digits = match kind {
        "_f32" => Code::float(number as f32),
        _ => Code::float(number),
    };
    code!("{}{}", digits, kind)
}

pub(crate) fn fits_f32(number: &Number) -> bool {
    number
        .as_f64()
        .is_some_and(|number| (number as f32).is_finite())
}

/// The number as a `Decimal`; `None` if it has too many digits.
pub(crate) fn decimal(number: &str) -> Option<Code> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: i64 = format!("{whole}{fraction}").parse().ok()?;
    match (digits, fraction.len()) {
        (0, _) => Some(Code::of("runtime::rust_decimal::Decimal::ZERO")),
        (_, scale) if scale > LARGEST_SCALE => None,
        (digits, scale) => Some(code!(
            "runtime::rust_decimal::Decimal::new({}, {})",
            Code::grouped(digits),
            scale
        )),
    }
}
