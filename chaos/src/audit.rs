//! Compares what clients were told with what is there, order by order. Knows nothing of how the
//! service works: the rules are those of the contract, written once more.

use std::collections::{BTreeMap, BTreeSet};

use temporalio_common::protos::temporal::api::enums::v1::WorkflowExecutionStatus as Workflow;

use crate::load::{Accepted, Change};
use crate::state::{Event, Row, State, is_end};

/// What was found, by what it means.
#[derive(Debug, Default)]
pub struct Audit {
    /// Accepted, and not there.
    pub lost: Vec<String>,
    /// There more than once: two orders of one key, two workflows of one order.
    pub double: Vec<String>,
    /// Row, history, workflow and what the client was told do not say the same.
    pub disagreeing: Vec<String>,
    /// Happened, and nobody asked for it.
    pub unasked: Vec<String>,
    /// Not at its end.
    pub open: Vec<String>,
    /// Orders that the reconciler gave a new workflow.
    pub restarted: usize,
    /// Orders that the reconciler ended.
    pub given_up: usize,
    /// Workflows that were ended by force: those that did not end when they were asked to.
    pub terminated: usize,
}

impl Audit {
    /// Everything that must not be, by kind.
    pub fn differences(&self) -> [&[String]; 5] {
        [
            &self.lost,
            &self.double,
            &self.disagreeing,
            &self.unasked,
            &self.open,
        ]
    }
}

