//! The scope of a request or an activity: the context of its log lines, spans and intents.

use crate::domain::OrderId;
use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;

use opentelemetry::trace::SpanKind;
use tokio::time::Instant;

use super::traces::{Span, TraceContext, Traces};

tokio::task_local! {
    static CURRENT: RequestScope;
}

/// The id, trace, order and deadline of the current request or activity.
#[derive(Default)]
pub struct RequestScope {
    request_id: Option<Arc<str>>,
    trace: Option<TraceContext>,
    traces: Traces,
    order_id: Cell<Option<OrderId>>,
    deadline: Option<Instant>,
}

impl RequestScope {
    /// The scope of an HTTP request.
    pub fn request(id: Arc<str>, trace: Option<TraceContext>, traces: &Traces) -> Self {
        Self {
            request_id: Some(id),
            trace,
            // Only sampled requests have spans.
            traces: match trace {
                Some(trace) if trace.sampled => traces.clone(),
                _ => Traces::default(),
            },
            ..Self::default()
        }
    }

    /// The scope of an activity, or of the dispatch of an intent.
    pub fn activity(
        order_id: Option<OrderId>,
        trace: Option<TraceContext>,
        traces: &Traces,
    ) -> Self {
        Self {
            trace,
            traces: traces.clone(),
            order_id: Cell::new(order_id),
            ..Self::default()
        }
    }

    /// Adds a deadline.
    #[must_use]
    pub fn until(mut self, deadline: Option<Instant>) -> Self {
        self.deadline = deadline;
        self
    }

    /// Runs `task` within this scope.
    pub async fn run<F: Future>(self, task: F) -> F::Output {
        CURRENT.scope(self, task).await
    }
}

fn with<T>(read: impl FnOnce(&RequestScope) -> Option<T>) -> Option<T> {
    CURRENT.try_with(read).ok().flatten()
}

/// Sets the order of the current request, for the following log lines.
pub fn set_order(order_id: OrderId) {
    with(|scope| scope.order_id.replace(Some(order_id)));
}

/// A child span of the current request, if it is sampled. It ends on drop.
pub fn span(name: impl FnOnce() -> Cow<'static, str>) -> Option<Span> {
    with(|scope| {
        let parent = scope.trace.filter(|trace| trace.sampled)?;
        scope.traces.span(name(), SpanKind::Client, parent)
    })
}

/// The order of the current request, if it is known.
pub fn order() -> Option<OrderId> {
    with(|scope| scope.order_id.get())
}

/// The deadline of the current request.
pub fn deadline() -> Option<Instant> {
    with(|scope| scope.deadline)
}

/// The trace context of the current request.
pub fn trace() -> Option<TraceContext> {
    with(|scope| scope.trace)
}

/// Passes the request id, trace and order of the current scope, if any, to `to`.
pub(super) fn describe(to: impl FnOnce(Option<&str>, Option<TraceContext>, Option<OrderId>)) {
    let _ = CURRENT.try_with(|scope| {
        to(
            scope.request_id.as_deref(),
            scope.trace,
            scope.order_id.get(),
        );
    });
}
