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
    /// Whether callers must authenticate.
    pub mode: AuthMode,
    /// Whether API keys are accepted.
    pub api_keys: bool,
    /// How long a verified API key is cached before it is looked up again.
    #[serde(with = "humantime_serde")]
    pub api_key_cache: Duration,
    /// Invalid credentials that one address may send per minute.
    #[garde(custom(positive))]
    pub attempts_per_minute: u32,
    /// Access tokens.
    #[garde(dive)]
    pub jwt: Jwt,
}

/// Whether callers must authenticate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthMode {
    /// With an access token or an API key.
    Required,
    /// Everyone may do everything.
    Disabled,
}

/// Settings of access tokens.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub struct Jwt {
    /// The required `iss` of tokens.
    pub issuer: String,
    /// The value that `aud` of tokens must contain.
    pub audience: String,
    /// URL of the issuer's keys (a JWK set, RFC 7517).
    pub jwks_url: String,
    /// A file with the keys, instead of the URL.
    pub jwks_file: String,
    /// The tolerated clock difference.
    #[serde(with = "humantime_serde")]
    pub leeway: Duration,
    /// How often the keys are read again.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub refresh: Duration,
    /// The claim with the customer whose orders the caller can access.
    pub customer_claim: String,
}

/// Settings of the rate limit.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Requests per second that one caller may send in the long run; 0 means unlimited.
    pub requests_per_second: u32,
    /// Requests that one caller may send at once.
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
    /// Whether access tokens are accepted.
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
                "auth.jwt.jwks_url: `{}` must be an https:// URL, or http:// on this machine",
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
                    "auth.jwt.{name} is empty; access tokens require it"
                ));
            }
        }
        faults
    }
}

/// Anyone who can change the keys in transit could issue tokens.
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
