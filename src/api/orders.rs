//! The operations tagged `Orders`.

use contract_runtime::server::Accept;

use super::cursor::Cursors;
use super::etag::EntityTag;
use super::failures::{failed, write_failed};
use super::pages::{cut, with_next};
use super::{etag, events, idempotency, order_pages, problem, processing};
use crate::config;
use crate::db::{
    Created, Database, Decided, DeliveryFilter, DeliveryRepository, EventRepository,
    IntentRepository, OrderRepository, Rejection,
};
use crate::domain::{Access, Actor, Caller, NewOrder, Order, OrderId, OrderStatus, RequestError};
use crate::error::StoreError;
use crate::feed::Feed;
use crate::generated::models;
use crate::generated::orders::*;
use crate::telemetry::request_scope;
use crate::workflow::Temporal;

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
        let Some(place) = order_pages::place(&parameters, &self.cursors, access) else {
            let detail = "is not a cursor of this server; use the one in the Link header";
            let problem = problem::invalid_parameter("cursor", detail);
            return Err(ListOrdersFailure::BadRequest(problem));
        };
        let filter = order_pages::filter(&parameters, access);
        let found = with_next(parameters.limit);
        let mut page = self.orders.list(&filter, place, found).await?;
        Ok(ListOrdersSuccess::Ok {
            link: order_pages::cut(&mut page, place, &parameters, &self.cursors, access),
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
        if let Some((pointer, detail)) = new.contradiction() {
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
            .cancel(parameters.id, caller.access, &precondition)
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
            .retry(parameters.id, caller.access, &precondition)
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
        let processing = processing::of_order(id, &self.intents, &self.temporal).await?;
        Ok(GetOrderProcessingSuccess::Ok(processing))
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
