//! Authentication, scopes and rate limits. The contract declares what an operation requires; the
//! generated code calls this module for every operation.

mod address;
mod api_keys;
mod attempts;
mod error;
mod key_set;
mod key_source;
mod rate_limit;
mod single_flight;
mod tokens;
mod verifier;

pub use api_keys::FreshKey;
pub use rate_limit::RateLimitState;

use std::sync::{Arc, Weak};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpMessage, HttpRequest};
use anyhow::{Result, bail};
use contract_runtime::server::{Authenticate, Credential, Presented, Rejection};
use ipnet::IpNet;

use self::api_keys::ApiKeys;
use self::error::AuthError;
use self::rate_limit::{CallerKey, RateLimit};
use self::tokens::Tokens;
use self::verifier::Verifier;
use crate::config::{AuthMode, Settings};
use crate::db::Database;
use crate::domain::{ANYONE, Access, Caller, Scope};
use crate::generated::security::Scheme;
use crate::telemetry::metrics::{AuthFailure, Metrics};

/// The authenticated caller, stored with the request for its log line.
#[derive(Debug, Clone)]
pub struct Principal(Arc<str>);

impl Principal {
    /// The name of the principal.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The header of an API key.
const API_KEY: &str = "x-api-key";

/// How often idle counters are removed.
const FORGET_INTERVAL: Duration = Duration::from_secs(60);

/// Verifies credentials and applies the rate limit. Cheap to clone.
#[derive(Clone)]
pub struct Authenticator {
    shared: Arc<Shared>,
}

struct Shared {
    /// `None` when authentication is disabled.
    verifier: Option<Verifier>,
    anyone: Arc<str>,
    rate: Option<RateLimit>,
    proxies: Vec<IpNet>,
    metrics: Metrics,
}

impl Authenticator {
    /// Starts according to the settings. The issuer's keys are refreshed in the background.
    pub async fn start(
        settings: &Settings,
        database: &Database,
        metrics: &Metrics,
    ) -> Result<Self> {
        let auth = &settings.auth;
        let verifier = match auth.mode {
            AuthMode::Disabled => {
                tracing::warn!("authentication is disabled: anyone may do everything");
                None
            }
            AuthMode::Required if !auth.accepts_credentials() => bail!(
                "no credentials are accepted: set auth.api_keys = true, or auth.jwt.jwks_url with \
                 auth.jwt.issuer and auth.jwt.audience; auth.mode = \"disabled\" disables \
                 authentication"
            ),
            AuthMode::Required => {
                let tokens = if auth.jwt.is_used() {
                    Some(Tokens::start(&auth.jwt).await?)
                } else {
                    None
                };
                let keys = || ApiKeys::new(database.clone(), auth.api_key_cache);
                let api_keys = auth.api_keys.then(keys);
                Some(Verifier::new(tokens, api_keys, auth.attempts_per_minute))
            }
        };
        let shared = Arc::new(Shared {
            verifier,
            anyone: ANYONE.into(),
            rate: rate_limit::of_callers(&settings.rate_limit),
            proxies: settings
                .http
                .trusted_networks()
                .map_err(anyhow::Error::msg)?,
            metrics: metrics.clone(),
        });
        tokio::spawn(forget_idle(Arc::downgrade(&shared)));
        Ok(Self { shared })
    }
}

impl Authenticate for Authenticator {
    type Scheme = Scheme;
    type Caller = Caller;

    async fn authenticate(
        &self,
        request: &HttpRequest,
        presented: &[Presented<Scheme>],
    ) -> Result<Caller, Rejection> {
        let shared = &*self.shared;
        let Some(verifier) = &shared.verifier else {
            return shared.anyone(request);
        };
        // No operation of the contract requires two credentials at once.
        let [presented] = presented else {
            return Err(Rejection::unauthorized("send one kind of credentials"));
        };
        let caller = match verifier.cached(&presented.credential) {
            Some(caller) => caller,
            None => {
                let from = address::of_client(request, &shared.proxies).map(address::counted);
                let verified = verifier.verify(&presented.credential, from).await;
                verified.map_err(|error| {
                    shared.metrics.auth_failed((&error).into());
                    match error {
                        // After a 401 the generated code tries the API key; a valid one is
                        // sufficient.
                        AuthError::TooMany(_)
                            if sends_api_key_too(request, &presented.credential) =>
                        {
                            Rejection::unauthorized("the token cannot be verified at the moment")
                        }
                        error => rejection(error, &presented.credential),
                    }
                })?
            }
        };
        shared.count(request, CallerKey::Principal(caller.principal.clone()))?;
        if let Some(missing) = caller.scopes.missing(presented.scopes) {
            shared.metrics.auth_failed(AuthFailure::Insufficient);
            return Err(insufficient(
                format!("the scope {missing} is required"),
                &presented.credential,
                presented.scopes,
            ));
        }
        request
            .extensions_mut()
            .insert(Principal(caller.principal.clone()));
        Ok(Caller::clone(&caller))
    }

