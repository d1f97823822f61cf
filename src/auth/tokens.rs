//! Access tokens: JWTs of one issuer (RFC 7519, RFC 9068), verified with its published keys.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Header, Validation, decode, decode_header};
use quick_cache::sync::Cache;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::error::AuthError;
use super::key_set::{Key, KeySet};
use super::key_source::KeySource;
use crate::config;
use crate::domain::{Access, Caller, CustomerId, Scope, Scopes};

/// The longest token that is accepted, in bytes.
const LONGEST_TOKEN: usize = 8192;
/// Capacity of the cache of verified tokens, so that a signature is verified once and not with
/// every request.
const CACHE_SIZE: usize = 10_000;

type Claims = Map<String, Value>;
type Fingerprint = [u8; 32];

/// Verifies access tokens.
pub(super) struct Tokens {
    settings: config::Jwt,
    keys: KeySource,
    cache: Cache<Fingerprint, Arc<Cached>>,
}

struct Cached {
    caller: Arc<Caller>,
    /// In seconds since 1970.
    expires: u64,
    /// The generation of the keys it was verified with: a token is verified again when they change.
    generation: u64,
}

impl Tokens {
    /// Starts loading the keys of the configured issuer.
    pub(super) async fn start(settings: &config::Jwt) -> Result<Self> {
        Ok(Self {
            settings: settings.clone(),
            keys: KeySource::start(settings).await?,
            cache: Cache::new(CACHE_SIZE),
        })
    }

    /// The caller of a token that was verified before.
    pub(super) fn cached(&self, token: &str) -> Option<Arc<Caller>> {
        let known = self.cache.get(&fingerprint(token))?;
        let valid =
            Some(known.generation) == self.keys.generation() && now().as_secs() < known.expires;
        valid.then(|| known.caller.clone())
    }

    /// The caller of a token. When it names an unknown key and `may_wait` is set, this waits for the
    /// issuer's keys to be read again.
    pub(super) async fn verify(
        &self,
        token: &str,
        may_wait: bool,
    ) -> Result<Arc<Caller>, AuthError> {
        if token.len() > LONGEST_TOKEN {
            return Err(invalid("the token is too long"));
        }
        let header = decode_header(token).map_err(|_| invalid("this is not a signed token"))?;
        // Critical headers must be understood (RFC 7515, section 4.1.11); none are supported.
        if header.crit.is_some() {
            return Err(invalid("the token has critical headers"));
        }
        let keys = self.keys_with(header.kid.as_deref(), may_wait).await?;
        let claims = self.claims(token, &header, &keys)?;
        let expires = self.expires(&claims)?;
        let caller = Arc::new(self.caller(&claims)?);
        let cached = Cached {
            caller: caller.clone(),
            expires,
            generation: keys.generation,
        };
        self.cache.insert(fingerprint(token), Arc::new(cached));
        Ok(caller)
    }

    /// The issuer's keys; read again if none has this id.
    async fn keys_with(&self, id: Option<&str>, may_wait: bool) -> Result<Arc<KeySet>, AuthError> {
        if let Some(keys) = self.keys.current()
            && keys.candidates(id).next().is_some()
        {
            return Ok(keys);
        }
        let missing =
            || AuthError::Unavailable("the issuer's keys have not been loaded yet".into());
        let keys = if may_wait {
            self.keys.refreshed().await
        } else {
            self.keys.current_and_refresh()
        };
        keys.ok_or_else(missing)
    }

    fn claims(&self, token: &str, header: &Header, keys: &KeySet) -> Result<Claims, AuthError> {
        let mut fault = invalid("the token is signed with a key that the issuer does not publish");
        let fitting = keys
            .candidates(header.kid.as_deref())
            .filter(|key| key.algorithms.contains(&header.alg));
        for key in fitting {
            match decode::<Claims>(token, &key.decoding, &self.validation(key)) {
                Ok(token) => return Ok(token.claims),
                Err(error) => fault = invalid(&reason(error.kind())),
            }
        }
        Err(fault)
    }

