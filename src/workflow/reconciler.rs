//! Compares orders with their workflows, and mends what disagrees. Any number of these may run; one
//! at a time does a round.
//!
//! The row says what is true of an order; the workflow only has to agree. So an open order without a
//! running workflow gets a new one, and a workflow that runs on behind an ended order is ended.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt, stream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::backoff::backoff;
use super::executions::{Execution, WorkflowState};
use super::gateway::{Temporal, foreign_workflow};
use super::ownership::Owner;
use crate::config::Settings;
use crate::db::{
    Database, Findings, FollowedOrder, OpenOrder, OrderRepository, Precondition, Progress,
    ReconciliationRepository, Rejection,
};
use crate::domain::{Access, Actor, OrderChange, OrderStatus};

/// Orders that are compared at a time: what one list query of Temporal's may name.
const BATCH: i32 = 100;
/// Workflows that are asked for one by one at a time.
const CONCURRENCY: usize = 8;
/// How long giving back a round may take at the end.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(2);
/// How many times `reconciler.grace` a workflow that was asked to end may take.
const PATIENCE: u32 = 10;

/// Finds and mends orders that disagree with their workflows.
pub struct Reconciler {
    settings: Arc<Settings>,
    orders: OrderRepository,
    rounds: ReconciliationRepository,
    temporal: Temporal,
    /// Tells this one from others.
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

