//! Reading a request as the contract describes it, and noting everything that is wrong with it.

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Bytes, Payload};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::parameter::{Parameter, Place};
use super::{Rejection, Violation, contract};

/// How deep serde_json follows a value.
const DEPTH_LIMIT: usize = 127;

/// One request, read piece by piece.
pub struct Input<'r> {
    request: &'r HttpRequest,
    method: &'static str,
    path: &'static str,
    violations: Vec<Violation>,
    rejection: Option<Rejection>,
}

impl<'r> Input<'r> {
    /// The request of the operation that the contract has at `method` and `path`.
    pub fn new(request: &'r HttpRequest, method: &'static str, path: &'static str) -> Self {
        Self {
            request,
            method,
            path,
            violations: Vec::new(),
            rejection: None,
        }
    }

    /// A parameter in the path.
    pub fn path(&mut self, name: &'static str) -> Parameter<'_, 'r> {
        let text = self.request.match_info().get(name).unwrap_or_default();
        let values = vec![text];
        self.parameter(Place::Path, name, values.into_iter().map(decode))
    }

    /// A parameter in the query; `name=1&name=2` gives two values.
    pub fn query(&mut self, name: &'static str) -> Parameter<'_, 'r> {
        let pairs = self
            .request
            .query_string()
            .split('&')
            .filter(|pair| !pair.is_empty());
        let values = pairs.filter_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode_form(key).as_deref() == Some(name)).then(|| decode_form(value))
        });
        self.parameter(Place::Query, name, values)
    }

    /// A parameter in the header; repeated lines are one list (RFC 9110, section 5.3).
    pub fn header(&mut self, name: &'static str) -> Parameter<'_, 'r> {
        let lines: Vec<_> = self.request.headers().get_all(name).collect();
        let joined = (!lines.is_empty()).then(|| {
            let texts: Option<Vec<&str>> = lines.iter().map(|line| line.to_str().ok()).collect();
            texts.map(|texts| texts.join(", "))
        });
        self.parameter(Place::Header, name, joined.into_iter())
    }

    /// The JSON body, which has to be an object.
    pub async fn object<T: DeserializeOwned>(
        &mut self,
        payload: Payload,
        check: impl Fn(&T) -> bool,
    ) -> Result<Option<T>, actix_web::Error> {
        self.body(payload, Some('{'), check).await
    }

    /// The JSON body. `None` when it breaks the contract; an error when it could not be read.
    pub async fn json<T: DeserializeOwned>(
        &mut self,
        payload: Payload,
        check: impl Fn(&T) -> bool,
    ) -> Result<Option<T>, actix_web::Error> {
        self.body(payload, None, check).await
    }

    async fn body<T: DeserializeOwned>(
        &mut self,
        payload: Payload,
        opening: Option<char>,
        check: impl Fn(&T) -> bool,
    ) -> Result<Option<T>, actix_web::Error> {
        let mut payload = payload.into_inner();
        let bytes = Bytes::from_request(self.request, &mut payload).await?;
        if bytes.is_empty() {
            self.violation("", "a body is required");
            return Ok(None);
        }
        if !self
            .request
            .content_type()
            .eq_ignore_ascii_case("application/json")
        {
            let detail = match self.request.headers().contains_key(CONTENT_TYPE) {
                true => "the body has to be application/json",
                false => "Content-Type is missing; the body has to be application/json",
            };
            self.rejection = Some(Rejection::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                detail,
            ));
            return Ok(None);
        }
        // JSON is UTF-8 (RFC 8259, section 8.1), also where nobody looks at the text.
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text,
            Err(error) => {
                self.violation("", format!("is not valid UTF-8: {error}"));
                return Ok(None);
            }
        };
        // Members that the contract does not name are skipped without a look at their depth.
        let openings = bytes
            .iter()
            .filter(|byte| matches!(byte, b'[' | b'{'))
            .count();
        if openings > DEPTH_LIMIT
            && let Err(error) = serde_json::from_str::<Value>(text)
        {
            self.violation("", format!("is not valid JSON: {error}"));
            return Ok(None);
        }
        // serde would read a struct from a list of its fields, too.
        if opening.is_some_and(|opening| !text.trim_start().starts_with(opening)) {
            self.explain_body(text, None);
            return Ok(None);
        }
        match serde_json::from_str::<T>(text) {
            Ok(body) if check(&body) => Ok(Some(body)),
            typed => {
                self.explain_body(text, typed.err());
                Ok(None)
            }
        }
    }

    /// What to answer when something was wrong.
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

    pub(super) fn refuse(&mut self, place: Place, name: &'static str, values: &[String]) {
        let found =
            contract::explain_parameter(self.method, self.path, place.as_str(), name, values);
        self.violations.extend(found);
    }

    fn parameter(
        &mut self,
        place: Place,
        name: &'static str,
        texts: impl Iterator<Item = Option<String>>,
    ) -> Parameter<'_, 'r> {
        // Text that is no UTF-8 is kept as the character that stands for it, so that it is refused
        // as a value and never taken for an absent one.
        let values = texts
            .map(|text| text.unwrap_or_else(|| "\u{fffd}".into()))
            .collect();
        Parameter {
            input: self,
            place,
            name,
            values,
        }
    }

    /// The slow way, taken only when the fast one failed: every violation by the contract's schema.
    fn explain_body(&mut self, text: &str, typed: Option<serde_json::Error>) {
        let before = self.violations.len();
        match serde_json::from_str::<Value>(text) {
            Err(error) => self.violation("", format!("is not valid JSON: {error}")),
            Ok(body) => {
                self.violations
                    .extend(contract::explain_body(self.method, self.path, &body));
            }
        }
        if self.violations.len() == before {
            let detail = typed.map_or("breaks a limit of the contract".into(), |error| {
                error.to_string()
            });
            self.violation("", detail);
        }
    }
}

fn decode(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(Into::into)
}

fn decode_form(text: &str) -> Option<String> {
    decode(&text.replace('+', " "))
}
