//! Compares orders with their workflows and repairs differences. Any number of reconcilers may run;
//! one at a time performs a round.
//!
//! The row is authoritative; the workflow must agree with it. An open order without a running
//! workflow gets a new one, and the running workflow of an ended order is cancelled.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt, TryStreamExt, pin_mut, stream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::backoff::backoff;
use super::client::{Temporal, foreign_workflow};
use super::executions::{Execution, WorkflowState};
use super::ownership::Owner;
use crate::config::Settings;
use crate::db::{
    Author, Database, Effect, Findings, FollowedOrder, OpenOrder, OrderRepository, Precondition,
    Progress, ReconciliationRepository, Rejection,
};
use crate::domain::{Access, Actor, CancellationReason, OrderChange, OrderStatus};

/// Orders that are compared at a time, with one list query.
const BATCH: i32 = 100;
/// Workflows that are described concurrently.
const CONCURRENCY: usize = 8;
/// The time limit for abandoning a round at shutdown.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(2);
const TAKEN_OVER: &str = "another instance took over the round";
/// How many times `reconciler.grace` a workflow may take to end after its cancellation.
const CANCEL_GRACE_FACTOR: u32 = 10;

/// Finds and repairs orders that differ from their workflows.
pub struct Reconciler {
    settings: Arc<Settings>,
    orders: OrderRepository,
    rounds: ReconciliationRepository,
    temporal: Temporal,
    /// Unique among all reconcilers.
    name: String,
}

impl Reconciler {
    /// Compares this database with this Temporal.
    pub fn new(settings: Arc<Settings>, database: Database, temporal: Temporal) -> Self {
        Self {
            settings,
            orders: OrderRepository::new(database.clone()),
            rounds: ReconciliationRepository::new(database),
            temporal,
            name: Uuid::new_v4().to_string(),
        }
    }

    /// Performs a round every `reconciler.interval` until `stop` is cancelled. The next round of
    /// any instance covers what an interrupted one has missed.
    pub async fn run(self, stop: CancellationToken) {
        let interval = self.settings.reconciler.interval;
        let mut failures: u32 = 0;
        loop {
            let mut found = Findings::default();
            let round = tokio::select! {
                () = stop.cancelled() => return self.abandon(found).await,
                round = self.round(&mut found) => round,
            };
            failures = match round {
                Ok(()) => 0,
                Err(error) => {
                    // So that the next attempt of any instance need not wait for the lease.
                    self.abandon(found).await;
                    tracing::warn!(error = %error, "could not compare orders with their workflows; retrying");
                    failures.saturating_add(1)
                }
            };
            let pause = if failures == 0 {
                interval
            } else {
                backoff(failures, interval)
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(pause) => {}
            }
        }
    }

    /// Performs a round, unless another instance performs one or did so recently.
    async fn round(&self, found: &mut Findings) -> anyhow::Result<()> {
        let interval = self.settings.reconciler.interval;
        // Without the namespace, all workflows would seem to be missing.
        self.temporal.require_namespace().await?;
        if !self
            .rounds
            .begin(&self.name, interval, self.lease())
            .await?
        {
            return Ok(());
        }
        self.open_orders(found).await?;
        self.running_workflows(found).await?;
        let finished = self.rounds.finish(&self.name, *found).await?;
        anyhow::ensure!(finished, TAKEN_OVER);
        if found.drift > 0 {
            tracing::warn!(
                compared = found.compared,
                drift = found.drift,
                repaired = found.repaired,
                "orders differed from their workflows"
            );
        }
        Ok(())
    }

    /// Abandons the round, if this instance holds it.
    async fn abandon(&self, found: Findings) {
        let abandoning = self.rounds.abandon(&self.name, found.repaired);
        let abandoned = timeout(RELEASE_TIMEOUT, abandoning).await;
        if !matches!(abandoned, Ok(Ok(()))) {
            tracing::debug!("could not abandon the round; its lease expires");
        }
    }

    /// Sufficient for a batch whose calls all time out.
    fn lease(&self) -> Duration {
        self.settings.dispatcher.lease * 4
    }

    /// Renews the lease; fails when another instance has taken over the round.
    async fn renew(&self) -> anyhow::Result<()> {
        let renewed = self.rounds.renew(&self.name, self.lease()).await?;
        anyhow::ensure!(renewed, TAKEN_OVER);
        Ok(())
    }

