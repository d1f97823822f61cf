//! Problem documents (RFC 9457). The server adds `instance` and `request_id`.

use actix_web::http::StatusCode;

use crate::db::Extent;
use crate::domain::OrderId;
use crate::generated::models::{Problem, Violation};

/// Seconds after which a client may retry a request that the database could not serve.
pub(super) const RETRY_AFTER_SECONDS: i32 = 1;

/// Builds all problem documents of the contract.
pub(crate) fn problem(status: StatusCode, code: &str, detail: Option<String>) -> Problem {
    // RFC 9110 changed the reason phrase of 422.
    let title = match status {
        StatusCode::UNPROCESSABLE_ENTITY => "Unprocessable Content",
        status => status.canonical_reason().unwrap_or("Error"),
    };
    Problem {
        r#type: "about:blank".into(),
        title: title.into(),
        status: status.as_u16().into(),
        code: code.into(),
        detail,
        instance: None,
        request_id: None,
        errors: None,
    }
}

/// A violation that the schemas of the contract cannot express.
pub(super) fn invalid_parameter(name: &str, detail: &str) -> Problem {
    let mut problem = problem(
        StatusCode::BAD_REQUEST,
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
    problem.detail = Some("send an Idempotency-Key, and the same one with every retry".into());
    problem
}

pub(super) fn idempotency_key_reused() -> Problem {
    let detail = "this Idempotency-Key was used before with a different request";
    problem(
        StatusCode::UNPROCESSABLE_ENTITY,
        "idempotency_key_reused",
        Some(detail.into()),
    )
}

pub(super) fn customer_not_allowed() -> Problem {
    problem(
        StatusCode::FORBIDDEN,
        "customer_not_allowed",
        Some("your credentials belong to another customer".into()),
    )
}

pub(super) fn all_customers_required() -> Problem {
    problem(
        StatusCode::FORBIDDEN,
        "all_customers_required",
        Some("your credentials belong to a customer, and this concerns the whole service".into()),
    )
}

pub(super) fn order_not_found(id: OrderId) -> Problem {
    problem(
        StatusCode::NOT_FOUND,
        "order_not_found",
        Some(format!("there is no order {id}")),
    )
}

pub(super) fn webhook_not_found(id: i64) -> Problem {
    problem(
        StatusCode::NOT_FOUND,
        "webhook_not_found",
        Some(format!("there is no webhook endpoint {id}")),
    )
}

pub(super) fn delivery_not_found(id: i64) -> Problem {
    problem(
        StatusCode::NOT_FOUND,
        "delivery_not_found",
        Some(format!("the endpoint has no delivery {id}")),
    )
}

pub(super) fn api_key_not_found(id: i64) -> Problem {
    problem(
        StatusCode::NOT_FOUND,
        "api_key_not_found",
        Some(format!("there is no API key {id}, or it is revoked")),
    )
}

pub(super) fn conflict(code: &str, detail: String) -> Problem {
    problem(StatusCode::CONFLICT, code, Some(detail))
}

pub(super) fn version_mismatch() -> Problem {
    let detail = "the order does not have the version in If-Match";
    problem(
        StatusCode::PRECONDITION_FAILED,
        "version_mismatch",
        Some(detail.into()),
    )
}

pub(super) fn events_not_available(position: i64, extent: &Extent) -> Problem {
    let (code, detail) = if position < extent.pruned {
        let pruned = extent.pruned;
        let detail = format!("the events up to position {pruned} are no longer available");
        ("events_pruned", detail)
    } else {
        let last = extent.position;
        let detail = format!("the last event has the position {last}: the database was restored");
        ("position_unknown", detail)
    };
    let detail =
        format!("{detail}; read the orders, and go on with start=earliest or start=latest");
    problem(StatusCode::GONE, code, Some(detail))
}

pub(super) fn internal() -> Problem {
    problem(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", None)
}

pub(super) fn unavailable(detail: String) -> Problem {
    problem(
        StatusCode::SERVICE_UNAVAILABLE,
        "service_unavailable",
        Some(detail),
    )
}

pub(super) fn too_many_streams() -> Problem {
    unavailable("too many streams are open on this server; retry later, or read pages".into())
}

pub(super) fn outcome_unknown(is_repeatable: bool) -> Problem {
    let next = if is_repeatable {
        "a retry of the same request stores it at most once"
    } else {
        "check whether it was before you send the request again (with POST /orders, use an Idempotency-Key)"
    };
    problem(
        StatusCode::GATEWAY_TIMEOUT,
        "outcome_unknown",
        Some(format!(
            "the database did not confirm in time; the change may or may not have been stored; {next}"
        )),
    )
}
