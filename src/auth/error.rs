//! Why credentials are rejected.

use std::time::Duration;

use crate::error::StoreError;

/// Why credentials are rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AuthError {
    /// They are invalid. The text quotes no part of them.
    Invalid(String),
    /// They are valid, but lack a claim that every operation requires.
    Insufficient(String),
    /// Their address has sent too many invalid ones; the time until its next attempt.
    TooMany(Duration),
    /// They cannot be verified at the moment.
    Unavailable(String),
}

impl From<StoreError> for AuthError {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.to_string())
    }
}
