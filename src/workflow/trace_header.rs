//! How a trace travels through Temporal: in the header of the workflow, from there in the headers of
//! its steps. Neither input nor history knows of it, so nothing that began before is replayed otherwise.

use std::cell::RefCell;
use std::collections::HashMap;

use temporalio_common::protos::temporal::api::common::v1::{Header, Payload};
use temporalio_sdk::workflow_interceptors::{
    CancellableWorkflowOutboundFuture, ExecuteWorkflowInput, ExecuteWorkflowResult,
    ScheduleActivityInput, ScheduleActivityResult, ScheduleLocalActivityInput, WorkflowInterceptor,
    WorkflowInterceptorConstructor, WorkflowInterceptorContext, WorkflowInterceptorFuture,
    WorkflowNext,
};
use temporalio_workflow::WorkflowContextView;

use crate::telemetry::traces::TraceContext;

/// The header in which all of Temporal's SDKs carry traces.
const KEY: &str = "_tracer-data";
/// The member of it that is the `traceparent`.
const TRACEPARENT: &str = "traceparent";

/// The header that carries this place of a trace.
pub(super) fn of(trace: TraceContext) -> Header {
    let carried = serde_json::json!({ TRACEPARENT: trace.to_string() });
    let payload = Payload {
        metadata: HashMap::from([("encoding".to_owned(), b"json/plain".to_vec())]),
        data: carried.to_string().into_bytes(),
        ..Payload::default()
    };
    Header {
        fields: HashMap::from([(KEY.to_owned(), payload)]),
    }
}

/// The place of a trace that these fields carry, if they carry one.
pub(super) fn read(fields: &HashMap<String, Payload>) -> Option<TraceContext> {
    let carried: HashMap<String, String> = serde_json::from_slice(&fields.get(KEY)?.data).ok()?;
    TraceContext::parse(carried.get(TRACEPARENT)?)
}

/// Gives what came with a workflow to its steps.
pub(super) fn passed_on() -> WorkflowInterceptorConstructor {
    WorkflowInterceptorConstructor::new(|_: &WorkflowContextView| PassOn::default())
}

/// What came with one workflow.
#[derive(Default)]
struct PassOn(RefCell<Option<Payload>>);

impl PassOn {
    fn into(&self, fields: &mut HashMap<String, Payload>) {
        if let Some(carried) = &*self.0.borrow() {
            fields.insert(KEY.to_owned(), carried.clone());
        }
    }
}

impl WorkflowInterceptor for PassOn {
    fn execute<'a>(
        &'a self,
        _ctx: WorkflowInterceptorContext,
        input: ExecuteWorkflowInput,
        next: WorkflowNext<
            'a,
            ExecuteWorkflowInput,
            WorkflowInterceptorFuture<'a, ExecuteWorkflowResult>,
        >,
    ) -> WorkflowInterceptorFuture<'a, ExecuteWorkflowResult> {
        *self.0.borrow_mut() = input.headers().get(KEY).cloned();
        next.run(input)
    }

    fn schedule_activity(
        &self,
        _ctx: WorkflowInterceptorContext,
        mut input: ScheduleActivityInput,
        next: WorkflowNext<
            'static,
            ScheduleActivityInput,
            CancellableWorkflowOutboundFuture<ScheduleActivityResult>,
        >,
    ) -> CancellableWorkflowOutboundFuture<ScheduleActivityResult> {
        self.into(input.headers_mut());
        next.run(input)
    }

    fn schedule_local_activity(
        &self,
        _ctx: WorkflowInterceptorContext,
        mut input: ScheduleLocalActivityInput,
        next: WorkflowNext<
            'static,
            ScheduleLocalActivityInput,
            CancellableWorkflowOutboundFuture<ScheduleActivityResult>,
        >,
    ) -> CancellableWorkflowOutboundFuture<ScheduleActivityResult> {
        self.into(input.headers_mut());
        next.run(input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let trace = TraceContext::parse(trace).unwrap();
        let mut fields = of(trace).fields;
        assert_eq!(read(&fields), Some(trace));
        for payload in fields.values_mut() {
            payload.data = b"nonsense".to_vec();
        }
        assert_eq!(read(&fields), None);
        assert_eq!(read(&HashMap::new()), None);
    }
}
