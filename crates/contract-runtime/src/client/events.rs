//! Reads server-sent events (HTML standard, section 9.2).

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::stream::{Stream, StreamExt};

use super::error::{ErrorKind, TransportError};
use super::transport::Body;
use crate::Event;

/// The events of a response, as they arrive. After an error there are no more; to continue, call
/// the operation again with the last id.
pub struct EventStream {
    body: Option<Body>,
    parser: Parser,
    ready: VecDeque<Event>,
    failed: Option<TransportError>,
}

impl EventStream {
    pub(super) fn new(body: Body, limit: usize) -> Self {
        Self {
            body: Some(body),
            parser: Parser::new(limit),
            ready: VecDeque::new(),
            failed: None,
        }
    }
}

impl Stream for EventStream {
    type Item = Result<Event, TransportError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(event) = this.ready.pop_front() {
                return Poll::Ready(Some(Ok(event)));
            }
            let Some(body) = &mut this.body else {
                return Poll::Ready(this.failed.take().map(Err));
            };
            match ready!(body.poll_next_unpin(context)) {
                Some(piece) => {
                    let read = piece.and_then(|piece| this.parser.read(&piece, &mut this.ready));
                    if let Err(error) = read {
                        // The events that came before the error come first.
                        this.body = None;
                        this.failed = Some(error);
                    }
                }
                None => this.body = None,
            }
        }
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EventStream")
    }
}

/// Reads bytes, however they are divided.
struct Parser {
    line: Vec<u8>,
    /// The last byte was a carriage return, so a line feed belongs to it.
    returned: bool,
    /// A byte order mark may begin the first line only.
    first: bool,
    event: Event,
    /// Whether the event has data; an id or a retry alone waits for the next event.
    data: bool,
    limit: usize,
}

impl Parser {
    fn new(limit: usize) -> Self {
        Self {
            line: Vec::new(),
            returned: false,
            first: true,
            event: Event::default(),
            data: false,
            limit,
        }
    }

    fn read(&mut self, bytes: &[u8], events: &mut VecDeque<Event>) -> Result<(), TransportError> {
        for &byte in bytes {
            let returned = std::mem::replace(&mut self.returned, byte == b'\r');
            match byte {
                b'\n' if returned => {}
                b'\r' | b'\n' => {
                    let line = std::mem::take(&mut self.line);
                    events.extend(self.line(&line));
                }
                _ if self.line.len() + self.event.data.len() >= self.limit => {
                    let limit = self.limit;
                    let detail = format!(
                        "an event has more than {limit} bytes, the client's response limit"
                    );
                    return Err(TransportError::new(ErrorKind::TooLarge, detail));
                }
                _ => self.line.push(byte),
            }
        }
        Ok(())
    }

    /// The event that ends with this line.
    fn line(&mut self, line: &[u8]) -> Option<Event> {
        let first = std::mem::replace(&mut self.first, false);
        let line = match line.strip_prefix(b"\xef\xbb\xbf") {
            Some(rest) if first => rest,
            _ => line,
        };
        let line = String::from_utf8_lossy(line);
        if line.is_empty() {
            return self.dispatch();
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => {
                if self.data {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
                self.data = true;
            }
            "event" => self.event.event = Some(value.to_owned()).filter(|name| !name.is_empty()),
            "id" if !value.contains('\0') => self.event.id = Some(value.to_owned()),
            "retry" if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                let time = value.parse().ok().map(Duration::from_millis);
                self.event.retry = time.or(self.event.retry);
            }
            // Comments begin with a colon, so their field is empty.
            _ => {}
        }
        None
    }

    fn dispatch(&mut self) -> Option<Event> {
        if !std::mem::replace(&mut self.data, false) {
            self.event.event = None;
            return None;
        }
        Some(std::mem::take(&mut self.event))
    }
}
