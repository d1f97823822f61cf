//! Compares orders with their workflows, and repairs differences. Any number of reconcilers may run; one
//! at a time does a round.
//!
//! The row is the truth about an order; its workflow has to agree. So an open order without a running
//! workflow gets a new one, and the running workflow of an ended order is ended.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt, stream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::backoff::backoff;
use super::client::{Temporal, foreign_workflow};
use super::executions::{Execution, WorkflowState};
use super::ownership::Owner;
use crate::config::Settings;
use crate::db::{
    Database, Findings, FollowedOrder, OpenOrder, OrderRepository, Precondition, Progress,
    ReconciliationRepository, Rejection,
};
use crate::domain::{Access, Actor, OrderChange, OrderStatus};

/// Orders that are compared at a time, in one list query of Temporal's.
const BATCH: i32 = 100;
/// Workflows that are described concurrently.
const CONCURRENCY: usize = 8;
/// The time limit for giving up a round at shutdown.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(2);
/// How many times `reconciler.grace` a cancelled workflow may take to end.
const PATIENCE: u32 = 10;

/// Finds and repairs orders that disagree with their workflows.
pub struct Reconciler {
    settings: Arc<Settings>,
    orders: OrderRepository,
    rounds: ReconciliationRepository,
    temporal: Temporal,
    /// Unique among reconcilers.
    name: String,
}

impl Reconciler {
    /// Between this database and this Temporal.
    pub fn new(settings: Arc<Settings>, database: Database, temporal: Temporal) -> Self {
        Self {
            settings,
            orders: OrderRepository::new(database.clone()),
            rounds: ReconciliationRepository::new(database),
            temporal,
            name: Uuid::new_v4().to_string(),
        }
    }

    /// Does a round every `reconciler.interval` until `stop`. The next round completes one that was
    /// interrupted.
    pub async fn run(self, stop: CancellationToken) {
        let interval = self.settings.reconciler.interval;
        let mut failures: u32 = 0;
        loop {
            let round = tokio::select! {
                () = stop.cancelled() => break,
                round = self.round() => round,
            };
            failures = match round {
                Ok(()) => 0,
                Err(error) => {
                    tracing::warn!(error = %error, "orders could not be compared with their workflows");
                    failures.saturating_add(1)
                }
            };
            let pause = if failures == 0 {
                interval
            } else {
                backoff(failures, interval)
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = sleep(pause) => {}
            }
        }
        self.abandon().await;
    }

    /// One round, unless another instance does it or did it lately.
    async fn round(&self) -> anyhow::Result<()> {
        let interval = self.settings.reconciler.interval;
        // Without the namespace, Temporal knows no workflow at all.
        self.temporal.require_namespace().await?;
        if !self
            .rounds
            .begin(&self.name, interval, self.lease())
            .await?
        {
            return Ok(());
        }
        let compared = self.compare().await;
        if compared.is_err() {
            // So that the next attempt, of any instance, need not wait for the lease to expire.
            self.abandon().await;
        }
        let found = compared?;
        if found.drift > 0 {
            tracing::warn!(
                compared = found.compared,
                drift = found.drift,
                repaired = found.repaired,
                "orders disagreed with their workflows"
            );
        }
        Ok(())
    }

    async fn compare(&self) -> anyhow::Result<Findings> {
        let mut found = Findings::default();
        self.open_orders(&mut found).await?;
        self.running_workflows(&mut found).await?;
        self.rounds.finish(&self.name, found).await?;
        Ok(found)
    }

    /// Gives up the round, so that another instance need not wait for the lease to expire.
    async fn abandon(&self) {
        let abandoned = timeout(RELEASE_TIMEOUT, self.rounds.abandon(&self.name)).await;
        if !matches!(abandoned, Ok(Ok(()))) {
            tracing::debug!("the round could not be given up; its lease expires");
        }
    }

    /// Long enough for a batch whose calls all time out.
    fn lease(&self) -> Duration {
        self.settings.dispatcher.lease * 4
    }

