//! Dispatches intents from the outbox to Temporal. Any number of dispatchers may run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::pin_mut;
use opentelemetry::trace::SpanKind;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::admission::Admission;
use super::backoff::backoff;
use super::client::{Temporal, WorkflowInput};
use super::error::TemporalError;
use super::fulfilment::{FulfilmentInput, Steps};
use super::in_flight::{Dispatched, InFlight};
use super::order_workflow::OrderInput;
use crate::config::{CompleteOn, Settings};
use crate::db::{Action, Channel, Database, Intent, IntentRepository, Listener, stages};
use crate::domain::OrderKey;
use crate::telemetry::metrics::DispatchResult;
use crate::telemetry::request_scope::RequestScope;
use crate::telemetry::traces::{Span, TraceContext};

/// The longest delay between attempts during an outage of Temporal.
const LONGEST_OUTAGE_PAUSE: Duration = Duration::from_secs(5);
/// How often the stages of waiting orders are read while no more may be started.
const STAGES_INTERVAL: Duration = Duration::from_millis(100);
/// How often messages are claimed meanwhile, unless there were many: each time, those that wait for
/// the start of their own order are read as well.
const MESSAGES_INTERVAL: Duration = Duration::from_millis(500);
/// The time limit for releasing claims at shutdown.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(2);
/// The actions after which an order waits for Temporal.
const STARTS: [Action; 4] = [
    Action::Start,
    Action::Restart,
    Action::Fulfil,
    Action::Refulfil,
];
/// The actions for orders that Temporal has already, each with an index of its own.
const MESSAGES: [Action; 2] = [Action::End, Action::Wake];

/// Sends the intents of the outbox to Temporal. Cheap to clone.
#[derive(Clone)]
pub struct Dispatcher {
    settings: Arc<Settings>,
    database: Database,
    intents: IntentRepository,
    temporal: Temporal,
}

impl Dispatcher {
    /// Dispatches from this database to this Temporal.
    pub fn new(settings: Arc<Settings>, database: Database, temporal: Temporal) -> Self {
        Self {
            settings,
            intents: IntentRepository::new(database.clone()),
            database,
            temporal,
        }
    }

    /// Runs until `stop` is cancelled; then finishes the claimed intents.
    pub async fn run(self, stop: CancellationToken) {
        let wake = Arc::new(Notify::new());
        tokio::select! {
            () = self.dispatch(&wake, &stop) => {}
            () = self.listen(&wake) => {}
        }
    }

    async fn dispatch(&self, wake: &Notify, stop: &CancellationToken) {
        let settings = &self.settings.dispatcher;
        let mut running = InFlight::default();
        let mut admission = Admission::new(self.settings.workflow.processing_delay);
        let mut messages_due = Instant::now();
        // Consecutive failures of the database, and outages of Temporal.
        let mut failures: u32 = 0;
        let mut outages: u32 = 0;
        loop {
            // During an outage of Temporal, one intent at a time probes it.
            let places = if outages == 0 {
                settings.concurrency
            } else {
                1
            };
            let free = places.saturating_sub(running.len());
            let mut is_held_back = false;
            if free > 0 && !stop.is_cancelled() {
                let claimed = self.claim(free, &mut admission, &mut messages_due, stop);
                match claimed.await {
                    Ok(claimed) => {
                        failures = 0;
                        is_held_back = claimed.is_held_back;
                        for intent in claimed.intents {
                            if intent.action.is_start() {
                                let has_items =
                                    matches!(intent.action, Action::Fulfil | Action::Refulfil);
                                admission.started(Instant::now(), intent.order.id, has_items);
                            }
                            running.spawn(intent.id, self.clone().dispatch_one(intent));
                        }
                    }
                    Err(error) => {
                        failures = failures.saturating_add(1);
                        tracing::warn!(error = %error, failures, "orders wait in the outbox");
                    }
                }
            }
            let pause = match (failures, outages) {
                (0, 0) if is_held_back => STAGES_INTERVAL,
                (0, 0) => settings.poll_interval,
                (0, _) => backoff(outages, settings.max_backoff.min(LONGEST_OUTAGE_PAUSE)),
                (_, _) => backoff(failures, settings.max_backoff.min(LONGEST_OUTAGE_PAUSE)),
            };
            let pause = sleep(pause);
            pin_mut!(pause);
            // Under load, several intents are claimed at a time instead of one for each free place.
            let has_room =
                |running: &InFlight| !is_held_back && running.len() + places.div_ceil(4) <= places;
            // Concurrent failures count as one outage.
            let outages_before = outages;
            loop {
                tokio::select! {
                    () = stop.cancelled() => return self.drain(running).await,
                    // A new intent does not end an outage.
                    () = wake.notified(), if outages == 0 && has_room(&running) => break,
                    Some(dispatched) = running.next() => {
                        if let Some(order_id) = dispatched.not_started {
                            admission.not_started(order_id);
                        }
                        if dispatched.is_outage {
                            outages = outages_before.saturating_add(1);
                            continue;
                        }
                        outages = 0;
                        if has_room(&running) {
                            break;
                        }
                    }
                    () = &mut pause => break,
                }
            }
        }
    }

