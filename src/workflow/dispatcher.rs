//! Carries intents from the outbox to Temporal. Any number of these may run.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{StreamExt, pin_mut};
use opentelemetry::trace::SpanKind;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::admission::Admission;
use super::backoff::backoff;
use super::gateway::{Temporal, TemporalError};
use crate::config::Settings;
use crate::db::{Action, Database, Intent, IntentListener, IntentRepository, stages};
use crate::telemetry::metrics;
use crate::telemetry::traces::{Span, TraceContext};
use crate::telemetry::work::{self, Work};

/// The longest wait before Temporal is asked whether it is back.
const LONGEST_OUTAGE_NAP: Duration = Duration::from_secs(5);
/// How often to look how far orders have come, while no more may be started.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);
/// How long giving back what was claimed may take at the end.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(2);

/// Tells Temporal what the outbox holds.
pub struct Dispatcher {
    settings: Arc<Settings>,
    database: Database,
    intents: IntentRepository,
    temporal: Temporal,
}

impl Dispatcher {
    /// From this database to this Temporal.
    pub fn new(settings: Arc<Settings>, database: Database, temporal: Temporal) -> Self {
        Self {
            settings,
            intents: IntentRepository::new(database.clone()),
            database,
            temporal,
        }
    }

    /// Works until `stop`; then finishes what it has claimed.
    pub async fn run(self, stop: CancellationToken) {
        let wake = Arc::new(Notify::new());
        let listening = self.listen(&wake);
        let working = self.work(&wake, &stop);
        tokio::select! {
            () = working => {}
            () = listening => {}
        }
    }

    async fn work(&self, wake: &Notify, stop: &CancellationToken) {
        let settings = &self.settings.dispatcher;
        let mut running = Claimed::default();
        let mut admission = Admission::new(self.settings.workflow.processing_delay);
        // In a row: of the database, and of Temporal as a whole.
        let mut failures: u32 = 0;
        let mut outages: u32 = 0;
        loop {
            // While Temporal is away, one intent at a time asks whether it is back.
            let places = match outages {
                0 => settings.concurrency,
                _ => 1,
            };
            let free = places.saturating_sub(running.len());
            // Whether orders wait in the outbox because too many wait in Temporal.
            let mut held_back = false;
            if free > 0 && !stop.is_cancelled() {
                match self.next(free, &mut admission, stop).await {
                    Ok(next) => {
                        failures = 0;
                        held_back = next.held_back;
                        for intent in next.claimed {
                            if intent.action != Action::End {
                                admission.started(Instant::now(), intent.order.id);
                            }
                            running.tell(self.teller(), intent);
                        }
                    }
                    Err(error) => {
                        failures = failures.saturating_add(1);
                        tracing::warn!(error = %error, failures, "orders wait in the outbox");
                    }
                }
            }
            let nap = match (failures, outages) {
                (0, 0) if held_back => LOOK_INTERVAL,
                (0, 0) => settings.poll_interval,
                (0, _) => backoff(outages, settings.max_backoff.min(LONGEST_OUTAGE_NAP)),
                (_, _) => backoff(failures, settings.max_backoff.min(LONGEST_OUTAGE_NAP)),
            };
            let napping = sleep(nap);
            pin_mut!(napping);
            // Claims are for several at a time: under load, not one for each place that becomes free.
            let has_room =
                |running: &Claimed| !held_back && running.len() + places.div_ceil(4) <= places;
            // Many that fail together are one outage.
            let outages_before = outages;
            loop {
                tokio::select! {
                    () = stop.cancelled() => return self.drain(running).await,
                    // No new intent ends an outage.
                    () = wake.notified(), if outages == 0 && has_room(&running) => break,
                    Some(told) = running.next() => {
                        if let Some(order_id) = told.not_started {
                            admission.not_started(order_id);
                        }
                        match told.outage {
                            true => outages = outages_before.saturating_add(1),
                            false => {
                                outages = 0;
                                if has_room(&running) {
                                    break;
                                }
                            }
                        }
                    }
                    () = &mut napping => break,
                }
            }
        }
    }

