//! A contract at run time: its document, its operations and its schemas.

use std::collections::BTreeMap;
use std::sync::{OnceLock, RwLock};

use serde::Serialize;
use serde_json::Value;

use crate::schema::{Schema, Validators};

/// A contract. Generated code has one, as a static.
pub struct Contract {
    /// The contract as JSON.
    pub document: &'static str,
    /// Every operation.
    pub operations: &'static [Operation],
    schemas: &'static str,
    parsed: OnceLock<Value>,
    pub(crate) validators: Validators,
}

/// An operation of a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// Its `operationId`; without one, a name from method and path.
    pub id: &'static str,
    /// Its method.
    pub method: &'static str,
    /// Its path, with parameter names in braces.
    pub route: &'static str,
}

/// One violation of the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// A JSON pointer (RFC 6901) into the body, or the name of a parameter or a header.
    pub pointer: String,
    /// What is wrong there.
    pub detail: String,
}

impl Contract {
    /// A contract from its generated parts; `schemas` is the generated `schemas.json`.
    pub const fn new(
        document: &'static str,
        schemas: &'static str,
        operations: &'static [Operation],
    ) -> Self {
        Self {
            document,
            operations,
            schemas,
            parsed: OnceLock::new(),
            validators: RwLock::new(BTreeMap::new()),
        }
    }

    /// The schema with this name.
    pub fn schema(&'static self, name: &str) -> Schema {
        Schema::named(self, name)
    }

    /// What the response of an operation may contain; `null` if the contract has no such operation.
    pub(crate) fn responses(&self, method: &str, route: &str) -> &Value {
        &self.schemas()["responses"][format!("{method} {route}")]
    }

    pub(crate) fn schemas(&self) -> &Value {
        self.parsed
            .get_or_init(|| serde_json::from_str(self.schemas).unwrap_or_default())
    }
}
