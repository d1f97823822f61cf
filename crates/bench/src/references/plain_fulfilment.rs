//! The straightforward saga: one regular activity for each step, which calls the partner, and reads and
//! writes the order's row with statements of its own.

#![allow(missing_docs)] // the macros generate items that cannot have any

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use chrono::Utc;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Jsonb, Nullable, Text};
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use order_processing::config::Settings;
use order_processing::db::schema::orders;
use order_processing::domain::{Address, Fulfilment, Order, OrderEventType, OrderId};
use order_processing::partners::{
    Authorized, Captured, Inventory, OperationIds, Partners, Payment, Reserved, Shipped, Shipping,
};
use order_processing::telemetry::Metrics;
use order_processing::workflow::Temporal;
use temporalio_client::WorkflowStartOptions;
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{ApplicationFailure, WorkflowContext, WorkflowResult};

use super::direct::Row;
use super::plain_workflow::{TASK_QUEUE, step, workflow_id};

/// Starts the workflow.
pub async fn start(temporal: &Temporal, order_id: OrderId) -> Result<()> {
    let options = WorkflowStartOptions::new(TASK_QUEUE, workflow_id(order_id)).build();
    let client = temporal.client().await?;
    client
        .start_workflow(PlainFulfilmentWorkflow::run, order_id, options)
        .await?;
    Ok(())
}

/// Fulfils one order.
#[workflow]
#[derive(Default)]
pub struct PlainFulfilmentWorkflow;

#[workflow_methods]
impl PlainFulfilmentWorkflow {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, order_id: OrderId) -> WorkflowResult<()> {
        ctx.execute_activity(PlainSteps::reserve, order_id, step())
            .await?;
        ctx.execute_activity(PlainSteps::authorize, order_id, step())
            .await?;
        ctx.execute_activity(PlainSteps::commit, order_id, step())
            .await?;
        ctx.execute_activity(PlainSteps::ship, order_id, step())
            .await?;
        ctx.execute_activity(PlainSteps::capture, order_id, step())
            .await?;
        Ok(())
    }
}

/// The activities.
pub struct PlainSteps {
    pool: Pool<AsyncPgConnection>,
    partners: Partners,
    hold: Duration,
}

impl PlainSteps {
    /// A pool with as many connections as in the service.
    pub fn new(settings: &Settings) -> Result<Self> {
        let manager = AsyncDieselConnectionManager::new(settings.database.url.expose().as_str());
        Ok(Self {
            pool: Pool::builder(manager)
                .max_size(settings.database.pool_size)
                .build()?,
            partners: Partners::new(&settings.partners, &Metrics::default())
                .map_err(|error| anyhow!(error))?,
            hold: settings.partners.reservation_lifetime,
        })
    }

    async fn connection(&self) -> Result<Object<AsyncPgConnection>> {
        self.pool.get().await.map_err(|error| anyhow!("{error}"))
    }

    async fn order(&self, id: OrderId) -> Result<(Order, Fulfilment, OperationIds)> {
        let row: Row = orders::table
            .find(id)
            .select(Row::as_select())
            .first(&mut self.connection().await?)
            .await?;
        let order = row.order()?;
        let fulfilment = order.fulfilment.as_deref().cloned();
        let ids = OperationIds {
            order_id: id,
            created_at: order.created_at,
        };
        Ok((order, fulfilment.context("the order has no items")?, ids))
    }

    /// Stores a change and its event.
    async fn record(
        &self,
        id: OrderId,
        change: impl FnOnce(&mut Order) -> Option<OrderEventType> + Send,
    ) -> Result<()> {
        let mut connection = self.connection().await?;
        let recorded = connection.transaction(async |connection| {
            let row: Row = orders::table
                .find(id)
                .select(Row::as_select())
                .for_update()
                .first(connection)
                .await?;
            let before = row.order()?;
            let mut order = before.clone();
            let Some(event) = change(&mut order) else {
                return Ok(());
            };
            let fulfilment = order.fulfilment.as_deref().map(serde_json::to_value);
            diesel::sql_query(
                "UPDATE orders SET status = $2, fulfilment = $3, version = version + 1,
                            updated_at = now() WHERE id = $1",
            )
            .bind::<BigInt, _>(id)
            .bind::<Text, _>(order.status.as_str())
            .bind::<Nullable<Jsonb>, _>(fulfilment.transpose()?)
            .execute(connection)
            .await?;
            diesel::sql_query(
                "INSERT INTO order_events
                            (order_id, customer_id, sequence, type, data, actor, occurred_at)
                     SELECT id, customer_id, version, $2, $3, 'workflow', updated_at
                       FROM orders WHERE id = $1",
            )
            .bind::<BigInt, _>(id)
            .bind::<Text, _>(event.as_str())
            .bind::<Jsonb, _>(serde_json::to_value(order.difference(&before))?)
            .execute(connection)
            .await?;
            anyhow::Ok(())
        });
        recorded.await
    }

