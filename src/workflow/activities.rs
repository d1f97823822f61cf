//! The activities of the order workflow. Each is idempotent.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use temporalio_macros::activities;
use temporalio_sdk::ApplicationFailure;
use temporalio_sdk::activities::{ActivityContext, ActivityError};

use super::order_workflow::Outcome;
use super::ownership::{self, Owner};
use crate::db::{OrderRepository, Precondition, Rejection};
use crate::domain::{Access, Actor, ChangeError, OrderChange, OrderId, OrderStatus};
use crate::error::StoreError;

/// The activities and their dependencies.
pub struct OrderActivities {
    orders: OrderRepository,
}

impl OrderActivities {
    /// Activities on these orders.
    pub fn new(orders: OrderRepository) -> Self {
        Self { orders }
    }

    async fn advance(
        &self,
        ctx: &ActivityContext,
        order_id: OrderId,
        to: OrderStatus,
    ) -> Result<Outcome, ActivityError> {
        // Workflows of the previous version identify their order only by its id.
        let expected = ownership::of_header(ctx.headers());
        let precondition = expected.map_or(Precondition::None, Precondition::CreatedAt);
        let change = OrderChange {
            status: Some(to),
            total_amount: None,
        };
        let changed = self
            .orders
            .change(
                order_id,
                Access::All,
                &precondition,
                &change,
                Actor::Workflow,
                None,
            )
            .await;
        let status = match changed {
            Ok(order) => Some(order.status),
            Err(Rejection::NotFound) => None,
            // Another request changed the order first: its current status decides.
            Err(Rejection::Change(
                ChangeError::TransitionNotAllowed { from: status, .. }
                | ChangeError::AmountIsSettled { status },
            )) => Some(status),
            Err(error @ (Rejection::Change(_) | Rejection::Request(_))) => {
                return Err(failure(StoreError::Corrupt(error.to_string())));
            }
            Err(Rejection::Store(error)) => return Err(failure(error)),
            Err(Rejection::VersionMismatch) => {
                self.check_owner(order_id, expected).await?;
                None
            }
        };
        let outcome = match status {
            None => Outcome::Deleted,
            Some(OrderStatus::Completed) => Outcome::Completed,
            Some(OrderStatus::Cancelled) => Outcome::Cancelled,
            Some(OrderStatus::Pending | OrderStatus::Processing) => Outcome::Processing,
        };
        tracing::info!(order.id = order_id.0, outcome = ?outcome, "order advanced");
        Ok(outcome)
    }

    /// The order with this id is not the workflow's own, which then counts as deleted. The
    /// exception is a workflow of another database in use: its worker must execute the activity.
    async fn check_owner(
        &self,
        order_id: OrderId,
        expected: Option<DateTime<Utc>>,
    ) -> Result<(), ActivityError> {
        let order = self.orders.get(order_id, Access::All).await;
        let order = order.map_err(failure)?;
        let owner = order
            .zip(expected)
            .map(|(order, expected)| ownership::owner(expected, order.created_at));
        if owner == Some(Owner::Foreign) {
            let cause = "the workflow belongs to another database that is in use; \
                         use a separate namespace and task queue for each database";
            tracing::error!(order.id = order_id.0, "{cause}");
            let failure = ApplicationFailure::new(anyhow::anyhow!(cause));
            return Err(ActivityError::application(failure));
        }
        tracing::warn!(
            order.id = order_id.0,
            "the workflow belongs to an earlier order with this id; it ends"
        );
        Ok(())
    }
}

pub(super) fn failure(error: StoreError) -> ActivityError {
    ActivityError::application(match error {
        StoreError::ConstraintViolation(_) | StoreError::Corrupt(_) => {
            ApplicationFailure::non_retryable(error)
        }
        // Retried without limit: databases recover and bugs are fixed by a deployment, and the
        // order must not be lost until then.
        _ => ApplicationFailure::new(error),
    })
}

#[activities]
impl OrderActivities {
    /// Marks the order as processing.
    #[activity]
    pub async fn begin(
        self: Arc<Self>,
        ctx: ActivityContext,
        order_id: OrderId,
    ) -> Result<Outcome, ActivityError> {
        self.advance(&ctx, order_id, OrderStatus::Processing).await
    }

    /// Completes the order.
    #[activity]
    pub async fn complete(
        self: Arc<Self>,
        ctx: ActivityContext,
        order_id: OrderId,
    ) -> Result<Outcome, ActivityError> {
        self.advance(&ctx, order_id, OrderStatus::Completed).await
    }

    /// Cancels the order, unless it has ended.
    #[activity]
    pub async fn cancel(
        self: Arc<Self>,
        ctx: ActivityContext,
        order_id: OrderId,
    ) -> Result<Outcome, ActivityError> {
        self.advance(&ctx, order_id, OrderStatus::Cancelled).await
    }
}