    /// Lets what is in flight come to its end, and gives back what does not in time.
    async fn drain(&self, mut running: Claimed) {
        let drained = async { while running.next().await.is_some() {} };
        let limit = self.settings.http.shutdown_timeout;
        if timeout(limit, drained).await.is_ok() {
            return;
        }
        let left = running.abandon().await;
        tracing::warn!(intents = left.len(), "gave up on intents in flight");
        let released = timeout(RELEASE_TIMEOUT, self.intents.release(&left)).await;
        if !matches!(released, Ok(Ok(()))) {
            tracing::warn!("could not give them back; their leases free them");
        }
    }

    /// Claims intents, once there is somebody to tell them to: of orders to be started no more than may
    /// be, of orders that have ended as many as there are places.
    async fn next(
        &self,
        places: usize,
        admission: &mut Admission,
        stop: &CancellationToken,
    ) -> anyhow::Result<Next> {
        tokio::select! {
            () = stop.cancelled() => return Ok(Next::default()),
            connected = self.temporal.client() => connected?,
        };
        let lease = self.settings.dispatcher.lease;
        if admission.room(Instant::now()) < places {
            let seen = stages(&self.database, &admission.waiting()).await?;
            admission.observe(Instant::now(), seen);
        }
        let room = admission.room(Instant::now());
        if room >= places {
            let claimed = self.intents.claim(&Action::ALL, places, lease).await?;
            return Ok(Next {
                claimed,
                held_back: false,
            });
        }
        let mut claimed = self.intents.claim(&[Action::End], places, lease).await?;
        let room = room.min(places.saturating_sub(claimed.len()));
        if room > 0 {
            claimed.extend(self.intents.claim(&STARTS, room, lease).await?);
        }
        Ok(Next {
            claimed,
            held_back: true,
        })
    }

    fn teller(&self) -> Teller {
        Teller {
            settings: self.settings.clone(),
            intents: self.intents.clone(),
            temporal: self.temporal.clone(),
        }
    }

    /// Wakes the work when an intent is committed. Without it, polling still finds everything.
    async fn listen(&self, wake: &Notify) {
        let mut failures: u32 = 0;
        loop {
            match IntentListener::connect(&self.settings.database).await {
                Ok(mut listener) => {
                    failures = 0;
                    // What was committed before the connection stood.
                    wake.notify_one();
                    let notifications = listener.notifications();
                    pin_mut!(notifications);
                    while let Some(Ok(())) = notifications.next().await {
                        wake.notify_one();
                    }
                    tracing::warn!("lost the connection that hears of new intents; polling");
                }
                Err(error) => {
                    failures = failures.saturating_add(1);
                    tracing::warn!(error = %error, "cannot listen for new intents; polling");
                }
            }
            sleep(backoff(failures, self.settings.dispatcher.max_backoff)).await;
        }
    }
}

/// The actions after which an order waits for Temporal.
const STARTS: [Action; 2] = [Action::Start, Action::Restart];

/// What is told next.
#[derive(Default)]
struct Next {
    claimed: Vec<Intent>,
    /// Whether there may be more that could be told if fewer orders waited in Temporal.
    held_back: bool,
}

/// The intents that are being told at the moment.
#[derive(Default)]
struct Claimed {
    tasks: JoinSet<(i64, Told)>,
    intents: HashSet<i64>,
}

impl Claimed {
    fn len(&self) -> usize {
        self.tasks.len()
    }

    fn tell(&mut self, teller: Teller, intent: Intent) {
        let id = intent.id;
        self.intents.insert(id);
        self.tasks
            .spawn(async move { (id, teller.tell(intent).await) });
    }

    /// The next one to end; `None` when there is none.
    async fn next(&mut self) -> Option<Told> {
        match self.tasks.join_next().await? {
            Ok((id, told)) => {
                self.intents.remove(&id);
                Some(told)
            }
            Err(error) => {
                tracing::error!(error = %error, "telling Temporal failed; the lease frees the intent");
                Some(Told::default())
            }
        }
    }

