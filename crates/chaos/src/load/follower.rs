//! Followers of the feed: one reads pages, one streams. Each goes on after the last event that it
//! has got, at another instance whenever a connection fails, and also without a reason.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::{RequestBuilder, Response};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use super::api::Api;

/// The time limit of a page, and of the silence in a stream: longer than the heartbeats.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a page waits for an event, in seconds.
const WAIT: u32 = 2;
const PAUSE: Duration = Duration::from_millis(200);
const KIND: &str = "a wrong event in the feed";

/// How a follower reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Pages,
    Stream,
}

/// An event as a follower saw it: the order and the sequence number. Its position is its index + 1.
pub type Seen = (i64, i64);

/// What a follower has seen so far. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Followed(Arc<Mutex<Vec<Seen>>>);

impl Followed {
    /// All events.
    pub fn seen(&self) -> Vec<Seen> {
        self.lock().clone()
    }

    /// The last position.
    pub fn position(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the next event, or says what is wrong with it.
    fn add(&self, event: &Value) -> Result<(), String> {
        let number = |field: &str| event[field].as_i64();
        let mut seen = self.lock();
        let expected = i64::try_from(seen.len()).ok().map(|last| last + 1);
        match (number("order_id"), number("sequence")) {
            (Some(order), Some(sequence)) if number("position") == expected => {
                seen.push((order, sequence));
                Ok(())
            }
            _ => Err(format!("expected position {expected:?}, got {event}")),
        }
    }
}

/// Follows until it is dropped, once every server has the feed.
pub async fn follow(api: &Api, way: Way, followed: &Followed) {
    while !api.world().has_feed() {
        sleep(PAUSE).await;
    }
    loop {
        let read = match way {
            Way::Pages => page(api, followed).await,
            Way::Stream => stream(api, followed).await,
        };
        match read {
            Some(Ok(())) => {}
            Some(Err(wrong)) => {
                api.finding(KIND, format!("{way:?}: {wrong}"));
                return;
            }
            None => sleep(PAUSE).await,
        }
    }
}

/// Reads a page. `None` if there is no valid response.
async fn page(api: &Api, followed: &Followed) -> Option<Result<(), String>> {
    let after = followed.position();
    let path = format!("/events?after={after}&limit=200&wait={WAIT}");
    let response = api.get(&path).timeout(PATIENCE).send().await.ok()?;
    let response = ok(response)?;
    let response = match response {
        Ok(response) => response,
        Err(wrong) => return Some(Err(wrong)),
    };
    let body = response.text().await.ok()?;
    let Ok(events) = serde_json::from_str::<Vec<Value>>(&body) else {
        return Some(Err(format!("not a list of events: {body}")));
    };
    Some(events.iter().try_for_each(|event| followed.add(event)))
}

/// Reads a stream for a while. `None` when it ends.
async fn stream(api: &Api, followed: &Followed) -> Option<Result<(), String>> {
    let request: RequestBuilder = api.get("/events").header("accept", "text/event-stream");
    let request = request.header("last-event-id", followed.position());
    let response = timeout(PATIENCE, request.send()).await.ok()?.ok()?;
    let mut response = match ok(response)? {
        Ok(response) => response,
        Err(wrong) => return Some(Err(wrong)),
    };
    let until = Instant::now() + Duration::from_millis(rand::random_range(500..10_000));
    let mut text = Vec::new();
    while Instant::now() < until {
        let piece = timeout(PATIENCE, response.chunk()).await.ok()?.ok()??;
        text.extend_from_slice(&piece);
        while let Some(end) = text.windows(2).position(|pair| pair == b"\n\n") {
            let part: Vec<u8> = text.drain(..end + 2).collect();
            let part = String::from_utf8_lossy(&part);
            if part.contains("event: reset") {
                return Some(Err(format!("a reset after {}", followed.position())));
            }
            let Some(data) = part.lines().find_map(|line| line.strip_prefix("data: ")) else {
                continue;
            };
            let added = match serde_json::from_str(data) {
                Ok(event) => followed.add(&event),
                Err(_) => Err(format!("not an event: {data}")),
            };
            if added.is_err() {
                return Some(added);
            }
        }
    }
    Some(Ok(()))
}

/// A response with 200; `None` if it must be requested again.
fn ok(response: Response) -> Option<Result<Response, String>> {
    match response.status().as_u16() {
        200 => Some(Ok(response)),
        503 => None,
        status => Some(Err(format!("status {status}"))),
    }
}
