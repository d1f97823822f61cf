//! The authentication of requests.

use std::future::Future;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, AsHeaderName};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Rejection;
use super::input::{cookies, decode, decode_form, pairs};
use crate::{Carrier, Credential, Need, SecurityScheme};

/// A credential with its scheme and the required scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented<S> {
    /// The scheme of the credential.
    pub scheme: S,
    /// The credential, not verified yet.
    pub credential: Credential,
    /// The scopes (or roles) that the operation requires.
    pub scopes: &'static [&'static str],
}

/// Verifies credentials, before every operation that has security.
pub trait Authenticate: 'static {
    /// The security schemes of the contract.
    type Scheme: SecurityScheme;

    /// The caller; passed to the operations.
    type Caller: 'static;

    /// Returns the caller with these credentials: those of one alternative of the operation, all of
    /// which must be valid (usually there is only one).
    ///
    /// # Errors
    /// [`Rejection::unauthorized`] if a credential is not valid, [`Rejection::forbidden`] if it
    /// lacks a scope: then the next alternative is tried. Any other rejection, such as a 503 when
    /// the credential could not be verified, is returned at once.
    fn authenticate(
        &self,
        request: &HttpRequest,
        presented: &[Presented<Self::Scheme>],
    ) -> impl Future<Output = Result<Self::Caller, Rejection>>;

    /// Returns the caller of a request without credentials for the operation. The default rejects
    /// it; override this only for a server without authentication.
    ///
    /// # Errors
    /// [`Rejection::unauthorized`], or any other.
    fn without_credentials(&self, _request: &HttpRequest) -> Result<Self::Caller, Rejection> {
        Err(Rejection::unauthorized("credentials are missing"))
    }
}

/// The alternatives of an operation; all requirements of one must be met.
type Needs<S> = [&'static [Need<S>]];

impl Carrier {
    fn credential(self, request: &HttpRequest) -> Option<Credential> {
        Some(match self {
            Self::Header(name) => Credential::ApiKey(header(request, name)?),
            Self::Query(name) => {
                let named = |(key, value)| {
                    (decode_form(key).as_deref() == Some(name))
                        .then(|| decode_form(value))
                        .flatten()
                };
                Credential::ApiKey(pairs(request).find_map(named)?)
            }
            Self::Cookie(name) => {
                let named = |(key, value)| (key == name).then(|| decode(value)).flatten();
                Credential::ApiKey(cookies(request).find_map(named)?)
            }
            Self::Basic => {
                let bytes = STANDARD.decode(authorization(request, "basic")?).ok()?;
                let text = String::from_utf8(bytes).ok()?;
                let (user, password) = text.split_once(':')?;
                Credential::Basic {
                    user: user.into(),
                    password: password.into(),
                }
            }
            Self::Bearer => Credential::Bearer(authorization(request, "bearer")?),
            Self::Http(scheme) => Credential::Http(authorization(request, scheme)?),
            Self::Tls => Credential::Tls,
            Self::Nowhere => return None,
        })
    }

    fn challenge(self, scopes: &[&str]) -> Option<String> {
        Some(match self {
            // Not a registered scheme, but a 401 must name one, and this describes what to send.
            Self::Header(name) => format!("ApiKey in=\"header\", name=\"{name}\""),
            Self::Query(name) => format!("ApiKey in=\"query\", name=\"{name}\""),
            Self::Cookie(name) => format!("ApiKey in=\"cookie\", name=\"{name}\""),
            Self::Basic => "Basic realm=\"api\", charset=\"UTF-8\"".into(),
            Self::Bearer if scopes.is_empty() => "Bearer".into(),
            Self::Bearer => format!("Bearer scope=\"{}\"", scopes.join(" ")),
            Self::Http(scheme) => scheme.into(),
            Self::Tls | Self::Nowhere => return None,
        })
    }
}

fn header(request: &HttpRequest, name: impl AsHeaderName) -> Option<String> {
    let mut lines = request.headers().get_all(name);
    // Reject a repeated header: readers disagree on whether the first or the last counts.
    let line = lines.next().filter(|_| lines.next().is_none())?;
    line.to_str().ok().map(str::to_owned)
}

fn authorization(request: &HttpRequest, scheme: &str) -> Option<String> {
    let line = header(request, AUTHORIZATION)?;
    let (given, rest) = line.split_once(' ')?;
    (given.eq_ignore_ascii_case(scheme) && !rest.trim().is_empty()).then(|| rest.trim().to_owned())
}

/// The caller by the first alternative that the request meets; `None` if it requires nothing.
async fn first<S: Authenticate>(
    security: &S,
    request: &HttpRequest,
    needs: &Needs<S::Scheme>,
) -> Result<Option<S::Caller>, Rejection> {
    let mut rejection: Option<Rejection> = None;
    for alternative in needs {
        if alternative.is_empty() {
            return Ok(None);
        }
        let presented = alternative.iter().map(|need| {
            let credential = need.scheme.carrier().credential(request)?;
            Some(Presented {
                scheme: need.scheme,
                credential,
                scopes: need.scopes,
            })
        });
        let Some(presented) = presented.collect::<Option<Vec<_>>>() else {
            continue;
        };
        match security.authenticate(request, &presented).await {
            Ok(caller) => return Ok(Some(caller)),
            // A 403 takes precedence over a 401 from another alternative.
            Err(rejected) if rejected.status == StatusCode::FORBIDDEN => rejection = Some(rejected),
            Err(rejected) if rejected.status == StatusCode::UNAUTHORIZED => {
                rejection = match rejection {
                    Some(earlier) if earlier.status == StatusCode::FORBIDDEN => Some(earlier),
                    _ => Some(rejected),
                };
            }
            Err(other) => return Err(other),
        }
    }
    let mut rejection = match rejection {
        Some(rejection) => rejection,
        None => match security.without_credentials(request) {
            Ok(caller) => return Ok(Some(caller)),
            Err(rejection) => rejection,
        },
    };
    if rejection.status == StatusCode::UNAUTHORIZED && rejection.challenges.is_empty() {
        let all = needs.iter().copied().flatten();
        let mut challenges: Vec<String> = all
            .filter_map(|need| need.scheme.carrier().challenge(need.scopes))
            .collect();
        challenges.dedup();
        rejection.challenges = challenges;
    }
    Err(rejection)
}

/// The caller of an operation that requires authentication.
pub async fn authorize<S: Authenticate>(
    security: &S,
    request: &HttpRequest,
    needs: &Needs<S::Scheme>,
) -> Result<S::Caller, Rejection> {
    first(security, request, needs)
        .await?
        .ok_or_else(|| Rejection::unauthorized("credentials are missing"))
}

/// The caller of an operation with optional authentication.
pub async fn authorize_optionally<S: Authenticate>(
    security: &S,
    request: &HttpRequest,
    needs: &Needs<S::Scheme>,
) -> Result<Option<S::Caller>, Rejection> {
    first(security, request, needs).await
}
