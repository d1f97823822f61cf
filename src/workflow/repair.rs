//! Repairs orders that differ from their workflows.

use super::client::foreign_workflow;
use super::executions::{Execution, WorkflowState};
use super::ownership::Owner;
use super::reconciler::{Reconciler, Verdict, owner};
use crate::db::{Author, Effect, FollowedOrder, OpenOrder, Precondition, Progress, Rejection};
use crate::domain::{Access, Actor, CancellationReason, OrderChange, OrderStatus};

/// How many times `reconciler.grace` a workflow may take to end after its cancellation.
const CANCEL_GRACE_FACTOR: u32 = 10;

impl Reconciler {
    /// Repairs an open order whose workflow does not seem to run. The version was read before the
    /// workflow is described, so if the workflow ends in between, the version no longer matches.
    pub(super) async fn repair_order(&self, order: OpenOrder) -> anyhow::Result<Verdict> {
        let Some(workflow) = self.temporal.describe(order.id).await? else {
            return self
                .restart(order, "its workflow is unknown to Temporal")
                .await;
        };
        match (owner(&workflow, order.created_at), workflow.state) {
            (Owner::This, WorkflowState::Running { .. }) if order.is_unnoticed => {
                self.wake(order).await
            }
            (Owner::This, WorkflowState::Running { .. }) => Ok(Verdict::Agree),
            // Termination is an operator's decision.
            (Owner::This, WorkflowState::Terminated) => {
                self.cancel(order, "its workflow was terminated").await
            }
            // A new workflow would fail again.
            (Owner::This, WorkflowState::Ended(how)) if self.has_no_restarts_left(order) => {
                self.cancel(order, &format!("its workflow {how}")).await
            }
            (Owner::This, WorkflowState::Ended(how)) => {
                self.restart(order, &format!("its workflow {how}")).await
            }
            (Owner::Foreign, WorkflowState::Running { .. }) => {
                Err(foreign_workflow(&workflow).into())
            }
            (Owner::Earlier | Owner::Foreign, _) => {
                let reason = "its workflow is unknown to Temporal; another order's has its id";
                self.restart(order, reason).await
            }
        }
    }

    async fn restart(&self, order: OpenOrder, reason: &str) -> anyhow::Result<Verdict> {
        let restarted = self.orders.restart(order.id, order.version, reason).await?;
        if !restarted {
            return Ok(Verdict::Agree);
        }
        tracing::warn!(
            order.id = order.id.0,
            reason,
            "restarted the workflow of the order"
        );
        Ok(Verdict::Repaired)
    }

    /// The signal to an order's workflow was lost.
    async fn wake(&self, order: OpenOrder) -> anyhow::Result<Verdict> {
        if !self.orders.wake(order.id, order.created_at).await? {
            return Ok(Verdict::Agree);
        }
        tracing::warn!(
            order.id = order.id.0,
            "woke the workflow of the order again"
        );
        Ok(Verdict::Repaired)
    }

    /// Starts a workflow that undoes what was done for the order, unless it is dispatched.
    async fn undo(&self, order: OpenOrder, reason: &str) -> anyhow::Result<Verdict> {
        let author = Author {
            reason: Some(reason),
            ..Actor::Reconciler.into()
        };
        let unchanged = Precondition::Version(vec![order.version]);
        let cancelling = self
            .orders
            .apply(order.id, Access::All, &unchanged, author, |order| {
                let requested = order.cancellation_requested(CancellationReason::WorkflowCancelled);
                // A dispatched order goes on.
                Ok(requested.unwrap_or_default().map(Effect::from))
            })
            .await;
        match cancelling {
            Ok(changed) => {
                let version = changed.version;
                self.restart(OpenOrder { version, ..order }, reason).await
            }
            Err(Rejection::NotFound | Rejection::VersionMismatch) => Ok(Verdict::Agree),
            Err(error) => Err(error.into()),
        }
    }

    fn has_no_restarts_left(&self, order: OpenOrder) -> bool {
        order.restarts >= i64::from(self.settings.reconciler.max_restarts)
    }

    async fn cancel(&self, order: OpenOrder, reason: &str) -> anyhow::Result<Verdict> {
        // Everything is undone before an order with items is cancelled.
        if order.has_items {
            return self.undo(order, reason).await;
        }
        let unchanged = Precondition::Version(vec![order.version]);
        let change = OrderChange {
            status: Some(OrderStatus::Cancelled),
            total_amount: None,
        };
        let cancelled = self
            .orders
            .change(
                order.id,
                Access::All,
                &unchanged,
                &change,
                Actor::Reconciler,
                Some(reason),
            )
            .await;
        match cancelled {
            Ok(_) => {
                tracing::warn!(order.id = order.id.0, reason, "cancelled the order");
                Ok(Verdict::Repaired)
            }
            Err(Rejection::NotFound | Rejection::VersionMismatch) => Ok(Verdict::Agree),
            Err(error) => Err(error.into()),
        }
    }

    /// Repairs a running workflow according to the order with its id.
    pub(super) async fn repair_workflow(
        &self,
        order: FollowedOrder,
        listed: &Execution,
    ) -> anyhow::Result<Verdict> {
        let grace = self.settings.reconciler.grace;
        let id = order.key.id;
        match (listed.origin.owner(order.key.created_at), order.progress) {
            (Owner::Foreign, _) => Err(foreign_workflow(listed).into()),
            (Owner::Earlier, _) => {
                self.temporal.terminate_earlier(listed).await?;
                Ok(Verdict::Repaired)
            }
            (Owner::This, Progress::Unknown) => {
                tracing::error!(
                    order.id = id.0,
                    "the status of the order is unknown to this version"
                );
                Ok(Verdict::Drift)
            }
            (Owner::This, Progress::Ended)
                if order
                    .unchanged_for
                    .is_none_or(|unchanged| unchanged >= grace) =>
            {
                self.end_workflow(order).await
            }
            (Owner::This, Progress::Open | Progress::Ended) => Ok(Verdict::Agree),
        }
    }

    /// Cancels or terminates a workflow that seems to run although its order has ended.
    async fn end_workflow(&self, order: FollowedOrder) -> anyhow::Result<Verdict> {
        let id = order.key.id;
        let Some(workflow) = self.temporal.describe(id).await? else {
            return Ok(Verdict::Agree);
        };
        let WorkflowState::Running { cancel_requested } = workflow.state else {
            return Ok(Verdict::Agree);
        };
        if workflow.origin.owner(order.key.created_at) != Owner::This {
            return Ok(Verdict::Agree);
        }
        let limit = self.settings.reconciler.grace * CANCEL_GRACE_FACTOR;
        if order.has_items && cancel_requested {
            // It undoes what was done for the order, however long that takes.
            return Ok(Verdict::Drift);
        }
        if !cancel_requested {
            self.temporal.end(order.key, "the order has ended").await?;
        } else if order.unchanged_for.is_some_and(|age| age < limit) {
            // It ends when a worker executes its next task.
            return Ok(Verdict::Agree);
        } else {
            tracing::warn!(
                order.id = id.0,
                "terminating the workflow of an ended order"
            );
            let reason = "the order has ended, but its workflow did not end after its cancellation";
            self.temporal.terminate(&workflow, reason).await?;
        }
        Ok(Verdict::Repaired)
    }
}
