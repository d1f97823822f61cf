//! Who asks for something to be done.

use std::sync::Arc;

/// The principal of everybody where nobody has to say who they are.
pub const ANYONE: &str = "anyone";

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// A stable name: the same for every request of the same program or person, and nobody else's.
    pub principal: Arc<str>,
    /// Whose orders it reaches.
    pub access: Access,
}

/// Whose orders somebody reaches. To others it looks as if they were not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody's.
    All,
    /// Those of one customer, by its id.
    Customer(i64),
}

impl Access {
    /// Whether orders of this customer are reached.
    pub fn reaches(self, customer_id: i64) -> bool {
        match self {
            Self::All => true,
            Self::Customer(own) => own == customer_id,
        }
    }
}
