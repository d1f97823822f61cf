//! Makes every error response a complete problem document (RFC 9457).

use actix_web::HttpResponse;
use actix_web::body::{BoxBody, to_bytes};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use contract_runtime::json::to_value;
use contract_runtime::server::Rejection;
use serde_json::{Map, Value, json};

use super::context::RequestContext;
use crate::api;

const MEDIA_TYPE: &str = "application/problem+json";

/// The response for a path that is not in the contract.
pub(super) async fn unknown_route() -> Result<HttpResponse, Rejection> {
    Err(Rejection::new(
        StatusCode::NOT_FOUND,
        "route_not_found",
        "this path does not exist; GET /docs lists the paths",
    ))
}

/// Adds `instance` and `request_id` to a problem, and replaces the framework's own errors with
/// problem documents.
pub(super) async fn complete(
    response: HttpResponse<BoxBody>,
    context: &RequestContext,
) -> HttpResponse<BoxBody> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let cause = response.error().map(ToString::to_string);
    let is_problem = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(MEDIA_TYPE.as_bytes()));
    let (mut head, body) = response.into_parts();
    let body = if is_problem {
        to_bytes(body).await.ok()
    } else {
        None
    };
    let mut problem: Map<String, Value> = body
        .and_then(|body| serde_json::from_slice(&body).ok())
        .unwrap_or_else(|| framework_problem(status, cause));
    problem.insert("instance".into(), json!(context.path));
    problem.insert("request_id".into(), json!(&*context.id));
    let headers = head.headers_mut();
    headers.remove(CONTENT_LENGTH);
    headers.remove(CONTENT_ENCODING);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    head.set_body(BoxBody::new(Value::Object(problem).to_string()))
}

fn framework_problem(status: StatusCode, cause: Option<String>) -> Map<String, Value> {
    let code = match status.as_u16() {
        400 => "bad_request",
        404 => "route_not_found",
        405 => "method_not_allowed",
        408 => "request_timeout",
        413 => "payload_too_large",
        414 => "uri_too_long",
        415 => "unsupported_media_type",
        431 => "header_too_large",
        503 => "service_unavailable",
        _ if status.is_server_error() => "internal_error",
        _ => "request_refused",
    };
    // The cause of a server error is only logged, with the request's id.
    let detail = cause.filter(|cause| {
        if status.is_server_error() {
            tracing::error!(error = cause, "the request failed");
        }
        !status.is_server_error()
    });
    match to_value(&api::problem::problem(status, code, detail)) {
        Value::Object(problem) => problem,
        _ => Map::new(),
    }
}
