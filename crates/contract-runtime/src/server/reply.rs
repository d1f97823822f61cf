//! Builds responses.

use std::fmt;
use std::ops::RangeInclusive;

use actix_web::body::{BodyStream, BoxBody, MessageBody};
use actix_web::error::ErrorInternalServerError;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, ContentEncoding, HeaderName, HeaderValue,
};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use futures::{Stream, StreamExt};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::Rejection;
use crate::text::fits_header;
use crate::{Event, Json, Text, json};

/// A builder of a response.
pub struct Reply {
    response: HttpResponseBuilder,
    /// Why a header cannot be sent.
    error: Option<String>,
}

impl Reply {
    /// A response with this status.
    pub fn new(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self {
            response: HttpResponse::build(status),
            error: None,
        }
    }

    /// A response with a status in this range; any other becomes a 500.
    pub fn within(status: u16, range: RangeInclusive<u16>) -> Self {
        Self::new(if range.contains(&status) { status } else { 500 })
    }

    /// With a header; a value that a client would not read as it is makes the response a 500 with
    /// an error to log ([`HttpResponse::error`]).
    pub fn header(mut self, name: &'static str, value: impl Header) -> Self {
        let pair = value.to_header().and_then(|text| {
            let name =
                HeaderName::from_bytes(name.as_bytes()).map_err(|error| error.to_string())?;
            let value = HeaderValue::from_str(&text).map_err(|error| error.to_string())?;
            Ok((name, value))
        });
        match pair {
            Ok(pair) => drop(self.response.insert_header(pair)),
            Err(detail) => {
                let detail = format!("header `{name}` cannot be sent: {detail}");
                self.error.get_or_insert(detail);
            }
        }
        self
    }

    /// With a header, if there is a value.
    pub fn optional_header(self, name: &'static str, value: Option<impl Header>) -> Self {
        match value {
            Some(value) => self.header(name, value),
            None => self,
        }
    }

    /// With a JSON body.
    pub fn json(mut self, media_type: &'static str, body: &impl Json) -> HttpResponse {
        match json::to_vec(body) {
            Ok(body) => {
                self.response.content_type(media_type);
                self.body(body)
            }
            Err(error) => failed(error),
        }
    }

    /// With a text as body.
    pub fn text(mut self, media_type: &'static str, body: &impl Text) -> HttpResponse {
        self.response.content_type(media_type);
        self.body(body.to_text())
    }

    /// With a file as body. If the contract has a wildcard media type, that of the file is used.
    pub fn file(mut self, media_type: &'static str, file: File) -> HttpResponse {
        let media_type = if media_type.contains('*') {
            file.content_type
                .as_deref()
                .unwrap_or("application/octet-stream")
        } else {
            media_type
        };
        self.response.content_type(media_type);
        if let Some(name) = &file.name {
            self.response
                .insert_header((CONTENT_DISPOSITION, attachment(name)));
        }
        self.body(file.body)
    }

    /// With server-sent events as body.
    pub fn events(mut self, events: EventStream) -> HttpResponse {
        self.response
            .content_type("text/event-stream")
            .insert_header((CACHE_CONTROL, "no-cache"))
            // A compressor would hold events back.
            .insert_header(ContentEncoding::Identity);
        self.body(events.0)
    }

    /// Without a body.
    pub fn empty(self) -> HttpResponse {
        self.body(())
    }

    fn body(mut self, body: impl MessageBody + 'static) -> HttpResponse {
        match self.error {
            Some(detail) => failed(detail),
            None => self.response.body(body),
        }
    }

    /// The response of an operation that is not implemented yet.
    pub fn not_implemented() -> HttpResponse {
        let detail = "this operation is not implemented yet";
        Rejection::new(StatusCode::NOT_IMPLEMENTED, "not_implemented", detail).error_response()
    }
}

/// The response instead of one that cannot be sent.
fn failed(error: impl fmt::Debug + fmt::Display + 'static) -> HttpResponse {
    HttpResponse::from_error(ErrorInternalServerError(error))
}

/// The name that a quoted string can have, and the whole one if that is another (RFC 6266, section 4.3).
fn attachment(name: &str) -> String {
    let odd = |letter: char| !(' '..='~').contains(&letter) || matches!(letter, '"' | '\\');
    let plain = name.replace(odd, "_");
    let mut text = format!("attachment; filename=\"{plain}\"");
    if plain != name {
        // A superset of what RFC 8187 (section 3.2.1) wants encoded.
        let whole = utf8_percent_encode(name, NON_ALPHANUMERIC);
        text.push_str(&format!("; filename*=UTF-8''{whole}"));
    }
    text
}

/// A value of a header in the style `simple`.
pub trait Header {
    /// The text of the header.
    ///
    /// # Errors
    /// If a client would read another value from it: the reason.
    fn to_header(&self) -> Result<String, String>;
}

