//! The modules generated from the contracts in `specs/`; the tests implement and call them.

use std::fmt;

use contract_runtime::serde::{Deserialize, Serialize};

/// A type for a number of a contract. It looks like that number, as it does in a client.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(crate = "contract_runtime::serde", transparent)]
pub struct Id(i64);

contract_runtime::own_type!(Id as i64);

impl From<i64> for Id {
    fn from(id: i64) -> Self {
        Self(id)
    }
}

impl From<Id> for i64 {
    fn from(id: Id) -> Self {
        id.0
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A type for a text of a contract, which also has rules of its own.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(crate = "contract_runtime::serde", try_from = "String")]
pub struct Word(String);

contract_runtime::own_type!(Word);

impl TryFrom<String> for Word {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        match text.as_str() {
            "unpronounceable" => Err("nobody can say it"),
            _ => Ok(Self(text)),
        }
    }
}

impl std::str::FromStr for Word {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        text.to_owned().try_into()
    }
}

impl fmt::Display for Word {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

pub mod made {
    //! A server for each contract.
    pub mod bodies;
    pub mod files;
    pub mod models_only;
    pub mod modern;
    pub mod names;
    pub mod parameters;
    pub mod responses;
    pub mod schemas;
    pub mod security;
}

pub mod clients {
    //! A client for each contract.
    pub mod bodies;
    pub mod files;
    pub mod models_only;
    pub mod modern;
    pub mod names;
    pub mod parameters;
    pub mod responses;
    pub mod schemas;
    pub mod security;
}
