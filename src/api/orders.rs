//! The operations tagged `Orders`.

use url::form_urlencoded;

use crate::config;
use crate::db::{Created, Database, EventRepository, OrderFilter, OrderRepository, Rejected};
use crate::domain::{Access, Actor, Caller, ChangeError, NewOrder, Order};
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

/// Serves orders from the database.
pub struct Orders {
    orders: OrderRepository,
    events: EventRepository,
    idempotency: config::Idempotency,
    cursors: Cursors,
}

impl Orders {
    /// From this database.
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
        let before = match cursor.map(|cursor| self.cursors.decode(cursor, access)) {
            None => None,
            Some(Some(before)) => Some(before),
            Some(None) => {
                let detail = "is no cursor of this server; take it from a Link header";
                return ListOrdersResponse::BadRequest(problem::invalid_parameter(
                    "cursor", detail,
                ));
            }
        };
        let filter = OrderFilter {
            statuses: parameters.status.clone().unwrap_or_default(),
            customer_id: parameters.customer_id,
            access,
        };
        // One more than asked for tells whether there is a next page.
        let limit = i64::from(parameters.limit);
        match self.orders.list(&filter, before, limit + 1).await {
            Err(error) => error.into(),
            Ok(mut page) => {
                let page_size = usize::try_from(limit).unwrap_or(usize::MAX);
                let more = page.len() > page_size;
                page.truncate(page_size);
                let next = page
                    .last()
                    .filter(|_| more)
                    .map(|last| next_link(&parameters, &self.cursors.encode(last.id, access)));
                ListOrdersResponse::Ok {
                    body: page.into_iter().map(Into::into).collect(),
                    link: next,
                }
            }
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
        if !caller.access.reaches(new.customer_id) {
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
                match known.is_some_and(|header| etag::none_match_names(header, order.version)) {
                    true => GetOrderResponse::NotModified { etag },
                    false => GetOrderResponse::Ok {
                        body: order.into(),
                        etag,
                    },
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
            Err(Rejected::NotFound) => Response::NotFound(problem::order_not_found(parameters.id)),
            Err(Rejected::VersionMismatch) => {
                Response::PreconditionFailed(problem::version_mismatch())
            }
            Err(Rejected::Change(error)) => {
                let code = match error {
                    ChangeError::TransitionNotAllowed { .. } => "transition_not_allowed",
                    ChangeError::AmountIsSettled { .. } => "amount_is_settled",
                };
                Response::Conflict(problem::conflict(code, error.to_string()))
            }
            Err(Rejected::Store(error)) => write_failed(error, true),
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
            Err(Rejected::NotFound) => Response::NotFound(problem::order_not_found(parameters.id)),
            Err(Rejected::VersionMismatch) => {
                Response::PreconditionFailed(problem::version_mismatch())
            }
            Err(Rejected::Change(error)) => {
                tracing::error!(error = %error, "nothing about an order's state forbids to delete it");
                Response::InternalServerError(problem::internal())
            }
            Err(Rejected::Store(error)) => write_failed(error, true),
        }
    }

    async fn list_order_events(
        &self,
        caller: Caller,
        parameters: ListOrderEventsParameters,
    ) -> ListOrderEventsResponse {
        request_scope::set_order(parameters.id);
        events_page(&self.events, caller.access, &parameters)
            .await
            .unwrap_or_else(Into::into)
    }
}

async fn events_page(
    events: &EventRepository,
    access: Access,
    parameters: &ListOrderEventsParameters,
) -> Result<ListOrderEventsResponse, StoreError> {
    let not_found = || {
        let problem = problem::order_not_found(parameters.id);
        Ok(ListOrderEventsResponse::NotFound(problem))
    };
    // Who reaches everything need not be compared with whose order it is.
    if access != Access::All {
        let customer = events.customer_of(parameters.id).await?;
        if !customer.is_some_and(|customer| access.reaches(customer)) {
            return not_found();
        }
    }
    // One more than asked for tells whether there is a next page.
    let limit = i64::from(parameters.limit);
    let mut page = events
        .of_order(parameters.id, parameters.after, limit + 1)
        .await?;
    // Nothing behind `after` is an empty page only of an order that is there, or was.
    if page.is_empty() && events.customer_of(parameters.id).await?.is_none() {
        return not_found();
    }
    let page_size = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = page.len() > page_size;
    page.truncate(page_size);
    let link = page.last().filter(|_| more).map(|last| {
        format!(
            "</orders/{}/events?limit={}&after={}>; rel=\"next\"",
            parameters.id, parameters.limit, last.sequence
        )
    });
    Ok(ListOrderEventsResponse::Ok {
        body: page.into_iter().map(Into::into).collect(),
        link,
    })
}

/// `Link` of the next page (RFC 8288), with the same filters.
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

/// Every operation answers a failure of the database alike. Its cause is logged here, once, and
/// stays inside.
macro_rules! answers_store_errors {
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
                    StoreError::Refused(_)
                    | StoreError::Corrupt(_)
                    | StoreError::Unexpected(_)
                    | StoreError::Misconfigured(_) => {
                        tracing::error!(error = %error, "the database refused");
                        Self::InternalServerError(problem::internal())
                    }
                }
            }
        }
    )*};
}

answers_store_errors!(
    CreateOrderResponse,
    DeleteOrderResponse,
    GetOrderResponse,
    ListOrderEventsResponse,
    ListOrdersResponse,
    UpdateOrderResponse
);

/// The response of an operation that changes something.
trait Write: From<StoreError> {
    fn outcome_unknown(body: models::Problem, retry_after: Option<i32>) -> Self;
}

macro_rules! writes {
    ($($response:ident),*) => {$(
        impl Write for $response {
            fn outcome_unknown(body: models::Problem, retry_after: Option<i32>) -> Self {
                Self::GatewayTimeout { body, retry_after }
            }
        }
    )*};
}

writes!(
    CreateOrderResponse,
    DeleteOrderResponse,
    UpdateOrderResponse
);

/// The response to a write that failed. `Retry-After` invites to a retry, and is only for what may be
/// done twice.
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
