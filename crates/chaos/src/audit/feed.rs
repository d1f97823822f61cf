//! What the followers of the feed and the receiver of webhooks have seen, compared with the histories of all orders.

use std::collections::BTreeMap;

use super::Audit;
use crate::load::Seen;
use crate::state::State;

/// Checks that every event was delivered, given the last one of each order that the receiver has
/// confirmed. It has checked their sequence itself.
pub(super) fn check_webhooks(confirmed: &BTreeMap<i64, i64>, state: &State, audit: &mut Audit) {
    for (order, events) in &state.events {
        let last = confirmed.get(order).copied().unwrap_or_default();
        let expected = events.last().map_or(0, |event| event.sequence);
        if last != expected {
            audit.feed.push(format!(
                "webhooks: the last event of order {order} is {expected}, {last} was delivered"
            ));
        }
    }
}

/// Checks that a follower has seen every event once, those of each order in sequence.
pub(super) fn check(follower: &str, seen: &[Seen], state: &State, audit: &mut Audit) {
    let mut last: BTreeMap<i64, usize> = BTreeMap::new();
    let mut wrong = |what: String| audit.feed.push(format!("{follower}: {what}"));
    for (index, (order, sequence)) in seen.iter().enumerate() {
        let events = state.events.get(order).map_or(&[][..], Vec::as_slice);
        let next = last.entry(*order).or_default();
        let position = index + 1;
        match events.get(*next) {
            Some(event) if event.sequence == *sequence => *next += 1,
            Some(event) => wrong(format!(
                "position {position} is event {sequence} of order {order} instead of {}",
                event.sequence
            )),
            None => wrong(format!(
                "position {position} is event {sequence} of order {order}, which has {} events",
                events.len()
            )),
        }
    }
    for (order, events) in &state.events {
        let count = last.get(order).copied().unwrap_or_default();
        if count < events.len() {
            let all = events.len();
            wrong(format!("has seen {count} of {all} events of order {order}"));
        }
    }
}
