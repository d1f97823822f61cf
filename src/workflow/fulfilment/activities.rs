//! The activities of orders with items: each calls a partner and records the result in the order's
//! row. Each is idempotent, by the ids of its operations. Inputs, results and errors are part of the
//! workflow's history, so they contain no personal data, no amounts and nothing that a partner said.

#![allow(missing_docs)] // the macro generates items that cannot have any

use std::sync::Arc;

use temporalio_macros::activities;
use temporalio_sdk::activities::{ActivityContext, ActivityError};

use super::messages::{Next, StepInput, StepResult};
use super::subject::{Subject, result};
use crate::config;
use crate::db::OrderRepository;
use crate::domain::{CancellationReason, Order, OrderEventType, OrderStatus};
use crate::partners::Partners;
use crate::workflow::order_workflow::Outcome;

/// The activities and their dependencies.
pub struct FulfilmentActivities {
    pub(super) orders: OrderRepository,
    pub(super) partners: Partners,
    pub(super) settings: config::Partners,
}

impl FulfilmentActivities {
    /// Activities on these orders, with these partners.
    pub fn new(orders: OrderRepository, partners: Partners, settings: config::Partners) -> Self {
        Self {
            orders,
            partners,
            settings,
        }
    }
}

#[activities]
impl FulfilmentActivities {
    /// Reads the order.
    #[activity]
    pub async fn load(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        let subject = self.subject(&ctx, input).await?;
        let blocked = subject
            .fulfilment()
            .is_some_and(|fulfilment| fulfilment.attention.is_some());
        let next = if blocked {
            Next::Blocked
        } else {
            Next::Continue
        };
        Ok(subject.stop().unwrap_or(subject.result(next)))
    }

    /// Marks an order whose steps have no partner as processing.
    #[activity]
    pub async fn begin(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        let subject = self.subject(&ctx, input).await?;
        if let Some(stop) = subject.stop() {
            return Ok(stop);
        }
        let order = self.apply(&subject, Order::begun).await?;
        Ok(subject.recorded(order.as_ref(), Next::Continue))
    }

    /// Holds the stock, or waits for the customer's decision about what is not there.
    #[activity]
    pub async fn reserve(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        self.hold_stock(&self.subject(&ctx, input).await?).await
    }

    /// Authorizes the price of what is to be delivered.
    #[activity]
    pub async fn authorize(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        self.authorize_payment(&self.subject(&ctx, input).await?)
            .await
    }

    /// Takes what is held out of the stock, so that it no longer expires.
    #[activity]
    pub async fn commit(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        self.take_stock(&self.subject(&ctx, input).await?).await
    }

    /// Requests the parcel, and waits until the carrier takes it.
    #[activity]
    pub async fn ship(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        self.request_parcel(&self.subject(&ctx, input).await?).await
    }

    /// Takes the payment of a dispatched order.
    #[activity]
    pub async fn capture(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        self.capture_payment(&self.subject(&ctx, input).await?)
            .await
    }

    /// Waits until the parcel is delivered, or has come back.
    #[activity]
    pub async fn deliver(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        let subject = self.subject(&ctx, input).await?;
        self.track(&subject, false).await
    }

    /// Cancels the parcel, unless the carrier has it.
    #[activity]
    pub async fn cancel_shipment(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        self.cancel_parcel(&self.subject(&ctx, input).await?).await
    }

    /// Gives up the authorization, or refunds what was taken.
    #[activity]
    pub async fn void(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        self.void_payment(&self.subject(&ctx, input).await?).await
    }

    /// Gives up an authorization that cannot be used: the next one has another id.
    #[activity]
    pub async fn give_up_authorization(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        self.give_up_payment(&self.subject(&ctx, input).await?)
            .await
    }

    /// Gives back the stock.
    #[activity]
    pub async fn release(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        self.release_stock(&self.subject(&ctx, input).await?).await
    }

    /// The workflow itself was cancelled, by an operator.
    #[activity]
    pub async fn request_cancellation(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        let subject = self.subject(&ctx, input).await?;
        let order = self
            .apply(&subject, |order| {
                // A dispatched order goes on.
                order
                    .cancellation_requested(CancellationReason::WorkflowCancelled)
                    .unwrap_or_default()
            })
            .await?;
        Ok(subject.recorded(order.as_ref(), Next::Continue))
    }

    /// Ends the order when everything is undone.
    #[activity]
    pub async fn finish_undone(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        let subject = self.subject(&ctx, input).await?;
        self.end(&subject, Order::undone).await
    }

    /// Completes the order.
    #[activity]
    pub async fn finish(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        let subject = self.subject(&ctx, input).await?;
        self.end(&subject, Order::finished).await
    }
}

impl FulfilmentActivities {
    async fn end(
        &self,
        subject: &Subject,
        change: impl Fn(&mut Order) -> Option<OrderEventType>,
    ) -> Result<StepResult, ActivityError> {
        let attention = subject
            .fulfilment()
            .is_some_and(|fulfilment| fulfilment.attention.is_some());
        if attention {
            self.apply(subject, Order::attention_resolved).await?;
        }
        let order = self.apply(subject, change).await?;
        let outcome = match order.as_ref().map(|order| order.status) {
            Some(OrderStatus::Completed) => Outcome::Completed,
            Some(OrderStatus::Cancelled) => Outcome::Cancelled,
            Some(OrderStatus::Pending | OrderStatus::Processing) => Outcome::Processing,
            None => Outcome::Deleted,
        };
        tracing::info!(order.id = subject.ids.order_id.0, outcome = ?outcome, "order advanced");
        Ok(result(order.as_ref(), subject.input, Next::Ended(outcome)))
    }
}
