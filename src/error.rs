//! Errors of the database.

use diesel::result::{ConnectionError, DatabaseErrorKind, Error as DieselError};
use diesel_async::pooled_connection::deadpool::PoolError;

/// A failure of the database. Each variant states what is known about the outcome of the statement.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Nothing was stored: the database is unreachable, overloaded or too slow. A retry may succeed.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// Nothing was stored: another transaction has held a lock for too long. A retry may succeed.
    #[error("a row or a table is locked: {0}")]
    Locked(String),
    /// Nothing was stored: a column has a different type than when the statement was prepared. A
    /// retry on a new connection succeeds.
    #[error("a prepared statement is stale: {0}")]
    StaleStatement(String),
    /// The statement was sent but not confirmed: it may or may not have been executed.
    #[error("the outcome is unknown: {0}")]
    OutcomeUnknown(String),
    /// Nothing was stored: the values violate a constraint. A retry fails again.
    #[error("the data cannot be stored: {0}")]
    ConstraintViolation(String),
    /// The statement was executed, but its result is invalid. A retry fails again.
    #[error("the stored data is invalid: {0}")]
    Corrupt(String),
    /// Nothing was stored: PostgreSQL rejected the statement because of a bug or a schema mismatch.
    /// Only for error responses of PostgreSQL.
    #[error("the database rejected the statement: {0}")]
    Unexpected(String),
    /// The settings are invalid; the text names them.
    #[error("{0}")]
    Misconfigured(String),
}

impl StoreError {
    /// The same error for a statement without changes, whose outcome does not matter.
    #[must_use]
    pub(crate) fn of_read(self) -> Self {
        match self {
            Self::OutcomeUnknown(cause) => Self::Unavailable(cause),
            error => error,
        }
    }

    /// Classifies a message of PostgreSQL.
    pub(crate) fn from_message(text: String) -> Self {
        let contains = |words: &[&str]| words.iter().any(|known| text.contains(known));
        if contains(&LOST) {
            Self::OutcomeUnknown(text)
        } else if contains(&LOCKED) {
            Self::Locked(text)
        } else if contains(&[STALE]) {
            Self::StaleStatement(text)
        } else if contains(&TRANSIENT) {
            Self::Unavailable(text)
        } else {
            Self::Unexpected(text)
        }
    }
}

/// Diesel does not expose the SQLSTATE, so errors are recognised by PostgreSQL's messages, which
/// are in English: connections to a server with another `lc_messages` are rejected (`db::connect`).
const LOCKED: [&str; 2] = ["lock timeout", "deadlock detected"];
const STALE: &str = "cached plan must not change result type";
/// The server closed the connection: the statement may have been committed just before.
const LOST: [&str; 2] = ["terminating connection", "connection closed"];
const TRANSIENT: [&str; 9] = [
    "statement timeout",
    "canceling statement due to user request",
    "conflict with recovery",
    "the database system is",
    "too many clients",
    "too many connections",
    "remaining connection slots",
    "out of memory",
    "No space left on device",
];

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        use DatabaseErrorKind as Kind;
        let text = error.to_string();
        match &error {
            DieselError::DatabaseError(kind, _) => match kind {
                Kind::ClosedConnection | Kind::UnableToSendCommand => Self::OutcomeUnknown(text),
                Kind::SerializationFailure | Kind::ReadOnlyTransaction => Self::Unavailable(text),
                Kind::CheckViolation
                | Kind::NotNullViolation
                | Kind::UniqueViolation
                | Kind::ForeignKeyViolation => Self::ConstraintViolation(text),
                _ => Self::from_message(text),
            },
            // Nothing is sent on such a connection.
            DieselError::BrokenTransactionManager => Self::Unavailable(text),
            DieselError::SerializationError(_) => Self::ConstraintViolation(text),
            _ => Self::Corrupt(text),
        }
    }
}

impl From<ConnectionError> for StoreError {
    fn from(error: ConnectionError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<PoolError> for StoreError {
    fn from(error: PoolError) -> Self {
        Self::Unavailable(error.to_string())
    }
}
