//! The caller of an operation.

use std::sync::Arc;

use super::CustomerId;

/// The principal of every caller where no credentials are required.
pub const ANYONE: &str = "anyone";

/// Who calls an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// A name for its credentials: an API key, or the subject of its tokens. For the log and metrics.
    pub principal: Arc<str>,
    /// A name for the client: the same for every request of the same program or person, whatever
    /// credentials it has at the moment, and of no other client.
    pub client: Arc<str>,
    /// The orders that it may see and change.
    pub access: Access,
}

/// The orders that a caller may see and change. All others do not exist for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody's.
    All,
    /// Those of one customer, by its id.
    Customer(CustomerId),
}

impl Access {
    /// Whether it includes the orders of this customer.
    pub fn includes(self, customer_id: CustomerId) -> bool {
        match self {
            Self::All => true,
            Self::Customer(own) => own == customer_id,
        }
    }

    /// The same, of this customer's orders only; `None` when it includes none of them.
    pub fn narrowed(self, customer_id: Option<CustomerId>) -> Option<Self> {
        match customer_id {
            None => Some(self),
            Some(customer_id) => self
                .includes(customer_id)
                .then_some(Self::Customer(customer_id)),
        }
    }
}
