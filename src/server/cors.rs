//! Which pages of other origins may call the API from a browser: none, unless the settings name them.

use actix_cors::Cors;
use actix_web::http::Method;
use actix_web::middleware::Condition;

use crate::config;

/// What a page may send beside what every page may.
const REQUEST_HEADERS: [&str; 9] = [
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "traceparent",
    "x-api-key",
    "x-request-id",
];

/// What a page may read beside what every page may.
const ANSWER_HEADERS: [&str; 8] = [
    "etag",
    "idempotent-replayed",
    "link",
    "location",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "x-request-id",
];

/// For how long a browser may remember what it was allowed, in seconds.
const MAX_AGE: usize = 3600;

/// The middleware. It lets no cookies through: callers are known by their headers.
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
        .expose_headers(ANSWER_HEADERS)
        .max_age(MAX_AGE);
    for origin in &settings.allowed_origins {
        cors = cors.allowed_origin(origin);
    }
    Condition::new(!settings.allowed_origins.is_empty(), cors)
}
