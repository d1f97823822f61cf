//! Every route without a database: what HTTP, parsing, checks and middleware alone allow.

use std::sync::atomic::{AtomicI64, Ordering};

use actix_web::HttpRequest;
use chrono::{DateTime, Utc};
use order_processing::domain::{ANYONE, Access, Caller};
use order_processing::generated::health::{GetLivenessResponse, GetReadinessResponse, HealthApi};
use order_processing::generated::models::{
    CreateOrderRequest, Liveness, LivenessStatus, Order, OrderStatus, Readiness, ReadinessStatus,
    UpdateOrderRequest,
};
use order_processing::generated::orders::{
    CreateOrderParameters, CreateOrderResponse, DeleteOrderParameters, DeleteOrderResponse,
    GetOrderParameters, GetOrderResponse, ListOrderEventsParameters, ListOrderEventsResponse,
    ListOrdersParameters, ListOrdersResponse, OrdersApi, UpdateOrderParameters,
    UpdateOrderResponse,
};
use order_processing::generated::security::{Authenticate, Presented};
use order_processing::generated::support::Rejection;
use rust_decimal::Decimal;

/// Responds immediately, with a constant order.
#[derive(Debug, Default)]
pub struct InMemory {
    last: AtomicI64,
}

fn order(id: i64, customer_id: i64, total_amount: Decimal) -> Order {
    let status = OrderStatus::Pending;
    let now: DateTime<Utc> = Utc::now();
    Order {
        id,
        customer_id,
        status,
        total_amount,
        created_at: now,
        updated_at: now,
        allowed_transitions: status.transitions().to_vec(),
    }
}

fn some_order(id: i64) -> Order {
    order(id, 42, Decimal::new(9995, 2))
}

fn etag() -> String {
    "\"1\"".into()
}

impl OrdersApi for InMemory {
    type Caller = Caller;

    async fn create_order(
        &self,
        _caller: Caller,
        _parameters: CreateOrderParameters,
        body: CreateOrderRequest,
    ) -> CreateOrderResponse {
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        CreateOrderResponse::Created {
            body: order(id, body.customer_id, body.total_amount),
            location: format!("/orders/{id}"),
            etag: etag(),
            idempotent_replayed: None,
        }
    }

    async fn delete_order(
        &self,
        _caller: Caller,
        _parameters: DeleteOrderParameters,
    ) -> DeleteOrderResponse {
        DeleteOrderResponse::NoContent
    }

    async fn get_order(&self, _caller: Caller, parameters: GetOrderParameters) -> GetOrderResponse {
        GetOrderResponse::Ok {
            body: some_order(parameters.id),
            etag: etag(),
        }
    }

    async fn list_order_events(
        &self,
        _caller: Caller,
        _parameters: ListOrderEventsParameters,
    ) -> ListOrderEventsResponse {
        ListOrderEventsResponse::Ok {
            body: Vec::new(),
            link: None,
        }
    }

    async fn list_orders(
        &self,
        _caller: Caller,
        parameters: ListOrdersParameters,
    ) -> ListOrdersResponse {
        ListOrdersResponse::Ok {
            body: (1..=i64::from(parameters.limit)).map(some_order).collect(),
            link: None,
        }
    }

    async fn update_order(
        &self,
        _caller: Caller,
        parameters: UpdateOrderParameters,
        body: UpdateOrderRequest,
    ) -> UpdateOrderResponse {
        let amount = body.total_amount.unwrap_or_default();
        UpdateOrderResponse::Ok {
            body: order(parameters.id, 42, amount),
            etag: etag(),
        }
    }
}

/// Has no dependencies, so it is always ready.
#[derive(Debug, Clone, Copy)]
pub struct Alive;

impl HealthApi for Alive {
    async fn get_liveness(&self) -> GetLivenessResponse {
        GetLivenessResponse::Ok(Liveness {
            status: LivenessStatus::Ok,
        })
    }

    async fn get_readiness(&self) -> GetReadinessResponse {
        GetReadinessResponse::Ok(Readiness {
            status: ReadinessStatus::Ready,
            dependencies: Vec::new(),
        })
    }
}

/// Accepts every request without checking credentials.
#[derive(Debug, Clone, Copy)]
pub struct Anyone;

fn anyone() -> Caller {
    Caller {
        principal: ANYONE.into(),
        client: ANYONE.into(),
        access: Access::All,
    }
}

impl Authenticate for Anyone {
    type Caller = Caller;

    async fn authenticate(
        &self,
        _request: &HttpRequest,
        _presented: &[Presented],
    ) -> Result<Caller, Rejection> {
        Ok(anyone())
    }

    fn without_credentials(&self, _request: &HttpRequest) -> Result<Caller, Rejection> {
        Ok(anyone())
    }
}
