//! The operations tagged `Events`, and the stream of one order's events.

use std::time::Duration;

use contract_runtime::server::{Accept, EventStream};
use tokio::time::{Instant, timeout_at};

use super::pages::Link;
use super::{problem, wait_until};
use crate::db::EventFilter;
use crate::domain::{Access, Caller, OrderId};
use crate::error::StoreError;
use crate::feed::{EventId, Feed, reset, stream};
use crate::generated::events::*;
use crate::generated::models::FeedStart;
use crate::telemetry::request_scope;

/// Whether the client wants a stream.
pub(super) fn wants_stream(accept: &Accept) -> bool {
    accept.prefers("text/event-stream", "application/json")
}

/// The stream of an order's events after this sequence number; `None` if there are too many streams.
pub(super) async fn stream_of_order(
    feed: &Feed,
    order_id: OrderId,
    access: Access,
    after: i64,
) -> Result<Option<EventStream>, StoreError> {
    let Some(follower) = feed.follow() else {
        return Ok(None);
    };
    let filter = EventFilter {
        access,
        order_id: Some(order_id),
        types: Vec::new(),
    };
    let position = feed.repository().position_of(order_id, after).await?;
    let position = match position {
        Some(position) => position,
        // Neither this event nor a later one is in the feed yet.
        None => feed.repository().extent().await?.position,
    };
    let pieces = stream(follower, filter, EventId::Sequence, position, after);
    Ok(Some(EventStream::of_bytes(pieces)))
}

/// Implements the operation.
pub struct Events(pub Feed);

impl EventsApi for Events {
    type Caller = Caller;

    async fn list_events(
        &self,
        caller: Caller,
        accept: Accept,
        parameters: ListEventsParameters,
    ) -> Result<ListEventsSuccess, ListEventsFailure> {
        let Self(feed) = self;
        let Some(access) = caller.access.narrowed(parameters.customer_id) else {
            return Err(ListEventsFailure::Forbidden(problem::customer_not_allowed()));
        };
        if let Some(id) = parameters.order_id {
            request_scope::set_order(id);
        }
        let filter = EventFilter {
            access,
            order_id: parameters.order_id,
            types: parameters.r#type.clone().unwrap_or_default(),
        };
        let given = parameters.last_event_id.or(parameters.after);
        let mut after = match (given, parameters.start) {
            (Some(position), _) => position,
            (None, FeedStart::Earliest) => feed.repository().extent().await?.pruned,
            (None, FeedStart::Latest) => feed.repository().extent().await?.position,
        };
        if wants_stream(&accept) {
            let Some(follower) = feed.follow() else {
                return Err(ListEventsFailure::ServiceUnavailable {
                    body: problem::too_many_streams(),
                    retry_after: problem::RETRY_AFTER_SECONDS,
                });
            };
            let pieces = stream(follower, filter, EventId::Position, after, after);
            return Ok(ListEventsSuccess::Ok {
                body: ListEventsOkBody::Events(EventStream::of_bytes(pieces)),
                link: None,
                events_position: None,
            });
        }
        let size = usize::try_from(parameters.limit).unwrap_or(usize::MAX);
        let wait = Duration::from_secs(parameters.wait.unsigned_abs().into());
        let until = wait_until(Instant::now() + wait);
        // Before the first page, so that it misses nothing. Without a place it does not wait.
        let mut follower = if wait.is_zero() { None } else { feed.follow() };
        let page = loop {
            let mut page = feed.repository().page(&filter, after, size).await?;
            if reset(after, &page.extent).is_some() {
                let problem = problem::events_not_available(after, &page.extent);
                return Err(ListEventsFailure::Gone(problem));
            }
            let Some(follower) = follower.as_mut().filter(|_| page.events.is_empty()) else {
                break page;
            };
            after = page.complete_to;
            // Events that are not wanted cost no statement.
            if Instant::now() >= until
                || timeout_at(until, follower.until_wanted(&filter, &mut after))
                    .await
                    .is_err()
            {
                page.complete_to = after;
                break page;
            }
        };
        Ok(ListEventsSuccess::Ok {
            link: page
                .has_next()
                .then(|| next_link(&parameters, page.complete_to)),
            events_position: Some(page.complete_to),
            body: ListEventsOkBody::Json(page.events),
        })
    }
}

/// The `Link` to the next page.
fn next_link(parameters: &ListEventsParameters, after: i64) -> String {
    let types = parameters.r#type.iter().flatten();
    Link::to("/events", parameters.limit)
        .with("type", types.map(|event| event.as_str()))
        .with("order_id", parameters.order_id)
        .with("customer_id", parameters.customer_id)
        .with("after", [after])
        .relation("next")
}