    /// Checks that every open order has a running workflow.
    async fn open_orders(&self, found: &mut Findings) -> anyhow::Result<()> {
        let grace = self.settings.reconciler.grace;
        let mut after = 0;
        loop {
            let batch = self
                .rounds
                .open_orders(after, grace, i64::from(BATCH))
                .await?;
            let Some(last) = batch.last() else {
                return Ok(());
            };
            after = last.id;
            found.compared += i64::try_from(batch.len()).unwrap_or(i64::MAX);
            let ids: Vec<i64> = batch.iter().map(|order| order.id).collect();
            let running = self.temporal.running_among(&ids).await?;
            let agrees = |order: &OpenOrder| {
                let workflow = running.get(&order.id);
                workflow.is_some_and(|workflow| owner(workflow, order.created_at) == Owner::This)
            };
            let suspects = batch
                .into_iter()
                .filter(|order| order.is_unnoticed || !agrees(order));
            let verdicts = stream::iter(suspects)
                .map(async |order| self.verdict(order.id, self.repair_order(order).await).await)
                .buffer_unordered(CONCURRENCY);
            count(found, verdicts).await?;
            self.renew().await?;
        }
    }

    /// Checks that no ended order has a running workflow, and that every workflow belongs to an
    /// existing order.
    async fn running_workflows(&self, found: &mut Findings) -> anyhow::Result<()> {
        let mut page = Vec::new();
        loop {
            let running = self.temporal.running(BATCH, page).await?;
            found.compared += i64::try_from(running.workflows.len()).unwrap_or(i64::MAX);
            let ids: Vec<i64> = running.workflows.iter().map(|one| one.order_id).collect();
            let orders = self.rounds.followed_orders(&ids).await?;
            let orders: HashMap<i64, FollowedOrder> = orders
                .into_iter()
                .map(|order| (order.key.id, order))
                .collect();
            let pairs = running.workflows.into_iter().filter_map(|workflow| {
                let order = *orders.get(&workflow.order_id)?;
                Some((order, workflow))
            });
            let verdicts = stream::iter(pairs)
                .map(async |(order, workflow)| {
                    let repaired = self.repair_workflow(order, &workflow).await;
                    self.verdict(order.key.id, repaired).await
                })
                .buffer_unordered(CONCURRENCY);
            count(found, verdicts).await?;
            self.renew().await?;
            page = running.next_page;
            if page.is_empty() {
                return Ok(());
            }
        }
    }

    /// The verdict on one order: drift if it could not be repaired. The round fails only when the
    /// database or Temporal is unavailable.
    async fn verdict(
        &self,
        order_id: i64,
        repaired: anyhow::Result<Verdict>,
    ) -> anyhow::Result<Verdict> {
        let Err(error) = repaired else {
            return repaired;
        };
        tracing::error!(order.id = order_id, error = %error, "could not compare the order with its workflow or repair it");
        // A locked row fails like an unavailable database, so check whether both are available.
        self.renew().await?;
        self.temporal.require_namespace().await?;
        Ok(Verdict::Drift)
    }

    /// Repairs an open order whose workflow does not seem to run. The version was read before the
    /// workflow is described, so if the workflow ends in between, the version no longer matches.
    async fn repair_order(&self, order: OpenOrder) -> anyhow::Result<Verdict> {
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
            // Everything is undone before an order with items is cancelled.
            (Owner::This, WorkflowState::Terminated) if order.has_items => {
                self.undo(order, "its workflow was terminated").await
            }
            (Owner::This, WorkflowState::Ended(how))
                if order.has_items && self.has_no_restarts_left(order) =>
            {
                self.undo(order, &format!("its workflow {how}")).await
            }
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
            order.id = order.id,
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
        tracing::warn!(order.id = order.id, "woke the workflow of the order again");
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
                tracing::warn!(order.id = order.id, reason, "cancelled the order");
                Ok(Verdict::Repaired)
            }
            Err(Rejection::NotFound | Rejection::VersionMismatch) => Ok(Verdict::Agree),
            Err(error) => Err(error.into()),
        }
    }

    /// Repairs a running workflow according to the order with its id.
    async fn repair_workflow(
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
                    order.id = id,
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
            tracing::warn!(order.id = id, "terminating the workflow of an ended order");
            let reason = "the order has ended, but its workflow did not end after its cancellation";
            self.temporal.terminate(&workflow, reason).await?;
        }
        Ok(Verdict::Repaired)
    }
}

fn owner(workflow: &Execution, created_at: DateTime<Utc>) -> Owner {
    workflow.origin.owner(Some(created_at))
}

/// Whether an order and its workflow agree.
#[derive(PartialEq, Eq)]
enum Verdict {
    /// They agree.
    Agree,
    /// They differed, and were repaired.
    Repaired,
    /// They differ.
    Drift,
}

/// Counts each verdict as it arrives, so that a round that fails knows what it has repaired.
async fn count(
    found: &mut Findings,
    verdicts: impl Stream<Item = anyhow::Result<Verdict>>,
) -> anyhow::Result<()> {
    pin_mut!(verdicts);
    while let Some(verdict) = verdicts.try_next().await? {
        found.drift += i64::from(verdict != Verdict::Agree);
        found.repaired += i64::from(verdict == Verdict::Repaired);
    }
    Ok(())
}
