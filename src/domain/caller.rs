//! Who asks for something to be done.

use std::sync::Arc;

/// The principal of everybody where nobody has to say who they are.
pub const ANYONE: &str = "anyone";

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// A name for its credentials: an API key, or the subject of its tokens. For the log, and for what
    /// is counted.
    pub principal: Arc<str>,
    /// A name for itself: the same for every request of the same program or person, whatever
    /// credentials it has at the moment, and nobody else's.
    pub client: Arc<str>,
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