    fn validation(&self, key: &Key) -> Validation {
        let mut validation = Validation::new(key.algorithms[0]);
        validation.algorithms.clone_from(&key.algorithms);
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_audience(&[&self.settings.audience]);
        validation.set_required_spec_claims(&["iss", "sub", "aud"]);
        // Validated in `expires`: with serde_json's arbitrary_precision the library cannot read the
        // time.
        validation.validate_exp = false;
        validation
    }

    /// When a token that is valid now expires, in seconds since 1970, including the leeway.
    fn expires(&self, claims: &Claims) -> Result<u64, AuthError> {
        let leeway = self.settings.leeway.as_secs_f64();
        let now = now().as_secs_f64();
        let expires =
            time(claims, "exp")?.ok_or_else(|| invalid("the token has no expiry time"))?;
        if expires + leeway <= now {
            return Err(invalid("the token has expired"));
        }
        if time(claims, "nbf")?.is_some_and(|begins| begins - leeway > now) {
            return Err(invalid("the token is not valid yet"));
        }
        // A float-to-integer cast saturates.
        Ok((expires + leeway) as u64)
    }

    fn caller(&self, claims: &Claims) -> Result<Caller, AuthError> {
        let scopes = scopes(claims);
        let access = match claims.get(&self.settings.customer_claim) {
            Some(customer) => Access::Customer(customer_id(customer)?),
            None if scopes.has(Scope::OrdersAdmin) => Access::All,
            None => {
                let detail =
                    "the token has no customer claim, which is required without orders:admin";
                return Err(AuthError::Insufficient(detail.into()));
            }
        };
        let subject = claims
            .get("sub")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if subject.is_empty() {
            return Err(invalid("the token has no subject"));
        }
        // There is one issuer, so `sub` identifies the principal (RFC 7519, section 4.1.2).
        let principal: Arc<str> = format!("token:{subject}").into();
        Ok(Caller {
            client: principal.clone(),
            principal,
            access,
            scopes,
        })
    }
}

/// The scopes of a token: `scope`, separated by spaces (RFC 8693, section 4.2), or `scp`, which
/// some issuers use, also as a list.
fn scopes(claims: &Claims) -> Scopes {
    let texts = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(texts) => {
            let texts: Vec<&str> = texts.iter().filter_map(Value::as_str).collect();
            texts.join(" ")
        }
        _ => String::new(),
    };
    let claim = claims.get("scope").or_else(|| claims.get("scp"));
    Scopes::parse(&claim.map(texts).unwrap_or_default())
}

/// An invalid customer must not be treated as a missing one.
fn customer_id(value: &Value) -> Result<CustomerId, AuthError> {
    let id = match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_i64(),
    };
    id.filter(|id| *id >= 1)
        .map(CustomerId)
        .ok_or_else(|| invalid("the token's customer claim is not a customer id"))
}

/// A NumericDate (RFC 7519, section 2): seconds since 1970.
fn time(claims: &Claims, name: &str) -> Result<Option<f64>, AuthError> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let seconds = value.as_f64().filter(|seconds| seconds.is_finite());
    match seconds {
        Some(seconds) => Ok(Some(seconds)),
        None => Err(invalid("a time claim of the token is not a number")),
    }
}

fn reason(error: &ErrorKind) -> String {
    match error {
        ErrorKind::InvalidSignature => "the token's signature is wrong".into(),
        ErrorKind::InvalidIssuer => "the token is from another issuer".into(),
        ErrorKind::InvalidAudience => "the token is for another audience".into(),
        ErrorKind::MissingRequiredClaim(claim) => format!("the token has no {claim}"),
        _ => "the token is invalid".into(),
    }
}

fn invalid(detail: &str) -> AuthError {
    AuthError::Invalid(detail.into())
}

fn fingerprint(token: &str) -> Fingerprint {
    Sha256::digest(token).into()
}

fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}
