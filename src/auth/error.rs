//! The result of verifying credentials.

use std::time::Duration;

use super::scope::Scopes;
use crate::domain::Caller;
use crate::error::StoreError;

/// What verified credentials allow.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) caller: Caller,
    pub(super) scopes: Scopes,
}

/// Why credentials are not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AuthError {
    /// They are not valid. The text quotes nothing of them.
    Invalid(String),
    /// They are valid, and lack what every use needs.
    Insufficient(String),
    /// Too many bad ones came from the same address; so long until the next may be tried.
    TooMany(Duration),
    /// They cannot be verified at the moment.
    Unavailable(String),
}

impl From<StoreError> for AuthError {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.to_string())
    }
}
