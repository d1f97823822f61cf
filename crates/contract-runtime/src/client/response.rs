//! Reads the responses of an operation.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::stream::{Stream, StreamExt};
use http::HeaderMap;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use percent_encoding::percent_decode_str;
use tokio::time::Instant;

use super::error::{Error, Invalid, ReadError, TransportError, Undeclared};
use super::events::EventStream;
use super::transport::{self, Body};
use crate::{Json, Text, json};

/// A response whose body is not read yet.
pub struct Response {
    status: u16,
    headers: HeaderMap,
    body: Body,
    deadline: Option<Instant>,
    limit: usize,
}

impl Response {
    pub(super) fn new(
        response: http::Response<Body>,
        deadline: Option<Instant>,
        limit: usize,
    ) -> Self {
        let (head, body) = response.into_parts();
        Self {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
            deadline,
            limit,
        }
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// A required header.
    ///
    /// # Errors
    /// If it is missing or not such a value.
    pub fn header<T: Text>(&self, name: &str) -> Result<T, ReadError> {
        self.optional_header(name)?
            .ok_or_else(|| self.missing(name))
    }

    /// An optional header.
    ///
    /// # Errors
    /// If it is not such a value.
    pub fn optional_header<T: Text>(&self, name: &str) -> Result<Option<T>, ReadError> {
        let Some(text) = self.header_text(name)? else {
            return Ok(None);
        };
        let value = T::from_text(&text).ok_or_else(|| self.unreadable::<T>(name))?;
        Ok(Some(value))
    }

    /// A required header that is a list.
    ///
    /// # Errors
    /// If it is missing or not such a list.
    pub fn header_list<T: Text>(&self, name: &str) -> Result<Vec<T>, ReadError> {
        self.optional_header_list(name)?
            .ok_or_else(|| self.missing(name))
    }

    /// An optional header that is a list.
    ///
    /// # Errors
    /// If it is not such a list.
    pub fn optional_header_list<T: Text>(&self, name: &str) -> Result<Option<Vec<T>>, ReadError> {
        let Some(text) = self.header_text(name)? else {
            return Ok(None);
        };
        if text.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let items = text.split(',').map(|item| T::from_text(item.trim()));
        let items: Option<Vec<T>> = items.collect();
        items.map(Some).ok_or_else(|| self.unreadable::<T>(name))
    }

    /// Repeated lines are one list (RFC 9110, section 5.3).
    fn header_text(&self, name: &str) -> Result<Option<String>, ReadError> {
        let lines = self.headers.get_all(name).iter();
        let lines: Result<Vec<&str>, _> = lines.map(|line| line.to_str()).collect();
        match lines {
            Ok(lines) if lines.is_empty() => Ok(None),
            Ok(lines) => Ok(Some(lines.join(", "))),
            Err(_) => Err(self.unreadable::<String>(name)),
        }
    }

    fn missing(&self, name: &str) -> ReadError {
        self.invalid(None, format!("header `{name}` is missing"))
    }

    fn unreadable<T: Text>(&self, name: &str) -> ReadError {
        self.invalid(None, format!("header `{name}` is not {}", T::EXPECTED))
    }

    fn invalid(&self, body: Option<Bytes>, detail: String) -> ReadError {
        ReadError::Invalid(Invalid {
            status: self.status,
            headers: Box::new(self.headers.clone()),
            body,
            detail,
        })
    }

    /// The index of the body's media type in `known`; the most specific match, where `*` matches
    /// anything.
    ///
    /// # Errors
    /// If it is not there.
    pub fn media_type(&self, known: &[&str]) -> Result<usize, ReadError> {
        let given = self.content_type().map(|given| essence(&given));
        let found = given.as_ref().and_then(|given| {
            let (kind, _) = given.split_once('/')?;
            [given.clone(), format!("{kind}/*"), "*/*".into()]
                .iter()
                .find_map(|wanted| known.iter().position(|known| essence(known) == *wanted))
        });
        found.ok_or_else(|| {
            let given = given.unwrap_or_else(|| "missing".into());
            let known = known.join(" or ");
            self.invalid(None, format!("Content-Type is {given}, not {known}"))
        })
    }

    fn content_type(&self) -> Option<String> {
        let value = self.headers.get(CONTENT_TYPE)?;
        value.to_str().ok().map(str::to_owned)
    }

    /// A body of JSON with this media type.
    ///
    /// # Errors
    /// If it does not arrive, or is not such a value.
    pub async fn json<T: Json>(mut self, media_type: &str) -> Result<T, ReadError> {
        self.media_type(&[media_type])?;
        let bytes = self.read().await?;
        let text = self.utf8(&bytes)?;
        json::from_str(text)
            .map_err(|error| self.invalid(Some(bytes.clone()), format!("the body: {error}")))
    }

    /// A body of text with this media type.
    ///
    /// # Errors
    /// If it does not arrive, or is not such a value.
    pub async fn text<T: Text>(mut self, media_type: &str) -> Result<T, ReadError> {
        self.media_type(&[media_type])?;
        let bytes = self.read().await?;
        let text = self.utf8(&bytes)?;
        let detail = || format!("the body is not {}", T::EXPECTED);
        T::from_text(text).ok_or_else(|| self.invalid(Some(bytes.clone()), detail()))
    }

    fn utf8<'b>(&self, bytes: &'b Bytes) -> Result<&'b str, ReadError> {
        std::str::from_utf8(bytes).map_err(|error| {
            self.invalid(
                Some(bytes.clone()),
                format!("the body is not UTF-8: {error}"),
            )
        })
    }

    async fn read(&mut self) -> Result<Bytes, TransportError> {
        let body = self.timed_body();
        transport::collect(body, self.limit)
            .await
            .map_err(|(_, error)| error)
    }

    fn timed_body(&mut self) -> Body {
        let body = std::mem::replace(&mut self.body, futures::stream::empty().boxed());
        transport::until(body, self.deadline)
    }

    /// A body of bytes with this media type.
    ///
    /// # Errors
    /// If it has another.
    pub fn download(mut self, media_type: &str) -> Result<Download, ReadError> {
        self.media_type(&[media_type])?;
        Ok(Download {
            body: self.timed_body(),
            limit: self.limit,
            file_name: file_name(&self.headers),
            content_type: self.content_type(),
        })
    }

    /// A body of server-sent events. The deadline of the call does not end it.
    ///
    /// # Errors
    /// If it has another media type.
    pub fn events(self, media_type: &str) -> Result<EventStream, ReadError> {
        self.media_type(&[media_type])?;
        Ok(EventStream::new(self.body, self.limit))
    }

    /// The error for a status that the contract does not have.
    pub async fn undeclared<F>(mut self) -> Error<F> {
        let body = self.timed_body();
        // The status says more than that the body did not arrive.
        let body = transport::collect(body, self.limit)
            .await
            .unwrap_or_else(|(part, _)| part);
        Error::Undeclared(Undeclared {
            status: self.status,
            headers: Box::new(self.headers),
            body,
        })
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Response");
        shown.field("status", &self.status).finish_non_exhaustive()
    }
}

