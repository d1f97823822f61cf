//! The operations tagged `Orders`.

use url::form_urlencoded;

use crate::config;
use crate::db::{Created, Database, EventRepository, OrderFilter, OrderRepository, Rejection};
use crate::domain::{Actor, Caller, ChangeError, CustomerId, NewOrder, Order};
use crate::error::StoreError;
use crate::generated::models;
use crate::generated::orders::{
    CreateOrderParameters, CreateOrderResponse, DeleteOrderParameters, DeleteOrderResponse,
    GetOrderParameters, GetOrderResponse, ListOrderEventsParameters, ListOrderEventsResponse,
    ListOrdersParameters, ListOrdersResponse, OrdersApi, UpdateOrderParameters,
    UpdateOrderResponse,
};
use crate::telemetry::request_scope;

use super::cursor::Cursors;
use super::{etag, idempotency, problem};

/// Implements the operations on orders.
pub struct Orders {
    orders: OrderRepository,
    events: EventRepository,
    idempotency: config::Idempotency,
    cursors: Cursors,
}

impl Orders {
    /// Uses this database.
    pub fn new(database: &Database, idempotency: config::Idempotency, cursors: Cursors) -> Self {
        Self {
            orders: OrderRepository::new(database.clone()),
            events: EventRepository::new(database.clone()),
            idempotency,
            cursors,
        }
    }
}

impl OrdersApi for Orders {
    type Caller = Caller;

    async fn list_orders(
        &self,
        caller: Caller,
        parameters: ListOrdersParameters,
    ) -> ListOrdersResponse {
        let access = caller.access;
        let cursor = parameters.cursor.as_deref();
        let before = cursor.map(|cursor| self.cursors.decode(cursor, access));
        if before == Some(None) {
            let detail = "is not a cursor of this server; use the one in the Link header";
            return ListOrdersResponse::BadRequest(problem::invalid_parameter("cursor", detail));
        }
        let filter = OrderFilter {
            statuses: parameters.status.clone().unwrap_or_default(),
            customer_id: parameters.customer_id.map(CustomerId),
            access,
        };
        let limit = parameters.limit;
        let page = self
            .orders
            .list(&filter, before.flatten(), with_next(limit));
        match page.await {
            Err(error) => error.into(),
            Ok(mut page) => ListOrdersResponse::Ok {
                link: cut(&mut page, limit)
                    .map(|last| next_link(&parameters, &self.cursors.encode(last.id, access))),
                body: page.into_iter().map(Into::into).collect(),
            },
        }
    }

    async fn create_order(
        &self,
        caller: Caller,
        parameters: CreateOrderParameters,
        body: models::CreateOrderRequest,
    ) -> CreateOrderResponse {
        use CreateOrderResponse as Response;
        let new: NewOrder = body.into();
        if !caller.access.includes(new.customer_id) {
            return Response::Forbidden(problem::customer_not_allowed());
        }
        let header = parameters.idempotency_key.as_deref();
        if header.is_none() && self.idempotency.required {
            return Response::BadRequest(problem::idempotency_key_required());
        }
        let lifetime = self.idempotency.lifetime;
        let key = header.map(|header| idempotency::key(header, &caller, &new, lifetime));
        let created = |order: Order, replayed: Option<bool>| {
            request_scope::set_order(order.id);
            Response::Created {
                location: format!("/orders/{}", order.id),
                etag: etag::of(order.version),
                idempotent_replayed: replayed,
                body: order.into(),
            }
        };
        match self.orders.create(&new, key.as_ref()).await {
            Ok(Created::New(order)) => created(order, None),
            Ok(Created::Replayed(order)) => created(order, Some(true)),
            Ok(Created::KeyReused) => {
                Response::UnprocessableContent(problem::idempotency_key_reused())
            }
            Err(error) => write_failed(error, key.is_some()),
        }
    }

    async fn get_order(&self, caller: Caller, parameters: GetOrderParameters) -> GetOrderResponse {
        request_scope::set_order(parameters.id);
        match self.orders.get(parameters.id, caller.access).await {
            Err(error) => error.into(),
            Ok(None) => GetOrderResponse::NotFound(problem::order_not_found(parameters.id)),
            Ok(Some(order)) => {
                let known = parameters.if_none_match.as_deref();
                let etag = etag::of(order.version);
                if known.is_some_and(|header| etag::matches(header, order.version)) {
                    GetOrderResponse::NotModified { etag }
                } else {
                    GetOrderResponse::Ok {
                        body: order.into(),
                        etag,
                    }
                }
            }
        }
    }

