//! Rejections: requests that violate the contract.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;

use crate::Violation;

/// Why a request was rejected before it reached the implementation.
#[derive(Debug)]
pub struct Rejection {
    /// The status of the response.
    pub status: StatusCode,
    /// A stable name, for programs.
    pub code: &'static str,
    /// What happened, for people.
    pub detail: String,
    /// Every violation that was found.
    pub errors: Vec<Violation>,
    /// How a client may authenticate: the values of `WWW-Authenticate` (RFC 9110, section 11.6.1).
    pub challenges: Vec<String>,
    /// Seconds until the client may retry (RFC 9110, section 10.2.3).
    pub retry_after: Option<u64>,
}

impl Rejection {
    /// A rejection without a list of violations.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            challenges: Vec::new(),
            retry_after: None,
        }
    }

    /// The client did not authenticate.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    }

    /// The client is authenticated, but not permitted to do this.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code, self.detail)
    }
}

impl ResponseError for Rejection {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    /// An RFC 9457 problem document.
    fn error_response(&self) -> HttpResponse {
        let mut problem = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "code": self.code,
            "detail": self.detail,
        });
        if !self.errors.is_empty() {
            problem["errors"] = json!(self.errors);
        }
        let mut response = HttpResponse::build(self.status);
        for challenge in &self.challenges {
            response.append_header((WWW_AUTHENTICATE, challenge.as_str()));
        }
        if let Some(seconds) = self.retry_after {
            response.append_header((RETRY_AFTER, seconds));
        }
        response
            .content_type("application/problem+json")
            .body(problem.to_string())
    }
}
