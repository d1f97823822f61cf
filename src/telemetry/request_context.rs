//! What a log line, a span or a row of the outbox belongs to: a request, or a step of a workflow.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;

use opentelemetry::trace::SpanKind;
use tokio::time::Instant;

use super::traces::{Span, TraceContext, Traces};

tokio::task_local! {
    static WORK: Work;
}

/// A piece of work.
#[derive(Default)]
pub struct Work {
    request: Option<Arc<str>>,
    trace: Option<TraceContext>,
    traces: Traces,
    order: Cell<Option<i64>>,
    deadline: Option<Instant>,
}

impl Work {
    /// The request of this id, at this place of a trace if it is in one.
    pub fn request(id: Arc<str>, trace: Option<TraceContext>, traces: &Traces) -> Self {
        Self {
            request: Some(id),
            trace,
            // Only those have spans.
            traces: match trace {
                Some(trace) if trace.sampled => traces.clone(),
                _ => Traces::default(),
            },
            order: Cell::new(None),
            deadline: None,
        }
    }

    /// A step of an order's workflow.
    pub fn step(order_id: Option<i64>, trace: Option<TraceContext>, traces: &Traces) -> Self {
        Self {
            request: None,
            trace,
            traces: traces.clone(),
            order: Cell::new(order_id),
            deadline: None,
        }
    }

    /// The same, to be done by then.
    #[must_use]
    pub fn until(mut self, deadline: Option<Instant>) -> Self {
        self.deadline = deadline;
        self
    }
}

/// Does `task` so that whatever is logged meanwhile says what it belongs to.
pub async fn scope<F: Future>(work: Work, task: F) -> F::Output {
    WORK.scope(work, task).await
}

/// Names the order that the work is about, for the lines that follow.
pub fn concerns(order_id: i64) {
    let _ = WORK.try_with(|work| work.order.set(Some(order_id)));
}

/// A span below that of the work, when that has one. It ends when it is dropped.
pub fn span(name: impl FnOnce() -> Cow<'static, str>) -> Option<Span> {
    WORK.try_with(|work| {
        let parent = work.trace.filter(|trace| trace.sampled)?;
        work.traces.span(name(), SpanKind::Client, parent)
    })
    .ok()
    .flatten()
}

/// The order that the work is about, if that is known.
pub fn order() -> Option<i64> {
    WORK.try_with(|work| work.order.get()).ok().flatten()
}

/// By when the work has to be done, if there is a limit.
pub fn deadline() -> Option<Instant> {
    WORK.try_with(|work| work.deadline).ok().flatten()
}

/// Where in a trace the work stands, if it is in one.
pub fn trace() -> Option<TraceContext> {
    WORK.try_with(|work| work.trace).ok().flatten()
}

/// Shows what is known of the work: the id of its request, its trace, its order.
pub(super) fn show(show: impl FnOnce(Option<&str>, Option<TraceContext>, Option<i64>)) {
    let _ = WORK.try_with(|work| show(work.request.as_deref(), work.trace, work.order.get()));
}
