//! Creates deliveries from the feed and makes the attempts that are due. Any number of deliverers may
//! run, also against each other: the database says who makes an attempt.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use contract_runtime::json;
use tokio::sync::Notify;
use tokio::task::{Id, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::results::{Done, Results};
use super::sender::{Message, Sender, Unsent};
use crate::config::{Settings, Webhooks};
use crate::db::{Attempt, Database, OutboxRepository, Room, Target, WebhookUpkeep};
use crate::domain::{Event, WebhookPayload};
use crate::error::StoreError;
use crate::telemetry::Metrics;

/// How much longer than an attempt its lease lasts, so that its result can be recorded.
const LEASE_MARGIN: Duration = Duration::from_secs(15);
/// An attempt is not begun when less of this is left.
const RECORD_TIME: Duration = Duration::from_secs(5);
/// How long to wait for further results that are recorded together.
const LINGER: Duration = Duration::from_millis(2);
/// Pause after a failure of the database.
const PAUSE: Duration = Duration::from_millis(500);
/// How often deliveries are pruned, and how many at a time.
const PRUNING: Duration = Duration::from_secs(10);
const PRUNED: i64 = 5_000;

/// Delivers events.
pub struct Deliverer {
    outbox: OutboxRepository,
    upkeep: WebhookUpkeep,
    sender: Sender,
    results: Results,
    settings: Webhooks,
    shutdown_timeout: Duration,
    /// Whether there are enabled endpoints.
    any_enabled: AtomicBool,
}

/// An attempt in flight.
struct Flight {
    id: i64,
    number: i64,
    endpoint_id: i64,
}

impl Deliverer {
    /// Delivers the events of this database.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(
        database: &Database,
        settings: &Settings,
        metrics: &Metrics,
    ) -> Result<Self, String> {
        let outbox = OutboxRepository::new(database.clone());
        Ok(Self {
            results: Results::new(outbox.clone(), settings.webhooks.clone(), metrics.clone()),
            outbox,
            upkeep: WebhookUpkeep::new(database.clone()),
            sender: Sender::new(&settings.webhooks)?,
            settings: settings.webhooks.clone(),
            shutdown_timeout: settings.http.shutdown_timeout,
            any_enabled: AtomicBool::new(false),
        })
    }

    /// Runs until `stop` is cancelled, if `webhooks.enabled` is set; then waits for the attempts in
    /// flight, for `http.shutdown_timeout` at most.
    pub async fn run(self, stop: CancellationToken) {
        if !self.settings.enabled {
            return;
        }
        let due = Notify::new();
        tokio::join!(
            self.fan_out(&due, &stop),
            self.deliver(&due, &stop),
            self.prune(&stop)
        );
    }

    /// Creates deliveries, and wakes those who make them.
    async fn fan_out(&self, due: &Notify, stop: &CancellationToken) {
        loop {
            let moved = async {
                let outlook = self.outbox.outlook().await?;
                let any = outlook.any_enabled;
                self.any_enabled.store(any, Ordering::Relaxed);
                Ok::<_, StoreError>(outlook.any_behind && self.outbox.fan_out().await?)
            };
            let pause = match moved.await {
                Ok(true) => {
                    due.notify_one();
                    Duration::ZERO
                }
                Ok(false) => self.settings.poll_interval,
                Err(error) => {
                    tracing::warn!(error = %error, "cannot look for events for webhooks; retrying");
                    PAUSE
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(pause) => {}
            }
        }
    }

    async fn deliver(&self, due: &Notify, stop: &CancellationToken) {
        let mut sends = JoinSet::new();
        let mut flights = HashMap::new();
        while !stop.is_cancelled() {
            let begun = match self.begin(&mut sends, &mut flights).await {
                Ok(begun) => begun,
                Err(error) => {
                    tracing::warn!(error = %error, "cannot claim webhooks; retrying");
                    sleep(PAUSE).await;
                    0
                }
            };
            let mut finished = Vec::new();
            tokio::select! {
                () = stop.cancelled() => break,
                Some(first) = sends.join_next_with_id() => {
                    finished.push(first);
                    sleep(LINGER).await;
                }
                () = due.notified(), if begun == 0 => {}
                () = sleep(self.settings.poll_interval) => {}
            }
            while let Some(next) = sends.try_join_next_with_id() {
                finished.push(next);
            }
            self.finish(finished, &mut flights).await;
        }
        let last = async {
            while let Some(first) = sends.join_next_with_id().await {
                let mut finished = vec![first];
                while let Some(next) = sends.try_join_next_with_id() {
                    finished.push(next);
                }
                self.finish(finished, &mut flights).await;
            }
        };
        let _ = timeout(self.shutdown_timeout, last).await;
        drop(sends);
        let left: Vec<_> = flights.values().map(|one| (one.id, one.number)).collect();
        if !left.is_empty()
            && let Err(error) = self.outbox.release(&left).await
        {
            tracing::warn!(error = %error, "cannot release webhooks; their leases end by themselves");
        }
    }

    /// Begins the attempts that are due. Returns how many.
    async fn begin(
        &self,
        sends: &mut JoinSet<Done>,
        flights: &mut HashMap<Id, Flight>,
    ) -> Result<usize, StoreError> {
        let free = self.settings.concurrency.saturating_sub(flights.len());
        if free == 0 || !self.any_enabled.load(Ordering::Relaxed) {
            return Ok(0);
        }
        let mut in_flight: HashMap<i64, i64> = HashMap::new();
        for flight in flights.values() {
            *in_flight.entry(flight.endpoint_id).or_default() += 1;
        }
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let room = Room {
            // Neither one endpoint nor one claim takes all of what is left: the more is in flight, the
            // less is left to each endpoint, and some of it to those that respond.
            total: count(free.div_ceil(2)),
            per_endpoint: count((free / 4).clamp(1, self.settings.endpoint_concurrency)),
            in_flight: in_flight.into_iter().collect(),
        };
        let lease = self.settings.timeout + LEASE_MARGIN;
        let before = Instant::now();
        let claimed = self.outbox.claim(&room, lease).await?;
        let begun = claimed.len();
        let latest = before + LEASE_MARGIN.saturating_sub(RECORD_TIME);
        for attempt in claimed {
            let flight = Flight {
                id: attempt.id,
                number: attempt.number,
                endpoint_id: attempt.endpoint_id,
            };
            let sender = self.sender.clone();
            let task = sends.spawn(async move { make(&sender, attempt, latest).await });
            flights.insert(task.id(), flight);
        }
        Ok(begun)
    }

    /// Records results.
    async fn finish(
        &self,
        finished: Vec<Result<(Id, Done), tokio::task::JoinError>>,
        flights: &mut HashMap<Id, Flight>,
    ) {
        let mut done = Vec::with_capacity(finished.len());
        for one in finished {
            match one {
                Ok((task, result)) => {
                    flights.remove(&task);
                    done.push(result);
                }
                // It is repeated when its lease ends.
                Err(error) => {
                    tracing::error!(error = %error, "an attempt to deliver a webhook panicked");
                    flights.remove(&error.id());
                }
            }
        }
        self.results.record(&done).await;
    }

    async fn prune(&self, stop: &CancellationToken) {
        let settings = &self.settings;
        loop {
            let (retention, failed) = (settings.retention, settings.failed_retention);
            let pause = match self.upkeep.prune(retention, failed, PRUNED).await {
                Ok(true) => Duration::ZERO,
                Ok(false) => PRUNING.min(retention),
                Err(error) => {
                    tracing::warn!(error = %error, "cannot delete old webhook deliveries; retrying later");
                    PRUNING
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(pause) => {}
            }
        }
    }
}

/// Makes an attempt, unless this process was held up for so long that another may have its lease.
async fn make(sender: &Sender, attempt: Attempt, latest: Instant) -> Done {
    let begun = Instant::now();
    let result = match &attempt.work {
        Ok(_) if begun > latest => None,
        Ok((target, event)) => Some(send(sender, target, event).await),
        Err(error) => {
            tracing::error!(webhook.endpoint = attempt.endpoint_id, error = %error, "a webhook cannot be sent by this version");
            None
        }
    };
    Done {
        duration: begun.elapsed(),
        attempt,
        result,
    }
}

async fn send(sender: &Sender, target: &Target, event: &Event) -> Result<super::Answer, Unsent> {
    let message = Message {
        id: format!("evt_{}", event.position),
        payload: payload(&WebhookPayload {
            r#type: format!("order.{}", event.r#type),
            timestamp: event.occurred_at,
            data: Some(event.clone()),
        }),
    };
    sender.send(target, &message).await
}

/// A payload as it is sent.
pub fn payload(payload: &WebhookPayload) -> String {
    json::to_value(payload).to_string()
}