impl<T: Text> Header for T {
    fn to_header(&self) -> Result<String, String> {
        let text = self.to_text();
        fits_header(&text)?;
        Ok(text)
    }
}

impl<T: Text> Header for Vec<T> {
    fn to_header(&self) -> Result<String, String> {
        let items: Vec<String> = self.iter().map(Text::to_text).collect();
        for item in &items {
            fits_header(item)?;
            if item.contains(',') {
                return Err("`,` in an item is a delimiter there".into());
            }
        }
        if let [item] = items.as_slice()
            && item.is_empty()
        {
            return Err("a list of one empty text is the same as an empty list there".into());
        }
        Ok(items.join(","))
    }
}

/// A body that is not JSON: bytes, in full or as a stream.
pub struct File {
    body: BoxBody,
    content_type: Option<String>,
    name: Option<String>,
}

impl File {
    /// The whole content.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self {
            body: BoxBody::new(bytes.into()),
            content_type: None,
            name: None,
        }
    }

    /// A stream of chunks; an error closes the connection.
    pub fn stream<E: Into<Box<dyn std::error::Error>> + 'static>(
        pieces: impl Stream<Item = Result<Bytes, E>> + 'static,
    ) -> Self {
        Self {
            body: BodyStream::new(pieces).boxed(),
            content_type: None,
            name: None,
        }
    }

    /// With a media type, for a wildcard in the contract.
    pub fn of_type(self, content_type: impl Into<String>) -> Self {
        Self {
            content_type: Some(content_type.into()),
            ..self
        }
    }

    /// With the file name to suggest to the client.
    pub fn named(self, name: impl Into<String>) -> Self {
        Self {
            name: Some(name.into()),
            ..self
        }
    }
}

impl fmt::Debug for File {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("File");
        shown
            .field("name", &self.name)
            .field("size", &self.body.size())
            .finish()
    }
}

/// Server-sent events.
pub struct EventStream(BoxBody);

impl EventStream {
    /// Sends each event of the stream as soon as it is available.
    pub fn new(events: impl Stream<Item = Event> + 'static) -> Self {
        Self::of_bytes(events.map(|event| event.to_bytes()))
    }

    /// Sends each piece of the stream as soon as it is available: events as [`Event::to_bytes`]
    /// writes them, one or several, or comments.
    pub fn of_bytes(pieces: impl Stream<Item = Bytes> + 'static) -> Self {
        let pieces = pieces.map(Ok::<_, std::convert::Infallible>);
        Self(BodyStream::new(pieces).boxed())
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EventStream")
    }
}

/// A response of the contract: the generated enums of an operation.
pub trait Respond {
    /// Writes it.
    fn respond(self) -> HttpResponse;
}

/// Writes the outcome of an operation.
pub fn respond<T: Respond, E: Respond>(outcome: Result<T, E>) -> HttpResponse {
    match outcome {
        Ok(success) => success.respond(),
        Err(failure) => failure.respond(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(value: impl Header) -> Result<String, String> {
        let response = Reply::new(200).header("x-a", value).empty();
        match response.error() {
            None => Ok(response
                .headers()
                .get("x-a")
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()),
            Some(error) => {
                assert_eq!(response.status(), 500);
                assert!(!response.headers().contains_key("x-a"));
                Err(error.to_string())
            }
        }
    }

    fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
        texts.map(str::to_owned).to_vec()
    }

    #[test]
    fn only_headers_that_are_read_as_they_were_are_sent() {
        assert_eq!(sent("a b,\tc".to_owned()).as_deref(), Ok("a b,\tc"));
        assert_eq!(sent(String::new()).as_deref(), Ok(""));
        assert_eq!(sent(texts([])).as_deref(), Ok(""));
        assert_eq!(sent(texts(["a b", "", "c"])).as_deref(), Ok("a b,,c"));
        for text in ["é", " a", "a ", "a\r\nb: c", "\u{7f}"] {
            let error = sent(text.to_owned()).unwrap_err();
            assert!(
                error.starts_with("header `x-a` cannot be sent: "),
                "{error}"
            );
            assert!(sent(texts(["a", text])).is_err(), "{text}");
        }
        assert!(sent(texts(["a,b"])).is_err());
        assert!(sent(texts([""])).is_err());
    }

    #[test]
    fn no_body_replaces_the_error_of_a_header() {
        let reply = || Reply::new(200).header("x-a", "é".to_owned());
        for response in [
            reply().json("application/json", &1_i64),
            reply().text("text/plain", &1_i64),
            reply().file("application/pdf", File::new("%PDF")),
            reply().events(EventStream::of_bytes(futures::stream::empty())),
        ] {
            assert_eq!(response.status(), 500);
            assert!(response.error().is_some());
        }
    }
}
