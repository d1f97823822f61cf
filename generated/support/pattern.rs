//! Regular expressions of the contract.

use std::sync::OnceLock;

use fancy_regex::Regex;

/// A `pattern`, compiled when it is first needed.
pub struct Pattern {
    source: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// From its source, in the syntax of the contract.
    pub const fn new(source: &'static str) -> Self {
        Self {
            source,
            compiled: OnceLock::new(),
        }
    }

    /// Whether it is found in the text; as in JSON Schema it is not anchored.
    pub fn matches(&self, text: &str) -> bool {
        self.compiled
            .get_or_init(|| Regex::new(self.source).ok())
            .as_ref()
            .is_some_and(|regex| regex.is_match(text).unwrap_or(false))
    }
}
