//! Compares the records of clients with the stored state, order by order. It is independent of the
//! service's code: it implements the rules of the contract a second time.

mod books;
mod feed;
mod fulfilment;
mod history;
mod keyless;
mod workflows;

use std::collections::{BTreeMap, BTreeSet};

use crate::load::{Accepted, Change, ClientRecords, Seen, Way};
use crate::state::State;

/// The findings, by kind.
#[derive(Debug, Default)]
pub struct Audit {
    /// Accepted, but missing.
    pub lost: Vec<String>,
    /// Duplicates: two orders of one request, two workflows of one order.
    pub double: Vec<String>,
    /// Row, history, workflow and the client's record are inconsistent.
    pub disagreeing: Vec<String>,
    /// Rejected, but stored.
    pub stored: Vec<String>,
    /// Changes that no client requested.
    pub unrequested: Vec<String>,
    /// Not finished.
    pub open: Vec<String>,
    /// Books of the partners that contradict the orders.
    pub books: Vec<String>,
    /// What a follower of the feed has missed, or got twice or out of sequence.
    pub feed: Vec<String>,
    /// Orders for which the reconciler started a new workflow.
    pub restarted: usize,
    /// Orders that the reconciler ended.
    pub ended_by_reconciler: usize,
    /// Workflows that were terminated because they did not end on request.
    pub terminated: usize,
    /// Requests without a key whose outcome the client does not know, and whose order was stored.
    pub unknown_stored: usize,
}

impl Audit {
    /// All differences, by kind.
    pub fn differences(&self) -> [(&'static str, &[String]); 8] {
        [
            ("lost", &self.lost),
            ("double", &self.double),
            ("disagreeing", &self.disagreeing),
            ("rejected, but stored", &self.stored),
            ("not requested", &self.unrequested),
            ("not finished", &self.open),
            ("books do not close", &self.books),
            ("wrong in the feed", &self.feed),
        ]
    }
}

/// What those who follow all orders were told.
#[derive(Debug, Default)]
pub struct Told {
    /// What each follower of the feed has seen.
    pub followers: Vec<(Way, Vec<Seen>)>,
    /// The last event of each order that the receiver of webhooks has confirmed.
    pub webhooks: Option<BTreeMap<i64, i64>>,
}

/// Checks every accepted order and every stored one.
pub fn audit(records: &ClientRecords, told: &Told, state: &State) -> Audit {
    let mut audit = Audit::default();
    let waiting = state.intents.iter();
    audit
        .open
        .extend(waiting.map(|intent| format!("the outbox contains {intent:?}")));
    books::check(&state.books, &mut audit);
    for (way, seen) in &told.followers {
        feed::check(&format!("{way:?}"), seen, state, &mut audit);
    }
    if let Some(confirmed) = &told.webhooks {
        feed::check_webhooks(confirmed, state, &mut audit);
    }
    let keyed = with_keys(state);
    let found = keyless::check(&records.keyless, state, &mut audit);
    audit.unknown_stored = found.unknown.len();
    let mut accepted: BTreeMap<i64, &Accepted> = BTreeMap::new();
    for order in records.accepted.iter().chain(&found.unknown) {
        if let Some(other) = accepted.insert(order.id, order) {
            let (one, two) = (other.request(), order.request());
            audit.double.push(format!(
                "order {} is the response for {one} and {two}",
                order.id
            ));
        }
        let keys = keyed.get(&order.id).map_or(0, Vec::len);
        check_keys(order, keys, &mut audit);
        if !state.events.contains_key(&order.id) {
            let what = format!("order {} has no history", order.id);
            audit.lost.push(what);
        }
    }
    let ids: BTreeSet<i64> = state
        .orders
        .keys()
        .chain(state.events.keys())
        .copied()
        .collect();
    for id in ids {
        if !keyed.contains_key(&id) && !found.orders.contains(&id) {
            audit.double.push(format!(
                "order {id} belongs to no request: it has no key, and is not the order of a request without one"
            ));
        }
        let events = state.events.get(&id).map_or(&[][..], Vec::as_slice);
        let (row, record) = (state.orders.get(&id), accepted.get(&id).copied());
        history::check(id, row, events, record, &mut audit);
        fulfilment::check(id, row, events, record, &mut audit);
        let runs = state.workflows.get(&id).map_or(&[][..], Vec::as_slice);
        workflows::check(id, row, events, runs, &mut audit);
    }
    for id in state
        .workflows
        .keys()
        .filter(|id| !state.events.contains_key(id))
    {
        audit
            .disagreeing
            .push(format!("a workflow of order {id}, which never existed"));
    }
    audit
}

/// The keys of each order. Their stored form is internal to the service, so only their number is
/// compared.
fn with_keys(state: &State) -> BTreeMap<i64, Vec<&str>> {
    let mut orders: BTreeMap<i64, Vec<&str>> = BTreeMap::new();
    for (key, id) in &state.keys {
        orders.entry(*id).or_default().push(key);
    }
    orders
}

/// Checks that the order has the key of its request, and that of a decision if there was one.
fn check_keys(order: &Accepted, keys: usize, audit: &mut Audit) {
    let is_decision = |change: &&Change| matches!(change, Change::Decided(_));
    let of_request = usize::from(order.key.is_some());
    let least = of_request + order.confirmed.iter().filter(is_decision).count();
    let most = of_request + order.requested.iter().filter(is_decision).count();
    let (id, request) = (order.id, order.request());
    if keys < least {
        let what = format!("order {id} of {request} has {keys} keys instead of {least}");
        audit.lost.push(what);
    }
    if keys > most {
        let what = format!("order {id} of {request} has {keys} keys instead of {most}");
        audit.double.push(what);
    }
}

#[cfg(test)]
mod tests;
