//! What can go wrong below the API.

use deadpool::managed::PoolError;
use diesel::result::{ConnectionError, DatabaseErrorKind, Error as DieselError};

/// A failure of the database.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// It is away, overloaded or too slow: the same may work later.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The statement or the data can not be right: the same fails again.
    #[error("the data can not be stored or read: {0}")]
    Corrupt(String),
    /// Anything else: a fault of ours, or of the schema.
    #[error("the database refused: {0}")]
    Unexpected(String),
    /// The settings lead to no connection; the text names them.
    #[error("{0}")]
    Misconfigured(String),
}

/// Diesel hands on no SQLSTATE, so these are told apart by PostgreSQL's own words.
const TRANSIENT: [&str; 8] = [
    "statement timeout",
    "lock timeout",
    "terminating connection",
    "the database system is",
    "too many clients",
    "remaining connection slots",
    "connection closed",
    "deadlock detected",
];

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        let text = error.to_string();
        let transient = match &error {
            DieselError::DatabaseError(kind, _) => {
                matches!(
                    kind,
                    DatabaseErrorKind::ClosedConnection
                        | DatabaseErrorKind::UnableToSendCommand
                        | DatabaseErrorKind::SerializationFailure
                        | DatabaseErrorKind::ReadOnlyTransaction
                ) || TRANSIENT.iter().any(|known| text.contains(known))
            }
            DieselError::BrokenTransactionManager => true,
            _ => false,
        };
        let corrupt = matches!(
            &error,
            DieselError::DeserializationError(_)
                | DieselError::SerializationError(_)
                | DieselError::DatabaseError(
                    DatabaseErrorKind::CheckViolation
                        | DatabaseErrorKind::NotNullViolation
                        | DatabaseErrorKind::UniqueViolation
                        | DatabaseErrorKind::ForeignKeyViolation,
                    _
                )
        );
        match (transient, corrupt) {
            (true, _) => Self::Unavailable(text),
            (false, true) => Self::Corrupt(text),
            (false, false) => Self::Unexpected(text),
        }
    }
}

impl From<ConnectionError> for StoreError {
    fn from(error: ConnectionError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<PoolError<ConnectionError>> for StoreError {
    fn from(error: PoolError<ConnectionError>) -> Self {
        Self::Unavailable(error.to_string())
    }
}
