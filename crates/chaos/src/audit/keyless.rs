//! Checks requests without an Idempotency-Key, each sent once: the outcome that the client knows
//! against the stored orders. Each has a unique customer and amount in the run.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Audit;
use crate::load::{Accepted, Keyless, Outcome};
use crate::state::State;

/// The orders of requests without a key.
#[derive(Debug, Default)]
pub(super) struct KeylessOrders {
    /// All of them.
    pub orders: BTreeSet<i64>,
    /// Those whose clients do not know the outcome.
    pub unknown: Vec<Accepted>,
}

/// Accepted: one order, that of the response. Rejected: none. Unknown: one or none.
pub(super) fn check(requests: &[Keyless], state: &State, audit: &mut Audit) -> KeylessOrders {
    let mut stored: BTreeMap<(i64, i64), Vec<i64>> = BTreeMap::new();
    for (id, events) in &state.events {
        let first = events.first();
        let of = first.and_then(|first| Some((first.customer_id?, first.cents?)));
        if let Some(of) = of {
            stored.entry(of).or_default().push(*id);
        }
    }
    let mut found = KeylessOrders::default();
    for request in requests {
        let ids = stored.get(&(request.customer_id, request.cents));
        let ids = ids.map_or(&[][..], Vec::as_slice);
        found.orders.extend(ids);
        if ids.len() > 1 {
            let what = format!("{request:?} was sent once, but created the orders {ids:?}");
            audit.double.push(what);
        }
        match (&request.outcome, ids) {
            // Whether it exists is checked as for every other order.
            (Outcome::Accepted(id), ids) if !ids.is_empty() && !ids.contains(id) => {
                let what = format!("{request:?} created the orders {ids:?}");
                audit.disagreeing.push(what);
            }
            (Outcome::Rejected(_), [_, ..]) => {
                audit.stored.push(format!("{request:?}: orders {ids:?}"));
            }
            (Outcome::Unknown(_), ids) => {
                let unknown = ids.iter().map(|id| unchanged(*id, request));
                found.unknown.extend(unknown);
            }
            _ => {}
        }
    }
    found
}

/// An order that its client never changed.
fn unchanged(id: i64, request: &Keyless) -> Accepted {
    Accepted {
        key: None,
        id,
        customer_id: request.customer_id,
        cents: request.cents,
        basket: request.basket.clone(),
        requested: Vec::new(),
        confirmed: Vec::new(),
        took: Duration::ZERO,
    }
}
