//! The feed as server-sent events.

use std::sync::Arc;

use actix_web::web::{Bytes, BytesMut};
use contract_runtime::Event as Frame;
use futures::{Stream, stream};
use tokio::time::{Instant, timeout};

use super::reader::{Follower, Newer, Published, frame};
use crate::db::{EventFilter, Extent};
use crate::domain::Event;
use crate::error::StoreError;

/// The events that are sent at a time.
const BATCH: usize = 100;

/// What the ids of the events of a stream are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventId {
    /// Positions in the feed.
    Position,
    /// Sequence numbers in the history of the order that the stream is about.
    Sequence,
}

struct State {
    follower: Follower,
    filter: EventFilter,
    id: EventId,
    /// The position up to which everything was sent.
    position: i64,
    /// The id of the last event that was sent, for heartbeats.
    last_id: i64,
    /// Whether it has sent something.
    has_begun: bool,
    /// Whether it has caught up with the newest events once.
    is_live: bool,
    ends_at: Instant,
}

/// The events after this position that match the filter, as they appear. Ends when the process
/// stops, when the stream has reached its greatest age, when its reader is too slow, and when the
/// database fails: the client resumes after the last event that it got.
pub fn stream(
    follower: Follower,
    filter: EventFilter,
    id: EventId,
    after: i64,
    last_id: i64,
) -> impl Stream<Item = Bytes> {
    let ends_at = Instant::now() + follower.feed().settings().stream_lifetime;
    let state = State {
        follower,
        filter,
        id,
        position: after,
        last_id,
        has_begun: false,
        is_live: false,
        ends_at,
    };
    stream::unfold(state, |mut state| async {
        let piece = state.next().await?;
        Some((piece, state))
    })
}

impl State {
    /// The next bytes to send.
    async fn next(&mut self) -> Option<Bytes> {
        let stop = self.follower.feed().stopped().clone();
        let heartbeat = self.follower.feed().settings().heartbeat;
        loop {
            if Instant::now() >= self.ends_at || stop.is_cancelled() {
                return None;
            }
            let sent = match self.follower.newer(self.position, BATCH) {
                Newer::Events(events) => {
                    self.is_live = true;
                    self.take_kept(&events)
                }
                Newer::Elsewhere if self.is_live => {
                    tracing::info!("ended a stream whose reader is too slow");
                    return None;
                }
                Newer::Elsewhere => match self.take_page().await {
                    Ok(sent) => sent,
                    Err(error) => {
                        tracing::warn!(error = %error, "ended a stream because the feed cannot be read");
                        return None;
                    }
                },
                Newer::Nothing => {
                    self.is_live = true;
                    Bytes::new()
                }
            };
            if !sent.is_empty() {
                self.has_begun = true;
                return Some(sent);
            }
            if !self.has_begun {
                // So that the client knows at once that it is connected, and where.
                self.has_begun = true;
                return Some(self.heartbeat());
            }
            let next = heartbeat.min(self.ends_at - Instant::now());
            let waited = tokio::select! {
                () = stop.cancelled() => return None,
                waited = timeout(next, self.follower.beyond(self.position)) => waited,
            };
            if waited.is_err() {
                return Some(self.heartbeat());
            }
        }
    }

    fn take_kept(&mut self, events: &[Arc<Published>]) -> Bytes {
        let mut sent = BytesMut::new();
        for one in events {
            self.position = one.event.position;
            if !self.wants(&one.event) {
                continue;
            }
            match self.id {
                EventId::Position => sent.extend_from_slice(&one.frame),
                EventId::Sequence => sent.extend_from_slice(&self.frame(&one.event)),
            }
            self.last_id = self.id_of(&one.event);
        }
        sent.freeze()
    }

    /// Events that the reader no longer has, or has not read.
    async fn take_page(&mut self) -> Result<Bytes, StoreError> {
        let repository = self.follower.feed().repository().clone();
        let page = repository.page(&self.filter, self.position, BATCH).await?;
        let mut sent = BytesMut::new();
        if let Some(position) = reset(self.position, &page.extent) {
            self.position = position;
            if self.id == EventId::Position {
                self.last_id = position;
            }
            let frame = Frame {
                event: Some("reset".into()),
                id: Some(self.last_id.to_string()),
                ..Frame::new(format!("{{\"position\":{position}}}"))
            };
            return Ok(frame.to_bytes());
        }
        for event in page.events.iter().filter(|event| self.wants(event)) {
            sent.extend_from_slice(&self.frame(event));
        }
        if let Some(last) = page.events.last() {
            self.last_id = self.last_id.max(self.id_of(last));
        }
        self.position = page.complete_to;
        Ok(sent.freeze())
    }

    fn wants(&self, event: &Event) -> bool {
        // An event that its client has may get its position only now.
        let is_new = self.id == EventId::Position || event.sequence > self.last_id;
        is_new && self.filter.includes(event)
    }

    fn id_of(&self, event: &Event) -> i64 {
        match self.id {
            EventId::Position => event.position,
            EventId::Sequence => event.sequence,
        }
    }

    fn frame(&self, event: &Event) -> Bytes {
        frame(event, self.id_of(event))
    }

    /// A comment, and an id, so that a client with a filter does not resume far behind.
    fn heartbeat(&mut self) -> Bytes {
        if self.id == EventId::Position {
            self.last_id = self.position;
        }
        format!(":\nid: {}\n\n", self.last_id).into()
    }
}

/// Where to go on if the events after this position are not available: they were pruned, or the
/// database was restored to an earlier state.
pub fn reset(position: i64, extent: &Extent) -> Option<i64> {
    if position < extent.pruned {
        Some(extent.pruned)
    } else {
        (position > extent.position).then_some(extent.position)
    }
}
