//! The schemas of the contract, under their own names. Everything else has its full path.

use ::contract_runtime as runtime;

/// `Lists` of the contract.
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Lists {
    /// `comma` of the contract.
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub comma: ::std::option::Option<::std::vec::Vec<::std::string::String>>,
    /// `pipe` of the contract.
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub pipe: ::std::option::Option<::std::vec::Vec<i64>>,
    /// `space` of the contract.
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub space: ::std::option::Option<::std::vec::Vec<i64>>,
    /// `repeated` of the contract.
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub repeated: ::std::option::Option<::std::vec::Vec<::std::string::String>>,
}

runtime::json_by_serde!(Lists);

/// `Pet` of the contract.
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Pet {
    /// `name` of the contract.
    pub name: ::std::string::String,
    /// `age` of the contract.
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub age: ::std::option::Option<i64>,
    /// `tags` of the contract.
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub tags: ::std::option::Option<::std::vec::Vec<::std::string::String>>,
    /// `owner` of the contract.
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub owner: ::std::option::Option<PetOwner>,
}

runtime::json_by_serde!(Pet);

impl Pet {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        !self.name.is_empty() && self.age.as_ref().is_none_or(|value| *value >= 0)
    }
}

/// `PetOwner` of the contract.
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct PetOwner {
    /// `id` of the contract.
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub id: ::std::option::Option<i64>,
}

runtime::json_by_serde!(PetOwner);

/// `Upload` of the contract.
#[derive(Debug, Clone, PartialEq, runtime::serde::Serialize, runtime::serde::Deserialize)]
#[serde(crate = "runtime::serde")]
pub struct Upload {
    /// `title` of the contract.
    pub title: ::std::string::String,
    /// `count` of the contract.
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub count: ::std::option::Option<i64>,
    /// `file` of the contract.
    pub file: runtime::Binary,
    /// `more` of the contract.
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub more: ::std::option::Option<::std::vec::Vec<runtime::Binary>>,
    /// `pet` of the contract.
    #[serde(
        default,
        skip_serializing_if = "::std::option::Option::is_none",
        deserialize_with = "runtime::json::some"
    )]
    pub pet: ::std::option::Option<Pet>,
}

runtime::json_by_serde!(Upload);

impl Upload {
    /// Whether every part is within the limits of the contract.
    pub fn is_valid(&self) -> bool {
        self.title.chars().count() <= 10
            && self.count.as_ref().is_none_or(|value| *value >= 1)
            && self.pet.as_ref().is_none_or(|value| value.is_valid())
    }
}
