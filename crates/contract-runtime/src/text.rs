//! Values with a text form: parameters, headers, strings with a format.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::decimal;

/// A type that is written as text.
pub trait Text: Sized {
    /// What is expected, for error messages.
    const EXPECTED: &'static str;

    /// Reads the text; `None` if it is not valid.
    fn from_text(text: &str) -> Option<Self>;

    /// Writes the text.
    fn to_text(&self) -> String;
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Text for $number {
            const EXPECTED: &'static str = "a whole number";

            fn from_text(text: &str) -> Option<Self> {
                // `parse` accepts a leading plus, which JSON does not allow.
                text.parse().ok().filter(|_| !text.starts_with('+'))
            }

            fn to_text(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

numbers!(i32, i64, u64);

macro_rules! floats {
    ($($number:ty),*) => {$(
        impl Text for $number {
            const EXPECTED: &'static str = "a number";

            fn from_text(text: &str) -> Option<Self> {
                // JSON has no `inf`, no `NaN` and no leading plus.
                serde_json::from_str(text).ok()
            }

            fn to_text(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

floats!(f32, f64);

impl Text for bool {
    const EXPECTED: &'static str = "true or false";

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn to_text(&self) -> String {
        self.to_string()
    }
}

impl Text for String {
    const EXPECTED: &'static str = "a text";

    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn to_text(&self) -> String {
        self.clone()
    }
}

impl Text for Decimal {
    const EXPECTED: &'static str = "a number";

    fn from_text(text: &str) -> Option<Self> {
        decimal::parse(text)
    }

    fn to_text(&self) -> String {
        self.to_string()
    }
}

/// `date-time` of RFC 3339, section 5.6.
impl Text for DateTime<Utc> {
    const EXPECTED: &'static str = "a date and time of RFC 3339";

    fn from_text(text: &str) -> Option<Self> {
        // chrono also accepts a space between date and time.
        let divided = matches!(text.as_bytes().get(10), Some(b'T' | b't'));
        DateTime::parse_from_rfc3339(text)
            .ok()
            .filter(|_| divided)
            .map(|time| time.to_utc())
    }

    fn to_text(&self) -> String {
        self.to_rfc3339_opts(SecondsFormat::AutoSi, true)
    }
}

/// `full-date` of RFC 3339, section 5.6.
impl Text for NaiveDate {
    const EXPECTED: &'static str = "a date of RFC 3339";

    fn from_text(text: &str) -> Option<Self> {
        // chrono also accepts missing digits and signs.
        text.parse()
            .ok()
            .filter(|_| text.len() == 10 && text.as_bytes()[4] == b'-')
    }

    fn to_text(&self) -> String {
        self.to_string()
    }
}

/// Only the form with hyphens (RFC 9562, section 4).
impl Text for Uuid {
    const EXPECTED: &'static str = "a UUID";

    fn from_text(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().filter(|_| text.len() == 36)
    }

    fn to_text(&self) -> String {
        self.hyphenated().to_string()
    }
}

/// Bytes in base64 (RFC 4648, section 4).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Base64(pub Vec<u8>);

impl Text for Base64 {
    const EXPECTED: &'static str = "bytes in base64";

    fn from_text(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok().map(Self)
    }

    fn to_text(&self) -> String {
        STANDARD.encode(&self.0)
    }
}

/// A decimal number that is a string in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct DecimalText(pub Decimal);

impl Text for DecimalText {
    const EXPECTED: &'static str = "a decimal number";

    fn from_text(text: &str) -> Option<Self> {
        decimal::parse(text).map(Self)
    }

    fn to_text(&self) -> String {
        self.0.to_string()
    }
}

/// Checks that a text can be a header, or an item of one, and is read as it was: headers are not
/// encoded, and spaces around their values do not count (RFC 9110, section 5.5).
#[cfg(any(feature = "client", feature = "server"))]
pub(crate) fn fits_header(text: &str) -> Result<(), &'static str> {
    if !text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t')) {
        return Err("a header can only have printable ASCII characters");
    }
    if text.trim() != text {
        return Err("a header cannot begin or end with a space");
    }
    Ok(())
}

/// A constant of the contract, whose text is known to be valid.
pub fn fixed<T: Text + Default>(text: &str) -> T {
    T::from_text(text).unwrap_or_default()
}

/// Whether the number that a type stands for (`x-rust-type`) is within the limits of the contract.
pub fn own_number<T: Clone + Into<N>, N>(value: &T, within: impl Fn(&N) -> bool) -> bool {
    within(&value.clone().into())
}

/// Whether the text that a type stands for (`x-rust-type`) is within the limits of the contract.
pub fn own_text(value: &impl ToString, within: impl Fn(&String) -> bool) -> bool {
    within(&value.to_string())
}

/// A text that is not a value of an enum of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownValue;

impl fmt::Display for UnknownValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("is not one of the values of the contract")
    }
}

impl std::error::Error for UnknownValue {}
