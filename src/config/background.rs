//! Background work.

use std::time::Duration;

use garde::Validate;
use serde::{Deserialize, Serialize};

use super::rules::positive;

/// Settings of the order workflow.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Workflow {
    /// How long an order is processed before it completes.
    #[serde(with = "humantime_serde")]
    pub processing_delay: Duration,
}

/// Settings of the dispatcher.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub struct Dispatcher {
    /// Whether this process dispatches intents to Temporal.
    pub enabled: bool,
    /// The maximum number of intents that are dispatched concurrently.
    #[garde(custom(positive))]
    pub concurrency: usize,
    /// How often to look for intents without a notification.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub poll_interval: Duration,
    /// How long after its claim an intent may be claimed again.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub lease: Duration,
    /// The longest delay between two attempts.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub max_backoff: Duration,
}

/// Settings of the reconciler.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub struct Reconciler {
    /// The delay between the end of a round and the next one.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub interval: Duration,
    /// How long an order must be unchanged before it is compared.
    #[serde(with = "humantime_serde")]
    pub grace: Duration,
    /// How many new workflows an order gets after failures before it is cancelled.
    pub max_restarts: u32,
}

/// Settings of idempotency keys.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub struct Idempotency {
    /// Whether `POST /orders` without a key is rejected.
    pub required: bool,
    /// How long a key is stored.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub lifetime: Duration,
    /// How often expired keys are deleted.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub sweep_interval: Duration,
}

/// Settings of the feed of events.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    /// How often to look for new events.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub interval: Duration,
    /// How long the feed returns an event; 0 for ever.
    #[serde(with = "humantime_serde")]
    pub retention: Duration,
    /// The maximum number of streams and waiting requests of this process.
    #[garde(custom(positive))]
    pub max_followers: usize,
    /// How long a stream is silent before it sends a heartbeat.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub heartbeat: Duration,
    /// How long a stream lasts.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub stream_lifetime: Duration,
}

impl Feed {
    /// The retention, if events are ever pruned.
    pub fn retention(&self) -> Option<Duration> {
        (!self.retention.is_zero()).then_some(self.retention)
    }
}
