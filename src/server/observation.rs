//! Records a request: metrics, span and log line.

use std::time::Duration;

use actix_web::Error;
use actix_web::HttpMessage;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::http::{Method, StatusCode};
use contract_runtime::server::Operations;

use super::context::RequestContext;
use crate::auth::Principal;
use crate::telemetry::metrics::{Observer, RequestOperation};
use crate::telemetry::request_scope;
use crate::telemetry::traces::{Span, TraceContext};

/// The trace context of a request (W3C Trace Context).
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The sender's trace context. A malformed or repeated header is ignored (W3C Trace Context,
/// section 4.3).
pub(super) fn traceparent(headers: &HeaderMap) -> Option<TraceContext> {
    let mut all = headers.get_all(TRACEPARENT);
    let first = all.next()?;
    match all.next() {
        None => TraceContext::parse(first.to_str().ok()?),
        Some(_) => None,
    }
}

/// Where the metrics and the span of a request are recorded.
pub(super) struct Observation<'a> {
    pub(super) observer: &'a Observer,
    pub(super) span: Option<Span>,
}

/// Counts and logs a request, and ends its span.
pub(super) fn record(
    result: &Result<ServiceResponse<BoxBody>, Error>,
    method: &Method,
    context: &RequestContext,
    took: Duration,
    observation: Option<Observation<'_>>,
) {
    let (status, caller) = match result {
        Ok(response) => {
            let extensions = response.request().extensions();
            (response.status(), extensions.get::<Principal>().cloned())
        }
        Err(error) => (error.as_response_error().status_code(), None),
    };
    if let Some(observation) = observation {
        let by = match result {
            Ok(response) => {
                let operations = response.request().app_data::<Operations>();
                RequestOperation::by(operations, method, &context.path)
            }
            Err(_) => RequestOperation::at(method, &context.path),
        };
        observation.finish(by, method, status, took, context);
    }
    tracing::info!(
        caller.id = caller.as_ref().map(Principal::as_str),
        http.method = method.as_str(),
        http.path = context.path,
        http.status = status.as_u16(),
        duration_ms = milliseconds(took),
        "request completed"
    );
}

/// In milliseconds with three decimals.
fn milliseconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 1e6).round() / 1e3
}

impl Observation<'_> {
    fn finish(
        self,
        by: RequestOperation,
        method: &Method,
        status: StatusCode,
        took: Duration,
        context: &RequestContext,
    ) {
        let requests = &self.observer.requests;
        requests.count(by, method, status, took);
        let Some(mut span) = self.span else { return };
        span.rename(match by.route() {
            Some(route) => format!("{method} {route}"),
            None => method.to_string(),
        });
        span.set("operation.id", by.name());
        if let Some(route) = by.route() {
            span.set("http.route", route);
        }
        span.set("http.request.method", method.to_string());
        span.set("url.path", context.path.clone());
        span.set("http.response.status_code", i64::from(status.as_u16()));
        span.set("request.id", context.id.to_string());
        if let Some(order) = request_scope::order() {
            span.set("order.id", order.0);
        }
        if status.is_server_error() {
            span.fail(status.to_string());
        }
    }
}
