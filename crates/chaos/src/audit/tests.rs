mod books;
mod fulfilment;

use serde_json::Value;
use temporalio_common::protos::temporal::api::enums::v1::WorkflowExecutionStatus as Workflow;

use super::history::was_requested;
use super::*;
use crate::load::{Change, Keyless, Outcome, Way};
use crate::state::{Event, Intent, Row, Run};

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
        data: Value::Null,
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
        fulfilment: None,
    }
}

fn run(status: Workflow) -> Run {
    Run {
        status,
        closed_at: Some(4),
    }
}

fn accepted() -> Accepted {
    Accepted {
        key: Some("k".into()),
        id: 1,
        customer_id: 7,
        cents: 100,
        basket: None,
        requested: Vec::new(),
        confirmed: Vec::new(),
        took: std::time::Duration::ZERO,
    }
}

/// A completed order, with consistent state.
fn good() -> (ClientRecords, State) {
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
    state.workflows.insert(1, vec![run(Workflow::Completed)]);
    let records = ClientRecords {
        accepted: vec![accepted()],
        keyless: Vec::new(),
    };
    (records, state)
}

fn finds(spoil: impl FnOnce(&mut ClientRecords, &mut State)) -> [usize; 7] {
    let (mut records, mut state) = good();
    spoil(&mut records, &mut state);
    let audit = audit(&records, &Told::default(), &state);
    let [others @ .., _feed] = audit.differences().map(|(_, all)| all.len());
    others
}

/// The findings about a follower that has seen these events of order 1.
fn finds_in_feed(sequences: &[i64]) -> usize {
    let (records, state) = good();
    let seen = sequences.iter().map(|&sequence| (1, sequence)).collect();
    let told = Told {
        followers: vec![(Way::Stream, seen)],
        webhooks: None,
    };
    audit(&records, &told, &state).feed.len()
}

#[test]
fn every_event_was_delivered() {
    let (records, state) = good();
    let finds = |last| {
        let told = Told {
            webhooks: Some([(1, last)].into()),
            ..Told::default()
        };
        audit(&records, &told, &state).feed.len()
    };
    assert_eq!([finds(3), finds(2), finds(0)], [0, 1, 1]);
}

#[test]
fn a_follower_has_seen_every_event_once_and_in_sequence() {
    assert_eq!(finds_in_feed(&[1, 2, 3]), 0);
    assert_eq!(finds_in_feed(&[1, 2]), 1, "one is missing");
    assert_eq!(finds_in_feed(&[1, 2, 2, 3]), 1, "one was seen twice");
    assert_ne!(finds_in_feed(&[1, 3, 2]), 0, "two are exchanged");
    assert_eq!(finds_in_feed(&[1, 2, 3, 4]), 1, "one does not exist");
}

