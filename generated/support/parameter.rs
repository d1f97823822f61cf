//! Parameters: from text to a typed value.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{Input, decimal};

/// A type that a parameter can have.
pub trait FromParameter: Sized {
    /// Reads the text; `None` when it is no such value.
    fn from_parameter(text: &str) -> Option<Self>;
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl FromParameter for $number {
            fn from_parameter(text: &str) -> Option<Self> {
                // `parse` takes a leading plus, which JSON does not.
                text.parse().ok().filter(|_| !text.starts_with('+'))
            }
        }
    )*};
}

numbers!(i32, i64);

macro_rules! floats {
    ($($number:ty),*) => {$(
        impl FromParameter for $number {
            fn from_parameter(text: &str) -> Option<Self> {
                // JSON knows no `inf`, no `NaN` and no leading plus.
                serde_json::from_str(text).ok()
            }
        }
    )*};
}

floats!(f32, f64);

impl FromParameter for bool {
    fn from_parameter(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl FromParameter for String {
    fn from_parameter(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl FromParameter for Decimal {
    fn from_parameter(text: &str) -> Option<Self> {
        decimal::parse(text)
    }
}

impl FromParameter for DateTime<Utc> {
    fn from_parameter(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|time| time.to_utc())
    }
}

impl FromParameter for NaiveDate {
    fn from_parameter(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl FromParameter for Uuid {
    fn from_parameter(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok()
    }
}

/// Where a parameter stands in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Header,
}

impl Place {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
        }
    }
}

/// One parameter of a request, with the texts that were sent for it. Whatever is wrong with it is
/// noted in the [`Input`]; `None` then says that the request is to be rejected.
pub struct Parameter<'i, 'r> {
    pub(super) input: &'i mut Input<'r>,
    pub(super) place: Place,
    pub(super) name: &'static str,
    pub(super) values: Vec<String>,
}

impl Parameter<'_, '_> {
    /// A value that has to be there.
    pub fn required<T: FromParameter>(self, check: impl Fn(&T) -> bool) -> Option<T> {
        if self.values.is_empty() {
            self.input.violation(self.name, "is required");
            return None;
        }
        self.optional(check).flatten()
    }

    /// A value that may be absent.
    pub fn optional<T: FromParameter>(self, check: impl Fn(&T) -> bool) -> Option<Option<T>> {
        match self.values.as_slice() {
            [] => Some(None),
            [text] => match T::from_parameter(text).filter(|value| check(value)) {
                Some(value) => Some(Some(value)),
                None => self.refuse(),
            },
            _ => {
                self.input.violation(self.name, "is given more than once");
                None
            }
        }
    }

    /// A value that the contract gives a default.
    pub fn or_default<T: FromParameter>(
        self,
        default: &str,
        check: impl Fn(&T) -> bool,
    ) -> Option<T> {
        self.optional(check)?.or_else(|| T::from_parameter(default))
    }

    /// Repeated values, at least one.
    pub fn required_list<T: FromParameter>(
        self,
        check: impl Fn(&Vec<T>) -> bool,
    ) -> Option<Vec<T>> {
        if self.values.is_empty() {
            self.input.violation(self.name, "is required");
            return None;
        }
        self.optional_list(check).flatten()
    }

    /// Repeated values, or none.
    pub fn optional_list<T: FromParameter>(
        self,
        check: impl Fn(&Vec<T>) -> bool,
    ) -> Option<Option<Vec<T>>> {
        if self.values.is_empty() {
            return Some(None);
        }
        let values: Option<Vec<T>> = self
            .values
            .iter()
            .map(|text| T::from_parameter(text))
            .collect();
        match values.filter(|values| check(values)) {
            Some(values) => Some(Some(values)),
            None => self.refuse(),
        }
    }

    fn refuse<T>(self) -> Option<T> {
        self.input.refuse(self.place, self.name, &self.values);
        None
    }
}
