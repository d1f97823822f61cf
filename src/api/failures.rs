//! The responses of the operations to failures of the database, and to changes that it rejected.

use super::problem;
use crate::db::Rejection;
use crate::domain::{ChangeError, OrderId, RequestError};
use crate::error::StoreError;
use crate::generated::administration::{
    CreateApiKeyFailure, GetAttentionReportFailure, GetStatisticsFailure, ListApiKeysFailure,
    RevokeApiKeyFailure, RotateApiKeyFailure,
};
use crate::generated::events::ListEventsFailure;
use crate::generated::models;
use crate::generated::orders::{
    CancelOrderFailure, CreateOrderFailure, DecideOrderFailure, DeleteOrderFailure,
    GetOrderFailure, GetOrderProcessingFailure, ListOrderDeliveriesFailure, ListOrderEventsFailure,
    ListOrdersFailure, RetryOrderFailure, UpdateOrderFailure,
};
use crate::generated::webhook_endpoints::{
    CreateWebhookFailure, DeleteWebhookFailure, GetWebhookFailure, ListWebhookDeliveriesFailure,
    ListWebhooksFailure, ReplayWebhookFailure, RetryWebhookDeliveryFailure,
    RotateWebhookSecretFailure, TestWebhookFailure, UpdateWebhookFailure,
};

/// The response of an operation to a failure of the database. The cause is logged once, here, and
/// is not part of the response.
macro_rules! store_error_responses {
    ($($failure:ident),*) => {$(
        impl From<StoreError> for $failure {
            fn from(error: StoreError) -> Self {
                match error {
                    StoreError::Unavailable(_)
                    | StoreError::Locked(_)
                    | StoreError::StaleStatement(_)
                    | StoreError::OutcomeUnknown(_) => {
                        tracing::warn!(error = %error, "the database is not available");
                        Self::ServiceUnavailable {
                            body: problem::unavailable(
                                "the database is not available; nothing was changed, retry later".into(),
                            ),
                            retry_after: problem::RETRY_AFTER_SECONDS,
                        }
                    }
                    StoreError::ConstraintViolation(_)
                    | StoreError::Corrupt(_)
                    | StoreError::Unexpected(_)
                    | StoreError::Misconfigured(_) => {
                        tracing::error!(error = %error, "the database rejected the statement");
                        Self::InternalServerError(problem::internal())
                    }
                }
            }
        }
    )*};
    (writes: $($failure:ident),*) => {$(
        impl Write for $failure {
            fn outcome_unknown(body: models::Problem, retry_after: Option<i32>) -> Self {
                Self::GatewayTimeout { body, retry_after }
            }
        }
        store_error_responses!($failure);
    )*};
}

store_error_responses!(
    GetAttentionReportFailure,
    GetOrderFailure,
    GetOrderProcessingFailure,
    GetStatisticsFailure,
    GetWebhookFailure,
    ListApiKeysFailure,
    ListEventsFailure,
    ListOrderDeliveriesFailure,
    ListOrderEventsFailure,
    ListOrdersFailure,
    ListWebhookDeliveriesFailure,
    ListWebhooksFailure,
    TestWebhookFailure
);
store_error_responses!(
    writes: CancelOrderFailure, CreateApiKeyFailure, RevokeApiKeyFailure, RotateApiKeyFailure,
    CreateOrderFailure, DecideOrderFailure, DeleteOrderFailure,
    RetryOrderFailure, UpdateOrderFailure, CreateWebhookFailure, DeleteWebhookFailure,
    ReplayWebhookFailure, RetryWebhookDeliveryFailure, RotateWebhookSecretFailure,
    UpdateWebhookFailure
);

/// The response of an operation that changes an order.
pub(super) trait Change: Write {
    fn not_found(problem: models::Problem) -> Self;
    fn conflict(problem: models::Problem) -> Self;
    fn precondition_failed(problem: models::Problem) -> Self;
}

macro_rules! changes {
    ($($failure:ident),*) => {$(
        impl Change for $failure {
            fn not_found(problem: models::Problem) -> Self {
                Self::NotFound(problem)
            }

            fn conflict(problem: models::Problem) -> Self {
                Self::Conflict(problem)
            }

            fn precondition_failed(problem: models::Problem) -> Self {
                Self::PreconditionFailed(problem)
            }
        }
    )*};
}

changes!(
    CancelOrderFailure,
    DecideOrderFailure,
    DeleteOrderFailure,
    RetryOrderFailure,
    UpdateOrderFailure
);

/// The response to a change that was rejected.
pub(super) fn failed<F: Change>(rejection: Rejection, id: OrderId) -> F {
    let (code, detail) = match rejection {
        Rejection::NotFound => return F::not_found(problem::order_not_found(id)),
        Rejection::VersionMismatch => return F::precondition_failed(problem::version_mismatch()),
        Rejection::Store(error) => return write_failed(error, true),
        Rejection::Change(error) => (change_code(error), error.to_string()),
        Rejection::Request(error) => (request_code(error), error.to_string()),
    };
    F::conflict(problem::conflict(code, detail))
}

/// The response of an operation that writes.
pub(super) trait Write: From<StoreError> {
    fn outcome_unknown(body: models::Problem, retry_after: Option<i32>) -> Self;
}

/// The response to a failed write. `Retry-After` encourages a retry, so it is only set if a
/// repeated request has no further effect.
pub(super) fn write_failed<R: Write>(error: StoreError, is_repeatable: bool) -> R {
    if let StoreError::OutcomeUnknown(cause) = &error {
        tracing::warn!(
            error = cause,
            "the database did not confirm a change in time"
        );
        let retry_after = is_repeatable.then_some(problem::RETRY_AFTER_SECONDS);
        return R::outcome_unknown(problem::outcome_unknown(is_repeatable), retry_after);
    }
    error.into()
}

fn change_code(error: ChangeError) -> &'static str {
    match error {
        ChangeError::TransitionNotAllowed { .. } => "transition_not_allowed",
        ChangeError::AmountIsSettled { .. } => "amount_is_settled",
        ChangeError::HasItems => "order_has_items",
        ChangeError::InProgress => "order_in_progress",
    }
}

fn request_code(error: RequestError) -> &'static str {
    match error {
        RequestError::NothingAsked => "nothing_asked",
        RequestError::Dispatched => "order_dispatched",
        RequestError::Ended(_) => "order_ended",
        RequestError::NothingToRetry => "nothing_to_retry",
    }
}
