//! The feed of all events, in pages and as a stream.

mod pages;
mod streams;
mod writers;

use std::time::Duration;

use reqwest::Response;
use serde_json::Value;
use tokio::time::timeout;

use crate::harness::TestApp;

const LIMIT: Duration = Duration::from_secs(20);

/// One part of a stream: an event, or a heartbeat without data.
#[derive(Debug, Clone, PartialEq)]
struct Part {
    id: Option<i64>,
    name: Option<String>,
    data: Option<Value>,
}

impl Part {
    fn of(text: &str) -> Self {
        let field = |name: &str| {
            let mut lines = text.lines().filter_map(|line| line.split_once(": "));
            lines.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        Self {
            id: field("id").map(|id| id.parse().unwrap()),
            name: field("event").map(str::to_owned),
            data: field("data").map(|data| serde_json::from_str(data).unwrap()),
        }
    }
}

/// An open stream.
struct Reading {
    response: Response,
    text: String,
}

impl Reading {
    /// Opens a stream, which must be accepted.
    async fn open(app: &TestApp, path: &str, last_event_id: Option<i64>) -> Self {
        let mut request = app
            .request(reqwest::Method::GET, path)
            .header("accept", "text/event-stream");
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            response,
            text: String::new(),
        }
    }

    /// The next part; `None` at the end.
    async fn part(&mut self) -> Option<Part> {
        loop {
            if let Some((part, rest)) = self.text.split_once("\n\n") {
                let (part, rest) = (Part::of(part), rest.to_owned());
                self.text = rest;
                return Some(part);
            }
            let piece = timeout(LIMIT, self.response.chunk()).await;
            let piece = piece.expect("no more of the stream in time").ok()??;
            self.text.push_str(std::str::from_utf8(&piece).unwrap());
        }
    }

    /// The next event, after any heartbeats.
    async fn event(&mut self) -> Part {
        loop {
            let part = self.part().await.expect("the stream has ended");
            if part.data.is_some() {
                return part;
            }
        }
    }

    async fn events(&mut self, count: usize) -> Vec<Part> {
        let mut events = Vec::new();
        for _ in 0..count {
            events.push(self.event().await);
        }
        events
    }
}

/// The body, and the header `Events-Position`, of a page.
async fn page(app: &TestApp, path: &str) -> (Vec<Value>, i64, Option<String>) {
    let response = app.get(path).await;
    assert_eq!(response.status(), 200, "{path}");
    let header = |name: &str| {
        let value = response.headers().get(name)?;
        Some(value.to_str().unwrap().to_owned())
    };
    let position = header("events-position").unwrap().parse().unwrap();
    let next = header("link").map(|link| {
        let (path, rest) = link[1..].split_once('>').unwrap();
        assert_eq!(rest, "; rel=\"next\"");
        path.to_owned()
    });
    (response.json().await.unwrap(), position, next)
}

/// Waits until the feed has this many events.
async fn feed_has(app: &TestApp, events: i64) {
    app.until_count(
        "the feed goes further",
        "SELECT position AS count FROM feed",
        events,
    )
    .await;
}

fn positions(events: &[Value]) -> Vec<i64> {
    let position = |event: &Value| event["position"].as_i64().unwrap();
    events.iter().map(position).collect()
}
