//! The caller of an operation.

use std::sync::Arc;

use super::{CustomerId, Scopes};

/// The principal of all callers when authentication is disabled.
pub const ANYONE: &str = "anyone";

/// The caller of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Identifies the credentials, an API key or the subject of tokens, for the log and metrics.
    pub principal: Arc<str>,
    /// Identifies the client: the same for all requests of a program or person, whatever its
    /// current credentials, and different from all other clients.
    pub client: Arc<str>,
    /// The orders that it can access.
    pub access: Access,
    /// What it may do with them.
    pub scopes: Scopes,
}

/// The orders that a caller can read and change. All others do not exist for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// All orders.
    All,
    /// The orders of one customer.
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

    /// The customer whose orders alone it includes.
    pub fn customer(self) -> Option<CustomerId> {
        match self {
            Self::All => None,
            Self::Customer(own) => Some(own),
        }
    }

    /// Restricts the access to this customer's orders; `None` if it includes none of them.
    pub fn narrowed(self, customer_id: Option<CustomerId>) -> Option<Self> {
        match customer_id {
            None => Some(self),
            Some(customer_id) => self
                .includes(customer_id)
                .then_some(Self::Customer(customer_id)),
        }
    }
}