/// A media type without its parameters, in lower case.
fn essence(media_type: &str) -> String {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// A body of bytes, as it arrives.
pub struct Download {
    body: Body,
    limit: usize,
    /// The name that the server suggests; do not trust it as a path.
    pub file_name: Option<String>,
    /// The media type.
    pub content_type: Option<String>,
}

impl Download {
    /// The whole content, up to the limit of the client.
    ///
    /// # Errors
    /// If it is larger, or does not arrive.
    pub async fn bytes(self) -> Result<Bytes, TransportError> {
        transport::collect(self.body, self.limit)
            .await
            .map_err(|(_, error)| error)
    }
}

impl Stream for Download {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.body.poll_next_unpin(context)
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Download");
        shown
            .field("file_name", &self.file_name)
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}

/// The name in `Content-Disposition` (RFC 6266); the extended form takes precedence.
fn file_name(headers: &HeaderMap) -> Option<String> {
    let text = String::from_utf8_lossy(headers.get(CONTENT_DISPOSITION)?.as_bytes()).into_owned();
    let mut plain = None;
    let mut rest = text.split_once(';')?.1;
    loop {
        let (name, after) = rest.split_once('=')?;
        let name = name.trim().to_ascii_lowercase();
        let (value, after) = value(after.trim_start());
        match name.as_str() {
            "filename" => plain = Some(value),
            "filename*" => {
                let (charset, encoded) = value.split_once('\'')?;
                let (_, encoded) = encoded.split_once('\'')?;
                let decoded = percent_decode_str(encoded).decode_utf8().ok();
                if let Some(name) = decoded.filter(|_| charset.eq_ignore_ascii_case("utf-8")) {
                    return Some(name.into_owned());
                }
            }
            _ => {}
        }
        match after.split_once(';') {
            Some((_, after)) if after.contains('=') => rest = after,
            _ => return plain,
        }
    }
}

/// A token or a quoted string, and what is after it.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        return (text[..end].trim().to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(letters.next().map(|(_, escaped)| escaped)),
            _ => value.push(letter),
        }
    }
    (value, "")
}
