//! What the header of a workflow hands on to the headers of its steps: the trace that it belongs to, and
//! the order that it is about. Neither input nor history of a step knows of it, so nothing that began
//! before is replayed otherwise, and workers of an earlier version read the inputs as before.

use std::cell::RefCell;
use std::collections::HashMap;

use temporalio_common::protos::temporal::api::common::v1::Payload;
use temporalio_sdk::workflow_interceptors::{
    CancellableWorkflowOutboundFuture, ExecuteWorkflowInput, ExecuteWorkflowResult,
    ScheduleActivityInput, ScheduleActivityResult, ScheduleLocalActivityInput, WorkflowInterceptor,
    WorkflowInterceptorConstructor, WorkflowInterceptorContext, WorkflowInterceptorFuture,
    WorkflowNext,
};
use temporalio_workflow::WorkflowContextView;

use super::{ownership, trace_header};

/// The fields that are handed on.
const KEYS: [&str; 2] = [trace_header::KEY, ownership::KEY];

/// Gives what came with a workflow to its steps.
pub(super) fn passed_on() -> WorkflowInterceptorConstructor {
    WorkflowInterceptorConstructor::new(|_: &WorkflowContextView| PassOn::default())
}

/// What came with one workflow.
#[derive(Default)]
struct PassOn(RefCell<HashMap<String, Payload>>);

impl PassOn {
    fn into(&self, fields: &mut HashMap<String, Payload>) {
        for (key, carried) in &*self.0.borrow() {
            fields.insert(key.clone(), carried.clone());
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
        *self.0.borrow_mut() = KEYS
            .iter()
            .filter_map(|key| Some(((*key).to_owned(), input.headers().get(*key)?.clone())))
            .collect();
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
