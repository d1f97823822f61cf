//! The security schemes of the contract.

use ::contract_runtime::Carrier;

/// A security scheme of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `Token` of the contract.
    Token,
}

impl ::contract_runtime::SecurityScheme for Scheme {
    fn as_str(self) -> &'static str {
        match self {
            Self::Token => "Token",
        }
    }

    fn carrier(self) -> Carrier {
        match self {
            Self::Token => Carrier::Bearer,
        }
    }
}
