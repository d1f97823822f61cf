//! Checks an order against its history, and both against the record of its client.

use super::{Audit, fulfilment};
use crate::load::{Accepted, Change};
use crate::state::{Event, Row, is_end};

/// Checks an order against its history and against the record of its client.
pub(super) fn check(
    id: i64,
    row: Option<&Row>,
    events: &[Event],
    record: Option<&Accepted>,
    audit: &mut Audit,
) {
    let folded = match fold(id, events) {
        Ok(folded) => folded,
        Err(what) => return audit.disagreeing.push(what),
    };
    match (&folded, row) {
        (Some(folded), Some(row)) if *folded == without_items(row) => {}
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
    let Some(record) = record else { return };
    let mut wrong = |what: String| audit.disagreeing.push(format!("order {id}: {what}"));
    let first = &events[0];
    if (first.customer_id, first.cents) != (Some(record.customer_id), Some(record.cents)) {
        wrong(format!("requested {record:?}, stored {first:?}"));
    }
    match row {
        Some(_) if record.confirmed.contains(&Change::Deleted) => {
            wrong("was deleted, but exists".into())
        }
        None if !record.requested.contains(&Change::Deleted) => audit
            .lost
            .push(format!("order {id} is gone, but was not deleted")),
        _ => {}
    }
    for change in &record.confirmed {
        let there = events.iter().any(|event| match change {
            // Another actor may have set the status first.
            Change::Status(status) => event.status.as_deref() == Some(status),
            Change::Cents(cents) => event.cents == Some(*cents),
            Change::Deleted => event.actor == "client" && event.kind == "deleted",
            // Or the order was being cancelled already, for another reason.
            Change::Cancelled => event.data["cancellation_reason"].is_string(),
            Change::Decided(answer) => event.data["answer"] == *answer,
        });
        if !there {
            audit.disagreeing.push(format!(
                "order {id}: {change:?} was confirmed, but did not happen: {events:?}"
            ));
        }
    }
    for event in events.iter().filter(|event| match &record.basket {
        Some(basket) => !fulfilment::was_requested(event, &record.requested, basket),
        None => !was_requested(event, &record.requested),
    }) {
        audit
            .unrequested
            .push(format!("order {id}: no client requested {event:?}"));
    }
}

/// What the history of any order yields.
fn without_items(row: &Row) -> Row {
    Row {
        fulfilment: None,
        ..row.clone()
    }
}

/// Whether an event is a step of the workflow or a change that the client requested. A client
/// without a response retries, so the same change may happen more than once.
pub(super) fn was_requested(event: &Event, requested: &[Change]) -> bool {
    let set = (event.status.as_deref(), event.cents);
    match (event.actor.as_str(), event.kind.as_str()) {
        ("client", "created") => event.status.as_deref() == Some("pending"),
        ("client", "updated") => requested.iter().any(|change| match change {
            Change::Status(status) => set == (Some(status), None),
            Change::Cents(cents) => set == (None, Some(*cents)),
            Change::Deleted | Change::Cancelled | Change::Decided(_) => false,
        }),
        ("client", "deleted") => requested.contains(&Change::Deleted),
        // A workflow cancels an order only when it is cancelled itself, which happens only after
        // its order has ended.
        ("workflow", "updated") => matches!(set, (Some("processing" | "completed"), None)),
        // Checked together with the workflows.
        ("reconciler", "restarted") => true,
        _ => false,
    }
}

/// The state of an order by its history; `None` if it was deleted.
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
                    fulfilment: None,
                });
            }
            (kind, Some(row)) if kind != "created" && is_known(kind) => {
                if event.occurred_at < row.updated_at {
                    return wrong("its history goes back in time");
                }
                if event.customer_id.is_some() {
                    return wrong("its customer changed");
                }
                if event.cents.is_some() && row.status != "pending" {
                    return wrong("its amount changed after it left pending");
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

fn is_known(kind: &str) -> bool {
    matches!(kind, "updated" | "restarted" | "deleted") || fulfilment::is_step(kind)
}

fn may_become(from: &str, to: &str) -> bool {
    matches!(
        (from, to),
        ("pending", "processing") | ("pending" | "processing", "completed" | "cancelled")
    )
}
