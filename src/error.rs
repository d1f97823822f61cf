//! What can go wrong below the API.

use diesel::result::{ConnectionError, DatabaseErrorKind, Error as DieselError};
use diesel_async::pooled_connection::PoolError as ConnectError;
use diesel_async::pooled_connection::deadpool::PoolError;

/// A failure of the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It is away, overloaded or too slow: the same may work later.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// Anything else: a fault of ours.
    #[error("the database refused: {0}")]
    Unexpected(String),
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
        if transient {
            Self::Unavailable(text)
        } else {
            Self::Unexpected(text)
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
        match error {
            PoolError::Backend(ConnectError::QueryError(error)) => error.into(),
            other => Self::Unavailable(other.to_string()),
        }
    }
}
