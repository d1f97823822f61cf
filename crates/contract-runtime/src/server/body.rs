//! Bodies that are not multipart.

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Bytes, Payload};
use actix_web::{FromRequest, HttpMessage};
use serde_json::Value;

use super::input::decode_form;
use super::{Input, Rejection};
use crate::fields::{self, DEPTH_LIMIT, Field, Tree};
use crate::strict::Strict;
use crate::{Json, Schema, Text, json};

impl Input<'_> {
    /// Reads the whole body.
    pub async fn read(&self, payload: Payload) -> Result<Bytes, Rejection> {
        let mut payload = payload.into_inner();
        Bytes::from_request(self.request, &mut payload)
            .await
            .map_err(|error| {
                let status = error.as_response_error().status_code();
                let code = match status {
                    StatusCode::PAYLOAD_TOO_LARGE => "payload_too_large",
                    _ => "bad_request",
                };
                Rejection::new(status, code, error.to_string())
            })
    }

    /// The index of the body's media type in `known`; `None`, with a rejection, if it is not there.
    pub fn media_type(&mut self, bytes: &Bytes, known: &[&str]) -> Option<usize> {
        if bytes.is_empty() && !self.request.headers().contains_key(CONTENT_TYPE) {
            self.violation("", "a body is required");
            return None;
        }
        let found = self.content_type(known);
        if found.is_none() {
            let known = known.join(" or ");
            let detail = if self.request.headers().contains_key(CONTENT_TYPE) {
                format!("the body must be {known}")
            } else {
                format!("Content-Type is missing; the body must be {known}")
            };
            self.rejection = Some(Rejection::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                detail,
            ));
        }
        found
    }

    /// The most specific match; `*` in a media type matches anything.
    fn content_type(&self, known: &[&str]) -> Option<usize> {
        let given = self.request.content_type().trim().to_ascii_lowercase();
        let essence = |known: &str| {
            known
                .split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .to_ascii_lowercase()
        };
        let (kind, _) = given.split_once('/')?;
        [given.clone(), format!("{kind}/*"), "*/*".into()]
            .into_iter()
            .find_map(|wanted| known.iter().position(|known| essence(known) == wanted))
    }

    /// Reads a JSON body. `None`, with violations, if it breaks the contract.
    pub fn json<T: Json>(
        &mut self,
        bytes: &Bytes,
        media_type: &str,
        check: impl Fn(&T) -> bool,
    ) -> Option<T> {
        let text = self.json_text(bytes)?;
        self.typed_json(text, media_type, true, check)
    }

    /// Reads a JSON body whose type does not express everything that its schema says.
    pub fn json_validated<T: Json>(
        &mut self,
        bytes: &Bytes,
        media_type: &str,
        check: impl Fn(&T) -> bool,
    ) -> Option<T> {
        let text = self.json_text(bytes)?;
        let holds = serde_json::from_str::<Value>(text)
            .is_ok_and(|value| self.contract.holds(&self.body_root(media_type), &value));
        // From the text, not the value, because only the text shows duplicate members.
        self.typed_json(text, media_type, holds, check)
    }

    /// The body of a text; `holds` says whether it is valid by its schema.
    fn typed_json<T: Json>(
        &mut self,
        text: &str,
        media_type: &str,
        holds: bool,
        check: impl Fn(&T) -> bool,
    ) -> Option<T> {
        match json::from_str::<T>(text) {
            Ok(body) if holds && check(&body) => Some(body),
            typed => self.explain_json(text, media_type, typed.err()),
        }
    }

    fn json_text<'b>(&mut self, bytes: &'b Bytes) -> Option<&'b str> {
        if bytes.is_empty() {
            self.violation("", "a body is required");
            return None;
        }
        let text = self.utf8(bytes)?;
        // Unknown members are skipped without a depth check.
        let openings = bytes
            .iter()
            .filter(|byte| matches!(byte, b'[' | b'{'))
            .count();
        if openings > DEPTH_LIMIT
            && let Err(error) = serde_json::from_str::<Value>(text)
        {
            self.violation("", format!("is not valid JSON: {error}"));
            return None;
        }
        Some(text)
    }

    /// JSON must be UTF-8 (RFC 8259, section 8.1), even in skipped members.
    fn utf8<'b>(&mut self, bytes: &'b Bytes) -> Option<&'b str> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Some(text),
            Err(error) => {
                self.violation("", format!("is not valid UTF-8: {error}"));
                None
            }
        }
    }

    /// Reads a body of `application/x-www-form-urlencoded`.
    pub fn form<T: Json>(
        &mut self,
        bytes: &Bytes,
        media_type: &str,
        validated: bool,
        check: impl Fn(&T) -> bool,
    ) -> Option<T> {
        let text = self.utf8(bytes)?;
        let delimiters = self.body_schema(media_type).keyword("delimiters");
        let mut fields = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode_form(name);
            // An escaped delimiter does not delimit, unless it cannot appear unescaped.
            let delimiter = name.as_deref().and_then(|name| delimiters[name].as_str());
            let values: Vec<String> = match delimiter {
                Some(",") => value.split(',').map(str::to_owned).collect(),
                Some(other) => {
                    let value = decode_form(value).unwrap_or_else(|| "%ff".into());
                    value.split(other).map(str::to_owned).collect()
                }
                None => vec![value.to_owned()],
            };
            for value in values {
                let (Some(name), Some(value)) = (&name, decode_form(&value)) else {
                    self.violation("", "is not valid UTF-8");
                    return None;
                };
                fields.push((fields::path(name), Field::Text(value)));
            }
        }
        self.fields(fields, media_type, validated, check)
    }

    /// Builds the object that the schema describes from named fields.
    pub(super) fn fields<T: Json>(
        &mut self,
        fields: Vec<(Vec<String>, Field)>,
        media_type: &str,
        validated: bool,
        check: impl Fn(&T) -> bool,
    ) -> Option<T> {
        let tree = match Tree::object(self.body_schema(media_type), fields) {
            Ok(tree) => tree,
            Err(detail) => {
                self.violation("", detail);
                return None;
            }
        };
        let value = tree.to_json();
        let holds = !validated || self.contract.holds(&self.body_root(media_type), &value);
        match T::read(Strict(tree)) {
            Ok(body) if holds && check(&body) => Some(body),
            typed => self.explain(&value, media_type, typed.err()),
        }
    }

    /// Reads a body of plain text.
    pub fn text<T: Text>(
        &mut self,
        bytes: &Bytes,
        media_type: &str,
        check: impl Fn(&T) -> bool,
    ) -> Option<T> {
        let text = self.utf8(bytes)?;
        if let Some(body) = T::from_text(text).filter(|body| check(body)) {
            return Some(body);
        }
        let value = self.body_schema(media_type).meant(text);
        self.explain(&value, media_type, None)
    }

    fn body_schema(&self, media_type: &str) -> Schema {
        self.contract.schema(&self.body_root(media_type))
    }

    fn body_root(&self, media_type: &str) -> String {
        self.root("body", media_type)
    }

    fn explain_json<T>(
        &mut self,
        text: &str,
        media_type: &str,
        typed: Option<serde_json::Error>,
    ) -> Option<T> {
        match serde_json::from_str::<Value>(text) {
            Ok(value) => self.explain(&value, media_type, typed),
            Err(error) => {
                self.violation("", format!("is not valid JSON: {error}"));
                None
            }
        }
    }

    /// Collects every violation by the schema. Slow, so used only after a failure.
    fn explain<T>(
        &mut self,
        value: &Value,
        media_type: &str,
        typed: Option<serde_json::Error>,
    ) -> Option<T> {
        let found = self.contract.explain(&self.body_root(media_type), value);
        if found.is_empty() {
            let typed = typed.map(|error| error.to_string());
            self.violation("", typed.unwrap_or("breaks a limit of the contract".into()));
        }
        self.violations.extend(found);
        None
    }
}
