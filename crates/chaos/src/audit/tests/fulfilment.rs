//! The steps of orders with items are checked like every other change.

use serde_json::{Value, json};

use super::*;
use crate::audit::fulfilment::was_requested;
use crate::load::Basket;

fn basket() -> Basket {
    Basket::of("TEA-1", 2, 600)
}

fn items(status: &str) -> Value {
    json!([{ "sku": "TEA-1", "quantity": 2, "unit_price": 6, "status": status }])
}

fn step(sequence: i64, kind: &str, actor: &str, status: Option<&str>, data: Value) -> Event {
    Event {
        actor: actor.into(),
        data,
        ..event(sequence, kind, status)
    }
}

/// A cancelled order with items, with consistent state.
fn cancelled(records: &mut ClientRecords, state: &mut State) {
    let record = &mut records.accepted[0];
    record.basket = Some(basket());
    record.requested = vec![Change::Cancelled];
    record.confirmed = vec![Change::Cancelled];
    let pending = Some("pending");
    let reason = json!({ "cancellation_reason": "customer_request" });
    let reserved = json!({ "items": items("reserved") });
    let undone = json!({ "items": items("cancelled") });
    let events = vec![
        step(
            1,
            "created",
            "client",
            pending,
            json!({ "items": items("pending") }),
        ),
        step(
            2,
            "items_reserved",
            "workflow",
            Some("processing"),
            reserved,
        ),
        step(3, "cancellation_requested", "client", None, reason),
        step(4, "items_released", "workflow", None, undone),
        step(5, "updated", "workflow", Some("cancelled"), json!({})),
    ];
    state.events.insert(1, events);
    let stored = json!({
        "items": items("cancelled"), "cancellation_reason": "customer_request", "expired": {},
    });
    let row = Row {
        fulfilment: Some(stored),
        ..row("cancelled", 5)
    };
    state.orders.insert(1, row);
    state.workflows.insert(1, vec![run(Workflow::Canceled)]);
}

fn finds_in_steps(spoil: impl FnOnce(&mut ClientRecords, &mut State)) -> [usize; 7] {
    finds(|records, state| {
        cancelled(records, state);
        spoil(records, state);
    })
}

#[test]
fn consistent_steps_have_no_findings() {
    assert_eq!(finds_in_steps(|_, _| {}), [0; 7]);
}

#[test]
fn inconsistent_steps_are_found() {
    type Spoil = fn(&mut ClientRecords, &mut State);
    let cases: [Spoil; 5] = [
        // The row differs from the history.
        |_, state| {
            let row = state.orders.get_mut(&1).unwrap();
            row.fulfilment.as_mut().unwrap()["items"] = items("reserved");
        },
        |_, state| state.orders.get_mut(&1).unwrap().fulfilment = None,
        // Other items than those of the request.
        |records, _| records.accepted[0].basket = Some(Basket::of("TEA-1", 3, 600)),
        |records, _| records.accepted[0].basket = Some(Basket::of("TEA-1", 2, 601)),
        // A cancellation that was accepted has no effect.
        |_, state| {
            let events = state.events.get_mut(&1).unwrap();
            events[4].status = Some("completed".into());
            state.orders.get_mut(&1).unwrap().status = "completed".into();
            state.workflows.insert(1, vec![run(Workflow::Completed)]);
        },
    ];
    for (index, case) in cases.into_iter().enumerate() {
        assert_eq!(finds_in_steps(case), [0, 0, 1, 0, 0, 0, 0], "case {index}");
    }
}

#[test]
fn a_step_that_nobody_requested_is_found() {
    let unrequested = finds_in_steps(|records, _| {
        records.accepted[0].requested.clear();
        records.accepted[0].confirmed.clear();
    });
    assert_eq!(unrequested, [0, 0, 0, 0, 1, 0, 0]);
    let by_itself = |reason: &str| {
        let data = json!({ "cancellation_reason": reason });
        step(3, "cancellation_requested", "workflow", None, data)
    };
    for (reason, item) in [
        ("items_unavailable", Basket::of("SOLD-OUT-1", 1, 600)),
        ("payment_declined", Basket::of("TEA-1", 1, 691)),
    ] {
        assert!(was_requested(&by_itself(reason), &[], &item), "{reason}");
        assert!(
            !was_requested(&by_itself(reason), &[], &basket()),
            "{reason}"
        );
    }
    for reason in ["customer_request", "workflow_cancelled", "parcel_cancelled"] {
        assert!(
            !was_requested(&by_itself(reason), &[], &basket()),
            "{reason}"
        );
    }
    let question = step(2, "decision_requested", "workflow", None, json!({}));
    assert!(!was_requested(&question, &[], &basket()));
}

#[test]
fn an_answer_is_that_of_the_client() {
    let answer = |answer: &str| {
        let data = json!({ "answer": answer });
        step(3, "decision_made", "client", None, data)
    };
    let requested = [Change::Decided("accept_available")];
    assert!(was_requested(
        &answer("accept_available"),
        &requested,
        &basket()
    ));
    assert!(!was_requested(&answer("cancel"), &requested, &basket()));
    assert!(!was_requested(&answer("accept_available"), &[], &basket()));
}

#[test]
fn the_key_of_an_answer_is_counted() {
    let with_keys = |keys: usize| {
        finds_in_steps(|records, state| {
            records.accepted[0].requested = vec![Change::Decided("cancel")];
            records.accepted[0].confirmed = vec![Change::Decided("cancel")];
            let made = json!({ "answer": "cancel", "cancellation_reason": "decision_cancel" });
            state.events.get_mut(&1).unwrap()[2] = step(3, "decision_made", "client", None, made);
            let row = state.orders.get_mut(&1).unwrap();
            let stored = row.fulfilment.as_mut().unwrap();
            stored["answer"] = "cancel".into();
            stored["cancellation_reason"] = "decision_cancel".into();
            for key in 1..keys {
                state.keys.insert(format!("k{key}"), 1);
            }
        })
    };
    assert_eq!(with_keys(1), [1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(with_keys(2), [0; 7]);
    assert_eq!(with_keys(3), [0, 1, 0, 0, 0, 0, 0]);
}
