//! The operations tagged `Orders`.

use contract_runtime::server::Accept;
use rust_decimal::Decimal;
use url::form_urlencoded;

use super::cursor::Cursors;
use super::failures::{failed, write_failed};
use super::{etag, events, idempotency, problem};
use crate::config;
use crate::db::{
    Action, Created, Database, Decided, Effect, EventRepository, OrderFilter, OrderRepository,
    Rejection,
};
use crate::domain::{
    Actor, Caller, CancellationReason, CustomerId, NewOrder, Order, OrderChange, OrderEventType,
    OrderItem, OrderStatus,
};
use crate::feed::Feed;
use crate::generated::models;
use crate::generated::orders::*;
use crate::telemetry::request_scope;

/// Implements the operations on orders.
pub struct Orders {
    orders: OrderRepository,
    events: EventRepository,
    idempotency: config::Idempotency,
    cursors: Cursors,
    feed: Feed,
}

impl Orders {
    /// Uses this database, and the feed of this process.
    pub fn new(
        database: &Database,
        feed: Feed,
        idempotency: config::Idempotency,
        cursors: Cursors,
    ) -> Self {
        Self {
            feed,
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
        if let Some((pointer, detail)) = contradiction(&new) {
            let problem = problem::invalid_parameter(pointer, &detail);
            return Err(CreateOrderFailure::BadRequest(problem));
        }
        let header = parameters.idempotency_key.as_deref();
        if header.is_none() && self.idempotency.required {
            return Err(CreateOrderFailure::BadRequest(
                problem::idempotency_key_required(),
            ));
        }
        let lifetime = self.idempotency.lifetime;
        let key = header.map(|header| {
            idempotency::key(header, &caller, idempotency::of_new_order(&new), lifetime)
        });
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
        let order =
            changed.map_err(|rejection| failed::<UpdateOrderFailure>(rejection, parameters.id))?;
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
        request_scope::set_order(parameters.id);
        let precondition = etag::precondition(parameters.if_match.as_deref());
        let deleted = self
            .orders
            .delete(parameters.id, caller.access, &precondition)
            .await;
        deleted.map_err(|rejection| failed::<DeleteOrderFailure>(rejection, parameters.id))?;
        Ok(DeleteOrderSuccess::NoContent)
    }

    async fn decide_order(
        &self,
        caller: Caller,
        parameters: DecideOrderParameters,
        body: models::DecideOrderRequest,
    ) -> Result<DecideOrderSuccess, DecideOrderFailure> {
        request_scope::set_order(parameters.id);
        let precondition = etag::precondition(parameters.if_match.as_deref());
        let fingerprint = idempotency::of_decision(parameters.id, body.answer);
        let lifetime = self.idempotency.lifetime;
        let key = parameters.idempotency_key.as_deref();
        let key = key.map(|header| idempotency::key(header, &caller, fingerprint, lifetime));
        let decided = self
            .orders
            .decide(
                parameters.id,
                caller.access,
                &precondition,
                body.answer,
                key.as_ref(),
            )
            .await;
        let decided =
            decided.map_err(|rejection| failed::<DecideOrderFailure>(rejection, parameters.id))?;
        let (order, replayed) = match decided {
            Decided::Now(order) => (order, None),
            Decided::Replayed(order) => (order, Some(true)),
            Decided::KeyReused => {
                let problem = problem::idempotency_key_reused();
                return Err(DecideOrderFailure::UnprocessableContent(problem));
            }
        };
        Ok(DecideOrderSuccess::Ok {
            etag: etag::of(order.version),
            idempotent_replayed: replayed,
            body: order.into(),
        })
    }

    async fn cancel_order(
        &self,
        caller: Caller,
        parameters: CancelOrderParameters,
    ) -> Result<CancelOrderSuccess, CancelOrderFailure> {
        request_scope::set_order(parameters.id);
        let precondition = etag::precondition(parameters.if_match.as_deref());
        let cancelled = self
            .orders
            .apply(
                parameters.id,
                caller.access,
                &precondition,
                Actor::Client.into(),
                cancel,
            )
            .await;
        let order = cancelled
            .map_err(|rejection| failed::<CancelOrderFailure>(rejection, parameters.id))?;
        let outcome = if order.status == OrderStatus::Cancelled {
            models::CancellationOutcome::Cancelled
        } else {
            models::CancellationOutcome::Requested
        };
        Ok(CancelOrderSuccess::Ok {
            etag: etag::of(order.version),
            body: models::Cancellation {
                outcome,
                order: order.into(),
            },
        })
    }

    async fn retry_order(
        &self,
        caller: Caller,
        parameters: RetryOrderParameters,
    ) -> Result<RetryOrderSuccess, RetryOrderFailure> {
        request_scope::set_order(parameters.id);
        let precondition = etag::precondition(parameters.if_match.as_deref());
        let retried = self
            .orders
            .apply(
                parameters.id,
                caller.access,
                &precondition,
                Actor::Client.into(),
                |order| Ok(Some(woken(order.retry_requested()?))),
            )
            .await;
        let order =
            retried.map_err(|rejection| failed::<RetryOrderFailure>(rejection, parameters.id))?;
        Ok(RetryOrderSuccess::Ok {
            etag: etag::of(order.version),
            body: order.into(),
        })
    }

    async fn list_order_events(
        &self,
        caller: Caller,
        accept: Accept,
        parameters: ListOrderEventsParameters,
    ) -> Result<ListOrderEventsSuccess, ListOrderEventsFailure> {
        request_scope::set_order(parameters.id);
        let ListOrderEventsParameters { id, limit, .. } = parameters;
        let after = parameters.last_event_id.unwrap_or(parameters.after);
        let wants_stream = events::wants_stream(&accept);
        let size = usize::try_from(limit).unwrap_or(usize::MAX);
        let size = if wants_stream { 0 } else { size };
        let page = self.events.page(id, caller.access, after, size).await?;
        let Some(page) = page else {
            return Err(ListOrderEventsFailure::NotFound(problem::order_not_found(
                id,
            )));
        };
        if wants_stream {
            let stream = events::stream_of_order(&self.feed, id, caller.access, after).await?;
            let Some(stream) = stream else {
                return Err(ListOrderEventsFailure::ServiceUnavailable {
                    body: problem::too_many_streams(),
                    retry_after: problem::RETRY_AFTER_SECONDS,
                });
            };
            return Ok(ListOrderEventsSuccess::Ok {
                body: ListOrderEventsOkBody::Events(stream),
                link: None,
            });
        }
        Ok(ListOrderEventsSuccess::Ok {
            link: page.events.last().filter(|_| page.has_next).map(|last| {
                let after = last.sequence;
                format!("</orders/{id}/events?limit={limit}&after={after}>; rel=\"next\"")
            }),
            body: ListOrderEventsOkBody::Json(page.events),
        })
    }
}

/// What the schemas of the contract cannot say about a new order: the violation and where it is.
fn contradiction(new: &NewOrder) -> Option<(&'static str, String)> {
    if new.items.is_empty() {
        return new.shipping_address.as_ref().map(|_| {
            let detail = "is allowed only together with items";
            ("/shipping_address", detail.into())
        });
    }
    if new.shipping_address.is_none() {
        return Some(("/shipping_address", "is required for items".into()));
    }
    let price = |item: &OrderItem| item.unit_price * Decimal::from(item.quantity);
    let sum: Decimal = new.items.iter().map(price).sum();
    (sum != new.total_amount).then(|| {
        let detail = format!("{} is not the sum of the items, {sum}", new.total_amount);
        ("/total_amount", detail)
    })
}

/// Cancels an order without items; asks the workflow of one with items to cancel it.
fn cancel(order: &mut Order) -> Result<Option<Effect>, Rejection> {
    if order.fulfilment.is_some() {
        let event = order.cancellation_requested(CancellationReason::CustomerRequest)?;
        return Ok(event.map(woken));
    }
    let change = OrderChange {
        status: Some(OrderStatus::Cancelled),
        total_amount: None,
    };
    Ok(order.after(&change)?.map(|(status, _)| {
        order.status = status;
        Effect {
            event: OrderEventType::Updated,
            intent: Some(Action::End),
        }
    }))
}

/// An event that the order's workflow must notice.
fn woken(event: OrderEventType) -> Effect {
    Effect {
        event,
        intent: Some(Action::Wake),
    }
}

/// The number of rows to read for a page: one extra row shows whether there is a next page.
pub(super) fn with_next(limit: i32) -> i64 {
    i64::from(limit) + 1
}

/// Truncates the rows to the page. Returns the last row of the page if there is a next page.
pub(super) fn cut<T>(rows: &mut Vec<T>, limit: i32) -> Option<&T> {
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
