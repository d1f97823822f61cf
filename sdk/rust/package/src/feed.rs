use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use reqwest::{Method, Response};
use serde::de::Error as _;
use serde::Deserialize;
use tokio::time::{sleep, timeout};

use crate::error::Error;
use crate::models::{Event, FeedStart, OrderEventType};
use crate::transport::{failed, Request, Transport};

/// The greatest size of an event, so that a faulty stream does not fill the memory.
const LARGEST: usize = 1 << 20;

/// Which events to follow.
#[derive(Clone, Debug)]
pub struct FollowOptions {
    /// Only events after this position.
    pub after: Option<i64>,
    /// Where to begin without a position; by default with the oldest event.
    pub start: Option<FeedStart>,
    /// Events of any of these types; empty means all.
    pub types: Vec<OrderEventType>,
    pub order_id: Option<i64>,
    pub customer_id: Option<i64>,
    /// How long the stream may send nothing before it is opened again.
    pub silence: Duration,
}

impl Default for FollowOptions {
    fn default() -> Self {
        Self {
            after: None,
            start: None,
            types: Vec::new(),
            order_id: None,
            customer_id: None,
            silence: Duration::from_secs(45),
        }
    }
}

/// The events of all orders, oldest first. Each comes once, in order. Connects again after any
/// interruption. Dropping it ends the connection.
pub struct EventFeed {
    /// Kept until it is ready: a call of `next` that is dropped, for example by `select!`, loses nothing.
    reading: Pin<Box<dyn Future<Output = (Follower, Result<Event, Error>)> + Send>>,
}

impl EventFeed {
    pub(crate) fn new(transport: Transport, options: FollowOptions) -> Self {
        let follower = Follower {
            last: options.after,
            transport,
            options,
            attempt: 0,
            connection: None,
        };
        Self {
            reading: Box::pin(follower.read()),
        }
    }

    /// The next event; waits for one without end. May be cancelled and called again.
    ///
    /// # Errors
    /// `EventsReset` when events are missing, and that of any other call when the service refuses. A
    /// further call tries again.
    pub async fn next(&mut self) -> Result<Event, Error> {
        let (follower, event) = self.reading.as_mut().await;
        self.reading = Box::pin(follower.read());
        event
    }
}

struct Follower {
    transport: Transport,
    options: FollowOptions,
    last: Option<i64>,
    /// How often a connection was tried since the last message.
    attempt: u32,
    connection: Option<Connection>,
}

struct Connection {
    response: Response,
    /// What was received, and not yet parsed.
    piece: std::vec::IntoIter<u8>,
    parser: Parser,
}

impl Follower {
    async fn read(mut self) -> (Self, Result<Event, Error>) {
        loop {
            let error = match self.advance().await {
                Ok(Some(event)) => return (self, Ok(event)),
                // The service has ended the stream.
                Ok(None) => None,
                Err(error) => Some(error),
            };
            self.connection = None;
            let pause = self.transport.pause(self.attempt.max(1), error.as_ref());
            match error {
                Some(error) if !error.is_transient() => return (self, Err(error)),
                _ => sleep(pause).await,
            }
        }
    }

    /// Reads until there is an event, or the connection ends.
    async fn advance(&mut self) -> Result<Option<Event>, Error> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                self.attempt = self.attempt.saturating_add(1);
                let request = self.request();
                let opened = self
                    .transport
                    .open(&request, self.options.silence, self.attempt);
                Connection {
                    response: opened.await?,
                    piece: Vec::new().into_iter(),
                    parser: Parser::default(),
                }
            }
        };
        loop {
            while let Some(byte) = connection.piece.next() {
                let Some(message) = connection.parser.take(byte)? else {
                    continue;
                };
                self.attempt = 0;
                if let Some(event) = self.handle(message)? {
                    self.connection = Some(connection);
                    return Ok(Some(event));
                }
            }
            let attempts = self.attempt;
            let piece = timeout(self.options.silence, connection.response.chunk()).await;
            let piece = piece.map_err(|_| Error::TimedOut { attempts })?;
            match piece.map_err(|source| failed(source, attempts))? {
                Some(piece) => connection.piece = piece.to_vec().into_iter(),
                None => return Ok(None),
            }
        }
    }

    fn request(&self) -> Request {
        let options = &self.options;
        let mut request = Request::new(Method::GET, "/events".to_owned());
        let mut add = |name, value: Option<String>| {
            request.query.extend(value.map(|value| (name, value)));
        };
        add("start", options.start.as_ref().map(ToString::to_string));
        add("order_id", options.order_id.map(|id| id.to_string()));
        add("customer_id", options.customer_id.map(|id| id.to_string()));
        for each in &options.types {
            add("type", Some(each.to_string()));
        }
        request
            .headers
            .push(("accept", "text/event-stream".to_owned()));
        if let Some(last) = self.last {
            request.headers.push(("last-event-id", last.to_string()));
        }
        request
    }

    /// The event, unless it is a heartbeat, what a later contract adds, or a repetition.
    fn handle(&mut self, message: Message) -> Result<Option<Event>, Error> {
        let mut event = None;
        let position = match message.name.as_slice() {
            b"reset" => {
                let reset: Reset = read(&message.data)?;
                let position = reset.position;
                return Err(Error::EventsReset { position });
            }
            b"" | b"message" if !message.data.is_empty() => {
                let found: Event = read(&message.data)?;
                Some(event.insert(found).position)
            }
            _ => message.id,
        };
        if position <= self.last {
            return Ok(None);
        }
        self.last = position;
        Ok(event)
    }
}

#[derive(Deserialize)]
struct Reset {
    position: i64,
}

fn read<'a, T: Deserialize<'a>>(data: &'a [u8]) -> Result<T, Error> {
    serde_json::from_slice(data).map_err(Error::Unreadable)
}

/// A server-sent event.
#[derive(Default)]
struct Message {
    id: Option<i64>,
    name: Vec<u8>,
    data: Vec<u8>,
}

/// Parses server-sent events (HTML standard, section 9.2.6).
#[derive(Default)]
struct Parser {
    line: Vec<u8>,
    after_return: bool,
    message: Message,
}

impl Parser {
    /// The message that this byte completes.
    fn take(&mut self, byte: u8) -> Result<Option<Message>, Error> {
        let is_rest = self.after_return && byte == b'\n';
        self.after_return = byte == b'\r';
        if is_rest {
            return Ok(None);
        }
        if !matches!(byte, b'\r' | b'\n') {
            self.line.push(byte);
            return check_size(&self.line);
        }
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            return Ok(Some(std::mem::take(&mut self.message)));
        }
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let field = parts.next().unwrap_or_default();
        let value = parts.next().unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"event" => self.message.name = value.to_vec(),
            b"data" => {
                if !self.message.data.is_empty() {
                    self.message.data.push(b'\n');
                }
                self.message.data.extend(value);
            }
            b"id" => {
                let text = std::str::from_utf8(value).unwrap_or_default();
                self.message.id = text.parse().ok().or(self.message.id);
            }
            // A comment, or what a later contract adds.
            _ => {}
        }
        check_size(&self.message.data)
    }
}

fn check_size(bytes: &[u8]) -> Result<Option<Message>, Error> {
    if bytes.len() > LARGEST {
        let error = serde_json::Error::custom("an event is too large");
        return Err(Error::Unreadable(error));
    }
    Ok(None)
}
