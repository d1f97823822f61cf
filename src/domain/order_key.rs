//! The identity of an order where its id is not enough.

use chrono::{DateTime, Utc};

/// Identifies an order among all that were ever given the same id: by another database, or by this
/// one before it was restored to an earlier state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderKey {
    /// Its id.
    pub id: i64,
    /// When it was accepted, to the microsecond; `None` when the database knows nothing of the order.
    pub created_at: Option<DateTime<Utc>>,
}