    /// Renews the lease; fails when another instance has taken the round over.
    async fn renew(&self) -> anyhow::Result<()> {
        let renewed = self.rounds.renew(&self.name, self.lease()).await?;
        anyhow::ensure!(renewed, "another instance took over");
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
            let suspects = batch.into_iter().filter(|order| !agrees(order));
            let verdicts: Vec<Verdict> = stream::iter(suspects)
                .map(async |order| self.verdict(order.id, self.repair_order(order).await).await)
                .buffer_unordered(CONCURRENCY)
                .try_collect()
                .await?;
            count(found, &verdicts);
            self.renew().await?;
        }
    }

    /// Checks that no ended order has a running workflow, and that no workflow is of an order that does not
    /// exist.
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
            let verdicts: Vec<Verdict> = stream::iter(pairs)
                .map(async |(order, workflow)| {
                    let repaired = self.repair_workflow(order, &workflow).await;
                    self.verdict(order.key.id, repaired).await
                })
                .buffer_unordered(CONCURRENCY)
                .try_collect()
                .await?;
            count(found, &verdicts);
            self.renew().await?;
            page = running.next_page;
            if page.is_empty() {
                return Ok(());
            }
        }
    }

    /// The verdict on one order: drift when it could not be repaired. The round only fails when database
    /// or Temporal are not available.
    async fn verdict(
        &self,
        order_id: i64,
        repaired: anyhow::Result<Verdict>,
    ) -> anyhow::Result<Verdict> {
        let Err(error) = repaired else {
            return repaired;
        };
        tracing::error!(order.id = order_id, error = %error, "the order could not be compared with its workflow, or not be repaired");
        // A locked row looks like an unavailable database.
        self.renew().await?;
        self.temporal.require_namespace().await?;
        Ok(Verdict::Drift)
    }

    /// Repairs an open order whose workflow does not seem to run. Its version was read before the workflow
    /// is described: had the workflow ended meanwhile, the order would have another version.
    async fn repair_order(&self, order: OpenOrder) -> anyhow::Result<Verdict> {
        let Some(workflow) = self.temporal.describe(order.id).await? else {
            return self
                .restart(order, "its workflow is unknown to Temporal")
                .await;
        };
        match (owner(&workflow, order.created_at), workflow.state) {
            (Owner::This, WorkflowState::Running { .. }) => Ok(Verdict::Agree),
            // An operator's decision.
            (Owner::This, WorkflowState::Terminated) => {
                self.cancel(order, "its workflow was terminated").await
            }
            // It would fail again.
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
        tracing::warn!(order.id = order.id, reason, "the order gets a new workflow");
        Ok(Verdict::Repaired)
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
                tracing::warn!(order.id = order.id, reason, "the order is cancelled");
                Ok(Verdict::Repaired)
            }
            Err(Rejection::NotFound | Rejection::VersionMismatch) => Ok(Verdict::Agree),
            Err(error) => Err(error.into()),
        }
    }

    /// Repairs a running workflow by the order of its id.
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
                tracing::error!(order.id = id, "the status of the order is not understood");
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

    /// Ends a workflow that seems to run although its order has ended.
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
        let patience = self.settings.reconciler.grace * PATIENCE;
        if !cancel_requested {
            self.temporal.end(order.key, "the order has ended").await?;
        } else if order.unchanged_for.is_some_and(|age| age < patience) {
            // It ends as soon as a worker executes its next task.
            return Ok(Verdict::Agree);
        } else {
            tracing::warn!(order.id = id, "terminating the workflow of an ended order");
            let reason = "the order has ended, and its workflow did not when it was cancelled";
            self.temporal.terminate(&workflow, reason).await?;
        }
        Ok(Verdict::Repaired)
    }
}

fn owner(workflow: &Execution, created_at: DateTime<Utc>) -> Owner {
    workflow.origin.owner(Some(created_at))
}

/// Whether an order and its workflow agree.
enum Verdict {
    /// They do.
    Agree,
    /// They did not, and do now.
    Repaired,
    /// They do not.
    Drift,
}

fn count(found: &mut Findings, verdicts: &[Verdict]) {
    for verdict in verdicts {
        match verdict {
            Verdict::Agree => {}
            Verdict::Repaired => {
                found.drift += 1;
                found.repaired += 1;
            }
            Verdict::Drift => found.drift += 1,
        }
    }
}
