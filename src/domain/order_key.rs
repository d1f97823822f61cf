//! Identifies an order when its id is ambiguous.

use chrono::{DateTime, Utc};

use super::OrderId;

/// Identifies an order among all orders that have ever had the same id: in another database, or in
/// this one before it was restored to an earlier state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderKey {
    /// The id.
    pub id: OrderId,
    /// When it was accepted, to the microsecond; `None` if the database has no record of the order.
    pub created_at: Option<DateTime<Utc>>,
}
