//! Says, change by change, what a new version of a contract means for those who use the old one.
//!
//! What matters is who writes a value and who reads it. A request is written by the client: the new
//! contract must take all that the old one took. An answer is written by the server: the new contract
//! may send nothing that the old one did not announce.

mod contract;
mod operations;
mod schema;
mod version;

use std::fmt;

pub use contract::Contract;
pub use version::version_fault;

/// What a change means for a client of the old contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It stops working, or loses something that it may rely on.
    Breaking,
    /// It goes on working unless it is stricter than it should be: a new value of an answer's
    /// enumeration, for example.
    Risky,
    /// It need not care.
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
    /// What it means.
    pub level: Level,
    /// Where: the operation, then the way into it.
    pub place: String,
    /// What is different.
    pub text: String,
}

impl fmt::Display for Change {
    /// One line, whatever the contract calls things.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = format!("{:<11} {}: {}", self.level, self.place, self.text);
        let ends_it = |letter: char| letter.is_control() || "\u{2028}\u{2029}".contains(letter);
        formatter.write_str(&line.replace(ends_it, " "))
    }
}

/// Every difference that a client can notice, in the order of the contract. Texts for people
/// (summaries, descriptions, examples) are not compared.
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

    /// The same, one step further in.
    fn at(&mut self, step: &str) -> Changes<'_> {
        Changes {
            place: format!("{}{step}", self.place),
            found: self.found,
        }
    }
}
