//! Compares orders with their workflows, and mends what disagrees. Any number of these may run; one
//! at a time does a round.
//!
//! The row says what is true of an order; the workflow only has to agree. So an open order without a
//! running workflow gets a new one, and a workflow that runs on behind an ended order is ended.

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::backoff::backoff;
use super::executions::WorkflowState;
use super::gateway::Temporal;
use crate::config::Settings;
use crate::db::{
    Database, EndedOrder, Findings, OpenOrder, OrderRepository, Precondition,
    ReconciliationRepository, Rejected,
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
        // For another instance to go on at once; else it waits for the lease to end.
        let given_back = timeout(RELEASE_TIMEOUT, self.rounds.abandon(&self.name)).await;
        if !matches!(given_back, Ok(Ok(()))) {
            tracing::debug!("the round could not be given back; its lease frees it");
        }
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
        let mut found = Findings::default();
        self.open_orders(&mut found).await?;
        self.running_workflows(&mut found).await?;
        self.rounds.finish(&self.name, found).await?;
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
            let suspects = batch
                .into_iter()
                .filter(|order| !running.contains(&order.id));
            let verdicts: Vec<Verdict> = stream::iter(suspects)
                .map(|order| self.mend_order(order))
                .buffer_unordered(CONCURRENCY)
                .try_collect()
                .await?;
            count(found, &verdicts);
            self.hold().await?;
        }
    }

    /// No ended order has a running workflow.
    async fn running_workflows(&self, found: &mut Findings) -> anyhow::Result<()> {
        let grace = self.settings.reconciler.grace;
        let mut page = Vec::new();
        loop {
            let running = self.temporal.running(BATCH, page).await?;
            found.compared += i64::try_from(running.order_ids.len()).unwrap_or(i64::MAX);
            let ended = self.rounds.ended_orders(&running.order_ids, grace).await?;
            let verdicts: Vec<Verdict> = stream::iter(ended)
                .map(|order| self.mend_workflow(order))
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

    /// Looks closely at an open order whose workflow does not seem to run. Its version is from
    /// before the look: had the workflow ended it meanwhile, the order would have moved on.
    async fn mend_order(&self, order: OpenOrder) -> anyhow::Result<Verdict> {
        let reason = match self.temporal.describe(order.id).await? {
            WorkflowState::Running { .. } => return Ok(Verdict::Agree),
            // An operator's decision: the order goes no further.
            WorkflowState::Terminated => {
                return self.give_up(order, "its workflow was terminated").await;
            }
            WorkflowState::Unknown => "its workflow is unknown to Temporal".to_owned(),
            // It would fail for ever.
            WorkflowState::Ended(how) if self.is_spent(order) => {
                return self.give_up(order, &format!("its workflow {how}")).await;
            }
            WorkflowState::Ended(how) => format!("its workflow {how}"),
        };
        let mended = self
            .orders
            .restart(order.id, order.version, &reason)
            .await?;
        if !mended {
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
            Err(Rejected::NotFound | Rejected::VersionMismatch) => Ok(Verdict::Agree),
            Err(error) => {
                tracing::error!(order.id = order.id, error = %error, "the order could not be cancelled");
                Ok(Verdict::Drift)
            }
        }
    }

    /// Looks closely at a workflow that seems to run although its order has ended.
    async fn mend_workflow(&self, order: EndedOrder) -> anyhow::Result<Verdict> {
        let WorkflowState::Running { cancel_requested } = self.temporal.describe(order.id).await?
        else {
            return Ok(Verdict::Agree);
        };
        let patience = self.settings.reconciler.grace * PATIENCE;
        let mended = match cancel_requested {
            false => self.temporal.end(order.id, "the order has ended").await,
            // It ends as soon as a worker gives it a turn.
            true if order.ended_for.is_some_and(|age| age < patience) => {
                return Ok(Verdict::Agree);
            }
            true => {
                tracing::warn!(
                    order.id = order.id,
                    "terminating the workflow of an ended order"
                );
                let reason = "the order has ended, and its workflow did not when it was asked to";
                self.temporal.terminate(order.id, reason).await
            }
        };
        match mended {
            Ok(()) => Ok(Verdict::Mended),
            Err(error) if error.is_outage() => Err(error.into()),
            Err(error) => {
                tracing::error!(order.id = order.id, error = %error, "the workflow of an ended order could not be ended");
                Ok(Verdict::Drift)
            }
        }
    }
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
