//! Writes the request of an operation.

use std::borrow::Cow;
use std::fmt::Display;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, COOKIE, HeaderName, HeaderValue};
use http::{HeaderMap, Method};

use super::credentials::Requirement;
use super::error::TransportError;
use super::form;
use super::style::{Pairs, Place, Style, Writer};
use crate::{Binary, Json, Need, SecurityScheme, Text, json};

/// A request to an operation of the contract. A value that cannot be written is an error when the
/// request is sent.
#[derive(Debug)]
pub struct Request {
    method: &'static str,
    path: Cow<'static, str>,
    /// Whether the path is a whole URL.
    absolute: bool,
    segments: Pairs,
    query: Pairs,
    headers: HeaderMap,
    cookies: Pairs,
    body: Bytes,
    pub(super) alternatives: Vec<Vec<Requirement>>,
    error: Option<String>,
}

impl Request {
    /// A request to the operation with this method and path of the contract.
    pub fn new(method: &'static str, path: &'static str) -> Self {
        Self {
            method,
            path: path.into(),
            absolute: false,
            segments: Vec::new(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            cookies: Vec::new(),
            body: Bytes::new(),
            alternatives: Vec::new(),
            error: None,
        }
    }

    /// A request to this URL: that of a webhook or a callback.
    pub fn to(method: &'static str, url: &str) -> Self {
        Self {
            absolute: true,
            path: url.to_owned().into(),
            ..Self::new(method, "")
        }
    }

    /// With a path parameter.
    pub fn path(&mut self, name: &'static str, value: &impl Json, style: Style, explode: bool) {
        let pairs = self.write(Place::Path, name, value, style, explode);
        self.segments.extend(pairs);
    }

    /// With a query parameter.
    pub fn query(&mut self, name: &'static str, value: &impl Json, style: Style, explode: bool) {
        let pairs = self.write(Place::Query, name, value, style, explode);
        self.query.extend(pairs);
    }

    /// With a header parameter.
    pub fn header(&mut self, name: &'static str, value: &impl Json, style: Style, explode: bool) {
        for (_, text) in self.write(Place::Header, name, value, style, explode) {
            self.set_header(name, &text);
        }
    }

    /// With a cookie parameter.
    pub fn cookie(&mut self, name: &'static str, value: &impl Json, style: Style, explode: bool) {
        if !is_cookie_name(name) {
            self.fail(format!("`{name}` is not valid as a cookie"));
        }
        let pairs = self.write(Place::Cookie, name, value, style, explode);
        self.cookies.extend(pairs);
    }

    fn write(
        &mut self,
        place: Place,
        name: &'static str,
        value: &impl Json,
        style: Style,
        explode: bool,
    ) -> Pairs {
        let writer = Writer {
            place,
            name,
            style,
            explode,
        };
        let pairs = writer.write(&json::to_value(value));
        pairs.unwrap_or_else(|detail| {
            self.fail(format!("parameter `{name}`: {detail}"));
            Vec::new()
        })
    }

    fn set_header(&mut self, name: &'static str, text: &str) {
        match (HeaderName::try_from(name), HeaderValue::try_from(text)) {
            (Ok(name), Ok(value)) => drop(self.headers.insert(name, value)),
            _ => self.fail(format!("`{name}` is not valid as a header")),
        }
    }

    fn fail(&mut self, detail: impl Into<String>) {
        self.error.get_or_insert(detail.into());
    }

    /// With the credentials of one of these alternatives; an empty one means that none are needed.
    pub fn credentials<S: SecurityScheme>(&mut self, alternatives: &[&'static [Need<S>]]) {
        let alternative = |needs: &&'static [Need<S>]| needs.iter().map(Requirement::new).collect();
        self.alternatives = alternatives.iter().map(alternative).collect();
    }

    /// With a JSON body.
    pub fn json(&mut self, media_type: &'static str, body: &impl Json) {
        match json::to_vec(body) {
            Ok(body) => self.content(concrete(media_type, "application/json"), body),
            Err(error) => self.fail(format!("the body cannot be written as JSON: {error}")),
        }
    }

    /// With a body of `application/x-www-form-urlencoded`; `delimiters` has the fields whose lists
    /// are one text.
    pub fn form(
        &mut self,
        media_type: &'static str,
        body: &impl Json,
        delimiters: &[(&str, &str)],
    ) {
        match form::urlencoded(&json::to_value(body), delimiters) {
            Ok(text) => self.content(media_type, text),
            Err(detail) => self.fail(format!("the body cannot be written as a form: {detail}")),
        }
    }

    /// With a body of `multipart/form-data`, in which every [`Binary`](crate::Binary) is a file.
    pub fn multipart(&mut self, media_type: &'static str, body: &impl Json) {
        match form::multipart(body) {
            Ok((boundary, content)) => {
                self.content(&format!("{media_type}; boundary={boundary}"), content);
            }
            Err(detail) => self.fail(format!("the body cannot be written as a form: {detail}")),
        }
    }

    /// With a body of text.
    pub fn text(&mut self, media_type: &'static str, body: &impl Text) {
        self.content(concrete(media_type, "text/plain"), body.to_text());
    }

    /// With a body of bytes.
    pub fn bytes(&mut self, media_type: &'static str, body: Bytes) {
        self.content(concrete(media_type, "application/octet-stream"), body);
    }

    /// With a body of bytes that name their media type, where the contract has a range of them.
    pub fn binary(&mut self, media_type: &'static str, body: Binary) {
        match body.content_type {
            Some(given) => self.content(&given, body.bytes),
            None => self.bytes(media_type, body.bytes),
        }
    }

    fn content(&mut self, media_type: &str, body: impl Into<Bytes>) {
        match HeaderValue::try_from(media_type) {
            Ok(value) => drop(self.headers.insert(CONTENT_TYPE, value)),
            Err(_) => self.fail(format!("`{media_type}` is not a media type")),
        }
        self.body = body.into();
    }

    /// The media types of the responses.
    pub fn accept(&mut self, media_types: &[&str]) {
        match HeaderValue::try_from(media_types.join(", ")) {
            Ok(value) => drop(self.headers.insert(ACCEPT, value)),
            Err(_) => self.fail("a media type of the responses is not valid"),
        }
    }

    /// The request to a server with this base URL, with further headers and parameters.
    pub(super) fn build(
        &self,
        base: &str,
        defaults: &HeaderMap,
        credentials: Presented,
    ) -> Result<http::Request<Bytes>, TransportError> {
        if let Some(error) = &self.error {
            return Err(TransportError::request(error.clone()));
        }
        let mut url = if self.absolute {
            self.path.clone().into_owned()
        } else {
            format!("{base}{}", self.expanded()?)
        };
        for (name, text) in with(&self.query, credentials.query, "query parameter")? {
            let mark = if url.contains('?') { '&' } else { '?' };
            url.push_str(&format!("{mark}{name}={text}"));
        }
        let invalid = |error: http::Error| {
            let detail = format!("{} {} is not a valid request", self.method, self.path);
            TransportError::request(detail).caused_by(error)
        };
        let method =
            Method::from_bytes(self.method.as_bytes()).map_err(|error| invalid(error.into()))?;
        let mut request = http::Request::builder()
            .method(method)
            .uri(url)
            .body(self.body.clone())
            .map_err(invalid)?;
        let headers = request.headers_mut();
        headers.clone_from(defaults);
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
        for (name, value) in with(&[], credentials.headers, "header")? {
            match self.headers.get(&name) {
                Some(known) if *known != value => return Err(two_values("header", &name)),
                _ => drop(headers.insert(name, value)),
            }
        }
        let cookies: Vec<String> = with(&self.cookies, credentials.cookies, "cookie")?
            .into_iter()
            .map(|(name, text)| format!("{name}={text}"))
            .collect();
        if !cookies.is_empty() {
            let mut value =
                HeaderValue::try_from(cookies.join("; ")).map_err(|error| invalid(error.into()))?;
            value.set_sensitive(true);
            headers.insert(COOKIE, value);
        }
        Ok(request)
    }

    /// The path with the values of its parameters.
    fn expanded(&self) -> Result<String, TransportError> {
        let mut path = String::new();
        for (place, template) in self.path.split('/').enumerate() {
            let segment = self.segment(template)?;
            // A URL without such a segment belongs to another operation.
            if template.contains('{') && matches!(segment.as_str(), "" | "." | "..") {
                let detail = format!("the path segment `{template}` would be `{segment}`");
                return Err(TransportError::request(detail));
            }
            if place > 0 {
                path.push('/');
            }
            path.push_str(&segment);
        }
        Ok(path)
    }

    fn segment(&self, template: &str) -> Result<String, TransportError> {
        let mut segment = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{')
            && let Some((name, after)) = after.split_once('}')
        {
            let value = self.segments.iter().find(|(known, _)| known == name);
            let Some((_, text)) = value else {
                let detail = format!("path parameter `{name}` has no value");
                return Err(TransportError::request(detail));
            };
            segment.push_str(&literal(before));
            segment.push_str(text);
            rest = after;
        }
        segment.push_str(&literal(rest));
        Ok(segment)
    }
}

/// What credentials add to a request; names and texts are encoded.
#[derive(Default)]
pub(super) struct Presented {
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) query: Pairs,
    pub(super) cookies: Pairs,
}

/// The parameters with those of the credentials. A contract may describe the same one as both, or
/// for several schemes, but it has one value.
fn with<K: Clone + PartialEq + Display, V: Clone + PartialEq>(
    own: &[(K, V)],
    credentials: Vec<(K, V)>,
    place: &str,
) -> Result<Vec<(K, V)>, TransportError> {
    let mut all = own.to_vec();
    for (name, value) in credentials {
        match all.iter().find(|(known, _)| *known == name) {
            Some((_, known)) if *known != value => return Err(two_values(place, &name)),
            Some(_) => {}
            None => all.push((name, value)),
        }
    }
    Ok(all)
}

fn two_values(place: &str, name: &impl Display) -> TransportError {
    TransportError::request(format!(
        "the {place} `{name}` has two values: of a credential, and of a parameter or another credential"
    ))
}

/// A token (RFC 6265, section 4.1.1).
pub(super) fn is_cookie_name(name: &str) -> bool {
    !name.is_empty() && HeaderName::try_from(name).is_ok()
}

/// The text of a path outside of its parameters; most of it is legal in a URL already.
fn literal(text: &str) -> String {
    use percent_encoding::{CONTROLS, utf8_percent_encode};
    const ILLEGAL: &percent_encoding::AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'#')
        .add(b'<')
        .add(b'>')
        .add(b'?')
        .add(b'[')
        .add(b'\\')
        .add(b']')
        .add(b'^')
        .add(b'`')
        .add(b'{')
        .add(b'|')
        .add(b'}');
    utf8_percent_encode(text, ILLEGAL).to_string()
}

/// The media type to send where the contract has a range of them.
fn concrete(media_type: &'static str, default: &'static str) -> &'static str {
    let (kind, _) = default.split_once('/').unwrap_or_default();
    match media_type.strip_suffix("/*") {
        Some(range) if range == "*" || range == kind => default,
        _ => media_type,
    }
}
