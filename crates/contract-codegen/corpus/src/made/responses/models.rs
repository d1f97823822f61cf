//! The schemas of the contract, under their own names. Everything else has its full path.

use ::contract_runtime as runtime;

/// `Nullable200Response` of the contract.
#[derive(Debug, Clone, PartialEq)]
pub struct Nullable200Response {
    /// `a` of the contract.
    pub a: ::std::option::Option<i64>,
    /// `b` of the contract.
    pub b: ::std::option::Option<::std::option::Option<i64>>,
    /// `c` of the contract.
    pub c: ::std::option::Option<i64>,
    /// Additional properties, which the contract does not name.
    pub additional_properties:
        ::std::collections::BTreeMap<::std::string::String, runtime::serde_json::Value>,
}

runtime::open_object! { Nullable200Response, additional_properties {
    "a" => a required,
    "b" => b optional,
    "c" => c optional,
} }

/// `Status4XxResponse` of the contract.
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Status4XxResponse {
    /// `title` of the contract.
    pub title: ::std::string::String,
}

runtime::json_by_serde!(Status4XxResponse);
