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
    exact(number.as_str()).ok_or_else(|| {
        serde::de::Error::custom(format_args!("{number} cannot be represented exactly"))
    })
}

/// Reads the text of a JSON number; `None` if it is none, or cannot be represented exactly.
pub fn parse(text: &str) -> Option<Decimal> {
    // rust_decimal also accepts `+5`, `.5`, `5.`, `05` and `1_000`.
    Number::from_str(text).ok()?;
    exact(text)
}

fn exact(text: &str) -> Option<Decimal> {
    let Some((mantissa, _)) = text.split_once(['e', 'E']) else {
        return Decimal::from_str_exact(text).ok();
    };
    // `from_scientific` silently rounds a mantissa with too many digits.
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
    Decimal::from_scientific(text)
        .ok()
        .filter(|_| digits <= EXACT_DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_numbers_are_decimals() {
        for (text, value) in [
            ("0", "0"),
            ("-0.50", "-0.50"),
            ("1000", "1000"),
            ("1e2", "100"),
            ("1E+2", "100"),
            ("12.5e-1", "1.25"),
            ("1.5e1", "15"),
        ] {
            let read = parse(text).map(|number| number.to_string());
            assert_eq!(read.as_deref(), Some(value), "{text}");
        }
        for text in [
            "", "-", "+5", ".5", "-.5", "5.", "05", "-05", "1_000", "1_0e2", "+1e2", ".5e1", "1e",
            "1e+", " 1", "1 ", "1e2e3", "0x1", "NaN", "\u{663}",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
