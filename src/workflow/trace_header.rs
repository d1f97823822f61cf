//! The header field of trace contexts in Temporal: the workflow's header contains it, and its
//! activities' headers too.

use std::collections::HashMap;

use temporalio_common::protos::temporal::api::common::v1::Payload;

use crate::telemetry::traces::TraceContext;

/// The header field that all Temporal SDKs use for traces.
pub(super) const KEY: &str = "_tracer-data";
/// The member that contains the `traceparent`.
const TRACEPARENT: &str = "traceparent";

/// The value of [`KEY`] for this trace context.
pub(super) fn payload(trace: TraceContext) -> Payload {
    let members = serde_json::json!({ TRACEPARENT: trace.to_string() });
    Payload {
        metadata: HashMap::from([("encoding".to_owned(), b"json/plain".to_vec())]),
        data: members.to_string().into_bytes(),
        ..Payload::default()
    }
}

/// The trace context in these fields, if any.
pub(super) fn read(fields: &HashMap<String, Payload>) -> Option<TraceContext> {
    let members: HashMap<String, String> = serde_json::from_slice(&fields.get(KEY)?.data).ok()?;
    TraceContext::parse(members.get(TRACEPARENT)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trace_contexts_survive_a_round_trip() {
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let trace = TraceContext::parse(trace).unwrap();
        let mut fields = HashMap::from([(KEY.to_owned(), payload(trace))]);
        assert_eq!(read(&fields), Some(trace));
        for payload in fields.values_mut() {
            payload.data = b"nonsense".to_vec();
        }
        assert_eq!(read(&fields), None);
        assert_eq!(read(&HashMap::new()), None);
    }
}
