//! What is done for orders in the background.

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
    /// Most intents that are dispatched at a time.
    #[garde(custom(positive))]
    pub concurrency: usize,
    /// How often to look for intents when no notification came.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub poll_interval: Duration,
    /// After how long a claimed intent may be claimed again.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub lease: Duration,
    /// The longest pause between two attempts.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub max_backoff: Duration,
}

/// Settings of the reconciler.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub struct Reconciler {
    /// How long after a round the next one begins.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub interval: Duration,
    /// For how long an order must not have changed before it is compared.
    #[serde(with = "humantime_serde")]
    pub grace: Duration,
    /// How often an order whose workflow failed gets a new one before it is cancelled.
    pub max_restarts: u32,
}

/// Settings of idempotency keys.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub struct Idempotency {
    /// Whether `POST /orders` without a key is refused.
    pub required: bool,
    /// For how long a key is stored.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub lifetime: Duration,
    /// How often expired keys are deleted.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub sweep_interval: Duration,
}