    /// Finishes the intents in flight, and releases those that do not finish in time.
    async fn drain(&self, mut running: InFlight) {
        let drained = async { while running.next().await.is_some() {} };
        let limit = self.settings.http.shutdown_timeout;
        if timeout(limit, drained).await.is_ok() {
            return;
        }
        let unfinished = running.abort().await;
        tracing::warn!(intents = unfinished.len(), "gave up on intents in flight");
        let released = timeout(RELEASE_TIMEOUT, self.intents.release(&unfinished)).await;
        if !matches!(released, Ok(Ok(()))) {
            tracing::warn!("could not release the unfinished intents; their leases expire");
        }
    }

    /// Claims intents, once Temporal is connected: starts, as many as admission permits; ends, as
    /// many as there are places.
    async fn claim(
        &self,
        places: usize,
        admission: &mut Admission,
        messages_due: &mut Instant,
        stop: &CancellationToken,
    ) -> anyhow::Result<Claimed> {
        tokio::select! {
            () = stop.cancelled() => return Ok(Claimed::default()),
            connected = self.temporal.client() => connected?,
        };
        let lease = self.settings.dispatcher.lease;
        if admission.room(Instant::now()) < places {
            let seen = stages(&self.database, &admission.waiting()).await?;
            admission.observe(Instant::now(), seen);
        }
        let room = admission.room(Instant::now());
        if room >= places {
            let intents = self.intents.claim(&Action::ALL, places, lease).await?;
            return Ok(Claimed {
                intents,
                is_held_back: false,
            });
        }
        let mut intents = Vec::new();
        if Instant::now() >= *messages_due {
            for message in MESSAGES {
                let places = places.saturating_sub(intents.len());
                if places > 0 {
                    intents.extend(self.intents.claim(&[message], places, lease).await?);
                }
            }
            if intents.len() < places {
                *messages_due = Instant::now() + MESSAGES_INTERVAL;
            }
        }
        let room = room.min(places.saturating_sub(intents.len()));
        if room > 0 {
            intents.extend(self.intents.claim(&STARTS, room, lease).await?);
        }
        Ok(Claimed {
            intents,
            is_held_back: true,
        })
    }

    /// Wakes the dispatcher when an intent is committed. Without notifications, polling still finds
    /// all intents.
    async fn listen(&self, wake: &Notify) {
        let mut failures: u32 = 0;
        loop {
            match Listener::connect(&self.settings.database, Channel::Intents).await {
                Ok(listener) => {
                    failures = 0;
                    listener.wake(wake).await;
                    tracing::warn!("lost the connection that listens for new intents; polling");
                }
                Err(error) => {
                    failures = failures.saturating_add(1);
                    tracing::warn!(error = %error, "cannot listen for new intents; polling");
                }
            }
            sleep(backoff(failures, self.settings.dispatcher.max_backoff)).await;
        }
    }

    /// Sends a claimed intent and records the result.
    async fn dispatch_one(self, intent: Intent) -> Dispatched {
        let begun = Instant::now();
        let sent = self.send_traced(&intent).await;
        let result = match &sent {
            Ok(()) => DispatchResult::Dispatched,
            Err(error) if error.is_outage() => DispatchResult::Outage,
            Err(_) => DispatchResult::Rejected,
        };
        let lag = intent.age + begun.elapsed();
        let metrics = &self.temporal.telemetry().metrics;
        metrics.dispatched(intent.action.as_str(), result, lag);
        let not_started = sent.is_err() && intent.action.is_start();
        match sent {
            Ok(()) => self.succeeded(&intent).await,
            Err(error) => self.failed(&intent, &error).await,
        }
        Dispatched {
            is_outage: result == DispatchResult::Outage,
            not_started: not_started.then_some(intent.order.id),
        }
    }

