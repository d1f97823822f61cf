use std::time::Duration;

use chrono::{DateTime, FixedOffset};
use tokio::time::Instant;
use uuid::Uuid;

use crate::amount::Amount;
use crate::apis::orders_api;
use crate::error::Error;
use crate::feed::{EventFeed, FollowOptions};
use crate::models::{
    CancellationOutcome, CreateOrderRequest, DecideOrderRequest, DecisionAnswer, Order, OrderEvent,
    OrderStatus, PaymentStatus, ShipmentStatus, UpdateOrderRequest,
};
use crate::pages::Pages;
use crate::transport::{Answer, Options, Transport};

/// A client of the Order Processing API. Cheap to clone.
#[derive(Clone, Debug)]
pub struct OrdersClient {
    transport: Transport,
}

/// An order and the ETag of its version, for `if_match` and `get_order_if_changed`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OrderVersion {
    pub order: Order,
    pub etag: String,
}

/// An order created by this call, or by an earlier one with the same key (`replayed`).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CreatedOrder {
    pub order: Order,
    pub etag: String,
    pub replayed: bool,
}

/// An order with the answer of this call, or of an earlier one with the same key (`replayed`).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DecidedOrder {
    pub order: Order,
    pub etag: String,
    pub replayed: bool,
}

/// An order that is `Cancelled`, or becomes so once everything is undone (`Requested`).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OrderCancellation {
    pub order: Order,
    pub etag: String,
    pub outcome: CancellationOutcome,
}

/// Which orders to list.
#[derive(Clone, Debug, Default)]
pub struct OrdersFilter {
    /// Orders with any of these statuses; empty means all.
    pub status: Vec<OrderStatus>,
    pub customer_id: Option<i64>,
    /// Orders whose payment has any of these statuses; empty means all.
    pub payment_status: Vec<PaymentStatus>,
    /// Orders whose shipment has any of these statuses; empty means all.
    pub shipment_status: Vec<ShipmentStatus>,
    pub needs_attention: Option<bool>,
    pub created_from: Option<DateTime<FixedOffset>>,
    pub created_before: Option<DateTime<FixedOffset>>,
    pub min_amount: Option<Amount>,
    pub max_amount: Option<Amount>,
    /// Orders per request, 1 to 1000.
    pub page_size: Option<i32>,
}

impl OrdersClient {
    /// Creates a client with the default options.
    ///
    /// # Errors
    /// `InvalidRequest` if the URL is invalid.
    pub fn new(base_url: &str) -> Result<Self, Error> {
        Self::with_options(base_url, Options::default())
    }

    /// Creates a client with these options.
    ///
    /// # Errors
    /// `InvalidRequest` if the URL is invalid.
    pub fn with_options(base_url: &str, options: Options) -> Result<Self, Error> {
        let transport = Transport::new(base_url, options)?;
        Ok(Self { transport })
    }

    /// The transport, for the functions in [`crate::apis`], which cover every operation of the
    /// contract.
    pub fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Creates one order, even if the request has to be sent several times.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn create_order(&self, order: &CreateOrderRequest) -> Result<CreatedOrder, Error> {
        self.create_order_with_key(order, &Uuid::new_v4().to_string())
            .await
    }

