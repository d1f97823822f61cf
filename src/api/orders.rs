//! The operations tagged `Orders`.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use contract_runtime::server::Accept;
use rust_decimal::Decimal;
use tokio::time::timeout;

use super::cursor::Cursors;
use super::etag::EntityTag;
use super::failures::{failed, write_failed};
use super::pages::{Link, cut, with_next};
use super::{etag, events, idempotency, problem, processing};
use crate::config;
use crate::db::{
    Action, Created, Database, Decided, DeliveryFilter, DeliveryRepository, Effect,
    EventRepository, IntentRepository, OrderConditions, OrderFilter, OrderRepository, PageOf,
    Rejection,
};
use crate::domain::{
    Access, Actor, Caller, CancellationReason, NewOrder, Order, OrderChange, OrderEventType,
    OrderId, OrderItem, OrderStatus, RequestError,
};
use crate::error::StoreError;
use crate::feed::Feed;
use crate::generated::models;
use crate::generated::orders::*;
use crate::telemetry::request_scope;
use crate::workflow::Temporal;

/// How long the processing of an order waits for Temporal.
const TEMPORAL_TIMEOUT: Duration = Duration::from_secs(2);
/// The maximum number of intents in it, as in the contract.
const INTENTS_SHOWN: i64 = 100;

/// Implements the operations on orders.
pub struct Orders {
    orders: OrderRepository,
    events: EventRepository,
    idempotency: config::Idempotency,
    cursors: Cursors,
    feed: Feed,
    deliveries: DeliveryRepository,
    intents: IntentRepository,
    temporal: Temporal,
}

impl Orders {
    /// Uses this database, Temporal, and the feed of this process.
    pub fn new(
        database: &Database,
        temporal: Temporal,
        feed: Feed,
        idempotency: config::Idempotency,
        cursors: Cursors,
    ) -> Self {
        Self {
            feed,
            orders: OrderRepository::new(database.clone()),
            events: EventRepository::new(database.clone()),
            deliveries: DeliveryRepository::new(database.clone()),
            intents: IntentRepository::new(database.clone()),
            temporal,
            idempotency,
            cursors,
        }
    }

