//! Determines which order a workflow belongs to. Its id is derived from the order's id, which
//! another database, or an earlier state of this one, may have given to another order. So a
//! workflow also contains the creation time of its order: in its memo, which lists include, and in
//! its header, for its activities.

use std::collections::HashMap;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use temporalio_common::MemoValues;
use temporalio_common::protos::temporal::api::common::v1::{Memo, Payload};

/// The field of memo and header.
pub(super) const KEY: &str = "order-created-at";

/// The tolerated difference of the clocks of databases and Temporal.
const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(1);

/// The owner of a workflow, as seen from an order with the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// This order.
    This,
    /// Another order, created before this one: it was lost with an earlier database, or is missing
    /// in a restored one.
    Earlier,
    /// Another order, created after this one in another database that uses the same namespace.
    Foreign,
}

/// What is known about the order of a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// When the order was created; `None` for workflows of versions without this field.
    pub order_created_at: Option<DateTime<Utc>>,
    /// When the workflow was started.
    pub started_at: Option<DateTime<Utc>>,
}

impl Origin {
    /// The owner, as seen from an order that was created at this time. Without a creation time it
    /// is this order.
    pub fn owner(&self, created_at: Option<DateTime<Utc>>) -> Owner {
        let Some(ours) = created_at else {
            return Owner::This;
        };
        match (self.order_created_at, self.started_at) {
            (Some(theirs), _) => owner(theirs, ours),
            // A workflow is never older than its order.
            (None, Some(started)) if started < ours - CLOCK_SKEW => Owner::Earlier,
            (None, _) => Owner::This,
        }
    }
}

/// The owner of a workflow whose order was created at `theirs`, as seen from an order created at
/// `ours`.
pub(super) fn owner(theirs: DateTime<Utc>, ours: DateTime<Utc>) -> Owner {
    if theirs == ours {
        Owner::This
    } else if theirs <= ours + CLOCK_SKEW {
        Owner::Earlier
    } else {
        Owner::Foreign
    }
}

fn text(created_at: DateTime<Utc>) -> String {
    created_at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// The memo of a workflow whose order was created at this time.
pub(super) fn memo(created_at: DateTime<Utc>) -> MemoValues {
    let mut values = MemoValues::new();
    values.insert(KEY, text(created_at));
    values
}

/// The header field of a workflow whose order was created at this time.
pub(super) fn payload(created_at: DateTime<Utc>) -> Payload {
    Payload {
        metadata: HashMap::from([("encoding".to_owned(), b"json/plain".to_vec())]),
        data: format!("\"{}\"", text(created_at)).into_bytes(),
        ..Payload::default()
    }
}

/// The creation time in a header, if any.
pub(super) fn of_header(fields: &HashMap<String, Payload>) -> Option<DateTime<Utc>> {
    let text: String = serde_json::from_slice(&fields.get(KEY)?.data).ok()?;
    Some(DateTime::parse_from_rfc3339(&text).ok()?.to_utc())
}

/// The creation time in a memo, if any.
pub(super) fn of_memo(memo: Option<&Memo>) -> Option<DateTime<Utc>> {
    of_header(&memo?.fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(microseconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(1_700_000_000_000_000 + microseconds).unwrap()
    }

    #[test]
    fn times_survive_a_round_trip_to_the_microsecond() {
        for microseconds in [0, 1, 999_999, 1_000_000] {
            let written = time(microseconds);
            let fields = HashMap::from([(KEY.to_owned(), payload(written))]);
            assert_eq!(of_header(&fields), Some(written));
        }
        let nonsense = Payload {
            data: b"nonsense".to_vec(),
            ..Payload::default()
        };
        assert_eq!(
            of_header(&HashMap::from([(KEY.to_owned(), nonsense)])),
            None
        );
        assert_eq!(of_header(&HashMap::new()), None);
        assert_eq!(of_memo(None), None);
    }

    #[test]
    fn the_owner_follows_from_the_times() {
        let origin = |order_created_at, started_at| Origin {
            order_created_at,
            started_at,
        };
        let minute = 60_000_000;
        let ours = Some(time(0));
        let cases = [
            (origin(Some(time(0)), None), Owner::This),
            (origin(Some(time(-1)), None), Owner::Earlier),
            // Within the tolerated clock difference.
            (origin(Some(time(minute)), None), Owner::Earlier),
            (origin(Some(time(minute + 1)), None), Owner::Foreign),
            // Workflows of the previous version have only their start time.
            (origin(None, Some(time(5))), Owner::This),
            (origin(None, Some(time(-minute))), Owner::This),
            (origin(None, Some(time(-minute - 1))), Owner::Earlier),
            (origin(None, None), Owner::This),
        ];
        for (origin, expected) in cases {
            assert_eq!(origin.owner(ours), expected, "{origin:?}");
            assert_eq!(origin.owner(None), Owner::This, "{origin:?}");
        }
    }
}
