//! Lists what changes between two versions of a contract, and what each change means for clients.
//!
//! It depends on who writes a value. The client writes requests: the new contract must accept all
//! that the old one accepted. The server writes responses: the new contract may send nothing that
//! the old one did not declare.
//!
//! [`operations`] compares operations and calls [`schema`] for each value, which calls
//! [`constraints`] for keywords that do not contain schemas. [`version`] checks the version number.

mod constraints;
mod contract;
mod operations;
mod schema;
mod version;

use std::fmt;

use serde_json::Value;

pub use contract::Contract;
pub use version::version_fault;

/// What a change means for a client of the old contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It stops working, or loses a guarantee.
    Breaking,
    /// It keeps working unless it is too strict, for example about a new enum value in a response.
    Risky,
    /// It is not affected.
    Compatible,
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Breaking => "breaking",
            Self::Risky => "risky",
            Self::Compatible => "compatible",
        })
    }
}

/// One difference between two contracts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it means for clients.
    pub level: Level,
    /// The operation, then the path to the value within it.
    pub place: String,
    /// What is different.
    pub text: String,
}

impl fmt::Display for Change {
    /// Always one line, even if names in the contract contain line breaks.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = format!("{:<11} {}: {}", self.level, self.place, self.text);
        let ends_it = |letter: char| letter.is_control() || "\u{2028}\u{2029}".contains(letter);
        formatter.write_str(&line.replace(ends_it, " "))
    }
}

/// Every difference that is visible to clients, in the order of the contract. Summaries,
/// descriptions and examples are not compared.
pub fn compare(old: &Contract, new: &Contract) -> Vec<Change> {
    operations::compare(old, new)
}

/// Collects changes at one place.
struct Changes<'c> {
    found: &'c mut Vec<Change>,
    place: String,
}

impl Changes<'_> {
    fn add(&mut self, level: Level, text: impl Into<String>) {
        self.found.push(Change {
            level,
            place: self.place.clone(),
            text: text.into(),
        });
    }

    /// Adds one of two changes if a flag changed.
    fn add_flag(&mut self, before: bool, after: bool, set: (Level, &str), unset: (Level, &str)) {
        match (before, after) {
            (false, true) => self.add(set.0, set.1),
            (true, false) => self.add(unset.0, unset.1),
            _ => {}
        }
    }

    fn add_deprecation(&mut self, before: &Value, after: &Value) {
        if after["deprecated"] == true && before["deprecated"] != true {
            self.add(Level::Compatible, "is deprecated now");
        }
    }

    /// The same collection at a nested place.
    fn at(&mut self, step: &str) -> Changes<'_> {
        Changes {
            place: format!("{}{step}", self.place),
            found: self.found,
        }
    }
}
