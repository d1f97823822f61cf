//! The middleware around every request: id, limits, observation and problem documents.

use std::sync::Arc;
use std::time::Instant;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};

use super::connections::{Busy, Connection, Streamed};
use super::limits::Limits;
use super::observation::{self, Observation, traceparent};
use super::problem;
use super::request_id::{REQUEST_ID, request_id};
use crate::auth::RateLimitState;
use crate::telemetry::metrics::Observer;
use crate::telemetry::request_scope::RequestScope;
use crate::telemetry::traces::{Span, Traces};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Identifies the request after the handler has consumed it.
pub(super) struct RequestContext {
    pub(super) id: Arc<str>,
    pub(super) path: String,
}

/// The middleware.
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
        return scope.run(respond(request, next, &context, None)).await;
    };
    let _in_flight = observer.requests.begin();
    let given = traceparent(request.headers());
    let span = observer.traces.request(given);
    let trace = span.as_ref().map(Span::context).or(given);
    let observation = Observation {
        observer: &observer,
        span,
    };
    let scope = RequestScope::request(id, trace, &observer.traces).until(deadline);
    scope
        .run(respond(request, next, &context, Some(observation)))
        .await
}

async fn respond(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
    context: &RequestContext,
    observation: Option<Observation<'_>>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let method = request.method().clone();
    let _busy = request.conn_data::<Arc<Connection>>().map(Busy::new);
    let limits = request.app_data::<Data<Limits>>().cloned();
    let started = Instant::now();
    let result = match limits {
        Some(limits) => limits.apply(request, next).await,
        None => next.call(request).await,
    };
    let result = complete(result, context).await;
    observation::record(&result, &method, context, started.elapsed(), observation);
    result
}

/// Adds the problem document, the request id and the rate limit to a response.
async fn complete(
    result: Result<ServiceResponse<impl MessageBody + 'static>, Error>,
    context: &RequestContext,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = HeaderValue::from_str(&context.id).ok();
    match result {
        Ok(response) => {
            let (request, response) = response.map_into_boxed_body().into_parts();
            let mut response = problem::complete(response, context).await;
            if let Some(id) = id {
                response.headers_mut().insert(REQUEST_ID, id);
            }
            if let Some(state) = request.extensions().get::<RateLimitState>() {
                add_rate_limit(response.headers_mut(), state);
            }
            let connection = request.conn_data::<Arc<Connection>>().cloned();
            let response = match (response.body().size(), connection) {
                (BodySize::Stream, Some(connection)) => response
                    .map_body(|_, body| Streamed::new(body, connection))
                    .map_into_boxed_body(),
                _ => response,
            };
            Ok(ServiceResponse::new(request, response))
        }
        // The request is gone here, so the response is returned inside an error.
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

/// Adds the caller's rate-limit state.
fn add_rate_limit(headers: &mut HeaderMap, state: &RateLimitState) {
    for (name, value) in [
        (RATE_LIMIT_POLICY, state.policy()),
        (RATE_LIMIT, state.remaining()),
    ] {
        if let Some(value) = value {
            headers.insert(name, value);
        }
    }
}
