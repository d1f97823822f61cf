//! What surrounds every step of a workflow, local or not: its metrics, its span, and what its log
//! lines say of it.

use std::time::Instant;

use opentelemetry::trace::SpanKind;
use temporalio_sdk::activities::ActivityError;
use temporalio_sdk::interceptors::{
    ActivityInboundInterceptor, ExecuteActivityInput, ExecuteActivityOutput, ExecuteActivityResult,
    Next,
};

use super::order_workflow::Outcome;
use super::{order_of, trace_header};
use crate::telemetry::Telemetry;
use crate::telemetry::traces::Span;
use crate::telemetry::work::{self, Work};

/// Tells of steps.
pub(super) struct ObservedSteps {
    telemetry: Telemetry,
}

impl ObservedSteps {
    /// To these.
    pub(super) fn new(telemetry: &Telemetry) -> Self {
        Self {
            telemetry: telemetry.clone(),
        }
    }
}

impl ActivityInboundInterceptor for ObservedSteps {
    fn execute_activity<'a>(
        &'a self,
        input: ExecuteActivityInput,
        next: Next<'a, ExecuteActivityInput, ExecuteActivityOutput<'a>>,
    ) -> ExecuteActivityOutput<'a> {
        let Telemetry {
            metrics, traces, ..
        } = &self.telemetry;
        let info = input.activity_info();
        let step = step(&info.activity_type);
        let order_id = info.workflow_id.as_deref().and_then(order_of);
        let (attempt, local) = (i64::from(info.attempt), info.is_local);
        let parent = trace_header::read(input.headers());
        let mut span =
            parent.and_then(|parent| traces.span(step.clone(), SpanKind::Consumer, parent));
        let trace = span.as_ref().map(Span::context).or(parent);
        let work = Work::step(order_id, trace, traces);
        Box::pin(async move {
            let begun = Instant::now();
            let result = work::scope(work, next.run(input)).await;
            let outcome = outcome(&result);
            metrics.step(&step, outcome, begun.elapsed());
            if let Some(span) = &mut span {
                span.set("outcome", outcome);
                span.set("attempt", attempt);
                span.set("local", local);
                if let Some(order_id) = order_id {
                    span.set("order.id", order_id);
                }
                if let Err(error) = &result {
                    span.fail(cause(error));
                }
            }
            result
        })
    }
}

/// The name of a step, without that of the type that has it.
fn step(activity_type: &str) -> String {
    let name = activity_type.rsplit("::").next();
    name.unwrap_or(activity_type).to_owned()
}

/// Where the order is after the step; `failed` when nobody knows.
fn outcome(result: &ExecuteActivityResult) -> &'static str {
    let outcome = result.as_ref().ok();
    outcome
        .and_then(|value| value.downcast_ref::<Outcome>())
        .map_or("failed", |outcome| outcome.as_str())
}

fn cause(error: &ActivityError) -> String {
    match error {
        ActivityError::Application(failure) => failure.to_string(),
        _ => "cancelled".to_owned(),
    }
}
