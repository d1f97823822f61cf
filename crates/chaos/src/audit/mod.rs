//! Compares what clients were told with what is there, order by order. Knows nothing of how the
//! service works: the rules are those of the contract, written once more.

mod history;
mod keyless;
mod workflows;

use std::collections::{BTreeMap, BTreeSet};

use crate::load::{Accepted, ClientRecords};
use crate::state::State;

/// What was found, by what it means.
#[derive(Debug, Default)]
pub struct Audit {
    /// Accepted, and not there.
    pub lost: Vec<String>,
    /// There more than once: two orders of one request, two workflows of one order.
    pub double: Vec<String>,
    /// Row, history, workflow and what the client was told do not say the same.
    pub disagreeing: Vec<String>,
    /// Rejected, and stored nevertheless.
    pub stored: Vec<String>,
    /// Happened, and nobody asked for it.
    pub unrequested: Vec<String>,
    /// Not at its end.
    pub open: Vec<String>,
    /// Orders that the reconciler gave a new workflow.
    pub restarted: usize,
    /// Orders that the reconciler ended.
    pub ended_by_reconciler: usize,
    /// Workflows that were ended by force: those that did not end when they were asked to.
    pub terminated: usize,
    /// Requests without a key whose outcome the client does not know, and whose order was stored.
    pub unknown_stored: usize,
}

impl Audit {
    /// Everything that must not be, by kind.
    pub fn differences(&self) -> [(&'static str, &[String]); 6] {
        [
            ("lost", &self.lost),
            ("double", &self.double),
            ("disagreeing", &self.disagreeing),
            ("refused, and stored", &self.stored),
            ("nobody asked for", &self.unrequested),
            ("not at an end", &self.open),
        ]
    }
}

/// Looks at every order that was accepted and every one that is there.
pub fn audit(told: &ClientRecords, state: &State) -> Audit {
    let mut audit = Audit::default();
    let waiting = state.intents.iter();
    audit
        .open
        .extend(waiting.map(|intent| format!("the outbox holds {intent:?}")));
    let keyed = with_keys(state, &mut audit);
    let found = keyless::check(&told.keyless, state, &mut audit);
    audit.unknown_stored = found.unknown.len();
    let mut answered: BTreeMap<i64, &Accepted> = BTreeMap::new();
    for order in told.accepted.iter().chain(&found.unknown) {
        if let Some(other) = answered.insert(order.id, order) {
            let (one, two) = (other.request(), order.request());
            audit
                .double
                .push(format!("order {} answers {one} and {two}", order.id));
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
                "order {id} is of no request: it has no key, and those without one are others"
            ));
        }
        let events = state.events.get(&id).map_or(&[][..], Vec::as_slice);
        let (row, told) = (state.orders.get(&id), answered.get(&id).copied());
        history::check(id, row, events, told, &mut audit);
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
            .push(format!("a workflow of order {id}, which never was"));
    }
    audit
}

/// The orders that have a key, one each.
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

/// What the service makes of a key is its own affair: that the order has one is what counts, and that
/// no other has come of the request.
fn check_exists(order: &Accepted, keyed: &BTreeSet<i64>, state: &State, audit: &mut Audit) {
    let id = order.id;
    if let Some(key) = &order.key
        && !keyed.contains(&id)
    {
        let what = format!("key {key} was answered {id}, an order that has no key");
        audit.lost.push(what);
    }
    if !state.events.contains_key(&id) {
        audit.lost.push(format!("order {id} has no history"));
    }
}

#[cfg(test)]
mod tests;
