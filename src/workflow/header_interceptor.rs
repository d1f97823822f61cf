//! Copies fields of a workflow's header to the headers of its activities and of its next run: the
//! trace context and the order's creation time. Inputs and histories do not contain them, so earlier
//! histories replay unchanged and workers of an earlier version can read the inputs.

use std::cell::RefCell;
use std::collections::HashMap;

use temporalio_common::protos::temporal::api::common::v1::Payload;
use temporalio_sdk::workflow_interceptors::{
    CancellableWorkflowOutboundFuture, ContinueAsNewInput, ContinueAsNewResult,
    ExecuteWorkflowInput, ExecuteWorkflowResult, ScheduleActivityInput, ScheduleActivityResult,
    ScheduleLocalActivityInput, SyncWorkflowInterceptorContext, WorkflowInterceptor,
    WorkflowInterceptorConstructor, WorkflowInterceptorContext, WorkflowInterceptorFuture,
    WorkflowNext,
};
use temporalio_workflow::WorkflowContextView;

use super::{ownership, trace_header};

/// The fields that are copied.
const KEYS: [&str; 2] = [trace_header::KEY, ownership::KEY];

/// The interceptor of a worker.
pub(super) fn header_interceptor() -> WorkflowInterceptorConstructor {
    WorkflowInterceptorConstructor::new(|_: &WorkflowContextView| PassedFields::default())
}

/// The fields of one workflow.
#[derive(Default)]
struct PassedFields(RefCell<HashMap<String, Payload>>);

impl PassedFields {
    fn copy_to(&self, fields: &mut HashMap<String, Payload>) {
        for (key, payload) in &*self.0.borrow() {
            fields.insert(key.clone(), payload.clone());
        }
    }
}

impl WorkflowInterceptor for PassedFields {
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
        self.copy_to(input.headers_mut());
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
        self.copy_to(input.headers_mut());
        next.run(input)
    }

    fn continue_as_new(
        &self,
        _ctx: SyncWorkflowInterceptorContext,
        mut input: ContinueAsNewInput,
        next: WorkflowNext<'static, ContinueAsNewInput, ContinueAsNewResult>,
    ) -> ContinueAsNewResult {
        self.copy_to(input.headers_mut());
        next.run(input)
    }
}