    fn inventory(&self) -> Result<&Inventory> {
        self.partners.inventory.as_ref().context("no inventory")
    }

    fn payment(&self) -> Result<&Payment> {
        self.partners.payment.as_ref().context("no payment service")
    }

    fn shipping(&self) -> Result<&Shipping> {
        self.partners.shipping.as_ref().context("no carrier")
    }

    async fn hold_stock(&self, id: OrderId) -> Result<()> {
        let (_, fulfilment, ids) = self.order(id).await?;
        let items = fulfilment.wanted().collect::<Vec<_>>().into_iter();
        let reserved = self.inventory()?.reserve(ids, 0, items, self.hold).await;
        let Reserved::Held(held) = reserved.map_err(|error| anyhow!("{error}"))? else {
            return Err(anyhow!("the reservation has ended"));
        };
        self.record(id, |order| order.reserved(&held, Utc::now()))
            .await
    }

    async fn authorize_amount(&self, id: OrderId) -> Result<()> {
        let (order, fulfilment, ids) = self.order(id).await?;
        let amount = fulfilment.amount();
        let authorized = self
            .payment()?
            .authorize(ids, 0, order.customer_id, amount)
            .await;
        let authorized = authorized.map_err(|error| anyhow!("{error}"))?;
        ensure!(authorized == Authorized::Yes, "not authorized");
        self.record(id, |order| order.authorized(amount)).await
    }

    async fn take_stock(&self, id: OrderId) -> Result<()> {
        let (_, _, ids) = self.order(id).await?;
        let committed = self.inventory()?.commit(ids, 0).await;
        ensure!(
            committed.map_err(|error| anyhow!("{error}"))?,
            "the reservation has ended"
        );
        Ok(())
    }

    async fn ship_parcel(&self, id: OrderId) -> Result<()> {
        let (_, fulfilment, ids) = self.order(id).await?;
        let address: Option<serde_json::Value> = orders::table
            .find(id)
            .select(orders::shipping_address)
            .first(&mut self.connection().await?)
            .await?;
        let address: Address = serde_json::from_value(address.context("no address")?)?;
        let items = fulfilment.wanted().collect::<Vec<_>>().into_iter();
        let shipped = self.shipping()?.ship(ids, items, address).await;
        let Shipped::Parcel(parcel) = shipped.map_err(|error| anyhow!("{error}"))? else {
            return Err(anyhow!("the address is not served"));
        };
        self.record(id, |order| order.shipment_is(&parcel)).await
    }

    async fn capture_amount(&self, id: OrderId) -> Result<()> {
        let (_, fulfilment, ids) = self.order(id).await?;
        let amount = fulfilment.amount();
        let captured = self.payment()?.capture(ids, 0, amount).await;
        let captured = captured.map_err(|error| anyhow!("{error}"))?;
        ensure!(captured == Captured::Yes, "not captured");
        self.record(id, |order| order.captured(amount, true)).await
    }
}

fn failed(error: anyhow::Error) -> ActivityError {
    ActivityError::application(ApplicationFailure::new(error))
}

#[activities]
impl PlainSteps {
    #[activity]
    pub async fn reserve(
        self: Arc<Self>,
        _ctx: ActivityContext,
        order_id: OrderId,
    ) -> Result<(), ActivityError> {
        self.hold_stock(order_id).await.map_err(failed)
    }

    #[activity]
    pub async fn authorize(
        self: Arc<Self>,
        _ctx: ActivityContext,
        order_id: OrderId,
    ) -> Result<(), ActivityError> {
        self.authorize_amount(order_id).await.map_err(failed)
    }

    #[activity]
    pub async fn commit(
        self: Arc<Self>,
        _ctx: ActivityContext,
        order_id: OrderId,
    ) -> Result<(), ActivityError> {
        self.take_stock(order_id).await.map_err(failed)
    }

    #[activity]
    pub async fn ship(
        self: Arc<Self>,
        _ctx: ActivityContext,
        order_id: OrderId,
    ) -> Result<(), ActivityError> {
        self.ship_parcel(order_id).await.map_err(failed)
    }

    #[activity]
    pub async fn capture(
        self: Arc<Self>,
        _ctx: ActivityContext,
        order_id: OrderId,
    ) -> Result<(), ActivityError> {
        self.capture_amount(order_id).await.map_err(failed)
    }
}
