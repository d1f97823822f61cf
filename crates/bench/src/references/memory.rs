//! Every route without a database: what HTTP, parsing, checks and middleware alone allow.

use std::sync::atomic::{AtomicI64, Ordering};

use actix_web::HttpRequest;
use chrono::{DateTime, Utc};
use contract_runtime::server::{Authenticate, Presented, Rejection};
use order_processing::api::EntityTag;
use order_processing::domain::{self, ANYONE, Access, Caller, CustomerId, OrderId, Scopes};
use order_processing::generated::health::{
    GetLivenessFailure, GetLivenessSuccess, GetReadinessFailure, GetReadinessSuccess, HealthApi,
};
use order_processing::generated::models::{
    CreateOrderRequest, Liveness, LivenessStatus, Order, OrderStatus, Readiness, ReadinessStatus,
    UpdateOrderRequest,
};
use order_processing::generated::orders::*;
use order_processing::generated::security::Scheme;
use rust_decimal::Decimal;

/// Responds immediately, with a constant order.
#[derive(Debug, Default)]
pub struct InMemory {
    last: AtomicI64,
}

fn order(id: OrderId, customer_id: CustomerId, total_amount: Decimal) -> Order {
    let now: DateTime<Utc> = Utc::now();
    let order = domain::Order {
        id,
        customer_id,
        status: OrderStatus::Pending,
        version: 1,
        fulfilment: None,
        total_amount,
        created_at: now,
        updated_at: now,
    };
    order.into()
}

fn some_order(id: OrderId) -> Order {
    order(id, CustomerId(42), Decimal::new(9995, 2))
}

const ETAG: EntityTag = EntityTag(1);

impl OrdersApi for InMemory {
    type Caller = Caller;

    async fn create_order(
        &self,
        _caller: Caller,
        _parameters: CreateOrderParameters,
        body: CreateOrderRequest,
    ) -> Result<CreateOrderSuccess, CreateOrderFailure> {
        let id = OrderId(self.last.fetch_add(1, Ordering::Relaxed) + 1);
        Ok(CreateOrderSuccess::Created {
            body: order(id, body.customer_id, body.total_amount),
            location: format!("/orders/{id}"),
            etag: ETAG,
            idempotent_replayed: None,
        })
    }

    async fn delete_order(
        &self,
        _caller: Caller,
        _parameters: DeleteOrderParameters,
    ) -> Result<DeleteOrderSuccess, DeleteOrderFailure> {
        Ok(DeleteOrderSuccess::NoContent)
    }

    async fn get_order(
        &self,
        _caller: Caller,
        parameters: GetOrderParameters,
    ) -> Result<GetOrderSuccess, GetOrderFailure> {
        Ok(GetOrderSuccess::Ok {
            body: some_order(parameters.id),
            etag: ETAG,
        })
    }

    async fn list_orders(
        &self,
        _caller: Caller,
        parameters: ListOrdersParameters,
    ) -> Result<ListOrdersSuccess, ListOrdersFailure> {
        Ok(ListOrdersSuccess::Ok {
            body: (1..=i64::from(parameters.limit))
                .map(OrderId)
                .map(some_order)
                .collect(),
            link: None,
        })
    }

    async fn update_order(
        &self,
        _caller: Caller,
        parameters: UpdateOrderParameters,
        body: UpdateOrderRequest,
    ) -> Result<UpdateOrderSuccess, UpdateOrderFailure> {
        let amount = body.total_amount.unwrap_or_default();
        Ok(UpdateOrderSuccess::Ok {
            body: order(parameters.id, CustomerId(42), amount),
            etag: ETAG,
        })
    }

    absent_operations!();
}

/// Has no dependencies, so it is always ready.
#[derive(Debug, Clone, Copy)]
pub struct Alive;

impl HealthApi for Alive {
    async fn get_liveness(&self) -> Result<GetLivenessSuccess, GetLivenessFailure> {
        Ok(GetLivenessSuccess::Ok(Liveness {
            status: LivenessStatus::Ok,
        }))
    }

    async fn get_readiness(&self) -> Result<GetReadinessSuccess, GetReadinessFailure> {
        Ok(GetReadinessSuccess::Ok(Readiness {
            status: ReadinessStatus::Ready,
            dependencies: Vec::new(),
        }))
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
        scopes: Scopes::default(),
    }
}

impl Authenticate for Anyone {
    type Scheme = Scheme;
    type Caller = Caller;

    async fn authenticate(
        &self,
        _request: &HttpRequest,
        _presented: &[Presented<Scheme>],
    ) -> Result<Caller, Rejection> {
        Ok(anyone())
    }

    fn without_credentials(&self, _request: &HttpRequest) -> Result<Caller, Rejection> {
        Ok(anyone())
    }
}
