//! Records metrics, a span and the request scope of every activity, local or regular.

use std::collections::BTreeSet;
use std::time::Instant;

use opentelemetry::trace::SpanKind;
use temporalio_sdk::activities::ActivityError;
use temporalio_sdk::interceptors::{
    ActivityInboundInterceptor, ExecuteActivityInput, ExecuteActivityOutput, ExecuteActivityResult,
    Next,
};

use super::activities::OrderActivities;
use super::fulfilment::{self, FulfilmentActivities, StepResult};
use super::order_workflow::Outcome;
use super::{order_of, trace_header};
use crate::telemetry::Telemetry;
use crate::telemetry::request_scope::RequestScope;
use crate::telemetry::traces::Span;

/// The outcome of an activity that failed.
const FAILED: &str = "failed";

/// Observes activities.
pub(super) struct ActivityInterceptor {
    telemetry: Telemetry,
}

impl ActivityInterceptor {
    /// Reports to `telemetry`.
    pub(super) fn new(telemetry: &Telemetry) -> Self {
        Self {
            telemetry: telemetry.clone(),
        }
    }
}

impl ActivityInboundInterceptor for ActivityInterceptor {
    fn execute_activity<'a>(
        &'a self,
        input: ExecuteActivityInput,
        next: Next<'a, ExecuteActivityInput, ExecuteActivityOutput<'a>>,
    ) -> ExecuteActivityOutput<'a> {
        let Telemetry {
            metrics, traces, ..
        } = &self.telemetry;
        let info = input.activity_info();
        let name = short_name(&info.activity_type);
        let order_id = info.workflow_id.as_deref().and_then(order_of);
        let (attempt, local) = (i64::from(info.attempt), info.is_local);
        let parent = trace_header::read(input.headers());
        let mut span =
            parent.and_then(|parent| traces.span(name.clone(), SpanKind::Consumer, parent));
        let trace = span.as_ref().map(Span::context).or(parent);
        let scope = RequestScope::activity(order_id, trace, traces);
        Box::pin(async move {
            let begun = Instant::now();
            let result = scope.run(next.run(input)).await;
            let outcome = outcome(&result);
            metrics.activity(&name, outcome, begun.elapsed());
            if let Some(span) = &mut span {
                span.set("outcome", outcome);
                span.set("attempt", attempt);
                span.set("local", local);
                if let Some(order_id) = order_id {
                    span.set("order.id", order_id.0);
                }
                if let Err(error) = &result {
                    span.fail(cause(error));
                }
            }
            result
        })
    }
}

/// The activities without their types, some of which belong to both workflows, and the outcomes to be
/// expected of each.
pub(crate) fn activity_outcomes() -> BTreeSet<(String, &'static str)> {
    let orders = [
        OrderActivities::begin.name(),
        OrderActivities::complete.name(),
        OrderActivities::cancel.name(),
    ];
    let items = [
        FulfilmentActivities::load.name(),
        FulfilmentActivities::begin.name(),
        FulfilmentActivities::reserve.name(),
        FulfilmentActivities::authorize.name(),
        FulfilmentActivities::commit.name(),
        FulfilmentActivities::ship.name(),
        FulfilmentActivities::capture.name(),
        FulfilmentActivities::deliver.name(),
        FulfilmentActivities::cancel_shipment.name(),
        FulfilmentActivities::void.name(),
        FulfilmentActivities::give_up_authorization.name(),
        FulfilmentActivities::release.name(),
        FulfilmentActivities::request_cancellation.name(),
        FulfilmentActivities::finish_undone.name(),
        FulfilmentActivities::finish.name(),
    ];
    let mut all = BTreeSet::new();
    for outcome in Outcome::ALL
        .map(Outcome::as_str)
        .into_iter()
        .chain([FAILED])
    {
        all.extend(orders.iter().map(|name| (short_name(name), outcome)));
    }
    for outcome in [fulfilment::Next::Continue.as_str(), FAILED] {
        all.extend(items.iter().map(|name| (short_name(name), outcome)));
    }
    all
}

/// The name of an activity without its type.
pub(super) fn short_name(activity_type: &str) -> String {
    let name = activity_type.rsplit("::").next();
    name.unwrap_or(activity_type).to_owned()
}

/// The state of the order after the activity, or what comes next; `failed` if unknown.
fn outcome(result: &ExecuteActivityResult) -> &'static str {
    let Ok(value) = result else { return FAILED };
    let outcome = value.downcast_ref::<Outcome>().map(|one| one.as_str());
    let step = || {
        value
            .downcast_ref::<StepResult>()
            .map(|one| one.next.as_str())
    };
    outcome.or_else(step).unwrap_or(FAILED)
}

fn cause(error: &ActivityError) -> String {
    match error {
        ActivityError::Application(failure) => failure.to_string(),
        _ => "cancelled".to_owned(),
    }
}
