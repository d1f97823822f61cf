//! Compares the records of clients with the stored state, order by order. It is independent of the
//! service's code: it implements the rules of the contract a second time.

mod history;
mod keyless;
mod workflows;

use std::collections::{BTreeMap, BTreeSet};

use crate::load::{Accepted, ClientRecords};
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
    pub fn differences(&self) -> [(&'static str, &[String]); 6] {
        [
            ("lost", &self.lost),
            ("double", &self.double),
            ("disagreeing", &self.disagreeing),
            ("rejected, but stored", &self.stored),
            ("not requested", &self.unrequested),
            ("not finished", &self.open),
        ]
    }
}

/// Checks every accepted order and every stored one.
pub fn audit(records: &ClientRecords, state: &State) -> Audit {
    let mut audit = Audit::default();
    let waiting = state.intents.iter();
    audit
        .open
        .extend(waiting.map(|intent| format!("the outbox contains {intent:?}")));
    let keyed = with_keys(state, &mut audit);
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
        check_exists(order, &keyed, state, &mut audit);
    }
    let ids: BTreeSet<i64> = state
        .orders
        .keys()
        .chain(state.events.keys())
        .copied()
        .collect();
    for id in ids {
        if !keyed.contains(&id) && !found.orders.contains(&id) {
            audit.double.push(format!(
                "order {id} belongs to no request: it has no key, and is not the order of a request without one"
            ));
        }
        let events = state.events.get(&id).map_or(&[][..], Vec::as_slice);
        let (row, record) = (state.orders.get(&id), accepted.get(&id).copied());
        history::check(id, row, events, record, &mut audit);
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

/// The orders that have a key; each must have only one.
fn with_keys(state: &State, audit: &mut Audit) -> BTreeSet<i64> {
    let mut orders: BTreeMap<i64, Vec<&str>> = BTreeMap::new();
    for (key, id) in &state.keys {
        orders.entry(*id).or_default().push(key);
    }
    for (id, keys) in orders.iter().filter(|(_, keys)| keys.len() > 1) {
        audit
            .double
            .push(format!("order {id} has the keys {keys:?}"));
    }
    orders.into_keys().collect()
}

/// Checks that the order exists and has a key. The stored form of keys is internal to the service,
/// so it is not compared.
fn check_exists(order: &Accepted, keyed: &BTreeSet<i64>, state: &State, audit: &mut Audit) {
    let id = order.id;
    if let Some(key) = &order.key
        && !keyed.contains(&id)
    {
        let what = format!("key {key} got order {id}, which has no key");
        audit.lost.push(what);
    }
    if !state.events.contains_key(&id) {
        audit.lost.push(format!("order {id} has no history"));
    }
}

#[cfg(test)]
mod tests;