    fn without_credentials(&self, request: &HttpRequest) -> Result<Caller, Rejection> {
        match self.shared.verifier {
            None => self.shared.anyone(request),
            Some(_) => {
                self.shared.metrics.auth_failed(AuthFailure::Missing);
                Err(Rejection::unauthorized("credentials are missing"))
            }
        }
    }
}

impl Shared {
    fn anyone(&self, request: &HttpRequest) -> Result<Caller, Rejection> {
        if let Some(address) = address::of_client(request, &self.proxies) {
            self.count(request, CallerKey::Address(address::counted(address)))?;
        }
        Ok(Caller {
            principal: self.anyone.clone(),
            client: self.anyone.clone(),
            access: Access::All,
            scopes: Scope::ALL.iter().copied().collect(),
        })
    }

    /// Counts a request and stores the rate-limit state for its response.
    fn count(&self, request: &HttpRequest, key: CallerKey) -> Result<(), Rejection> {
        let Some(rate) = &self.rate else {
            return Ok(());
        };
        let state = rate.check(&key).map_err(|wait| {
            self.metrics.rate_limited();
            rate_limit::too_many(wait)
        })?;
        request.extensions_mut().insert(state);
        Ok(())
    }
}

/// Whether the request also contains an API key, which is tried after a token.
fn sends_api_key_too(request: &HttpRequest, credential: &Credential) -> bool {
    let is_token = matches!(credential, Credential::Bearer(_));
    is_token && request.headers().contains_key(API_KEY)
}

impl From<&AuthError> for AuthFailure {
    fn from(error: &AuthError) -> Self {
        match error {
            AuthError::Invalid(_) => Self::Invalid,
            AuthError::Insufficient(_) => Self::Insufficient,
            AuthError::TooMany(_) => Self::Attempts,
            AuthError::Unavailable(_) => Self::Unavailable,
        }
    }
}

fn rejection(error: AuthError, credential: &Credential) -> Rejection {
    match error {
        AuthError::Invalid(detail) => {
            let mut rejection = Rejection::unauthorized(&detail);
            if matches!(credential, Credential::Bearer(_)) {
                let challenge =
                    format!("Bearer error=\"invalid_token\", error_description=\"{detail}\"");
                rejection.challenges.push(challenge);
            }
            rejection
        }
        AuthError::Insufficient(detail) => insufficient(detail, credential, &[]),
        AuthError::TooMany(wait) => rate_limit::too_many(wait),
        AuthError::Unavailable(cause) => {
            tracing::warn!(error = cause, "credentials cannot be verified");
            Rejection {
                retry_after: Some(1),
                ..Rejection::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "service_unavailable",
                    "credentials cannot be verified at the moment, retry later",
                )
            }
        }
    }
}

/// RFC 6750, section 3.1.
fn insufficient(detail: String, credential: &Credential, scopes: &[&str]) -> Rejection {
    let mut rejection = Rejection::forbidden(detail);
    if matches!(credential, Credential::Bearer(_)) {
        let scope = match scopes {
            [] => String::new(),
            scopes => format!(", scope=\"{}\"", scopes.join(" ")),
        };
        let challenge = format!("Bearer error=\"insufficient_scope\"{scope}");
        rejection.challenges.push(challenge);
    }
    rejection
}

async fn forget_idle(shared: Weak<Shared>) {
    loop {
        tokio::time::sleep(FORGET_INTERVAL).await;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        if let Some(verifier) = &shared.verifier {
            verifier.forget_idle();
        }
        if let Some(rate) = &shared.rate {
            rate.forget_idle();
        }
    }
}
