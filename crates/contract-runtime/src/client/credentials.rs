//! The credentials of a client.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};

use super::error::{BoxError, TransportError};
use super::request::{Presented, is_cookie_name};
use super::style::encode;
use crate::{Carrier, Credential, Need, SecurityScheme};

/// Returns the credential of a scheme for these scopes, for each request.
pub(super) type Source = Arc<
    dyn Fn(&'static [&'static str]) -> BoxFuture<'static, Result<Credential, BoxError>>
        + Send
        + Sync,
>;

/// A security requirement of an operation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Requirement {
    scheme: &'static str,
    carrier: Carrier,
    scopes: &'static [&'static str],
}

impl Requirement {
    pub(super) fn new<S: SecurityScheme>(need: &Need<S>) -> Self {
        Self {
            scheme: need.scheme.as_str(),
            carrier: need.scheme.carrier(),
            scopes: need.scopes,
        }
    }
}

/// The credentials of a client, by the names of their schemes.
#[derive(Clone, Default)]
pub(super) struct Credentials(pub(super) BTreeMap<String, Source>);

impl Credentials {
    /// What to add to a request: the credentials of the first alternative for which all are there.
    pub(super) async fn present(
        &self,
        alternatives: &[Vec<Requirement>],
    ) -> Result<Presented, TransportError> {
        let mut presented = Presented::default();
        let known = |need: &Requirement| self.0.contains_key(need.scheme);
        let mut named = alternatives.iter().filter(|needs| !needs.is_empty());
        let Some(needs) = named.find(|needs| needs.iter().all(known)) else {
            return if alternatives.is_empty() || alternatives.iter().any(Vec::is_empty) {
                Ok(presented)
            } else {
                Err(self.missing(alternatives))
            };
        };
        for need in needs {
            let Some(source) = self.0.get(need.scheme) else {
                continue;
            };
            let credential = source(need.scopes).await.map_err(|error| {
                let detail = format!("the credential `{}` is not available", need.scheme);
                TransportError::request(detail).caused_by(error)
            })?;
            add(need, &credential, &mut presented)?;
        }
        Ok(presented)
    }

    fn missing(&self, alternatives: &[Vec<Requirement>]) -> TransportError {
        let names = |needs: &Vec<Requirement>| {
            let names: Vec<String> = needs
                .iter()
                .map(|need| format!("`{}`", need.scheme))
                .collect();
            names.join(" and ")
        };
        let needed: Vec<String> = alternatives.iter().map(names).collect();
        let given: Vec<String> = self.0.keys().map(|name| format!("`{name}`")).collect();
        let given = match given.as_slice() {
            [] => "none".into(),
            given => given.join(", "),
        };
        TransportError::request(format!(
            "the operation needs the credentials {}; the client has {given}",
            needed.join(", or ")
        ))
    }
}

fn add(
    need: &Requirement,
    credential: &Credential,
    presented: &mut Presented,
) -> Result<(), TransportError> {
    let scheme = need.scheme;
    let (name, text) = match (need.carrier, credential) {
        (Carrier::Header(name), Credential::ApiKey(key)) => (name, key.clone()),
        (Carrier::Query(name), Credential::ApiKey(key)) => {
            presented.query.push((encode(name), encode(key)));
            return Ok(());
        }
        (Carrier::Cookie(name), Credential::ApiKey(_)) if !is_cookie_name(name) => {
            let detail = format!("`{name}` of the credential `{scheme}` is not valid as a cookie");
            return Err(TransportError::request(detail));
        }
        (Carrier::Cookie(name), Credential::ApiKey(key)) => {
            presented.cookies.push((name.into(), encode(key)));
            return Ok(());
        }
        (Carrier::Basic, Credential::Basic { user, .. }) if user.contains(':') => {
            let detail = format!("the user name of the credential `{scheme}` has a colon");
            return Err(TransportError::request(detail));
        }
        (Carrier::Basic, Credential::Basic { user, password }) => {
            let pair = STANDARD.encode(format!("{user}:{password}"));
            (AUTHORIZATION.as_str(), format!("Basic {pair}"))
        }
        (Carrier::Bearer, Credential::Bearer(token)) => {
            (AUTHORIZATION.as_str(), format!("Bearer {token}"))
        }
        (Carrier::Http(kind), Credential::Http(rest)) => {
            (AUTHORIZATION.as_str(), format!("{kind} {rest}"))
        }
        (Carrier::Tls, Credential::Tls) => return Ok(()),
        (carrier, _) => {
            let wanted = match carrier {
                Carrier::Header(_) | Carrier::Query(_) | Carrier::Cookie(_) => "ApiKey",
                Carrier::Basic => "Basic",
                Carrier::Bearer => "Bearer",
                Carrier::Http(_) => "Http",
                Carrier::Tls => "Tls",
                Carrier::Nowhere => {
                    let detail = format!("the contract does not define the scheme `{scheme}`");
                    return Err(TransportError::request(detail));
                }
            };
            let detail = format!(
                "the credential `{scheme}` must be Credential::{wanted}, not {credential:?}"
            );
            return Err(TransportError::request(detail));
        }
    };
    match (HeaderName::try_from(name), HeaderValue::try_from(text)) {
        (Ok(name), Ok(mut value)) if value.to_str().is_ok() => {
            value.set_sensitive(true);
            presented.headers.push((name, value));
            Ok(())
        }
        _ => {
            let detail = format!("the credential `{scheme}` is not valid in a header");
            Err(TransportError::request(detail))
        }
    }
}