    /// Stops them all, and says which had not ended.
    async fn abandon(mut self) -> Vec<i64> {
        self.tasks.shutdown().await;
        self.intents.into_iter().collect()
    }
}

/// What came of telling.
#[derive(Default)]
struct Told {
    /// Whether Temporal can not be asked anything.
    outage: bool,
    /// The order that should have been started and was not.
    not_started: Option<i64>,
}

/// Tells Temporal of one intent.
struct Teller {
    settings: Arc<Settings>,
    intents: IntentRepository,
    temporal: Temporal,
}

impl Teller {
    async fn tell(self, intent: Intent) -> Told {
        let begun = Instant::now();
        let sent = self.send_traced(&intent).await;
        let outage = sent.as_ref().is_err_and(TemporalError::is_outage);
        let outcome = match (&sent, outage) {
            (Ok(()), _) => metrics::Told::Told,
            (Err(_), false) => metrics::Told::Refused,
            (Err(_), true) => metrics::Told::Outage,
        };
        let action = intent.action.as_str();
        let lag = intent.age + begun.elapsed();
        let metrics = &self.temporal.telemetry().metrics;
        metrics.dispatched(action, outcome, lag);
        let not_started = sent.is_err() && intent.action != Action::End;
        match sent {
            Ok(()) => self.done(&intent).await,
            Err(error) => self.failed(&intent, &error).await,
        }
        Told {
            outage,
            not_started: not_started.then_some(intent.order.id),
        }
    }

    async fn done(&self, intent: &Intent) {
        match self.intents.done(intent.id).await {
            Ok(()) => {
                tracing::debug!(
                    order.id = intent.order.id,
                    action = intent.action.as_str(),
                    "told Temporal"
                );
            }
            Err(error) => {
                tracing::warn!(order.id = intent.order.id, error = %error, "told Temporal, but could not note it; it is told again");
            }
        }
    }

    async fn failed(&self, intent: &Intent, error: &TemporalError) {
        let attempts = u32::try_from(intent.attempts).unwrap_or(u32::MAX);
        let longest = self.settings.dispatcher.max_backoff;
        // An outage is nobody's fault: the intent need not wait longer than the outage.
        let delay = match error.is_outage() {
            true => backoff(1, longest),
            false => backoff(attempts, longest),
        };
        tracing::warn!(
            order.id = intent.order.id,
            action = intent.action.as_str(),
            attempts,
            retry_in_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
            error = %error,
            "could not tell Temporal"
        );
        let text = error.to_string();
        if let Err(error) = self.intents.retry(intent.id, delay, &text).await {
            tracing::warn!(order.id = intent.order.id, error = %error, "could not give the intent back; its lease frees it");
        }
    }

    /// In the trace of the request that wrote the intent, if it was in one.
    async fn send_traced(&self, intent: &Intent) -> Result<(), TemporalError> {
        let traces = &self.temporal.telemetry().traces;
        let parent = intent.traceparent.as_deref().and_then(TraceContext::parse);
        let mut span = parent.and_then(|parent| {
            let name = format!("{} workflow", intent.action.as_str());
            traces.span(name, SpanKind::Client, parent)
        });
        let trace = span.as_ref().map(Span::context).or(parent);
        let work = Work::step(Some(intent.order.id), trace, traces);
        let sent = work::scope(work, self.send(intent)).await;
        if let Some(span) = &mut span {
            span.set("order.id", intent.order.id);
            span.set("attempts", i64::from(intent.attempts));
            if let Err(error) = &sent {
                span.fail(error.to_string());
            }
        }
        sent
    }

    async fn send(&self, intent: &Intent) -> Result<(), TemporalError> {
        let delay = self.settings.workflow.processing_delay;
        match intent.action {
            Action::Start => self.temporal.start(intent.order, delay, false).await,
            Action::Restart => self.temporal.start(intent.order, delay, true).await,
            Action::End => self.temporal.end(intent.order, "the order has ended").await,
        }
    }
}