    /// Creates an order with your own key, to be able to repeat the call after a crash.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn create_order_with_key(
        &self,
        order: &CreateOrderRequest,
        idempotency_key: &str,
    ) -> Result<CreatedOrder, Error> {
        let answer =
            orders_api::create_order(&self.transport, order, Some(idempotency_key)).await?;
        Ok(CreatedOrder {
            etag: answer.header("etag").to_owned(),
            replayed: is_replay(&answer),
            order: answer.value,
        })
    }

    /// Reads an order.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get_order(&self, id: i64) -> Result<OrderVersion, Error> {
        orders_api::get_order(&self.transport, id, None)
            .await
            .map(versioned)
    }

    /// Reads an order; `None` when it is still at the version of `etag`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get_order_if_changed(
        &self,
        id: i64,
        etag: &str,
    ) -> Result<Option<OrderVersion>, Error> {
        match orders_api::get_order(&self.transport, id, Some(etag)).await {
            Ok(answer) => Ok(Some(versioned(answer))),
            Err(Error::NotModified) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Updates the fields set in `change`; with `if_match`, only if the order is at that version.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn update_order(
        &self,
        id: i64,
        change: &UpdateOrderRequest,
        if_match: Option<&str>,
    ) -> Result<OrderVersion, Error> {
        let answer = orders_api::update_order(&self.transport, id, change, if_match).await;
        answer.map(versioned)
    }

    /// Deletes the order; with `if_match`, only if it is at that version.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete_order(&self, id: i64, if_match: Option<&str>) -> Result<(), Error> {
        orders_api::delete_order(&self.transport, id, if_match).await?;
        Ok(())
    }

    /// Answers the question in `decision` of an order, even if the request has to be sent several
    /// times; with `if_match`, only if the order is at that version.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn decide_order(
        &self,
        id: i64,
        answer: DecisionAnswer,
        if_match: Option<&str>,
    ) -> Result<DecidedOrder, Error> {
        self.decide_order_with_key(id, answer, if_match, &Uuid::new_v4().to_string())
            .await
    }

    /// Answers with your own key, to be able to repeat the call after a crash.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn decide_order_with_key(
        &self,
        id: i64,
        answer: DecisionAnswer,
        if_match: Option<&str>,
        idempotency_key: &str,
    ) -> Result<DecidedOrder, Error> {
        let request = DecideOrderRequest::new(answer);
        let key = Some(idempotency_key);
        let answer = orders_api::decide_order(&self.transport, id, &request, if_match, key).await?;
        Ok(DecidedOrder {
            etag: answer.header("etag").to_owned(),
            replayed: is_replay(&answer),
            order: answer.value,
        })
    }

    /// Cancels the order, until it is dispatched; with `if_match`, only if it is at that version.
    /// Repeating it changes nothing.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn cancel_order(
        &self,
        id: i64,
        if_match: Option<&str>,
    ) -> Result<OrderCancellation, Error> {
        let answer = orders_api::cancel_order(&self.transport, id, if_match).await?;
        Ok(OrderCancellation {
            etag: answer.header("etag").to_owned(),
            outcome: answer.value.outcome,
            order: answer.value.order,
        })
    }

    /// Retries the step in `attention` of the order now; with `if_match`, only if the order is at
    /// that version. Needs the scope `orders:admin`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn retry_order(
        &self,
        id: i64,
        if_match: Option<&str>,
    ) -> Result<OrderVersion, Error> {
        orders_api::retry_order(&self.transport, id, if_match)
            .await
            .map(versioned)
    }

    /// Iterates over all matching orders, newest first. Pages are fetched on demand.
    pub fn orders(&self, filter: OrdersFilter) -> Pages<'_, Order> {
        let fetch = move |cursor: Option<String>| {
            let filter = filter.clone();
            Box::pin(async move {
                orders_api::list_orders(
                    &self.transport,
                    filter.page_size,
                    cursor.as_deref(),
                    any_of(&filter.status),
                    filter.customer_id,
                    any_of(&filter.payment_status),
                    any_of(&filter.shipment_status),
                    filter.needs_attention,
                    filter.created_from,
                    filter.created_before,
                    filter.min_amount,
                    filter.max_amount,
                )
                .await
            }) as _
        };
        Pages::new("cursor", Box::new(fetch))
    }

    /// Iterates over the order's events, oldest first. Pages are fetched on demand.
    pub fn events(&self, id: i64, page_size: Option<i32>) -> Pages<'_, OrderEvent> {
        let fetch = move |after: Option<String>| {
            Box::pin(async move {
                // A link without a number must not start over: the service rejects -1.
                let after = after.map(|after| after.parse().unwrap_or(-1));
                orders_api::list_order_events(&self.transport, id, page_size, after, None).await
            }) as _
        };
        Pages::new("after", Box::new(fetch))
    }

    /// Follows the events of all orders.
    pub fn follow(&self, options: FollowOptions) -> EventFeed {
        EventFeed::new(self.transport.clone(), options)
    }

    /// Waits until the order is completed or cancelled, and returns it. Continues through outages
    /// of the service.
    ///
    /// # Errors
    /// `NotFinished` after the time-out; any error that is not transient.
    pub async fn wait_until_finished(
        &self,
        id: i64,
        timeout: Duration,
    ) -> Result<OrderVersion, Error> {
        let deadline = Instant::now() + timeout;
        let mut seen: Option<OrderVersion> = None;
        let mut pause = Duration::from_millis(100);
        while Instant::now() < deadline {
            let etag = seen.as_ref().map(|seen| seen.etag.as_str());
            let asked = orders_api::get_order(&self.transport, id, etag);
            match tokio::time::timeout_at(deadline, asked).await {
                Ok(Ok(answer)) => seen = Some(versioned(answer)),
                Ok(Err(Error::NotModified)) => {}
                Ok(Err(error)) if !error.is_transient() => return Err(error),
                Ok(Err(_)) | Err(_) => {}
            }
            if let Some(finished) = seen.take_if(|seen| is_final(&seen.order.status)) {
                return Ok(finished);
            }
            let until = Instant::now() + pause.mul_f64(1.0 - fastrand::f64() / 2.0);
            tokio::time::sleep_until(until.min(deadline)).await;
            pause = pause.mul_f64(1.5).min(Duration::from_secs(5));
        }
        let last_seen = seen.map(Box::new);
        Err(Error::NotFinished { id, last_seen })
    }
}

fn any_of<T>(values: &[T]) -> Option<&[T]> {
    Some(values).filter(|values| !values.is_empty())
}

fn is_final(status: &OrderStatus) -> bool {
    matches!(status, OrderStatus::Completed | OrderStatus::Cancelled)
}

fn is_replay(answer: &Answer<Order>) -> bool {
    answer.header("idempotent-replayed") == "true"
}

fn versioned(answer: Answer<Order>) -> OrderVersion {
    OrderVersion {
        etag: answer.header("etag").to_owned(),
        order: answer.value,
    }
}
