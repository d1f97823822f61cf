//! Checks the steps of an order with items: the history against the stored state, against what its
//! client requested, and against what the partners answer to its items.

use serde_json::{Map, Value};

use super::Audit;
use crate::load::{Accepted, Basket, Change};
use crate::state::{Event, Row};

/// The events that only orders with items have.
const STEPS: [&str; 21] = [
    "items_reserved",
    "items_unavailable",
    "decision_requested",
    "decision_made",
    "cancellation_requested",
    "cancellation_refused",
    "items_released",
    "payment_authorized",
    "payment_declined",
    "payment_captured",
    "payment_voided",
    "payment_refunded",
    "shipment_created",
    "shipment_refused",
    "shipment_dispatched",
    "shipment_delivered",
    "shipment_returned",
    "shipment_cancelled",
    "attention_required",
    "attention_resolved",
    "retry_requested",
];

/// The fields that the events change.
const FIELDS: [&str; 7] = [
    "items",
    "payment",
    "shipment",
    "decision",
    "answer",
    "cancellation_reason",
    "attention",
];

/// Whether only orders with items have such an event.
pub(super) fn is_step(kind: &str) -> bool {
    STEPS.contains(&kind)
}

/// Checks the steps of an order; nothing for one without items.
pub(super) fn check(
    id: i64,
    row: Option<&Row>,
    events: &[Event],
    record: Option<&Accepted>,
    audit: &mut Audit,
) {
    let (folded, steps) = (
        fold(events),
        events.iter().any(|event| is_step(&event.kind)),
    );
    let mut wrong = |what: String| audit.disagreeing.push(format!("order {id}: {what}"));
    if let Some(stored) = row.and_then(|row| row.fulfilment.as_ref()) {
        let same = FIELDS
            .iter()
            .all(|field| stored.get(field) == folded.get(*field));
        if !same {
            wrong(format!(
                "its steps are {stored}, and by its history {folded:?}"
            ));
        }
    } else if row.is_some() && (steps || folded.contains_key("items")) {
        wrong("it has steps, but no items".into());
    }
    let Some(record) = record else { return };
    let stored = events.first().and_then(|first| first.data.get("items"));
    match (&record.basket, stored) {
        (Some(basket), Some(items)) if basket.is(items) => {}
        (None, None) => return,
        (basket, items) => return wrong(format!("requested {basket:?}, stored {items:?}")),
    }
    let ended_as_requested = || {
        let refused = events
            .iter()
            .any(|event| event.kind == "cancellation_refused");
        refused || row.is_none_or(|row| row.status == "cancelled")
    };
    if record.confirmed.contains(&Change::Cancelled) && !ended_as_requested() {
        wrong(format!(
            "its cancellation was accepted, and forgotten: {events:?}"
        ));
    }
}

/// Whether an event is a step of the workflow that the partners' answers allow, a request of the
/// client, or one of the operator.
pub(super) fn was_requested(event: &Event, requested: &[Change], basket: &Basket) -> bool {
    let reason = event.data["cancellation_reason"].as_str();
    match (event.actor.as_str(), event.kind.as_str()) {
        ("client", "created") => event.status.as_deref() == Some("pending"),
        ("client", "cancellation_requested") => {
            reason == Some("customer_request") && requested.contains(&Change::Cancelled)
        }
        ("client", "decision_made") => requested.iter().any(|change| match change {
            Change::Decided(answer) => {
                let cancels = *answer == "cancel";
                event.data["answer"] == *answer && reason == cancels.then_some("decision_cancel")
            }
            _ => false,
        }),
        ("client", "retry_requested") => event.status.is_none(),
        ("workflow", "decision_requested") => basket.asks(),
        ("workflow", "decision_made" | "retry_requested") => false,
        ("workflow", kind) if kind == "updated" || is_step(kind) => {
            event.cents.is_none() && reason.is_none_or(|reason| basket.may_be_cancelled_by(reason))
        }
        // Checked together with the workflows.
        ("reconciler", "restarted") => true,
        _ => false,
    }
}

/// The steps by the history of an order.
fn fold(events: &[Event]) -> Map<String, Value> {
    let mut folded = Map::new();
    for event in events {
        let ended: &[&str] = match event.kind.as_str() {
            "decision_requested" => &["answer"],
            "decision_made" | "cancellation_requested" => &["decision"],
            "attention_resolved" | "retry_requested" => &["attention"],
            "cancellation_refused" => &["cancellation_reason"],
            _ => &[],
        };
        for field in ended {
            folded.remove(*field);
        }
        for field in FIELDS {
            if let Some(value) = event.data.get(field) {
                folded.insert(field.into(), value.clone());
            }
        }
    }
    folded
}
