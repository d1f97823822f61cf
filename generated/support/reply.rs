//! Writing an answer.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use actix_web::body::{BodyStream, BoxBody, MessageBody};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use futures::{Stream, StreamExt};

use super::json::Write;
use super::{Json, Rejection, Text};

/// An answer under construction.
pub struct Reply(HttpResponseBuilder);

impl Reply {
    /// An answer with this status.
    pub fn new(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self(HttpResponse::build(status))
    }

    /// An answer with a status of this range; any other makes it a 500.
    pub fn within(status: StatusCode, range: RangeInclusive<u16>) -> Self {
        Self::new(if range.contains(&status.as_u16()) {
            status.as_u16()
        } else {
            500
        })
    }

    /// With a header; a value that no header can carry makes the answer a 500.
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

    /// With a header, when there is a value.
    pub fn optional_header(self, name: &'static str, value: Option<impl Header>) -> Self {
        match value {
            Some(value) => self.header(name, value),
            None => self,
        }
    }

    /// With a JSON body.
    pub fn json(mut self, media_type: &'static str, body: &impl Json) -> HttpResponse {
        match serde_json::to_vec(&Write(body)) {
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

    /// With a file as body. Where the contract leaves the media type open, the file says it.
    pub fn file(mut self, media_type: &'static str, file: File) -> HttpResponse {
        let media_type = match media_type.contains('*') {
            true => file
                .content_type
                .as_deref()
                .unwrap_or("application/octet-stream"),
            false => media_type,
        };
        self.0.content_type(media_type);
        if let Some(name) = &file.name {
            let name = name.replace(
                |letter: char| !(' '..='~').contains(&letter) || matches!(letter, '"' | '\\'),
                "_",
            );
            self.0.insert_header((
                CONTENT_DISPOSITION,
                format!("attachment; filename=\"{name}\""),
            ));
        }
        self.0.body(file.body)
    }

    /// With server-sent events as body.
    pub fn events(mut self, events: EventStream) -> HttpResponse {
        self.0
            .content_type("text/event-stream")
            .insert_header((CACHE_CONTROL, "no-cache"));
        self.0.body(events.0)
    }

    /// Without a body.
    pub fn empty(mut self) -> HttpResponse {
        self.0.finish()
    }

    /// What an operation answers that nobody has written yet.
    pub fn not_written() -> HttpResponse {
        let detail = "this operation is not implemented yet";
        Rejection::new(StatusCode::NOT_IMPLEMENTED, "not_implemented", detail).error_response()
    }
}

/// A value of a header, as the style `simple` writes it.
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

/// A body that is no JSON: bytes, at once or as a stream.
pub struct File {
    body: BoxBody,
    content_type: Option<String>,
    name: Option<String>,
}

impl File {
    /// All of it at once.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self {
            body: BoxBody::new(bytes.into()),
            content_type: None,
            name: None,
        }
    }

    /// Piece by piece; an error breaks the connection off.
    pub fn stream<E: Into<Box<dyn std::error::Error>> + 'static>(
        pieces: impl Stream<Item = Result<Bytes, E>> + 'static,
    ) -> Self {
        Self {
            body: BodyStream::new(pieces).boxed(),
            content_type: None,
            name: None,
        }
    }

    /// With a media type, for where the contract leaves it open.
    pub fn of_type(self, content_type: impl Into<String>) -> Self {
        Self {
            content_type: Some(content_type.into()),
            ..self
        }
    }

    /// With the name under which it is to be kept.
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

/// One server-sent event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// What it says; may have several lines.
    pub data: String,
    /// Its kind; `message` when there is none.
    pub event: Option<String>,
    /// By which a client says where to go on after it was cut off.
    pub id: Option<String>,
    /// How long a client waits before it connects again.
    pub retry: Option<Duration>,
}

impl Event {
    /// An event that says this.
    pub fn new(data: impl Into<String>) -> Self {
        Self {
            data: data.into(),
            ..Self::default()
        }
    }

    /// An event that says this in JSON.
    pub fn json(data: &impl Json) -> Self {
        Self::new(super::json::to_value(data).to_string())
    }

    /// As the HTML standard writes it (section 9.2).
    fn to_bytes(&self) -> Bytes {
        // A line break in a single-line field would begin another.
        let line = |text: &str| text.replace(['\r', '\n'], " ");
        let mut text = String::new();
        if let Some(event) = &self.event {
            text.push_str(&format!("event: {}\n", line(event)));
        }
        if let Some(id) = &self.id {
            text.push_str(&format!("id: {}\n", line(id)));
        }
        if let Some(retry) = self.retry {
            text.push_str(&format!("retry: {}\n", retry.as_millis()));
        }
        for data in self.data.replace("\r\n", "\n").split(['\r', '\n']) {
            text.push_str(&format!("data: {data}\n"));
        }
        text.push('\n');
        text.into()
    }
}

/// Server-sent events.
pub struct EventStream(BoxBody);

impl EventStream {
    /// These events, each as soon as it is there.
    pub fn new(events: impl Stream<Item = Event> + 'static) -> Self {
        let pieces = events.map(|event| Ok::<_, std::convert::Infallible>(event.to_bytes()));
        Self(BodyStream::new(pieces).boxed())
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EventStream")
    }
}
