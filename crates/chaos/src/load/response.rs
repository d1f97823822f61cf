//! Responses, and what the contract allows them to be.

use reqwest::Method;
use serde_json::Value;

/// A response of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub body: String,
    /// Whether it had a `Retry-After`.
    pub retry_after: bool,
}

/// What a client knows about an order that it sent once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The order is stored with this id.
    Accepted(i64),
    /// Rejected with this status: nothing is stored.
    Rejected(u16),
    /// Unknown for this reason: the order may be stored.
    Unknown(&'static str),
}

impl Response {
    /// Whether the client should retry.
    pub fn is_retryable(&self) -> bool {
        matches!(self.status, 401 | 403 | 408 | 429 | 500..)
    }

    /// What a client without a key learns from it.
    pub fn outcome(&self) -> Outcome {
        match self.status {
            201 => match self.id() {
                Some(id) => Outcome::Accepted(id),
                None => Outcome::Unknown("a 201 without an id"),
            },
            status @ 400..500 => Outcome::Rejected(status),
            503 if self.code() == "service_unavailable" => Outcome::Rejected(503),
            504 => Outcome::Unknown("504"),
            500 => Outcome::Unknown("500"),
            _ => Outcome::Unknown("another status"),
        }
    }

    /// The id of the order in the body.
    pub fn id(&self) -> Option<i64> {
        self.json()["id"].as_i64()
    }

    /// The violation in this response regardless of the request, as the report names it. A
    /// `repeatable` request has no further effect when it is repeated.
    pub fn violation(&self, method: &Method, repeatable: bool) -> Option<&'static str> {
        match self.status {
            500 => Some("response 500"),
            // Every client here has a valid key and no rate limit.
            401 | 403 => Some("valid credentials were rejected"),
            429 => Some("valid credentials got 429"),
            503 if self.code() != "service_unavailable" => Some("a 503 with another code"),
            504 if self.code() != "outcome_unknown" => Some("a 504 with another code"),
            504 if method == Method::GET => Some("a 504 for a GET"),
            504 if self.retry_after && !repeatable => Some("a 504 whose Retry-After is not safe"),
            504 if !self.retry_after && repeatable => Some("a 504 without Retry-After"),
            501..=502 | 505.. => Some("a status that is not in the contract"),
            _ => None,
        }
    }

    fn code(&self) -> String {
        let code = self.json()["code"].as_str().map(str::to_owned);
        code.unwrap_or_default()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, body: &str) -> Response {
        Response {
            status,
            body: body.into(),
            retry_after: false,
        }
    }

    fn problem(status: u16, code: &str) -> Response {
        response(status, &format!(r#"{{"code":"{code}"}}"#))
    }

    #[test]
    fn the_outcome_follows_from_status_and_code() {
        let accepted = response(201, r#"{"id":7}"#);
        assert_eq!(accepted.outcome(), Outcome::Accepted(7));
        let unknown = |response: Response| matches!(response.outcome(), Outcome::Unknown(_));
        assert!(unknown(response(201, "{}")));
        assert!(unknown(problem(504, "outcome_unknown")));
        assert!(unknown(problem(500, "internal_error")));
        assert!(unknown(problem(503, "another")));
        assert!(unknown(response(502, "")));
        for (status, code) in [
            (408, "request_timeout"),
            (429, "rate_limited"),
            (503, "service_unavailable"),
        ] {
            let rejected = problem(status, code).outcome();
            assert_eq!(rejected, Outcome::Rejected(status));
        }
    }

    #[test]
    fn violations_are_found_for_any_request() {
        let fault = |response: &Response, keyed| response.violation(&Method::POST, keyed);
        for good in [
            response(201, "{}"),
            response(404, "{}"),
            response(408, "{}"),
            problem(503, "service_unavailable"),
        ] {
            assert_eq!(fault(&good, true), None, "{good:?}");
        }
        for bad in [
            problem(500, "internal_error"),
            problem(401, "unauthorized"),
            problem(429, "rate_limited"),
            problem(503, "another"),
            problem(504, "gateway_timeout"),
            response(502, ""),
        ] {
            assert!(fault(&bad, false).is_some(), "{bad:?}");
        }
    }

    #[test]
    fn retry_after_comes_with_a_504_only_when_a_retry_is_safe() {
        let mut unknown = problem(504, "outcome_unknown");
        assert_eq!(unknown.violation(&Method::POST, false), None);
        assert!(unknown.violation(&Method::POST, true).is_some());
        unknown.retry_after = true;
        assert_eq!(unknown.violation(&Method::POST, true), None);
        assert_eq!(unknown.violation(&Method::PUT, true), None);
        assert!(unknown.violation(&Method::POST, false).is_some());
        assert!(unknown.violation(&Method::GET, true).is_some());
    }
}
