//! Authentication and the rate limit.

use std::time::Duration;

use garde::Validate;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::rules::positive;

/// Settings of authentication.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// Whether callers have to authenticate.
    pub mode: AuthMode,
    /// Whether API keys are taken.
    pub api_keys: bool,
    /// For how long an API key that was found is trusted before it is looked up again.
    #[serde(with = "humantime_serde")]
    pub api_key_cache: Duration,
    /// Bad credentials that one address may send in a minute.
    #[garde(custom(positive))]
    pub attempts_per_minute: u32,
    /// Access tokens.
    #[garde(dive)]
    pub jwt: Jwt,
}

/// Whether callers have to authenticate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthMode {
    /// They have to, by an access token or an API key.
    Required,
    /// Anyone may do everything.
    Disabled,
}

/// Settings of access tokens.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub struct Jwt {
    /// The `iss` that they have to have.
    pub issuer: String,
    /// What has to be in their `aud`.
    pub audience: String,
    /// Where the issuer publishes its keys (a JWK set, RFC 7517).
    pub jwks_url: String,
    /// A file with its keys instead.
    pub jwks_file: String,
    /// By how much clocks may differ.
    #[serde(with = "humantime_serde")]
    pub leeway: Duration,
    /// How often the keys are read again.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub refresh: Duration,
    /// The claim that names the customer whose orders the caller reaches.
    pub customer_claim: String,
}

/// Settings of the rate limit.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Requests that one caller may send in a second in the long run; 0 means as many as it likes.
    pub requests_per_second: u32,
    /// Requests that it may send at once.
    #[garde(if(cond = self.requests_per_second > 0, custom(positive)))]
    pub burst: u32,
}

impl Auth {
    /// Whether any kind of credentials is accepted.
    pub fn accepts_credentials(&self) -> bool {
        self.api_keys || self.jwt.is_used()
    }
}

impl Jwt {
    /// Whether access tokens are taken.
    pub fn is_used(&self) -> bool {
        !self.jwks_url.is_empty() || !self.jwks_file.is_empty()
    }

    /// Settings that contradict each other.
    pub(super) fn contradictions(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if !self.jwks_url.is_empty() && !self.jwks_file.is_empty() {
            faults.push("auth.jwt.jwks_url and auth.jwt.jwks_file are both set; keep one".into());
        }
        if !self.jwks_url.is_empty() && !is_safe(&self.jwks_url) {
            faults.push(format!(
                "auth.jwt.jwks_url: `{}` is no https:// URL, nor an http:// one of this machine",
                self.jwks_url
            ));
        }
        let claims = [
            ("issuer", &self.issuer),
            ("audience", &self.audience),
            ("customer_claim", &self.customer_claim),
        ];
        for (name, value) in claims {
            if self.is_used() && value.is_empty() {
                faults.push(format!(
                    "auth.jwt.{name} is empty, although tokens are taken"
                ));
            }
        }
        faults
    }
}

/// Whoever could change these keys in transit could make tokens.
fn is_safe(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else {
        return false;
    };
    let local = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    url.scheme() == "https" && url.has_host() || url.scheme() == "http" && local
}
