//! What the result of an attempt means for its delivery and its endpoint.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::sleep;

use super::schedule::next_delay;
use super::sender::{Answer, Unsent};
use crate::config::Webhooks;
use crate::db::{Attempt, EndpointResult, OutboxRepository, Outcome};
use crate::domain::DeliveryStatus;
use crate::error::StoreError;
use crate::telemetry::Metrics;
use crate::telemetry::metrics::WebhookOutcome;

/// How long a delivery waits that this version cannot send.
const UNKNOWN_DELAY: Duration = Duration::from_secs(60);
/// How often recording is repeated, and the pause between.
const RECORD_ATTEMPTS: u32 = 10;
const RECORD_PAUSE: Duration = Duration::from_millis(500);

/// An attempt that was made, or could not be made.
pub(super) struct Done {
    pub(super) attempt: Attempt,
    /// `None` if nothing was sent.
    pub(super) result: Option<Result<Answer, Unsent>>,
    pub(super) duration: Duration,
}

/// Records results.
pub(super) struct Results {
    outbox: OutboxRepository,
    settings: Webhooks,
    metrics: Metrics,
}

/// What a result means.
struct Verdict {
    outcome: Outcome,
    endpoint: Option<EndpointResult>,
    counted: Option<WebhookOutcome>,
}

impl Results {
    pub(super) fn new(outbox: OutboxRepository, settings: Webhooks, metrics: Metrics) -> Self {
        Self {
            outbox,
            settings,
            metrics,
        }
    }

    /// Records results. What cannot be recorded is sent again when its lease ends.
    pub(super) async fn record(&self, done: &[Done]) {
        if done.is_empty() {
            return;
        }
        let mut outcomes = Vec::with_capacity(done.len());
        let mut endpoints: BTreeMap<i64, EndpointResult> = BTreeMap::new();
        for one in done {
            let verdict = self.judge(one);
            if let Some(counted) = verdict.counted {
                self.metrics.webhook(counted, one.duration);
            }
            outcomes.push(verdict.outcome);
            if let Some(result) = verdict.endpoint {
                let known = endpoints.entry(result.id).or_default();
                merge(known, result);
            }
        }
        // An endpoint without failures is not written to with every success.
        let failing = done.iter().filter(|one| one.attempt.endpoint_fails);
        let failing: Vec<i64> = failing.map(|one| one.attempt.endpoint_id).collect();
        endpoints.retain(|id, result| {
            result.failures > 0
                || result.disable.is_some()
                || !result.hold.is_zero()
                || (result.successes > 0 && failing.contains(id))
        });
        let mut endpoints: Vec<EndpointResult> = endpoints.into_values().collect();
        for _ in 0..RECORD_ATTEMPTS {
            match self.write(&outcomes, &mut endpoints).await {
                Ok(()) => return,
                Err(error) => {
                    tracing::warn!(error = %error, "cannot record webhooks; retrying");
                }
            }
            sleep(RECORD_PAUSE).await;
        }
    }

    /// Empties `endpoints` when they are written, so that a repetition does not count them again.
    async fn write(
        &self,
        outcomes: &[Outcome],
        endpoints: &mut Vec<EndpointResult>,
    ) -> Result<(), StoreError> {
        if !endpoints.is_empty() {
            let pause = self.settings.first_delay;
            let disabled = self.outbox.record_endpoints(endpoints, pause).await?;
            if disabled > 0 {
                let gone = endpoints.iter().filter(|one| one.disable.is_some());
                let ids: Vec<i64> = gone.map(|one| one.id).collect();
                tracing::warn!(webhook.endpoints = ?ids, "webhook endpoints are disabled");
            }
            endpoints.clear();
        }
        self.outbox.record(outcomes).await
    }

    fn judge(&self, done: &Done) -> Verdict {
        let attempt = &done.attempt;
        let mut outcome = Outcome {
            id: attempt.id,
            number: attempt.number,
            status: DeliveryStatus::Pending,
            failed: false,
            response_status: None,
            error: None,
            delay: Duration::ZERO,
        };
        let (Some(result), Ok((target, event))) = (&done.result, &attempt.work) else {
            if attempt.work.is_err() {
                outcome.delay = UNKNOWN_DELAY;
                outcome.error = Some("the event is not known to this version".into());
            }
            return Verdict {
                outcome,
                endpoint: None,
                counted: None,
            };
        };
        let mut endpoint = EndpointResult {
            id: attempt.endpoint_id,
            url: target.url.clone(),
            ..EndpointResult::default()
        };
        let answer = match result {
            Ok(answer) => {
                outcome.response_status = Some(answer.status.into());
                Some(answer)
            }
            Err(Unsent(reason)) => {
                outcome.error = Some(reason.clone());
                None
            }
        };
        let counted = match answer {
            Some(answer) if answer.is_success() => {
                outcome.status = DeliveryStatus::Delivered;
                endpoint.successes = 1;
                WebhookOutcome::Delivered
            }
            // The delivery is sent when a client enables the endpoint again.
            Some(answer) if answer.is_gone() => {
                let reason = "the receiver responded with 410";
                outcome.error = Some(reason.into());
                endpoint.disable = Some(reason.into());
                WebhookOutcome::Gone
            }
            answer => {
                if let Some(answer) = answer {
                    outcome.error = Some(match answer.status {
                        300..=399 => "redirects are not followed".into(),
                        status => format!("the receiver responded with {status}"),
                    });
                }
                outcome.failed = true;
                endpoint.failures = 1;
                let wait = answer.and_then(|answer| answer.retry_after);
                if let Some(answer) = answer
                    && [429, 503].contains(&answer.status)
                {
                    let longest = self.settings.give_up_after;
                    endpoint.hold = wait.unwrap_or_default().min(longest);
                }
                let due_for = attempt.due_for + done.duration;
                let delay = next_delay(&self.settings, attempt.failures + 1, due_for, wait);
                if let Some(delay) = delay {
                    outcome.delay = delay;
                    WebhookOutcome::Repeated
                } else {
                    outcome.status = DeliveryStatus::Failed;
                    tracing::warn!(
                        webhook.endpoint = attempt.endpoint_id,
                        webhook.delivery = attempt.id,
                        order.id = event.order_id.0,
                        attempts = attempt.number,
                        error = outcome.error,
                        "a webhook was given up"
                    );
                    WebhookOutcome::Failed
                }
            }
        };
        Verdict {
            outcome,
            endpoint: Some(endpoint),
            counted: Some(counted),
        }
    }
}

/// Adds a later result of an endpoint.
fn merge(known: &mut EndpointResult, later: EndpointResult) {
    *known = EndpointResult {
        id: later.id,
        url: later.url,
        successes: known.successes + later.successes,
        failures: known.failures + later.failures,
        hold: known.hold.max(later.hold),
        disable: known.disable.take().or(later.disable),
    };
}
