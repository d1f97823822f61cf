//! What surrounds every request: its id, its time limit, and the one log line about it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};
use uuid::Uuid;

use super::connections::{Busy, Connection};
use super::problem;
use crate::auth::{Left, Principal};
use crate::generated::support::{Operations, Rejection};
use crate::telemetry::metrics::{Observer, RequestOperation};
use crate::telemetry::request_scope::{self, RequestScope};
use crate::telemetry::traces::{Span, TraceContext, Traces};

/// Ties an answer, its log lines and a support case together.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// Where in a trace a request stands (W3C Trace Context).
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The longest request id that is taken over from a client, in bytes.
const REQUEST_ID_LIMIT: usize = 128;

/// The longest path with its query that is looked at, in bytes. The contract's longest is far below.
const URI_LIMIT: usize = 8 * 1024;

/// Seconds after which a request that was one too many may come again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// What an orchestrator asks: it has to be told most of all while there is too much to do.
const HEALTH: [&str; 2] = ["/healthz", "/readyz"];

/// Limits of a single request.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How long a request may take, its arrival included.
    pub request_timeout: Duration,
    /// The requests of all threads.
    pub in_flight: InFlight,
}

impl Limits {
    /// By when whatever a request that begins now asks of the database has to be answered, so that a
    /// tenth of its time, and half a second at most, is left to answer it.
    fn deadline(&self) -> tokio::time::Instant {
        let reserve = (self.request_timeout / 10).min(Duration::from_millis(500));
        tokio::time::Instant::now() + self.request_timeout - reserve
    }
}

/// Counts the requests that are worked on. Clones count together.
#[derive(Debug, Clone)]
pub struct InFlight {
    count: Arc<AtomicUsize>,
    most: usize,
}

impl InFlight {
    /// So many, and no more.
    pub fn at_most(most: usize) -> Self {
        Self {
            count: Arc::default(),
            most,
        }
    }

    /// A place among them, until it is dropped; `None` when there is none.
    fn enter(&self) -> Option<Place<'_>> {
        // Taken first and looked at afterwards, so that two never get the last one.
        let before = self.count.fetch_add(1, Ordering::Relaxed);
        let place = Place(&self.count);
        (before < self.most).then_some(place)
    }
}

struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
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
    let deadline = request
        .app_data::<Data<Limits>>()
        .map(|limits| limits.deadline());
    let observer = request.app_data::<Data<Observer>>().cloned();
    let Some(observer) = observer else {
        let scope = RequestScope::request(id, None, &Traces::default()).until(deadline);
        return scope.run(answer(request, next, &context, None)).await;
    };
    let _in_flight = observer.requests.begin();
    let given = traceparent(request.headers());
    let span = observer.traces.request(given);
    let trace = span.as_ref().map(Span::context).or(given);
    let observed = Observed {
        observer: &observer,
        span,
    };
    let scope = RequestScope::request(id, trace, &observer.traces).until(deadline);
    scope
        .run(answer(request, next, &context, Some(observed)))
        .await
}

/// Who is told of a request.
struct Observed<'a> {
    observer: &'a Observer,
    span: Option<Span>,
}

impl Observed<'_> {
    fn told(
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
    let _busy = request.conn_data::<Arc<Connection>>().map(Busy::new);
    let limits = request.app_data::<Data<Limits>>().cloned();
    let started = Instant::now();
    let answered = match limits {
        Some(limits) => within(&limits, request, next).await,
        None => next.call(request).await,
    };
    let answer = finish(answered, context).await;
    let took = started.elapsed();
    let (status, caller) = match &answer {
        Ok(response) => {
            let extensions = response.request().extensions();
            (response.status(), extensions.get::<Principal>().cloned())
        }
        Err(error) => (error.as_response_error().status_code(), None),
    };
    if let Some(observed) = observed {
        let by = match &answer {
            Ok(response) => {
                let operations = response.request().app_data::<Operations>();
                RequestOperation::by(operations, &method, &context.path)
            }
            Err(_) => RequestOperation::at(&method, &context.path),
        };
        observed.told(by, &method, status, took, context);
    }
    tracing::info!(
        caller.id = caller.as_ref().map(Principal::as_str),
        http.method = method.as_str(),
        http.path = context.path,
        http.status = status.as_u16(),
        duration_ms = milliseconds(took),
        "answered"
    );
    answer
}

/// With the microseconds, and no more, behind the point.
fn milliseconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 1e6).round() / 1e3
}

async fn within<B: MessageBody + 'static>(
    limits: &Limits,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let asked = request.uri().path_and_query();
    if asked.is_some_and(|asked| asked.as_str().len() > URI_LIMIT) {
        return Err(too_long());
    }
    let place = limits.in_flight.enter();
    if place.is_none() && !HEALTH.contains(&request.path()) {
        return Err(too_many());
    }
    tokio::time::timeout(limits.request_timeout, next.call(request))
        .await
        .unwrap_or_else(|_| Err(timed_out()))
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
            if let Some(left) = request.extensions().get::<Left>() {
                tell_left(response.headers_mut(), left);
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

/// What the caller may still send.
fn tell_left(headers: &mut HeaderMap, left: &Left) {
    for (name, value) in [
        (RATE_LIMIT_POLICY, left.policy()),
        (RATE_LIMIT, left.rest()),
    ] {
        if let Some(value) = value {
            headers.insert(name, value);
        }
    }
}

fn too_long() -> Error {
    Rejection::new(
        StatusCode::URI_TOO_LONG,
        "uri_too_long",
        "the path and its query are longer than anything here takes",
    )
    .into()
}

/// Told at once, and cheaply: a queue that only grows serves nobody in time.
fn too_many() -> Error {
    let rejection: Error = Rejection::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "service_unavailable",
        "too many requests are being worked on, try again",
    )
    .into();
    let mut response = rejection.as_response_error().error_response();
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, RETRY_AFTER);
    InternalError::from_response(rejection, response).into()
}

/// What a request does in the database ends before its deadline, so what is late is the client.
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