    /// Does a round every `reconciler.interval` until `stop`. What is left in the middle of a round
    /// is for the next one.
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
            let nap = match failures {
                0 => interval,
                _ => backoff(failures, interval),
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = sleep(nap) => {}
            }
        }
        self.give_back().await;
    }

    /// One round, unless another instance does it or did it lately.
    async fn round(&self) -> anyhow::Result<()> {
        let interval = self.settings.reconciler.interval;
        // An answer about workflows means something only when it comes from the right place.
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
            // For the next attempt, of whichever instance, not to wait for the lease to end.
            self.give_back().await;
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

    /// For another instance to go on at once; else it waits for the lease to end.
    async fn give_back(&self) {
        let given_back = timeout(RELEASE_TIMEOUT, self.rounds.abandon(&self.name)).await;
        if !matches!(given_back, Ok(Ok(()))) {
            tracing::debug!("the round could not be given back; its lease frees it");
        }
    }

    /// Long enough for a batch of which every call times out.
    fn lease(&self) -> Duration {
        self.settings.dispatcher.lease * 4
    }

    /// Goes on with the round, unless it took so long that another instance took it over.
    async fn hold(&self) -> anyhow::Result<()> {
        match self.rounds.renew(&self.name, self.lease()).await? {
            true => Ok(()),
            false => anyhow::bail!("another instance took over"),
        }
    }

    /// Every open order has a running workflow.
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
                .map(async |order| self.settled(order.id, self.mend_order(order).await).await)
                .buffer_unordered(CONCURRENCY)
                .try_collect()
                .await?;
            count(found, &verdicts);
            self.hold().await?;
        }
    }

    /// No ended order has a running workflow, and no workflow is of an order that is not there.
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
                    let mended = self.mend_workflow(order, &workflow).await;
                    self.settled(order.key.id, mended).await
                })
                .buffer_unordered(CONCURRENCY)
                .try_collect()
                .await?;
            count(found, &verdicts);
            self.hold().await?;
            page = running.next_page;
            if page.is_empty() {
                return Ok(());
            }
        }
    }

    /// What became of one order: where it could not be mended, that is its drift. Only when database or
    /// Temporal are away is it the end of the round.
    async fn settled(
        &self,
        order_id: i64,
        mended: anyhow::Result<Verdict>,
    ) -> anyhow::Result<Verdict> {
        let error = match mended {
            Ok(verdict) => return Ok(verdict),
            Err(error) => error,
        };
        tracing::error!(order.id = order_id, error = %error, "the order could not be compared with its workflow, or not be mended");
        // A row that somebody holds looks like a database that is away.
        self.hold().await?;
        self.temporal.require_namespace().await?;
        Ok(Verdict::Drift)
    }

    /// Looks closely at an open order whose workflow does not seem to run. Its version is from
    /// before the look: had the workflow ended it meanwhile, the order would have moved on.
    async fn mend_order(&self, order: OpenOrder) -> anyhow::Result<Verdict> {
        let Some(workflow) = self.temporal.describe(order.id).await? else {
            return self
                .restart(order, "its workflow is unknown to Temporal")
                .await;
        };
        match (owner(&workflow, order.created_at), workflow.state) {
            (Owner::This, WorkflowState::Running { .. }) => Ok(Verdict::Agree),
            // An operator's decision: the order goes no further.
            (Owner::This, WorkflowState::Terminated) => {
                self.give_up(order, "its workflow was terminated").await
            }
            // It would fail for ever.
            (Owner::This, WorkflowState::Ended(how)) if self.is_spent(order) => {
                self.give_up(order, &format!("its workflow {how}")).await
            }
            (Owner::This, WorkflowState::Ended(how)) => {
                self.restart(order, &format!("its workflow {how}")).await
            }
            (Owner::Foreign, WorkflowState::Running { .. }) => {
                Err(foreign_workflow(order.id, &workflow).into())
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
        Ok(Verdict::Mended)
    }

    fn is_spent(&self, order: OpenOrder) -> bool {
        order.restarts >= i64::from(self.settings.reconciler.max_restarts)
    }

    async fn give_up(&self, order: OpenOrder, reason: &str) -> anyhow::Result<Verdict> {
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
                Ok(Verdict::Mended)
            }
            Err(Rejection::NotFound | Rejection::VersionMismatch) => Ok(Verdict::Agree),
            Err(error) => Err(error.into()),
        }
    }

    /// Looks at a running workflow and the order of its id.
    async fn mend_workflow(
        &self,
        order: FollowedOrder,
        listed: &Execution,
    ) -> anyhow::Result<Verdict> {
        let grace = self.settings.reconciler.grace;
        let id = order.key.id;
        match (listed.origin.owner(order.key.created_at), order.progress) {
            (Owner::Foreign, _) => Err(foreign_workflow(id, listed).into()),
            (Owner::Earlier, _) => {
                tracing::warn!(
                    order.id = id,
                    "terminating the workflow of an earlier order that had this id"
                );
                let reason = "its order is not in the database; another one has its id";
                self.temporal.terminate(listed, reason).await?;
                Ok(Verdict::Mended)
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

    /// Looks closely at a workflow that seems to run although its order has ended.
    async fn end_workflow(&self, order: FollowedOrder) -> anyhow::Result<Verdict> {
        let id = order.key.id;
        let workflow = self.temporal.describe(id).await?;
        let Some((workflow, cancel_requested)) =
            workflow.and_then(|workflow| match workflow.state {
                WorkflowState::Running { cancel_requested }
                    if workflow.origin.owner(order.key.created_at) == Owner::This =>
                {
                    Some((workflow, cancel_requested))
                }
                _ => None,
            })
        else {
            return Ok(Verdict::Agree);
        };
        let patience = self.settings.reconciler.grace * PATIENCE;
        match cancel_requested {
            false => self.temporal.end(order.key, "the order has ended").await?,
            // It ends as soon as a worker gives it a turn.
            true if order.unchanged_for.is_some_and(|age| age < patience) => {
                return Ok(Verdict::Agree);
            }
            true => {
                tracing::warn!(order.id = id, "terminating the workflow of an ended order");
                let reason = "the order has ended, and its workflow did not when it was asked to";
                self.temporal.terminate(&workflow, reason).await?;
            }
        }
        Ok(Verdict::Mended)
    }
}

fn owner(workflow: &Execution, created_at: DateTime<Utc>) -> Owner {
    workflow.origin.owner(Some(created_at))
}

/// What a close look brought.
enum Verdict {
    /// They agree after all.
    Agree,
    /// They disagreed, and no longer do.
    Mended,
    /// They disagree.
    Drift,
}

fn count(found: &mut Findings, verdicts: &[Verdict]) {
    for verdict in verdicts {
        match verdict {
            Verdict::Agree => {}
            Verdict::Mended => {
                found.drift += 1;
                found.repaired += 1;
            }
            Verdict::Drift => found.drift += 1,
        }
    }
}