#[test]
fn consistent_state_has_no_findings() {
    assert_eq!(finds(|_, _| {}), [0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn a_missing_order_is_lost() {
    let gone = finds(|_, state| *state = State::default());
    assert_eq!(gone, [2, 0, 0, 0, 0, 0, 0]);
    let unrequested = finds(|_, state| {
        state.orders.clear();
        let events = state.events.get_mut(&1).unwrap();
        events.push(event(4, "deleted", None));
    });
    assert_eq!(unrequested, [1, 0, 0, 0, 1, 0, 0]);
}

#[test]
fn duplicates_are_found() {
    let two_runs = finds(|_, state| {
        state
            .workflows
            .get_mut(&1)
            .unwrap()
            .push(run(Workflow::Completed));
    });
    assert_eq!(two_runs, [0, 1, 0, 0, 0, 0, 0]);
    let two_keys = finds(|_, state| {
        state.keys.insert("k2".into(), 1);
    });
    assert_eq!(two_keys, [0, 1, 0, 0, 0, 0, 0]);
    let one_key_two_orders = finds(|_, state| {
        state.orders.insert(
            2,
            Row {
                id: 2,
                ..row("completed", 3)
            },
        );
        state.events.insert(2, state.events[&1].clone());
        state.workflows.insert(2, vec![run(Workflow::Completed)]);
    });
    assert_eq!(one_key_two_orders, [0, 1, 0, 0, 0, 0, 0]);
}

#[test]
fn inconsistent_state_is_found() {
    type Spoil = fn(&mut ClientRecords, &mut State);
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
        |_, state| state.workflows.get_mut(&1).unwrap()[0] = run(Workflow::Failed),
        |records, _| {
            records.accepted[0]
                .confirmed
                .push(Change::Status("cancelled"))
        },
        |records, _| records.accepted[0].cents = 1,
    ];
    for (index, case) in cases.into_iter().enumerate() {
        assert_eq!(finds(case), [0, 0, 1, 0, 0, 0, 0], "case {index}");
    }
}

#[test]
fn a_workflow_is_terminated_only_after_the_grace_period() {
    let terminated_after = |seconds: i64| {
        finds(|_, state| {
            state.workflows.get_mut(&1).unwrap()[0] = Run {
                status: Workflow::Terminated,
                closed_at: Some(3 + seconds * 1_000_000),
            };
        })
    };
    assert_eq!(terminated_after(29), [0, 0, 1, 0, 0, 0, 0]);
    assert_eq!(terminated_after(30), [0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn unfinished_work_is_found() {
    let waiting = finds(|_, state| {
        state.intents.push(Intent {
            order_id: 1,
            action: "end".into(),
            attempts: 3,
            last_error: None,
        });
    });
    assert_eq!(waiting, [0, 0, 0, 0, 0, 1, 0]);
    let open = finds(|_, state| {
        state.events.get_mut(&1).unwrap().pop();
        *state.orders.get_mut(&1).unwrap() = row("processing", 2);
        state.workflows.get_mut(&1).unwrap()[0] = run(Workflow::Running);
    });
    assert_eq!(open, [0, 0, 1, 0, 0, 2, 0]);
}

#[test]
fn changes_that_no_client_requested_are_found() {
    let ended_by = |actor: &str, status: &str| {
        finds(|_, state| {
            let last = &mut state.events.get_mut(&1).unwrap()[2];
            last.actor = actor.into();
            last.status = Some(status.into());
            state.orders.get_mut(&1).unwrap().status = status.into();
            if status == "cancelled" {
                state.workflows.insert(1, vec![run(Workflow::Canceled)]);
            }
        })
    };
    assert_eq!(ended_by("workflow", "completed"), [0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(ended_by("workflow", "cancelled"), [0, 0, 0, 0, 1, 0, 0]);
    assert_eq!(ended_by("reconciler", "cancelled"), [0, 0, 0, 0, 1, 0, 0]);
    assert_eq!(ended_by("client", "cancelled"), [0, 0, 0, 0, 1, 0, 0]);
    assert_eq!(ended_by("client", "completed"), [0, 0, 0, 0, 1, 0, 0]);
}

#[test]
fn requested_changes_are_recognised() {
    let requested = [Change::Status("cancelled"), Change::Cents(7)];
    let mut amount = event(2, "updated", None);
    amount.actor = "client".into();
    amount.cents = Some(7);
    assert!(was_requested(&amount, &requested));
    amount.cents = Some(8);
    assert!(!was_requested(&amount, &requested));
    let mut end = event(3, "updated", Some("cancelled"));
    end.actor = "client".into();
    assert!(was_requested(&end, &requested));
    // No client requested both changes at once.
    end.cents = Some(7);
    assert!(!was_requested(&end, &requested));
    assert!(!was_requested(&event(4, "deleted", None), &requested));
    assert!(was_requested(
        &event(4, "deleted", None),
        &[Change::Deleted]
    ));
}

/// The same order, sent without a key, with this outcome for its client.
fn without_key(outcome: Outcome) -> impl FnOnce(&mut ClientRecords, &mut State) {
    move |records, state| {
        state.keys.clear();
        match outcome {
            Outcome::Accepted(id) => {
                records.accepted[0].key = None;
                records.accepted[0].id = id;
            }
            _ => records.accepted.clear(),
        }
        records.keyless.push(Keyless {
            customer_id: 7,
            cents: 100,
            basket: None,
            outcome,
        });
    }
}

#[test]
fn the_outcome_without_a_key_must_match_the_stored_order() {
    assert_eq!(finds(without_key(Outcome::Accepted(1))), [0; 7]);
    assert_eq!(finds(without_key(Outcome::Unknown("504"))), [0; 7]);
    assert_eq!(
        finds(without_key(Outcome::Rejected(503))),
        [0, 0, 0, 1, 0, 0, 0]
    );
    // The stored order is not that of the response, which does not exist.
    assert_eq!(
        finds(without_key(Outcome::Accepted(2))),
        [1, 0, 1, 0, 0, 0, 0]
    );
    for outcome in [Outcome::Rejected(408), Outcome::Unknown("no response")] {
        let nothing = finds(|records, state| {
            without_key(outcome)(records, state);
            *state = State::default();
        });
        assert_eq!(nothing, [0; 7]);
    }
}

#[test]
fn a_request_without_a_key_stores_at_most_one_order() {
    let twice = |outcome: Outcome| {
        finds(|records, state| {
            without_key(outcome)(records, state);
            let events = state.events[&1].iter().cloned();
            let events = events.map(|event| Event {
                order_id: 2,
                ..event
            });
            state.events.insert(2, events.collect());
            let row = row("completed", 3);
            state.orders.insert(2, Row { id: 2, ..row });
            state.workflows.insert(2, vec![run(Workflow::Completed)]);
        })
    };
    assert_eq!(twice(Outcome::Accepted(1)), [0, 1, 0, 0, 0, 0, 0]);
    assert_eq!(twice(Outcome::Unknown("504")), [0, 1, 0, 0, 0, 0, 0]);
    assert_eq!(twice(Outcome::Rejected(503)), [0, 1, 0, 1, 0, 0, 0]);
}

#[test]
fn a_change_to_an_order_that_its_client_does_not_know_is_found() {
    let changed = finds(|records, state| {
        without_key(Outcome::Unknown("504"))(records, state);
        let last = &mut state.events.get_mut(&1).unwrap()[2];
        last.actor = "client".into();
    });
    assert_eq!(changed, [0, 0, 0, 0, 1, 0, 0]);
}
