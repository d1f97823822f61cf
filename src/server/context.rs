//! What surrounds every request: its id, its time limit, and the one log line about it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};
use uuid::Uuid;

use super::problem;
use crate::auth::{Left, Principal};
use crate::generated::support::Rejection;
use crate::telemetry;

/// Ties an answer, its log lines and a support case together.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

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
    telemetry::request::scope(id, answer(request, next, &context)).await
}

async fn answer(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
    context: &RequestContext,
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
    let (status, caller) = match &answer {
        Ok(response) => {
            let extensions = response.request().extensions();
            (response.status(), extensions.get::<Principal>().cloned())
        }
        Err(error) => (error.as_response_error().status_code(), None),
    };
    tracing::info!(
        caller.id = caller.as_ref().map(Principal::as_str),
        http.method = method.as_str(),
        http.path = context.path,
        http.status = status.as_u16(),
        duration_ms = started.elapsed().as_secs_f64() * 1000.0,
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
            if let Some(left) = request.extensions().get::<Left>() {
                tell_left(response.headers_mut(), *left);
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

/// What the caller may still send (draft-ietf-httpapi-ratelimit-headers-10).
fn tell_left(headers: &mut HeaderMap, left: Left) {
    let policy = format!("\"caller\";q={};w={}", left.burst, left.window);
    let rest = format!("\"caller\";r={};t={}", left.requests, left.reset);
    for (name, value) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, rest)] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
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