    /// Sends what Temporal has refused for an order whose steps need no retry.
    async fn retry_intents(&self, id: OrderId, access: Access) -> Result<Order, Rejection> {
        let order = self.orders.get(id, access).await?;
        let order = order.ok_or(Rejection::NotFound)?;
        match self.intents.retry_failed(id).await? {
            0 => Err(RequestError::NothingToRetry.into()),
            _ => Ok(order),
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
        let place = cursor.map(|cursor| self.cursors.decode(cursor, access));
        if place == Some(None) {
            let detail = "is not a cursor of this server; use the one in the Link header";
            let problem = problem::invalid_parameter("cursor", detail);
            return Err(ListOrdersFailure::BadRequest(problem));
        }
        let filter = filter(&parameters, access);
        let place = place.flatten().unwrap_or(PageOf::Below(OrderId(i64::MAX)));
        let mut page = self
            .orders
            .list(&filter, place, with_next(parameters.limit))
            .await?;
        let limit = usize::try_from(parameters.limit).unwrap_or(usize::MAX);
        let has_more = page.len() > limit;
        // The extra order is the farthest one from the place.
        let (has_newer, has_older) = match place {
            PageOf::Below(_) => {
                page.truncate(limit);
                (cursor.is_some(), has_more)
            }
            PageOf::Above(_) => {
                page.drain(..page.len().saturating_sub(limit));
                (has_more, true)
            }
        };
        let edge = |order: Option<&Order>, place: fn(OrderId) -> PageOf, relation| {
            order.map(|order| {
                let cursor = self.cursors.encode(place(order.id), access);
                link(&parameters, &cursor, relation)
            })
        };
        let newer = edge(page.first().filter(|_| has_newer), PageOf::Above, "prev");
        let older = edge(page.last().filter(|_| has_older), PageOf::Below, "next");
        let links: Vec<String> = older.into_iter().chain(newer).collect();
        Ok(ListOrdersSuccess::Ok {
            link: (!links.is_empty()).then(|| links.join(", ")),
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
            etag: EntityTag(order.version),
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
        let etag = EntityTag(order.version);
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
            etag: EntityTag(order.version),
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
            etag: EntityTag(order.version),
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
            etag: EntityTag(order.version),
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
        let retried = match retried {
            Err(Rejection::Request(RequestError::NothingToRetry)) => {
                self.retry_intents(parameters.id, caller.access).await
            }
            retried => retried,
        };
        let order =
            retried.map_err(|rejection| failed::<RetryOrderFailure>(rejection, parameters.id))?;
        Ok(RetryOrderSuccess::Ok {
            etag: EntityTag(order.version),
            body: order.into(),
        })
    }

    async fn get_order_processing(
        &self,
        caller: Caller,
        parameters: GetOrderProcessingParameters,
    ) -> Result<GetOrderProcessingSuccess, GetOrderProcessingFailure> {
        let id = parameters.id;
        request_scope::set_order(id);
        if self.orders.get(id, caller.access).await?.is_none() {
            let problem = problem::order_not_found(id);
            return Err(GetOrderProcessingFailure::NotFound(problem));
        }
        let intents = self.intents.of_order(id, INTENTS_SHOWN).await?;
        let progress = timeout(TEMPORAL_TIMEOUT, self.temporal.progress(id)).await;
        let progress = progress.ok().and_then(|progress| {
            progress
                .inspect_err(|error| tracing::debug!(error = %error, "no progress is known"))
                .ok()
        });
        Ok(GetOrderProcessingSuccess::Ok(models::OrderProcessing {
            temporal_available: progress.is_some(),
            workflow: progress
                .flatten()
                .map(|progress| processing::workflow(progress, self.temporal.settings())),
            intents: intents.into_iter().map(Into::into).collect(),
        }))
    }

    async fn list_order_deliveries(
        &self,
        caller: Caller,
        parameters: ListOrderDeliveriesParameters,
    ) -> Result<ListOrderDeliveriesSuccess, ListOrderDeliveriesFailure> {
        let ListOrderDeliveriesParameters { id, limit, before } = parameters;
        request_scope::set_order(id);
        // Deliveries remain after their order is deleted, as its events do.
        let known = self.events.page(id, caller.access, 0, 0).await?;
        if known.is_none() {
            let problem = problem::order_not_found(id);
            return Err(ListOrderDeliveriesFailure::NotFound(problem));
        }
        let filter = DeliveryFilter {
            endpoint_id: None,
            statuses: Vec::new(),
            order_id: Some(id),
            access: caller.access,
            before,
        };
        let mut page = self.deliveries.list(&filter, with_next(limit)).await?;
        let last = cut(&mut page, limit).map(|last| last.id);
        let body: Result<_, StoreError> = page.into_iter().map(TryInto::try_into).collect();
        Ok(ListOrderDeliveriesSuccess::Ok {
            link: last.map(|before| {
                format!("</orders/{id}/deliveries?limit={limit}&before={before}>; rel=\"next\"")
            }),
            body: body?,
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

/// Which orders the parameters select.
fn filter(parameters: &ListOrdersParameters, access: Access) -> OrderFilter {
    OrderFilter {
        statuses: parameters.status.clone().unwrap_or_default(),
        customer_id: parameters.customer_id,
        access,
        conditions: OrderConditions {
            payment: parameters.payment_status.clone().unwrap_or_default(),
            shipment: parameters.shipment_status.clone().unwrap_or_default(),
            needs_attention: parameters.needs_attention,
            created_from: parameters.created_from,
            created_before: parameters.created_before,
            min_amount: parameters.min_amount,
            max_amount: parameters.max_amount,
        },
    }
}

/// The `Link` to another page.
fn link(parameters: &ListOrdersParameters, cursor: &str, relation: &str) -> String {
    let (payment, shipment) = (&parameters.payment_status, &parameters.shipment_status);
    let rfc3339 = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let statuses = parameters.status.iter().flatten();
    let payments = payment.iter().flatten().map(|status| status.as_str());
    let shipments = shipment.iter().flatten().map(|status| status.as_str());
    Link::to("/orders", parameters.limit)
        .with("status", statuses.map(|status| status.as_str()))
        .with("payment_status", payments)
        .with("shipment_status", shipments)
        .with("customer_id", parameters.customer_id)
        .with("needs_attention", parameters.needs_attention)
        .with("created_from", parameters.created_from.map(rfc3339))
        .with("created_before", parameters.created_before.map(rfc3339))
        .with("min_amount", parameters.min_amount)
        .with("max_amount", parameters.max_amount)
        .with("cursor", [cursor])
        .relation(relation)
}
