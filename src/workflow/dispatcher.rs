//! Carries intents from the outbox to Temporal. Any number of these may run.

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, pin_mut};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::gateway::{Temporal, TemporalError};
use crate::config::Settings;
use crate::db::{Action, Database, Intent, IntentListener, IntentRepository};

/// The first wait after a failure; it doubles from there.
const FIRST_BACKOFF: Duration = Duration::from_millis(200);

/// Tells Temporal what the outbox holds.
pub struct Dispatcher {
    settings: Arc<Settings>,
    intents: IntentRepository,
    temporal: Temporal,
}

impl Dispatcher {
    /// From this database to this Temporal.
    pub fn new(settings: Arc<Settings>, database: Database, temporal: Temporal) -> Self {
        Self {
            settings,
            intents: IntentRepository::new(database),
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
        let mut running = JoinSet::new();
        let mut failures: u32 = 0;
        loop {
            while running.try_join_next().is_some() {}
            let free = settings.concurrency.saturating_sub(running.len());
            if free > 0 && !stop.is_cancelled() {
                match self.next(free, stop).await {
                    Ok(claimed) => {
                        failures = 0;
                        for intent in claimed {
                            running.spawn(self.teller().tell(intent));
                        }
                    }
                    Err(error) => {
                        failures = failures.saturating_add(1);
                        tracing::warn!(error = %error, failures, "orders wait in the outbox");
                    }
                }
            }
            let nap = match failures {
                0 => settings.poll_interval,
                _ => backoff(failures, settings.max_backoff),
            };
            tokio::select! {
                () = stop.cancelled() => break,
                // With every place taken, only an end makes room for more.
                () = wake.notified(), if running.len() < settings.concurrency => {}
                Some(_) = running.join_next() => {}
                () = sleep(nap) => {}
            }
        }
        let drained = async { while running.join_next().await.is_some() {} };
        if timeout(self.settings.http.shutdown_timeout, drained)
            .await
            .is_err()
        {
            tracing::warn!("gave up on intents in flight; their leases free them");
        }
    }

    /// Claims intents, once there is somebody to tell them to.
    async fn next(&self, limit: usize, stop: &CancellationToken) -> anyhow::Result<Vec<Intent>> {
        tokio::select! {
            () = stop.cancelled() => return Ok(Vec::new()),
            connected = self.temporal.client() => connected?,
        };
        let lease = self.settings.dispatcher.lease;
        Ok(self.intents.claim(limit, lease).await?)
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

/// Tells Temporal of one intent.
struct Teller {
    settings: Arc<Settings>,
    intents: IntentRepository,
    temporal: Temporal,
}

impl Teller {
    async fn tell(self, intent: Intent) {
        match self.send(&intent).await {
            Ok(()) => match self.intents.done(intent.id).await {
                Ok(()) => {
                    tracing::debug!(order.id = intent.order_id, action = ?intent.action, "told Temporal");
                }
                Err(error) => {
                    tracing::warn!(order.id = intent.order_id, error = %error, "told Temporal, but could not note it; it is told again");
                }
            },
            Err(error) => {
                let attempts = u32::try_from(intent.attempts).unwrap_or(u32::MAX);
                let delay = backoff(attempts, self.settings.dispatcher.max_backoff);
                tracing::warn!(
                    order.id = intent.order_id,
                    action = ?intent.action,
                    attempts,
                    retry_in_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
                    error = %error,
                    "could not tell Temporal"
                );
                if let Err(error) = self
                    .intents
                    .retry(intent.id, delay, &error.to_string())
                    .await
                {
                    tracing::warn!(order.id = intent.order_id, error = %error, "could not give the intent back; its lease frees it");
                }
            }
        }
    }

    async fn send(&self, intent: &Intent) -> Result<(), TemporalError> {
        match intent.action {
            Action::Start => {
                self.temporal
                    .start(intent.order_id, self.settings.workflow.processing_delay)
                    .await
            }
            Action::End => {
                self.temporal
                    .end(intent.order_id, "the order has ended")
                    .await
            }
        }
    }
}

/// Doubles with every failure up to `longest`, less a random part of up to a half, so that many
/// that failed together do not come back together.
fn backoff(failures: u32, longest: Duration) -> Duration {
    let doubled = FIRST_BACKOFF.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)));
    doubled.min(longest).mul_f64(rand::random_range(0.5..=1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_grows_to_its_limit() {
        let longest = Duration::from_secs(30);
        assert!(backoff(1, longest) <= FIRST_BACKOFF);
        assert!(backoff(1, longest) >= FIRST_BACKOFF / 2);
        for failures in [10, 31, 32, 1000, u32::MAX] {
            assert!((longest / 2..=longest).contains(&backoff(failures, longest)));
        }
    }
}
