//! Builds responses.

use std::fmt;
use std::ops::RangeInclusive;

use actix_web::body::{BodyStream, BoxBody, MessageBody};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, ContentEncoding, HeaderName, HeaderValue,
};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use futures::{Stream, StreamExt};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::Rejection;
use crate::{Event, Json, Text, json};

/// A builder of a response.
pub struct Reply(HttpResponseBuilder);

impl Reply {
    /// A response with this status.
    pub fn new(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self(HttpResponse::build(status))
    }

    /// A response with a status in this range; any other becomes a 500.
    pub fn within(status: u16, range: RangeInclusive<u16>) -> Self {
        Self::new(if range.contains(&status) { status } else { 500 })
    }

    /// With a header; a value that is not valid in a header makes the response a 500.
    pub fn header(mut self, name: &'static str, value: impl Header) -> Self {
        match (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(&value.to_header()),
        ) {
            (Ok(name), Ok(value)) => self.0.insert_header((name, value)),
            _ => self.0.status(StatusCode::INTERNAL_SERVER_ERROR),
        };
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
            Ok(body) => self.0.content_type(media_type).body(body),
            Err(error) => {
                HttpResponse::from_error(actix_web::error::ErrorInternalServerError(error))
            }
        }
    }

    /// With a text as body.
    pub fn text(mut self, media_type: &'static str, body: &impl Text) -> HttpResponse {
        self.0.content_type(media_type).body(body.to_text())
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
        self.0.content_type(media_type);
        if let Some(name) = &file.name {
            self.0
                .insert_header((CONTENT_DISPOSITION, attachment(name)));
        }
        self.0.body(file.body)
    }

    /// With server-sent events as body.
    pub fn events(mut self, events: EventStream) -> HttpResponse {
        self.0
            .content_type("text/event-stream")
            .insert_header((CACHE_CONTROL, "no-cache"))
            // A compressor would hold events back.
            .insert_header(ContentEncoding::Identity);
        self.0.body(events.0)
    }

    /// Without a body.
    pub fn empty(mut self) -> HttpResponse {
        self.0.finish()
    }

    /// The response of an operation that is not implemented yet.
    pub fn not_implemented() -> HttpResponse {
        let detail = "this operation is not implemented yet";
        Rejection::new(StatusCode::NOT_IMPLEMENTED, "not_implemented", detail).error_response()
    }
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
    fn to_header(&self) -> String;
}

impl<T: Text> Header for T {
    fn to_header(&self) -> String {
        self.to_text()
    }
}

impl<T: Text> Header for Vec<T> {
    fn to_header(&self) -> String {
        self.iter().map(Text::to_text).collect::<Vec<_>>().join(",")
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