/// Looks at every order that was accepted and every one that is there.
pub fn audit(accepted: &[Accepted], state: &State) -> Audit {
    let mut audit = Audit::default();
    let waiting = state.intents.iter();
    audit
        .open
        .extend(waiting.map(|intent| format!("the outbox holds {intent:?}")));
    let mut orders_by_key: BTreeMap<i64, Vec<&str>> = BTreeMap::new();
    for (key, id) in &state.keys {
        orders_by_key.entry(*id).or_default().push(key);
    }
    for (id, keys) in orders_by_key.iter().filter(|(_, keys)| keys.len() > 1) {
        audit
            .double
            .push(format!("order {id} has the keys {keys:?}"));
    }
    let mut answered: BTreeMap<i64, &Accepted> = BTreeMap::new();
    for order in accepted {
        if let Some(other) = answered.insert(order.id, order) {
            let (one, two) = (&other.key, &order.key);
            audit
                .double
                .push(format!("order {} answers {one} and {two}", order.id));
        }
        if state.keys.get(&order.key) != Some(&order.id) {
            let known = state.keys.get(&order.key);
            let what = format!(
                "key {} was answered {}, and is {known:?}",
                order.key, order.id
            );
            audit.lost.push(what);
        }
        if !state.events.contains_key(&order.id) {
            audit
                .lost
                .push(format!("order {} has no history", order.id));
        }
    }
    let ids: BTreeSet<i64> = state
        .orders
        .keys()
        .chain(state.events.keys())
        .copied()
        .collect();
    for id in ids {
        if !orders_by_key.contains_key(&id) {
            audit
                .double
                .push(format!("order {id} has no key: every request had one"));
        }
        let events = state.events.get(&id).map_or(&[][..], Vec::as_slice);
        one(
            id,
            state.orders.get(&id),
            events,
            answered.get(&id).copied(),
            &mut audit,
        );
        let runs = state.workflows.get(&id).map_or(&[][..], Vec::as_slice);
        workflow(id, state.orders.get(&id), events, runs, &mut audit);
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

/// An order against its history and against what its client was told.
fn one(id: i64, row: Option<&Row>, events: &[Event], told: Option<&Accepted>, audit: &mut Audit) {
    let folded = match fold(id, events) {
        Ok(folded) => folded,
        Err(what) => return audit.disagreeing.push(what),
    };
    match (&folded, row) {
        (Some(folded), Some(row)) if folded == row => {}
        (None, None) => {}
        (folded, row) => {
            let what = format!("order {id} is {row:?}, and by its history {folded:?}");
            audit.disagreeing.push(what);
        }
    }
    if let Some(row) = row.filter(|row| !is_end(&row.status)) {
        audit
            .open
            .push(format!("order {id} is {}: {events:?}", row.status));
    }
    let Some(told) = told else { return };
    let mut wrong = |what: String| audit.disagreeing.push(format!("order {id}: {what}"));
    let first = &events[0];
    if (first.customer_id, first.cents) != (Some(told.customer_id), Some(told.cents)) {
        wrong(format!("asked {told:?}, stored {first:?}"));
    }
    match row {
        Some(_) if told.made.contains(&Change::Deleted) => {
            wrong("was deleted, and is there".into())
        }
        None if !told.asked.contains(&Change::Deleted) => audit
            .lost
            .push(format!("order {id} is gone, and nobody deleted it")),
        _ => {}
    }
    for change in &told.made {
        let there = events.iter().any(|event| match change {
            // Somebody else may have brought it there first; it was there.
            Change::Status(status) => event.status.as_deref() == Some(status),
            Change::Cents(cents) => event.cents == Some(*cents),
            Change::Deleted => event.actor == "client" && event.kind == "deleted",
        });
        if !there {
            audit.disagreeing.push(format!(
                "order {id}: was told {change:?}, and it did not happen: {events:?}"
            ));
        }
    }
    for event in events
        .iter()
        .filter(|event| !was_asked_for(event, &told.asked))
    {
        audit
            .unasked
            .push(format!("order {id}: nobody asked for {event:?}"));
    }
}

/// Whether an event is a step of the workflow, or what the client wanted. A client that was not
/// answered asks again, so the same may happen more than once.
fn was_asked_for(event: &Event, asked: &[Change]) -> bool {
    let set = (event.status.as_deref(), event.cents);
    match (event.actor.as_str(), event.kind.as_str()) {
        ("client", "created") => event.status.as_deref() == Some("pending"),
        ("client", "updated") => asked.iter().any(|change| match change {
            Change::Status(status) => set == (Some(status), None),
            Change::Cents(cents) => set == (None, Some(*cents)),
            Change::Deleted => false,
        }),
        ("client", "deleted") => asked.contains(&Change::Deleted),
        // A workflow cancels an order only when it is cancelled itself, and that is done only to
        // those whose order has ended.
        ("workflow", "updated") => matches!(set, (Some("processing" | "completed"), None)),
        // Judged together with the workflows.
        ("reconciler", "restarted") => true,
        _ => false,
    }
}

/// What an order is by its history; `None` when it was deleted.
fn fold(id: i64, events: &[Event]) -> Result<Option<Row>, String> {
    let mut row: Option<Row> = None;
    let mut deleted = false;
    for (index, event) in events.iter().enumerate() {
        let wrong = |what: &str| Err(format!("order {id}: {what}: {events:?}"));
        if usize::try_from(event.sequence) != Ok(index + 1) {
            return wrong("a gap in its history");
        }
        if deleted {
            return wrong("something happened after it was deleted");
        }
        match (event.kind.as_str(), row.as_mut()) {
            ("created", None) => {
                let (Some(customer_id), Some(status), Some(cents)) =
                    (event.customer_id, event.status.clone(), event.cents)
                else {
                    return wrong("its first event is not complete");
                };
                row = Some(Row {
                    id,
                    customer_id,
                    status,
                    cents,
                    version: event.sequence,
                    updated_at: event.occurred_at,
                });
            }
            ("updated" | "restarted" | "deleted", Some(row)) => {
                if event.occurred_at < row.updated_at {
                    return wrong("its history goes back in time");
                }
                if event.customer_id.is_some() {
                    return wrong("it went to another customer");
                }
                if event.cents.is_some() && row.status != "pending" {
                    return wrong("its amount changed when it was settled");
                }
                if let Some(status) = &event.status {
                    if !may_become(&row.status, status) {
                        return wrong("a transition that is not allowed");
                    }
                    row.status.clone_from(status);
                }
                row.cents = event.cents.unwrap_or(row.cents);
                row.version = event.sequence;
                row.updated_at = event.occurred_at;
                deleted = event.kind == "deleted";
            }
            _ => return wrong("an event in the wrong place"),
        }
    }
    match row {
        None => Err(format!("order {id} has no history")),
        Some(_) if deleted => Ok(None),
        Some(row) => Ok(Some(row)),
    }
}

fn may_become(from: &str, to: &str) -> bool {
    matches!(
        (from, to),
        ("pending", "processing") | ("pending" | "processing", "completed" | "cancelled")
    )
}

/// An order against its workflows.
fn workflow(id: i64, row: Option<&Row>, events: &[Event], runs: &[Workflow], audit: &mut Audit) {
    let restarted = events.iter().any(|event| event.kind == "restarted");
    let given_up = events
        .iter()
        .any(|event| event.actor == "reconciler" && event.kind == "updated");
    audit.restarted += usize::from(restarted);
    audit.given_up += usize::from(given_up);
    let terminated = runs.iter().filter(|run| **run == Workflow::Terminated);
    audit.terminated += terminated.count();
    // Temporal's data outlives every fault here: nothing may need a new workflow.
    if restarted {
        let what = format!("order {id} needed a new workflow: {events:?}");
        audit.disagreeing.push(what);
    }
    if runs.is_empty() {
        audit
            .disagreeing
            .push(format!("order {id} never had a workflow"));
    }
    if runs.len() > 1 {
        audit
            .double
            .push(format!("order {id} has {} workflows", runs.len()));
    }
    if runs.contains(&Workflow::Running) {
        audit
            .open
            .push(format!("the workflow of order {id} is running"));
    }
    let status = row.map_or("deleted", |row| row.status.as_str());
    let agrees = |run: &Workflow| match run {
        // Of an order that was cancelled it says so, unless it had ended before.
        Workflow::Completed => status != "cancelled",
        Workflow::Canceled => status != "completed",
        // Only by hand, or by the reconciler once the order had ended.
        Workflow::Terminated => status != "pending" && status != "processing",
        _ => false,
    };
    if !runs.iter().all(agrees) {
        let what = format!("order {id} is {status}, and its workflow {runs:?}");
        audit.disagreeing.push(what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Intent;

    fn event(sequence: i64, kind: &str, status: Option<&str>) -> Event {
        Event {
            order_id: 1,
            sequence,
            kind: kind.into(),
            customer_id: (kind == "created").then_some(7),
            status: status.map(str::to_owned),
            cents: (kind == "created").then_some(100),
            actor: match kind {
                "updated" => "workflow",
                "restarted" => "reconciler",
                _ => "client",
            }
            .into(),
            occurred_at: sequence,
        }
    }

    fn row(status: &str, version: i64) -> Row {
        Row {
            id: 1,
            customer_id: 7,
            status: status.into(),
            cents: 100,
            version,
            updated_at: version,
        }
    }

    fn accepted() -> Accepted {
        Accepted {
            key: "k".into(),
            id: 1,
            customer_id: 7,
            cents: 100,
            asked: Vec::new(),
            made: Vec::new(),
            took: std::time::Duration::ZERO,
        }
    }

    /// A completed order, and everything as it has to be.
    fn good() -> (Vec<Accepted>, State) {
        let mut state = State::default();
        state.orders.insert(1, row("completed", 3));
        state.events.insert(
            1,
            vec![
                event(1, "created", Some("pending")),
                event(2, "updated", Some("processing")),
                event(3, "updated", Some("completed")),
            ],
        );
        state.keys.insert("k".into(), 1);
        state.workflows.insert(1, vec![Workflow::Completed]);
        (vec![accepted()], state)
    }

    fn finds(spoil: impl FnOnce(&mut Vec<Accepted>, &mut State)) -> [usize; 5] {
        let (mut accepted, mut state) = good();
        spoil(&mut accepted, &mut state);
        let audit = audit(&accepted, &state);
        audit.differences().map(<[String]>::len)
    }

    #[test]
    fn nothing_where_nothing_is() {
        assert_eq!(finds(|_, _| {}), [0, 0, 0, 0, 0]);
    }

    #[test]
    fn what_is_lost() {
        let gone = finds(|_, state| *state = State::default());
        assert_eq!(gone, [2, 0, 0, 0, 0]);
        let unasked = finds(|_, state| {
            state.orders.clear();
            let events = state.events.get_mut(&1).unwrap();
            events.push(event(4, "deleted", None));
        });
        assert_eq!(unasked, [1, 0, 0, 1, 0]);
    }

    #[test]
    fn what_is_double() {
        let two_runs = finds(|_, state| {
            state
                .workflows
                .get_mut(&1)
                .unwrap()
                .push(Workflow::Completed);
        });
        assert_eq!(two_runs, [0, 1, 0, 0, 0]);
        let two_keys = finds(|_, state| {
            state.keys.insert("k2".into(), 1);
        });
        assert_eq!(two_keys, [0, 1, 0, 0, 0]);
        let one_key_two_orders = finds(|_, state| {
            state.orders.insert(
                2,
                Row {
                    id: 2,
                    ..row("completed", 3)
                },
            );
            state.events.insert(2, state.events[&1].clone());
            state.workflows.insert(2, vec![Workflow::Completed]);
        });
        assert_eq!(one_key_two_orders, [0, 1, 0, 0, 0]);
    }

    #[test]
    fn what_disagrees() {
        type Spoil = fn(&mut Vec<Accepted>, &mut State);
        let cases: [Spoil; 12] = [
            |_, state| state.events.get_mut(&1).unwrap()[2].cents = Some(100),
            |_, state| state.events.get_mut(&1).unwrap()[1].customer_id = Some(7),
            |_, state| {
                let events = state.events.get_mut(&1).unwrap();
                events[1] = event(2, "restarted", None);
            },
            |_, state| state.orders.get_mut(&1).unwrap().version = 4,
            |_, state| state.orders.get_mut(&1).unwrap().cents = 99,
            |_, state| state.events.get_mut(&1).unwrap()[1].sequence = 5,
            |_, state| state.events.get_mut(&1).unwrap()[2].occurred_at = 0,
            |_, state| state.events.get_mut(&1).unwrap()[2].status = Some("pending".into()),
            |_, state| state.workflows.clear(),
            |_, state| state.workflows.get_mut(&1).unwrap()[0] = Workflow::Failed,
            |accepted, _| accepted[0].made.push(Change::Status("cancelled")),
            |accepted, _| accepted[0].cents = 1,
        ];
        for (index, case) in cases.into_iter().enumerate() {
            assert_eq!(finds(case), [0, 0, 1, 0, 0], "case {index}");
        }
    }

    #[test]
    fn what_has_not_ended() {
        let waiting = finds(|_, state| {
            state.intents.push(Intent {
                order_id: 1,
                action: "end".into(),
                attempts: 3,
                last_error: None,
            });
        });
        assert_eq!(waiting, [0, 0, 0, 0, 1]);
        let open = finds(|_, state| {
            state.events.get_mut(&1).unwrap().pop();
            *state.orders.get_mut(&1).unwrap() = row("processing", 2);
            state.workflows.get_mut(&1).unwrap()[0] = Workflow::Running;
        });
        assert_eq!(open, [0, 0, 1, 0, 2]);
    }

    #[test]
    fn what_nobody_asked_for() {
        let ended_by = |actor: &str, status: &str| {
            finds(|_, state| {
                let last = &mut state.events.get_mut(&1).unwrap()[2];
                last.actor = actor.into();
                last.status = Some(status.into());
                state.orders.get_mut(&1).unwrap().status = status.into();
                if status == "cancelled" {
                    state.workflows.insert(1, vec![Workflow::Canceled]);
                }
            })
        };
        assert_eq!(ended_by("workflow", "completed"), [0, 0, 0, 0, 0]);
        assert_eq!(ended_by("workflow", "cancelled"), [0, 0, 0, 1, 0]);
        assert_eq!(ended_by("reconciler", "cancelled"), [0, 0, 0, 1, 0]);
        assert_eq!(ended_by("client", "cancelled"), [0, 0, 0, 1, 0]);
        assert_eq!(ended_by("client", "completed"), [0, 0, 0, 1, 0]);
    }

    #[test]
    fn what_clients_wanted() {
        let asked = [Change::Status("cancelled"), Change::Cents(7)];
        let mut amount = event(2, "updated", None);
        amount.actor = "client".into();
        amount.cents = Some(7);
        assert!(was_asked_for(&amount, &asked));
        amount.cents = Some(8);
        assert!(!was_asked_for(&amount, &asked));
        let mut end = event(3, "updated", Some("cancelled"));
        end.actor = "client".into();
        assert!(was_asked_for(&end, &asked));
        // An amount that changes along with it was nobody's wish.
        end.cents = Some(7);
        assert!(!was_asked_for(&end, &asked));
        assert!(!was_asked_for(&event(4, "deleted", None), &asked));
        assert!(was_asked_for(
            &event(4, "deleted", None),
            &[Change::Deleted]
        ));
    }
}
