//! Problem documents (RFC 9457) of our own answers. The server adds `instance` and `request_id`.

use crate::generated::models::{Problem, Violation};

/// Seconds after which a client may try again what the database could not do.
pub(super) const RETRY_AFTER_SECONDS: i32 = 1;

fn problem(status: i32, title: &str, code: &str, detail: Option<String>) -> Problem {
    Problem {
        r#type: "about:blank".into(),
        title: title.into(),
        status,
        code: code.into(),
        detail,
        instance: None,
        request_id: None,
        errors: None,
    }
}

pub(super) fn invalid_parameter(name: &str, detail: &str) -> Problem {
    let mut problem = problem(
        400,
        "Bad Request",
        "invalid_request",
        Some("the request does not match the contract, see errors".into()),
    );
    problem.errors = Some(vec![Violation {
        pointer: name.into(),
        detail: detail.into(),
    }]);
    problem
}

pub(super) fn idempotency_key_required() -> Problem {
    let mut problem = invalid_parameter("Idempotency-Key", "is required by this server");
    problem.code = "idempotency_key_required".into();
    problem.detail = Some("send an Idempotency-Key, and the same one when you try again".into());
    problem
}

pub(super) fn idempotency_key_reused() -> Problem {
    let detail = "this Idempotency-Key was used before, with another request";
    problem(
        422,
        "Unprocessable Content",
        "idempotency_key_reused",
        Some(detail.into()),
    )
}

pub(super) fn customer_not_allowed() -> Problem {
    problem(
        403,
        "Forbidden",
        "customer_not_allowed",
        Some("your credentials belong to another customer".into()),
    )
}

pub(super) fn order_not_found(id: i64) -> Problem {
    problem(
        404,
        "Not Found",
        "order_not_found",
        Some(format!("there is no order {id}")),
    )
}

pub(super) fn conflict(code: &str, detail: String) -> Problem {
    problem(409, "Conflict", code, Some(detail))
}

pub(super) fn version_mismatch() -> Problem {
    let detail = "the order is at another version than If-Match names";
    problem(
        412,
        "Precondition Failed",
        "version_mismatch",
        Some(detail.into()),
    )
}

pub(super) fn internal() -> Problem {
    problem(500, "Internal Server Error", "internal_error", None)
}

pub(super) fn unavailable(detail: String) -> Problem {
    problem(
        503,
        "Service Unavailable",
        "service_unavailable",
        Some(detail),
    )
}

pub(super) fn outcome_unknown(is_repeatable: bool) -> Problem {
    let next = if is_repeatable {
        "a retry of the same request makes it once"
    } else {
        "look for the order before you send it again, or use an Idempotency-Key"
    };
    problem(
        504,
        "Gateway Timeout",
        "outcome_unknown",
        Some(format!(
            "the database did not confirm in time: the change may have been made or not; {next}"
        )),
    )
}