    async fn succeeded(&self, intent: &Intent) {
        let action = intent.action.as_str();
        match self.intents.done(intent.id).await {
            Ok(()) => tracing::debug!(
                order.id = intent.order.id.0,
                action,
                "dispatched the intent"
            ),
            Err(error) => tracing::warn!(
                order.id = intent.order.id.0,
                error = %error,
                "dispatched the intent, but could not delete it; it is sent again"
            ),
        }
    }

    async fn failed(&self, intent: &Intent, error: &TemporalError) {
        let attempts = u32::try_from(intent.attempts).unwrap_or(u32::MAX);
        // An intent need not wait longer than the outage, however many attempts it has had.
        let failures = if error.is_outage() { 1 } else { attempts };
        let delay = backoff(failures, self.settings.dispatcher.max_backoff);
        tracing::warn!(
            order.id = intent.order.id.0,
            action = intent.action.as_str(),
            attempts,
            retry_in_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
            error = %error,
            "could not dispatch the intent"
        );
        let text = error.to_string();
        if let Err(error) = self.intents.retry(intent.id, delay, &text).await {
            tracing::warn!(order.id = intent.order.id.0, error = %error, "could not release the intent; its lease expires");
        }
    }

    /// Sends the intent within the trace of the request that wrote it, if any.
    async fn send_traced(&self, intent: &Intent) -> Result<(), TemporalError> {
        let traces = &self.temporal.telemetry().traces;
        let parent = intent.traceparent.as_deref().and_then(TraceContext::parse);
        let mut span = parent.and_then(|parent| {
            let name = format!("{} workflow", intent.action.as_str());
            traces.span(name, SpanKind::Client, parent)
        });
        let trace = span.as_ref().map(Span::context).or(parent);
        let scope = RequestScope::activity(Some(intent.order.id), trace, traces);
        let sent = scope.run(self.send(intent)).await;
        if let Some(span) = &mut span {
            span.set("order.id", intent.order.id.0);
            span.set("attempts", i64::from(intent.attempts));
            if let Err(error) = &sent {
                span.fail(error.to_string());
            }
        }
        sent
    }

    async fn send(&self, intent: &Intent) -> Result<(), TemporalError> {
        let order = intent.order;
        match intent.action {
            Action::Start => self.temporal.start(order, self.input(order), false).await,
            Action::Restart => self.temporal.start(order, self.input(order), true).await,
            Action::Fulfil => {
                let input = self.fulfilment_input(intent, false);
                self.temporal.start(order, input, false).await
            }
            Action::Refulfil => {
                let input = self.fulfilment_input(intent, true);
                self.temporal.start(order, input, true).await
            }
            Action::Wake => self.temporal.wake(order, intent.id).await,
            Action::End => self.temporal.end(intent.order, "the order has ended").await,
        }
    }
}

impl Dispatcher {
    fn input(&self, order: OrderKey) -> WorkflowInput {
        WorkflowInput::Order(OrderInput {
            order_id: order.id,
            processing_delay_ms: milliseconds(self.settings.workflow.processing_delay),
        })
    }

    fn fulfilment_input(&self, intent: &Intent, resumed: bool) -> WorkflowInput {
        let partners = &self.settings.partners;
        let search_attributes = self.settings.temporal.search_attributes;
        let input = FulfilmentInput {
            order_id: intent.order.id,
            resumed,
            steps: Steps {
                reserve: !partners.inventory.url.is_empty(),
                pay: !partners.payment.url.is_empty(),
                ship: !partners.shipping.partner.url.is_empty(),
            },
            completes_on_delivery: partners.complete_on == CompleteOn::Delivery,
            processing_delay_ms: milliseconds(self.settings.workflow.processing_delay),
            search_attributes,
        };
        WorkflowInput::Fulfilment {
            input,
            customer: intent.customer.filter(|_| search_attributes),
        }
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The result of a claim.
#[derive(Default)]
struct Claimed {
    intents: Vec<Intent>,
    /// Whether more intents may wait in the outbox because too many orders wait in Temporal.
    is_held_back: bool,
}
