//! The contract itself.

/// The contract as JSON.
pub const JSON: &str = include_str!("../openapi.json");
