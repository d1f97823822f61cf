//! The straightforward design: each request takes a connection from a pool, runs one plain query on
//! it, and starts the workflow before it responds. It does nothing else.

use std::time::Duration;

use anyhow::{Result, anyhow};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use order_processing::api::EntityTag;
use order_processing::config::Settings;
use order_processing::db::schema::orders;
use order_processing::domain::{self, Caller, CustomerId, Fulfilment, OrderId, OrderKey};
use order_processing::generated::models::{CreateOrderRequest, Order, UpdateOrderRequest};
use order_processing::generated::orders::*;
use order_processing::workflow::{OrderInput, Temporal, WorkflowInput};
use rust_decimal::Decimal;
use serde_json::Value;

use super::{absent, plain_fulfilment, plain_workflow, problem};

/// The workflow that is started for a new order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Starter {
    /// The service's own.
    Service,
    /// The plain one.
    Plain,
}

/// Reads and creates orders; nothing else is compared.
pub struct Direct {
    pool: Pool<AsyncPgConnection>,
    temporal: Temporal,
    starter: Starter,
    delay: Duration,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = orders, check_for_backend(diesel::pg::Pg))]
pub(super) struct Row {
    id: OrderId,
    customer_id: CustomerId,
    status: String,
    total_amount: Decimal,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    fulfilment: Option<Value>,
}

impl Row {
    pub(super) fn order(self) -> Result<domain::Order> {
        let status = self
            .status
            .parse()
            .map_err(|_| anyhow!("order {} has an unknown status", self.id))?;
        let fulfilment = self.fulfilment.map(serde_json::from_value);
        Ok(domain::Order {
            id: self.id,
            customer_id: self.customer_id,
            status,
            total_amount: self.total_amount,
            created_at: self.created_at,
            updated_at: self.updated_at,
            version: self.version,
            fulfilment: fulfilment.transpose()?,
        })
    }
}

impl Direct {
    /// A pool with as many connections as in the service.
    pub fn new(settings: &Settings, temporal: Temporal, starter: Starter) -> Result<Self> {
        let manager = AsyncDieselConnectionManager::new(settings.database.url.expose().as_str());
        Ok(Self {
            pool: Pool::builder(manager)
                .max_size(settings.database.pool_size)
                .build()?,
            temporal,
            starter,
            delay: settings.workflow.processing_delay,
        })
    }

    async fn connection(&self) -> Result<Object<AsyncPgConnection>> {
        self.pool.get().await.map_err(|error| anyhow!("{error}"))
    }

    async fn find(&self, id: OrderId) -> Result<Option<(Order, i64)>> {
        let row: Option<Row> = orders::table
            .find(id)
            .select(Row::as_select())
            .first(&mut self.connection().await?)
            .await
            .optional()?;
        row.map(|row| {
            let version = row.version;
            Ok((row.order()?.into(), version))
        })
        .transpose()
    }

    async fn create(&self, body: &CreateOrderRequest) -> Result<(Order, i64)> {
        let new = domain::NewOrder::from(body.clone());
        let fulfilment = (!new.items.is_empty()).then(|| Fulfilment::new(new.items));
        let has_items = fulfilment.is_some();
        let row: Row = diesel::insert_into(orders::table)
            .values((
                orders::customer_id.eq(body.customer_id),
                orders::total_amount.eq(body.total_amount),
                orders::fulfilment.eq(fulfilment.map(serde_json::to_value).transpose()?),
                orders::shipping_address
                    .eq(new.shipping_address.map(serde_json::to_value).transpose()?),
            ))
            .returning(Row::as_returning())
            .get_result(&mut self.connection().await?)
            .await?;
        let version = row.version;
        let order = row.order()?;
        match self.starter {
            Starter::Service => {
                let key = OrderKey {
                    id: order.id,
                    created_at: Some(order.created_at),
                };
                let delay = u64::try_from(self.delay.as_millis())?;
                let input = WorkflowInput::Order(OrderInput {
                    order_id: order.id,
                    processing_delay_ms: delay,
                });
                self.temporal.start(key, input, false).await?;
            }
            Starter::Plain if has_items => {
                plain_fulfilment::start(&self.temporal, order.id).await?;
            }
            Starter::Plain => plain_workflow::start(&self.temporal, order.id, self.delay).await?,
        }
        Ok((order.into(), version))
    }
}

fn failed(error: &anyhow::Error) -> order_processing::generated::models::Problem {
    tracing::error!(error = format!("{error:#}"), "the request failed");
    problem(500, "internal_error", format!("{error:#}"))
}

impl OrdersApi for Direct {
    type Caller = Caller;

    async fn create_order(
        &self,
        _caller: Caller,
        _parameters: CreateOrderParameters,
        body: CreateOrderRequest,
    ) -> Result<CreateOrderSuccess, CreateOrderFailure> {
        match self.create(&body).await {
            Ok((body, version)) => Ok(CreateOrderSuccess::Created {
                location: format!("/orders/{}", body.id),
                etag: EntityTag(version),
                idempotent_replayed: None,
                body,
            }),
            Err(error) => Err(CreateOrderFailure::InternalServerError(failed(&error))),
        }
    }

    async fn get_order(
        &self,
        _caller: Caller,
        parameters: GetOrderParameters,
    ) -> Result<GetOrderSuccess, GetOrderFailure> {
        match self.find(parameters.id).await {
            Ok(Some((body, version))) => Ok(GetOrderSuccess::Ok {
                body,
                etag: EntityTag(version),
            }),
            Ok(None) => {
                let detail = format!("there is no order {}", parameters.id);
                Err(GetOrderFailure::NotFound(problem(
                    404,
                    "order_not_found",
                    detail,
                )))
            }
            Err(error) => Err(GetOrderFailure::InternalServerError(failed(&error))),
        }
    }

    async fn delete_order(
        &self,
        _caller: Caller,
        _parameters: DeleteOrderParameters,
    ) -> Result<DeleteOrderSuccess, DeleteOrderFailure> {
        Err(DeleteOrderFailure::InternalServerError(absent()))
    }

    async fn list_orders(
        &self,
        _caller: Caller,
        _parameters: ListOrdersParameters,
    ) -> Result<ListOrdersSuccess, ListOrdersFailure> {
        Err(ListOrdersFailure::InternalServerError(absent()))
    }

    async fn update_order(
        &self,
        _caller: Caller,
        _parameters: UpdateOrderParameters,
        _body: UpdateOrderRequest,
    ) -> Result<UpdateOrderSuccess, UpdateOrderFailure> {
        Err(UpdateOrderFailure::InternalServerError(absent()))
    }

    absent_operations!();
}
