//! Decimal numbers as JSON numbers, without a conversion to a float.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Number;

/// The number of digits that a [`Decimal`] always holds.
const EXACT_DIGITS: usize = 28;

/// Writes a JSON number.
pub fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    Number::from_str(&value.to_string())
        .map_err(serde::ser::Error::custom)?
        .serialize(serializer)
}

/// Reads a JSON number; fails if the number cannot be represented exactly.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let number = Number::deserialize(deserializer)?;
    parse(number.as_str()).ok_or_else(|| {
        serde::de::Error::custom(format_args!("{number} cannot be represented exactly"))
    })
}

/// Reads the text of a number; `None` if it cannot be represented exactly.
pub fn parse(text: &str) -> Option<Decimal> {
    let Some((mantissa, _)) = text.split_once(['e', 'E']) else {
        return Decimal::from_str_exact(text).ok();
    };
    // `from_scientific` silently rounds a mantissa with too many digits.
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
    Decimal::from_scientific(text)
        .ok()
        .filter(|_| digits <= EXACT_DIGITS)
}
