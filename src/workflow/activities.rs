//! The steps of the order workflow. Each may run twice without harm.

use std::sync::Arc;

use temporalio_macros::activities;
use temporalio_sdk::ApplicationFailure;
use temporalio_sdk::activities::{ActivityContext, ActivityError};

use super::order_workflow::Outcome;
use crate::db::{OrderRepository, Precondition, Rejected};
use crate::domain::{Access, Actor, ChangeError, OrderChange, OrderStatus};
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
        let change = OrderChange {
            status: Some(to),
            total_amount: None,
        };
        let changed = self
            .orders
            .change(
                order_id,
                Access::All,
                &Precondition::None,
                &change,
                Actor::Workflow,
                None,
            )
            .await;
        let status = match changed {
            Ok(order) => Some(order.status),
            Err(Rejected::NotFound) => None,
            // Somebody else was faster: where the order is now decides.
            Err(Rejected::Change(
                ChangeError::TransitionNotAllowed { from: status, .. }
                | ChangeError::AmountIsSettled { status },
            )) => Some(status),
            Err(Rejected::Store(error)) => return Err(failure(error)),
            Err(error @ Rejected::VersionMismatch) => {
                return Err(ActivityError::application(ApplicationFailure::new(error)));
            }
        };
        let outcome = match status {
            None => Outcome::Deleted,
            Some(OrderStatus::Completed) => Outcome::Completed,
            Some(OrderStatus::Cancelled) => Outcome::Cancelled,
            Some(OrderStatus::Pending | OrderStatus::Processing) => Outcome::Processing,
        };
        tracing::info!(order.id = order_id, outcome = ?outcome, "order advanced");
        Ok(outcome)
    }
}

fn failure(error: StoreError) -> ActivityError {
    ActivityError::application(match error {
        StoreError::Refused(_) | StoreError::Corrupt(_) => ApplicationFailure::non_retryable(error),
        // Retried for ever: a database comes back, a fault of ours is mended by a deployment, and the
        // order must not be lost until then.
        _ => ApplicationFailure::new(error),
    })
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
