//! CORS: which other origins may call the API from a browser (none by default).

use actix_cors::Cors;
use actix_web::http::Method;
use actix_web::middleware::Condition;

use crate::config;

/// Request headers that are allowed in addition to the safelisted ones.
const REQUEST_HEADERS: [&str; 10] = [
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "last-event-id",
    "traceparent",
    "x-api-key",
    "x-request-id",
];

/// Response headers that are exposed in addition to the safelisted ones.
const RESPONSE_HEADERS: [&str; 9] = [
    "etag",
    "events-position",
    "idempotent-replayed",
    "link",
    "location",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "x-request-id",
];

/// How long a browser may cache a preflight response, in seconds.
const MAX_AGE: usize = 3600;

/// The middleware. It does not allow cookies: callers authenticate with headers.
pub(super) fn middleware(settings: &config::Cors) -> Condition<Cors> {
    let mut cors = Cors::default()
        .allowed_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::DELETE,
        ])
        .allowed_headers(REQUEST_HEADERS)
        .expose_headers(RESPONSE_HEADERS)
        .max_age(MAX_AGE);
    for origin in &settings.allowed_origins {
        cors = cors.allowed_origin(origin);
    }
    Condition::new(!settings.allowed_origins.is_empty(), cors)
}
