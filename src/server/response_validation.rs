//! Validates every response against the contract if `http.check_answers` is set.

use actix_web::body::{BodySize, BoxBody, MessageBody, to_bytes};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};
use contract_runtime::server::response;

use crate::generated::CONTRACT;

/// A response that violates the contract is logged and replaced by a 500. Responses that do not
/// belong to an operation (unknown route, time-out) are not validated.
pub async fn validate(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    match response.request().match_pattern() {
        Some(route) => validated(response, &route).await,
        None => Ok(response),
    }
}

async fn validated(
    response: ServiceResponse<BoxBody>,
    route: &str,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let (request, response) = response.into_parts();
    let (head, body) = response.into_parts();
    let (known, body) = if matches!(body.size(), BodySize::Stream) {
        (None, body)
    } else {
        let bytes = to_bytes(body).await.unwrap_or_default();
        (Some(bytes.clone()), BoxBody::new(bytes))
    };
    let is_head = request.method() == Method::HEAD;
    let method = if is_head {
        "GET"
    } else {
        request.method().as_str()
    };
    let known = known.filter(|_| !is_head);
    let violations = response::violations(
        &CONTRACT,
        method,
        route,
        head.status(),
        head.headers(),
        known.as_deref(),
    );
    if violations.is_empty() {
        return Ok(ServiceResponse::new(request, head.set_body(body)));
    }
    for violation in &violations {
        tracing::error!(
            http.method = method,
            http.route = route,
            http.status = head.status().as_u16(),
            pointer = violation.pointer,
            detail = violation.detail,
            "the response violates the contract"
        );
    }
    let response = HttpResponse::new(StatusCode::INTERNAL_SERVER_ERROR);
    Ok(ServiceResponse::new(request, response))
}
