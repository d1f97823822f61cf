//! The steps of the order workflow. Each may run twice without harm.

use std::sync::Arc;

use temporalio_macros::activities;
use temporalio_sdk::ApplicationFailure;
use temporalio_sdk::activities::{ActivityContext, ActivityError};

use super::order_workflow::Outcome;
use crate::db::OrderRepository;
use crate::domain::OrderStatus;
use crate::error::StoreError;

/// What the steps need.
pub struct OrderActivities {
    orders: OrderRepository,
}

impl OrderActivities {
    /// On these orders.
    pub fn new(orders: OrderRepository) -> Self {
        Self { orders }
    }

    async fn advance(&self, order_id: i64, to: OrderStatus) -> Result<Outcome, ActivityError> {
        let outcome = match self.orders.advance(order_id, to).await {
            Ok(None) => Outcome::Deleted,
            Ok(Some(OrderStatus::Completed)) => Outcome::Completed,
            Ok(Some(OrderStatus::Cancelled)) => Outcome::Cancelled,
            Ok(Some(OrderStatus::Pending | OrderStatus::Processing)) => Outcome::Processing,
            // Both kinds are tried again: a fault of ours is mended by a deployment, and the order
            // must not be lost until then.
            Err(error @ (StoreError::Unavailable(_) | StoreError::Unexpected(_))) => {
                return Err(ActivityError::application(ApplicationFailure::new(error)));
            }
        };
        tracing::info!(order.id = order_id, outcome = ?outcome, "order advanced");
        Ok(outcome)
    }
}

#[activities]
impl OrderActivities {
    /// The order's processing begins.
    #[activity]
    pub async fn begin(
        self: Arc<Self>,
        _ctx: ActivityContext,
        order_id: i64,
    ) -> Result<Outcome, ActivityError> {
        self.advance(order_id, OrderStatus::Processing).await
    }

    /// The order is completed.
    #[activity]
    pub async fn complete(
        self: Arc<Self>,
        _ctx: ActivityContext,
        order_id: i64,
    ) -> Result<Outcome, ActivityError> {
        self.advance(order_id, OrderStatus::Completed).await
    }

    /// The order is cancelled, unless it has ended.
    #[activity]
    pub async fn cancel(
        self: Arc<Self>,
        _ctx: ActivityContext,
        order_id: i64,
    ) -> Result<Outcome, ActivityError> {
        self.advance(order_id, OrderStatus::Cancelled).await
    }
}
