//! The operations tagged `Orders`.

use url::form_urlencoded;

use crate::config;
use crate::db::{Created, Database, EventRepository, OrderFilter, OrderRepository, Rejection};
use crate::domain::{Actor, Caller, ChangeError, CustomerId, NewOrder};
use crate::error::StoreError;
use crate::generated::models;
use crate::generated::orders::{
    CreateOrderFailure, CreateOrderParameters, CreateOrderSuccess, DeleteOrderFailure,
    DeleteOrderParameters, DeleteOrderSuccess, GetOrderFailure, GetOrderParameters,
    GetOrderSuccess, ListOrderEventsFailure, ListOrderEventsParameters, ListOrderEventsSuccess,
    ListOrdersFailure, ListOrdersParameters, ListOrdersSuccess, OrdersApi, UpdateOrderFailure,
    UpdateOrderParameters, UpdateOrderSuccess,
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
    ) -> Result<ListOrdersSuccess, ListOrdersFailure> {
        let access = caller.access;
        let cursor = parameters.cursor.as_deref();
        let before = cursor.map(|cursor| self.cursors.decode(cursor, access));
        if before == Some(None) {
            let detail = "is not a cursor of this server; use the one in the Link header";
            let problem = problem::invalid_parameter("cursor", detail);
            return Err(ListOrdersFailure::BadRequest(problem));
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
        let mut page = page.await?;
        Ok(ListOrdersSuccess::Ok {
            link: cut(&mut page, limit)
                .map(|last| next_link(&parameters, &self.cursors.encode(last.id, access))),
            body: page.into_iter().map(Into::into).collect(),
        })
    }

    async fn create_order(
        &self,
        caller: Caller,
        parameters: CreateOrderParameters,
        body: models::CreateOrderRequest,
    ) -> Result<CreateOrderSuccess, CreateOrderFailure> {
        let new: NewOrder = body.into();
        if !caller.access.includes(new.customer_id) {
            return Err(CreateOrderFailure::Forbidden(
                problem::customer_not_allowed(),
            ));
        }
        let header = parameters.idempotency_key.as_deref();
        if header.is_none() && self.idempotency.required {
            return Err(CreateOrderFailure::BadRequest(
                problem::idempotency_key_required(),
            ));
        }
        let lifetime = self.idempotency.lifetime;
        let key = header.map(|header| idempotency::key(header, &caller, &new, lifetime));
        let created = self.orders.create(&new, key.as_ref()).await;
        let is_repeatable = key.is_some();
        let created = created
            .map_err(|error| -> CreateOrderFailure { write_failed(error, is_repeatable) })?;
        let (order, replayed) = match created {
            Created::New(order) => (order, None),
            Created::Replayed(order) => (order, Some(true)),
            Created::KeyReused => {
                let problem = problem::idempotency_key_reused();
                return Err(CreateOrderFailure::UnprocessableContent(problem));
            }
        };
        request_scope::set_order(order.id);
        Ok(CreateOrderSuccess::Created {
            location: format!("/orders/{}", order.id),
            etag: etag::of(order.version),
            idempotent_replayed: replayed,
            body: order.into(),
        })
    }

    async fn get_order(
        &self,
        caller: Caller,
        parameters: GetOrderParameters,
    ) -> Result<GetOrderSuccess, GetOrderFailure> {
        request_scope::set_order(parameters.id);
        let Some(order) = self.orders.get(parameters.id, caller.access).await? else {
            return Err(GetOrderFailure::NotFound(problem::order_not_found(
                parameters.id,
            )));
        };
        let known = parameters.if_none_match.as_deref();
        let etag = etag::of(order.version);
        if known.is_some_and(|header| etag::matches(header, order.version)) {
            return Ok(GetOrderSuccess::NotModified { etag });
        }
        Ok(GetOrderSuccess::Ok {
            body: order.into(),
            etag,
        })
    }

    async fn update_order(
        &self,
        caller: Caller,
        parameters: UpdateOrderParameters,
        body: models::UpdateOrderRequest,
    ) -> Result<UpdateOrderSuccess, UpdateOrderFailure> {
        use UpdateOrderFailure as Failure;
        request_scope::set_order(parameters.id);
        let precondition = etag::precondition(parameters.if_match.as_deref());
        let changed = self
            .orders
            .change(
                parameters.id,
                caller.access,
                &precondition,
                &body.into(),
                Actor::Client,
                None,
            )
            .await;
        let order = changed.map_err(|rejection| match rejection {
            Rejection::NotFound => Failure::NotFound(problem::order_not_found(parameters.id)),
            Rejection::VersionMismatch => Failure::PreconditionFailed(problem::version_mismatch()),
            Rejection::Change(error) => {
                let code = match error {
                    ChangeError::TransitionNotAllowed { .. } => "transition_not_allowed",
                    ChangeError::AmountIsSettled { .. } => "amount_is_settled",
                };
                Failure::Conflict(problem::conflict(code, error.to_string()))
            }
            Rejection::Store(error) => write_failed(error, true),
        })?;
        Ok(UpdateOrderSuccess::Ok {
            etag: etag::of(order.version),
            body: order.into(),
        })
    }

    async fn delete_order(
        &self,
        caller: Caller,
        parameters: DeleteOrderParameters,
    ) -> Result<DeleteOrderSuccess, DeleteOrderFailure> {
        use DeleteOrderFailure as Failure;
        request_scope::set_order(parameters.id);
        let precondition = etag::precondition(parameters.if_match.as_deref());
        let deleted = self
            .orders
            .delete(parameters.id, caller.access, &precondition)
            .await;
        deleted.map_err(|rejection| match rejection {
            Rejection::NotFound => Failure::NotFound(problem::order_not_found(parameters.id)),
            Rejection::VersionMismatch => Failure::PreconditionFailed(problem::version_mismatch()),
            Rejection::Change(error) => {
                tracing::error!(error = %error, "an order's status must never prevent its deletion");
                Failure::InternalServerError(problem::internal())
            }
            Rejection::Store(error) => write_failed(error, true),
        })?;
        Ok(DeleteOrderSuccess::NoContent)
    }

    async fn list_order_events(
        &self,
        caller: Caller,
        parameters: ListOrderEventsParameters,
    ) -> Result<ListOrderEventsSuccess, ListOrderEventsFailure> {
        request_scope::set_order(parameters.id);
        let ListOrderEventsParameters { id, limit, after } = parameters;
        let size = usize::try_from(limit).unwrap_or(usize::MAX);
        let page = self.events.page(id, caller.access, after, size).await?;
        let Some(page) = page else {
            return Err(ListOrderEventsFailure::NotFound(problem::order_not_found(
                id,
            )));
        };
        Ok(ListOrderEventsSuccess::Ok {
            link: page.events.last().filter(|_| page.has_next).map(|last| {
                let after = last.sequence;
                format!("</orders/{id}/events?limit={limit}&after={after}>; rel=\"next\"")
            }),
            body: page.events,
        })
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

store_error_responses!(GetOrderFailure, ListOrderEventsFailure, ListOrdersFailure);
store_error_responses!(writes: CreateOrderFailure, DeleteOrderFailure, UpdateOrderFailure);

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