    async fn update_order(
        &self,
        caller: Caller,
        parameters: UpdateOrderParameters,
        body: models::UpdateOrderRequest,
    ) -> UpdateOrderResponse {
        use UpdateOrderResponse as Response;
        request_scope::set_order(parameters.id);
        let precondition = etag::precondition(parameters.if_match.as_deref());
        match self
            .orders
            .change(
                parameters.id,
                caller.access,
                &precondition,
                &body.into(),
                Actor::Client,
                None,
            )
            .await
        {
            Ok(order) => Response::Ok {
                etag: etag::of(order.version),
                body: order.into(),
            },
            Err(Rejection::NotFound) => Response::NotFound(problem::order_not_found(parameters.id)),
            Err(Rejection::VersionMismatch) => {
                Response::PreconditionFailed(problem::version_mismatch())
            }
            Err(Rejection::Change(error)) => {
                let code = match error {
                    ChangeError::TransitionNotAllowed { .. } => "transition_not_allowed",
                    ChangeError::AmountIsSettled { .. } => "amount_is_settled",
                };
                Response::Conflict(problem::conflict(code, error.to_string()))
            }
            Err(Rejection::Store(error)) => write_failed(error, true),
        }
    }

    async fn delete_order(
        &self,
        caller: Caller,
        parameters: DeleteOrderParameters,
    ) -> DeleteOrderResponse {
        use DeleteOrderResponse as Response;
        request_scope::set_order(parameters.id);
        let precondition = etag::precondition(parameters.if_match.as_deref());
        let deleted = self
            .orders
            .delete(parameters.id, caller.access, &precondition)
            .await;
        match deleted {
            Ok(()) => Response::NoContent,
            Err(Rejection::NotFound) => Response::NotFound(problem::order_not_found(parameters.id)),
            Err(Rejection::VersionMismatch) => {
                Response::PreconditionFailed(problem::version_mismatch())
            }
            Err(Rejection::Change(error)) => {
                tracing::error!(error = %error, "an order's status must never prevent its deletion");
                Response::InternalServerError(problem::internal())
            }
            Err(Rejection::Store(error)) => write_failed(error, true),
        }
    }

    async fn list_order_events(
        &self,
        caller: Caller,
        parameters: ListOrderEventsParameters,
    ) -> ListOrderEventsResponse {
        request_scope::set_order(parameters.id);
        let ListOrderEventsParameters { id, limit, after } = parameters;
        let size = usize::try_from(limit).unwrap_or(usize::MAX);
        match self.events.page(id, caller.access, after, size).await {
            Err(error) => error.into(),
            Ok(None) => ListOrderEventsResponse::NotFound(problem::order_not_found(id)),
            Ok(Some(page)) => ListOrderEventsResponse::Ok {
                link: page.events.last().filter(|_| page.has_next).map(|last| {
                    let after = last.sequence;
                    format!("</orders/{id}/events?limit={limit}&after={after}>; rel=\"next\"")
                }),
                body: page.events,
            },
        }
    }
}

/// The number of rows to read for a page: one extra row shows whether there is a next page.
fn with_next(limit: i32) -> i64 {
    i64::from(limit) + 1
}

/// Truncates the rows to the page. Returns the last row of the page if there is a next page.
fn cut<T>(rows: &mut Vec<T>, limit: i32) -> Option<&T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_next = rows.len() > limit;
    rows.truncate(limit);
    rows.last().filter(|_| has_next)
}

/// The `Link` to the next page (RFC 8288), with the same filters.
fn next_link(parameters: &ListOrdersParameters, cursor: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("limit", &parameters.limit.to_string());
    for status in parameters.status.iter().flatten() {
        query.append_pair("status", status.as_str());
    }
    if let Some(customer_id) = parameters.customer_id {
        query.append_pair("customer_id", &customer_id.to_string());
    }
    query.append_pair("cursor", cursor);
    format!("</orders?{}>; rel=\"next\"", query.finish())
}

/// The responses of an operation to a failure of the database. The cause is logged once, here, and
/// is not part of the response.
macro_rules! store_error_responses {
    ($($response:ident),*) => {$(
        impl From<StoreError> for $response {
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
    (writes: $($response:ident),*) => {$(
        impl Write for $response {
            fn outcome_unknown(body: models::Problem, retry_after: Option<i32>) -> Self {
                Self::GatewayTimeout { body, retry_after }
            }
        }
        store_error_responses!($response);
    )*};
}

store_error_responses!(
    GetOrderResponse,
    ListOrderEventsResponse,
    ListOrdersResponse
);
store_error_responses!(writes: CreateOrderResponse, DeleteOrderResponse, UpdateOrderResponse);

/// The response of an operation that writes.
trait Write: From<StoreError> {
    fn outcome_unknown(body: models::Problem, retry_after: Option<i32>) -> Self;
}

/// The response to a failed write. `Retry-After` encourages a retry, so it is only set if a
/// repeated request has no further effect.
fn write_failed<R: Write>(error: StoreError, is_repeatable: bool) -> R {
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
