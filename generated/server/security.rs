//! The security schemes of the contract.

use ::contract_runtime::Carrier;

/// A security scheme of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// An access token of the authorization server that this deployment trusts: a JWT with `iss`,
    /// `sub`, `aud`, `exp`, its scopes in `scope` (RFC 9068), and the customer that it is bound to. A
    /// token without a customer must have the scope `orders:admin`.
    AccessToken,
    /// A key created by the operator of this deployment
    ApiKey,
}

impl ::contract_runtime::SecurityScheme for Scheme {
    fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "AccessToken",
            Self::ApiKey => "ApiKey",
        }
    }

    fn carrier(self) -> Carrier {
        match self {
            Self::AccessToken => Carrier::Bearer,
            Self::ApiKey => Carrier::Header("X-API-Key"),
        }
    }
}
