//! Reads a request as the contract describes it, and collects every violation.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::COOKIE;
use percent_encoding::percent_decode_str;

use super::Rejection;
use super::parameter::{Parameter, Place};
use crate::{Contract, Violation, fields};

/// A request and the violations found so far.
pub struct Input<'r> {
    pub(super) contract: &'static Contract,
    pub(super) request: &'r HttpRequest,
    method: &'static str,
    path: &'static str,
    pub(super) violations: Vec<Violation>,
    pub(super) rejection: Option<Rejection>,
}

impl<'r> Input<'r> {
    /// A request to the operation at `method` and `path` of the contract.
    pub fn new(
        contract: &'static Contract,
        request: &'r HttpRequest,
        method: &'static str,
        path: &'static str,
    ) -> Self {
        Self {
            contract,
            request,
            method,
            path,
            violations: Vec::new(),
            rejection: None,
        }
    }

    /// A path parameter.
    pub fn path(&mut self, name: &'static str) -> Parameter<'_, 'r> {
        self.path_at(name, name)
    }

    /// A path parameter whose name in the route differs.
    pub fn path_at(&mut self, segment: &str, name: &'static str) -> Parameter<'_, 'r> {
        let raw = self
            .request
            .match_info()
            .get(segment)
            .unwrap_or_default()
            .to_owned();
        Parameter::new(self, Place::Path, name, vec![raw])
    }

    /// A query parameter; `name=1&name=2` gives two values.
    pub fn query(&mut self, name: &'static str) -> Parameter<'_, 'r> {
        let raw = pairs(self.request).filter(|(key, _)| decode_form(key).as_deref() == Some(name));
        let raw = raw.map(|(_, value)| value.to_owned()).collect();
        Parameter::new(self, Place::Query, name, raw)
    }

    /// A header parameter; repeated lines are one list (RFC 9110, section 5.3).
    pub fn header(&mut self, name: &'static str) -> Parameter<'_, 'r> {
        let lines: Vec<_> = self.request.headers().get_all(name).collect();
        let joined = (!lines.is_empty()).then(|| {
            let texts: Option<Vec<&str>> = lines.iter().map(|line| line.to_str().ok()).collect();
            texts.map_or_else(|| "\u{fffd}".into(), |texts| texts.join(", "))
        });
        Parameter::new(self, Place::Header, name, joined.into_iter().collect())
    }

    /// A cookie parameter (RFC 6265, section 4.2).
    pub fn cookie(&mut self, name: &'static str) -> Parameter<'_, 'r> {
        let raw = cookies(self.request)
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
            .collect();
        Parameter::new(self, Place::Cookie, name, raw)
    }

    /// An object whose members are separate parameters with these names.
    pub fn members(
        &mut self,
        place: &str,
        name: &'static str,
        known: &[&str],
    ) -> Parameter<'_, 'r> {
        self.spread(place, name, |key| known.contains(&key))
    }

    /// An object whose members are all parameters except these; `deep` has the names of those that
    /// are written as `name[member]`.
    pub fn other_members(
        &mut self,
        place: &str,
        name: &'static str,
        others: &[&str],
        deep: &[&str],
    ) -> Parameter<'_, 'r> {
        let in_deep = |key: &str| {
            key.split_once('[')
                .is_some_and(|(first, _)| deep.contains(&first))
        };
        self.spread(place, name, |key| !others.contains(&key) && !in_deep(key))
    }

    fn spread(
        &mut self,
        place: &str,
        name: &'static str,
        ours: impl Fn(&str) -> bool,
    ) -> Parameter<'_, 'r> {
        let member = |key: Option<String>, raw: &str| {
            let key = key.filter(|key| ours(key))?;
            Some((vec![key], raw.to_owned()))
        };
        let (place, members) = match place {
            // In a cookie a plus is a plus.
            "cookie" => (
                Place::Cookie,
                cookies(self.request)
                    .filter_map(|(key, raw)| member(decode(key), raw))
                    .collect(),
            ),
            _ => (
                Place::Query,
                pairs(self.request)
                    .filter_map(|(key, raw)| member(decode_form(key), raw))
                    .collect(),
            ),
        };
        Parameter::new(self, place, name, Vec::new()).with_members(members)
    }

    /// An object in the query: `name[member]=value`.
    pub fn deep_object(&mut self, name: &'static str) -> Parameter<'_, 'r> {
        let members = pairs(self.request).filter_map(|(key, raw)| {
            let mut path = fields::path(&decode_form(key)?);
            (path.len() > 1 && path.remove(0) == name).then(|| (path, raw.to_owned()))
        });
        let members = members.collect();
        Parameter::new(self, Place::Query, name, Vec::new()).with_members(members)
    }

    /// The rejection to return after a violation.
    pub fn reject(self) -> Rejection {
        self.rejection.unwrap_or_else(|| Rejection {
            errors: self.violations,
            ..Rejection::new(
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "the request does not match the contract, see errors",
            )
        })
    }

    pub(super) fn violation(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.violations.push(Violation {
            pointer: pointer.into(),
            detail: detail.into(),
        });
    }

    /// The name of the schema of a part of this request.
    pub(super) fn root(&self, place: &str, name: &str) -> String {
        format!("{} {} {place} {name}", self.method, self.path)
    }

    pub(super) fn contract(&self) -> &'static Contract {
        self.contract
    }
}

/// The query parameters, not decoded.
pub fn pairs(request: &HttpRequest) -> impl Iterator<Item = (&str, &str)> {
    let pairs = request
        .query_string()
        .split('&')
        .filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// The cookies of a request, not decoded.
pub fn cookies(request: &HttpRequest) -> impl Iterator<Item = (&str, &str)> {
    let lines = request
        .headers()
        .get_all(COOKIE)
        .filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).filter_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        let unquoted = value
            .strip_prefix('"')
            .and_then(|value| value.strip_suffix('"'));
        Some((name, unquoted.unwrap_or(value)))
    })
}

/// Percent-decodes a text; `None` if the result is not UTF-8.
pub fn decode(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(Into::into)
}

/// The same for form encoding, where a plus is a space.
pub fn decode_form(text: &str) -> Option<String> {
    decode(&text.replace('+', " "))
}
