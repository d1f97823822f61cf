//! Compares orders with their workflows and with the partners' books, and repairs differences. Any
//! number of reconcilers may run; one at a time performs a round.
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
use super::books::Books;
use super::client::Temporal;
use super::executions::Execution;
use super::ownership::Owner;
use crate::config::Settings;
use crate::db::{
    Database, Findings, FollowedOrder, OpenOrder, OrderRepository, ReconciliationRepository,
};
use crate::domain::OrderId;
use crate::partners::{PartnerName, Partners};

/// Orders that are compared at a time, with one list query.
const BATCH: i32 = 100;
/// Workflows that are described concurrently.
const CONCURRENCY: usize = 8;
/// Pages of a partner's books in a round; the next round goes on after them.
const PAGES: usize = 50;
/// The time limit for abandoning a round at shutdown.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(2);
const TAKEN_OVER: &str = "another instance took over the round";

/// Finds and repairs orders that differ from their workflows.
pub struct Reconciler {
    pub(super) settings: Arc<Settings>,
    pub(super) orders: OrderRepository,
    rounds: ReconciliationRepository,
    pub(super) temporal: Temporal,
    books: Books,
    /// Unique among all reconcilers.
    name: String,
}

impl Reconciler {
    /// Compares this database with this Temporal and these partners.
    pub fn new(
        settings: Arc<Settings>,
        database: Database,
        temporal: Temporal,
        partners: Partners,
    ) -> Self {
        let grace = settings.reconciler.grace;
        Self {
            books: Books::new(partners, database.clone(), temporal.clone(), grace),
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
        self.partners_books(found).await?;
        let finished = self.rounds.finish(&self.name, *found).await?;
        anyhow::ensure!(finished, TAKEN_OVER);
        if found.drift > 0 {
            tracing::warn!(
                compared = found.compared,
                drift = found.drift,
                repaired = found.repaired,
                "orders differed from their workflows or from the partners' books"
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
        let mut after = OrderId(0);
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
            let ids: Vec<OrderId> = batch.iter().map(|order| order.id).collect();
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
            let ids: Vec<OrderId> = running.workflows.iter().map(|one| one.order_id).collect();
            let orders = self.rounds.followed_orders(&ids).await?;
            let orders: HashMap<OrderId, FollowedOrder> = orders
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

    /// Goes on in the books of every partner.
    async fn partners_books(&self, found: &mut Findings) -> anyhow::Result<()> {
        for partner in PartnerName::ALL {
            for _ in 0..PAGES {
                let has_more = self.books.page(partner, found).await?;
                self.renew().await?;
                if !has_more {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The verdict on one order: drift if it could not be repaired. The round fails only when the
    /// database or Temporal is unavailable.
    async fn verdict(
        &self,
        order_id: OrderId,
        repaired: anyhow::Result<Verdict>,
    ) -> anyhow::Result<Verdict> {
        let Err(error) = repaired else {
            return repaired;
        };
        tracing::error!(order.id = order_id.0, error = %error, "could not compare the order with its workflow or repair it");
        // A locked row fails like an unavailable database, so check whether both are available.
        self.renew().await?;
        self.temporal.require_namespace().await?;
        Ok(Verdict::Drift)
    }
}

pub(super) fn owner(workflow: &Execution, created_at: DateTime<Utc>) -> Owner {
    workflow.origin.owner(Some(created_at))
}

/// Whether an order and its workflow agree.
#[derive(PartialEq, Eq)]
pub(super) enum Verdict {
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
