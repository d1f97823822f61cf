//! The schemas of the contract, under their own names. Everything else has its full path.

use ::contract_runtime as runtime;

/// `Modern` of the contract.
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Modern {
    /// `kind` of the contract.
    pub kind: ModernKind,
    /// `maybe` of the contract.
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub maybe: ::std::option::Option<::std::option::Option<::std::string::String>>,
    /// `either` of the contract.
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub either: ::std::option::Option<runtime::serde_json::Value>,
    /// `null_or_point` of the contract.
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub null_or_point: ::std::option::Option<::std::option::Option<Point>>,
    /// `between` of the contract.
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub between: ::std::option::Option<i64>,
    /// `fraction` of the contract.
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub fraction: ::std::option::Option<f64>,
    /// `tuple` of the contract.
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub tuple: ::std::option::Option<::std::vec::Vec<runtime::serde_json::Value>>,
    /// `data` of the contract.
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub data: ::std::option::Option<runtime::Base64>,
    /// beside a reference
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub described: ::std::option::Option<::std::string::String>,
    /// `patterned` of the contract.
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub patterned: ::std::option::Option<
        ::std::collections::BTreeMap<::std::string::String, runtime::serde_json::Value>,
    >,
    /// `conditional` of the contract.
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub conditional: ::std::option::Option<ModernConditional>,
    /// `level` of the contract.
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub level: ::std::option::Option<::std::option::Option<ModernLevel>>,
}

runtime::json_by_serde!(Modern);

impl Modern {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.maybe.as_ref().is_none_or(|value| {
            value
                .as_ref()
                .is_none_or(|value| value.chars().count() <= 3)
        }) && self
            .between
            .as_ref()
            .is_none_or(|value| (1..=9).contains(value))
            && self.fraction.as_ref().is_none_or(|value| *value > 0.0_f64)
    }
}

/// `ModernConditional` of the contract.
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct ModernConditional {
    /// `a` of the contract.
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub a: ::std::option::Option<i64>,
    /// `b` of the contract.
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub b: ::std::option::Option<i64>,
}

runtime::json_by_serde!(ModernConditional);

runtime::string_enum! {
    /// `ModernKind` of the contract.
    pub enum ModernKind {
        /// `modern`
        Modern = "modern",
    }
}

runtime::string_enum! {
    /// `ModernLevel` of the contract.
    pub enum ModernLevel {
        /// `low`
        Low = "low",
        /// `high`
        High = "high",
    }
}

/// `Point` of the contract.
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Point {
    /// `x` of the contract.
    pub x: i64,
}

runtime::json_by_serde!(Point);
