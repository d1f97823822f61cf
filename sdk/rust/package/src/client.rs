use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use crate::apis::orders_api;
use crate::error::Error;
use crate::models::{CreateOrderRequest, Order, OrderEvent, OrderStatus, UpdateOrderRequest};
use crate::pages::Pages;
use crate::transport::{Answer, Options, Transport};

/// Creates orders and follows them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct OrdersClient {
    transport: Transport,
}

/// An order, and the version of it that this is, for `if_match` and `get_order_if_changed`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OrderVersion {
    pub order: Order,
    pub etag: String,
}

/// An order that was created, by this call or by an earlier one with the same key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CreatedOrder {
    pub order: Order,
    pub etag: String,
    pub replayed: bool,
}

/// Which orders to list.
#[derive(Clone, Debug, Default)]
pub struct OrdersFilter {
    /// Any of these; none of them means any status.
    pub status: Vec<OrderStatus>,
    pub customer_id: Option<i64>,
    /// Orders in one request, 1 to 1000.
    pub page_size: Option<i32>,
}

impl OrdersClient {
    /// # Errors
    /// `InvalidRequest` when the URL is none.
    pub fn new(base_url: &str) -> Result<Self, Error> {
        Self::with_options(base_url, Options::default())
    }

    /// # Errors
    /// `InvalidRequest` when the URL is none.
    pub fn with_options(base_url: &str, options: Options) -> Result<Self, Error> {
        let transport = Transport::new(base_url, options)?;
        Ok(Self { transport })
    }

    /// For the functions of [`crate::apis`], which are every operation of the contract.
    pub fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Creates one order, however often the request has to be sent.
    ///
    /// # Errors
    /// As every call: [`Error`] says which.
    pub async fn create_order(&self, order: &CreateOrderRequest) -> Result<CreatedOrder, Error> {
        self.create_order_with_key(order, &Uuid::new_v4().to_string())
            .await
    }

    /// The same with a key of your own, to be able to call again after a crash.
    ///
    /// # Errors
    /// As every call: [`Error`] says which.
    pub async fn create_order_with_key(
        &self,
        order: &CreateOrderRequest,
        idempotency_key: &str,
    ) -> Result<CreatedOrder, Error> {
        let answer =
            orders_api::create_order(&self.transport, order, Some(idempotency_key)).await?;
        Ok(CreatedOrder {
            etag: answer.header("etag").to_owned(),
            replayed: answer.header("idempotent-replayed") == "true",
            order: answer.value,
        })
    }

    /// # Errors
    /// As every call: [`Error`] says which.
    pub async fn get_order(&self, id: i64) -> Result<OrderVersion, Error> {
        orders_api::get_order(&self.transport, id, None)
            .await
            .map(versioned)
    }

    /// None when the order is still at the version of `etag`.
    ///
    /// # Errors
    /// As every call: [`Error`] says which.
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

    /// Changes what `change` names; with `if_match`, only that version.
    ///
    /// # Errors
    /// As every call: [`Error`] says which.
    pub async fn update_order(
        &self,
        id: i64,
        change: &UpdateOrderRequest,
        if_match: Option<&str>,
    ) -> Result<OrderVersion, Error> {
        let answer = orders_api::update_order(&self.transport, id, change, if_match).await;
        answer.map(versioned)
    }

    /// Deletes the order; with `if_match`, only that version.
    ///
    /// # Errors
    /// As every call: [`Error`] says which.
    pub async fn delete_order(&self, id: i64, if_match: Option<&str>) -> Result<(), Error> {
        orders_api::delete_order(&self.transport, id, if_match).await?;
        Ok(())
    }

    /// All orders that fit, from the newest to the oldest, fetched a page at a time.
    pub fn orders(&self, filter: OrdersFilter) -> Pages<'_, Order> {
        let fetch = move |cursor: Option<String>| {
            let filter = filter.clone();
            Box::pin(async move {
                let status = Some(filter.status.as_slice()).filter(|status| !status.is_empty());
                orders_api::list_orders(
                    &self.transport,
                    filter.page_size,
                    cursor.as_deref(),
                    status,
                    filter.customer_id,
                )
                .await
            }) as _
        };
        Pages::new("cursor", Box::new(fetch))
    }

    /// What happened to the order, from its beginning, fetched a page at a time.
    pub fn events(&self, id: i64, page_size: Option<i32>) -> Pages<'_, OrderEvent> {
        let fetch = move |after: Option<String>| {
            Box::pin(async move {
                // A link that holds no number would begin again; the service refuses it instead.
                let after = after.map(|after| after.parse().unwrap_or(-1));
                orders_api::list_order_events(&self.transport, id, page_size, after).await
            }) as _
        };
        Pages::new("after", Box::new(fetch))
    }

    /// Gives the order once it is completed or cancelled, and waits through outages of the service.
    ///
    /// # Errors
    /// `NotFinished` when the time is over; any error that waiting does not mend.
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
            if let Some(finished) = seen.take_if(|seen| is_final(seen.order.status)) {
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

fn is_final(status: OrderStatus) -> bool {
    matches!(status, OrderStatus::Completed | OrderStatus::Cancelled)
}

fn versioned(answer: Answer<Order>) -> OrderVersion {
    OrderVersion {
        etag: answer.header("etag").to_owned(),
        order: answer.value,
    }
}
