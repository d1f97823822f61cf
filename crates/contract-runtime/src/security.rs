//! The credentials of a contract, as its server and its client see them.

use std::fmt;

/// The security schemes of a contract: a generated enum.
pub trait SecurityScheme: fmt::Debug + Copy + 'static {
    /// Its name in the contract.
    fn as_str(self) -> &'static str;

    /// Where a request carries its credential.
    fn carrier(self) -> Carrier;
}

/// A credential that a client presents. Its `Debug` output hides secrets.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// `apiKey`
    ApiKey(String),
    /// `http`, `basic` (RFC 7617)
    Basic {
        /// The user name
        user: String,
        /// The password
        password: String,
    },
    /// `http`, `bearer`; also for `oauth2` and `openIdConnect` (RFC 6750)
    Bearer(String),
    /// The rest of the header after the name of any other `http` scheme
    Http(String),
    /// `mutualTLS`: the certificate belongs to the connection
    Tls,
}

impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ApiKey(_) => "ApiKey(…)",
            Self::Basic { .. } => "Basic(…)",
            Self::Bearer(_) => "Bearer(…)",
            Self::Http(_) => "Http(…)",
            Self::Tls => "Tls",
        })
    }
}

/// A security requirement of an operation.
#[derive(Debug, Clone, Copy)]
pub struct Need<S> {
    /// The scheme of the credential.
    pub scheme: S,
    /// The scopes (or roles) that it must have.
    pub scopes: &'static [&'static str],
}

/// Where a request carries a credential.
#[derive(Debug, Clone, Copy)]
pub enum Carrier {
    /// An API key in this header.
    Header(&'static str),
    /// An API key in this query parameter.
    Query(&'static str),
    /// An API key in this cookie.
    Cookie(&'static str),
    /// `Authorization: Basic`.
    Basic,
    /// `Authorization: Bearer`.
    Bearer,
    /// `Authorization` with another scheme.
    Http(&'static str),
    /// The certificate of the connection.
    Tls,
    /// The contract does not define the scheme.
    Nowhere,
}
