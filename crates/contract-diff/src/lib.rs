//! Lists what changes between two versions of a contract, and what each change means for consumers.
//!
//! It depends on who writes a value. The consumer writes requests: the new contract must accept all
//! that the old one accepted. The server writes responses: the new contract may send nothing that
//! the old one did not declare. For webhooks and callbacks it is the other way round.
//!
//! [`operations`] walks paths, webhooks and callbacks, and calls [`schema`] for each value, which
//! calls [`keywords`] for what one schema says about it. [`security`] and [`servers`] compare how the
//! API is reached, [`lifecycle`] deprecation and sunset dates. [`version`] checks the version number,
//! and [`Format`] is how a report is written.

mod change;
mod document;
mod keywords;
mod lifecycle;
mod operations;
mod render;
mod responses;
mod schema;
mod security;
mod servers;
mod variants;
mod version;

use chrono::NaiveDate;
use serde_json::Value;

pub use change::{Change, Level};
pub use render::Format;

use document::Contract;

/// What changed between two contracts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// `info.version` of the old contract; `?` if it has none.
    pub old_version: String,
    /// `info.version` of the new contract; `?` if it has none.
    pub new_version: String,
    /// Every difference that is visible to consumers, in the order of the contracts.
    pub changes: Vec<Change>,
}

impl Report {
    /// How many changes have this level.
    pub fn count(&self, level: Level) -> usize {
        let same = |change: &&Change| change.level == level;
        self.changes.iter().filter(same).count()
    }

    /// Why the new `info.version` does not fit the changes (Semantic Versioning); `None` if it does.
    pub fn version_fault(&self) -> Option<String> {
        version::fault(self)
    }
}

/// Compares two OpenAPI 3 documents, each complete in itself, as `contract_codegen::document::read`
/// returns them. Summaries, descriptions and examples
/// are not compared. On `today` a deprecated part whose sunset date has come may be removed.
pub fn compare(old: &Value, new: &Value, today: NaiveDate) -> Report {
    let (old, new) = (Contract(old), Contract(new));
    Report {
        old_version: old.version().to_owned(),
        new_version: new.version().to_owned(),
        changes: operations::Pair::new(old, new, today).compare(),
    }
}
