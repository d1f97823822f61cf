//! What surrounds every request: its id, its time limit, and the one log line about it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use uuid::Uuid;

use super::problem;
use crate::generated::support::{Operations, Rejection};
use crate::telemetry::metrics::{Answered, Observer};
use crate::telemetry::traces::{Span, TraceContext, Traces};
use crate::telemetry::work::{self, Work};

/// Ties an answer, its log lines and a support case together.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Where in a trace a request stands (W3C Trace Context).
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The longest request id that is taken over from a client, in bytes.
const REQUEST_ID_LIMIT: usize = 128;

/// Limits of a single request.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long a request may take, its arrival included.
    pub request_timeout: Duration,
    /// Whether every answer is compared with the contract.
    pub check_answers: bool,
}

/// Which request this is about, kept apart from the request, which the handler consumes.
pub(super) struct RequestContext {
    pub(super) id: Arc<str>,
    pub(super) path: String,
}

/// The outermost middleware.
///
/// # Errors
/// Those of the request, completed.
pub async fn around(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = request_id(request.headers());
    let context = RequestContext {
        id: id.clone(),
        path: request.path().to_owned(),
    };
    let observer = request.app_data::<Data<Observer>>().cloned();
    let Some(observer) = observer else {
        let work = Work::request(id, None, &Traces::default());
        return work::scope(work, answer(request, next, &context, None)).await;
    };
    let _in_flight = observer.requests.begin();
    let given = traceparent(request.headers());
    let span = observer.traces.request(given);
    let trace = span.as_ref().map(Span::context).or(given);
    let observed = Observed {
        observer: &observer,
        span,
    };
    let work = Work::request(id, trace, &observer.traces);
    work::scope(work, answer(request, next, &context, Some(observed))).await
}

/// Who is told of a request.
struct Observed<'a> {
    observer: &'a Observer,
    span: Option<Span>,
}

impl Observed<'_> {
    fn told(
        self,
        by: Answered,
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
        if let Some(order) = work::order() {
            span.set("order.id", order);
        }
        if status.is_server_error() {
            span.fail(status.to_string());
        }
    }
}

/// Where in a trace the sender stands. What is malformed is ignored (W3C Trace Context, section 4.3),
/// and so is what is said twice.
fn traceparent(headers: &HeaderMap) -> Option<TraceContext> {
    let mut all = headers.get_all(TRACEPARENT);
    let first = all.next()?;
    match all.next() {
        None => TraceContext::parse(first.to_str().ok()?),
        Some(_) => None,
    }
}

async fn answer(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
    context: &RequestContext,
    observed: Option<Observed<'_>>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let method = request.method().clone();
    let limit = request
        .app_data::<Data<Limits>>()
        .map(|limits| limits.request_timeout);
    let started = Instant::now();
    let answered = match limit {
        Some(limit) => tokio::time::timeout(limit, next.call(request))
            .await
            .unwrap_or_else(|_| Err(timed_out())),
        None => next.call(request).await,
    };
    let answer = finish(answered, context).await;
    let took = started.elapsed();
    let status = match &answer {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    if let Some(observed) = observed {
        let by = match &answer {
            Ok(response) => {
                let operations = response.request().app_data::<Operations>();
                Answered::by(operations, &method, &context.path)
            }
            Err(_) => Answered::at(&method, &context.path),
        };
        observed.told(by, &method, status, took, context);
    }
    tracing::info!(
        http.method = method.as_str(),
        http.path = context.path,
        http.status = status.as_u16(),
        duration_ms = took.as_secs_f64() * 1000.0,
        "answered"
    );
    answer
}

async fn finish(
    answered: Result<ServiceResponse<impl MessageBody + 'static>, Error>,
    context: &RequestContext,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = HeaderValue::from_str(&context.id).ok();
    match answered {
        Ok(response) => {
            let (request, response) = response.map_into_boxed_body().into_parts();
            let mut response = problem::complete(response, context).await;
            if let Some(id) = id {
                response.headers_mut().insert(REQUEST_ID, id);
            }
            Ok(ServiceResponse::new(request, response))
        }
        // Nothing is left of the request then, so the answer travels as an error.
        Err(error) => {
            let response = error.as_response_error().error_response();
            let mut response = problem::complete(response, context).await;
            if let Some(id) = id {
                response.headers_mut().insert(REQUEST_ID, id);
            }
            Err(InternalError::from_response(error, response).into())
        }
    }
}

/// Statements have a shorter limit of their own, so that what is left to be slow is the client.
fn timed_out() -> Error {
    Rejection::new(
        StatusCode::REQUEST_TIMEOUT,
        "request_timeout",
        "the request took too long to arrive",
    )
    .into()
}

/// The client's own id where it is fit for a header and a log; else a new one.
fn request_id(headers: &HeaderMap) -> Arc<str> {
    let given = headers
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok());
    let fit = |id: &&str| {
        (1..=REQUEST_ID_LIMIT).contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
    };
    given.filter(fit).map_or_else(new_request_id, Arc::from)
}

fn new_request_id() -> Arc<str> {
    let mut text = Uuid::encode_buffer();
    Arc::from(&*Uuid::now_v7().hyphenated().encode_lower(&mut text))
}
