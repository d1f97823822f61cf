//! Metrics in Prometheus's format. `declarations.rs` declares them.

mod database;
mod declarations;
mod http;
mod temporal;
mod totals;

pub use database::{BatchMetrics, PoolState, Timer};
pub use http::{Observer, RequestMetrics, RequestOperation};

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use prometheus::process_collector::ProcessCollector;
use prometheus::{IntCounter, Registry, TextEncoder};
use temporalio_common::telemetry::TelemetryOptions;
use temporalio_common::telemetry::metrics::{CoreMeter, TemporalMeter};

use self::declarations::Declared;
use super::writer::Dropped;
use crate::db::{Measurement, WebhookState};

/// The metrics of a process. Cheap to clone; the default records nothing.
#[derive(Clone, Default)]
pub struct Metrics(Option<Arc<Inner>>);

/// Declares the values of a label, as an enum.
macro_rules! label {
    ($(#[$of_enum:meta])* $enum:ident { $($(#[$meta:meta])* $variant:ident = $value:literal,)* }) => {
        $(#[$of_enum])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $enum {
            $($(#[$meta])* $variant,)*
        }

        impl $enum {
            const ALL: &[Self] = &[$(Self::$variant),*];

            const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $value,)*
                }
            }
        }
    };
}

label! {
    /// The result of sending an intent to Temporal.
    DispatchResult {
        /// Temporal confirmed the intent.
        Dispatched = "told",
        /// Temporal rejected the intent.
        Rejected = "refused",
        /// Temporal was not available.
        Outage = "outage",
    }
}

label! {
    /// What came of an attempt to deliver a webhook.
    WebhookOutcome {
        /// The receiver has the event.
        Delivered = "delivered",
        /// It failed, and is repeated.
        Repeated = "repeated",
        /// It failed for the last time.
        Failed = "failed",
        /// The receiver wants nothing any more.
        Gone = "gone",
    }
}

label! {
    /// Why a caller was rejected.
    AuthFailure {
        /// The request had no credentials.
        Missing = "missing",
        /// The credentials are invalid.
        Invalid = "invalid",
        /// The credentials do not permit the operation.
        Insufficient = "insufficient",
        /// The credentials could not be verified.
        Unavailable = "unavailable",
        /// The address sent too many invalid credentials.
        Attempts = "attempts",
    }
}

/// The state of the database and Temporal, for gauges. A value that is `None` leaves its gauge
/// unchanged.
#[derive(Debug, Default)]
pub struct Vitals {
    /// Whether the database responds.
    pub database_up: bool,
    /// Whether Temporal responds.
    pub temporal_up: bool,
    /// Intents in the outbox: waiting, failing, and the age of the oldest in seconds.
    pub outbox: Option<(i64, i64, f64)>,
    /// The findings of the reconciler: drift, repaired in all rounds, and the age of the last
    /// round.
    pub reconciliation: Option<(i64, i64, Option<Duration>)>,
    /// The operations in each partner's books that contradict their orders.
    pub books: Option<Vec<(String, i64)>>,
    /// The number of orders by status.
    pub orders: Option<Vec<(&'static str, f64)>>,
    /// The age of the oldest snapshot in seconds.
    pub oldest_snapshot: Option<f64>,
    /// For how many more partitions there are ids, if the tables are partitioned.
    pub partition_room: Option<Option<f64>>,
    /// The age in seconds of the oldest event that has no position in the feed.
    pub feed_lag: Option<f64>,
    /// The number of orders that need attention.
    pub attention: Option<i64>,
    /// The state of the webhook endpoints.
    pub webhooks: Option<WebhookState>,
}

struct Inner {
    registry: Registry,
    metrics: Declared,
    temporal: Arc<temporal::Meter>,
    dropped: Option<Dropped>,
    /// Reads the state of the pool.
    pool: Mutex<Option<Box<dyn Fn() -> PoolState + Send>>>,
    /// Reads the number of followers of the feed.
    followers: Mutex<Option<Box<dyn Fn() -> i64 + Send>>>,
    /// The age of the last round of the reconciler, and when it was read. The round may be older
    /// than an `Instant` can express: it survives the machine's restart.
    reconciled: Mutex<Option<(Duration, Instant)>>,
}

impl Metrics {
    /// The metrics of this process; `dropped` counts the dropped lines of its log.
    pub(super) fn new(dropped: Option<Dropped>) -> Result<Self> {
        let registry = Registry::new();
        registry.register(Box::new(ProcessCollector::for_self()))?;
        Ok(Self(Some(Arc::new(Inner {
            metrics: Declared::new(&registry)?,
            registry,
            temporal: Arc::default(),
            dropped,
            pool: Mutex::default(),
            followers: Mutex::default(),
            reconciled: Mutex::default(),
        }))))
    }

    fn declared(&self) -> Option<&Declared> {
        self.0.as_ref().map(|inner| &inner.metrics)
    }

    /// All metrics in Prometheus's text format.
    pub fn page(&self) -> Result<String> {
        let Some(inner) = &self.0 else {
            return Ok(String::new());
        };
        inner.refresh();
        let (temporal, without_values) = inner.temporal.gather();
        let mut families = inner.registry.gather();
        families.extend(temporal);
        let mut page = TextEncoder::new().encode_to_string(&families)?;
        page.push_str(&without_values);
        Ok(page)
    }

    /// What this process has counted since its start, and what it knows of the service.
    pub fn totals(&self) -> Measurement {
        self.declared().map(Declared::totals).unwrap_or_default()
    }

    /// Reads the state of the pool with `pool` whenever the metrics are read.
    pub fn watch_pool(&self, pool: impl Fn() -> PoolState + Send + 'static) {
        if let Some(inner) = &self.0 {
            *lock(&inner.pool) = Some(Box::new(pool));
        }
    }

    /// Reads the number of followers of the feed from now on.
    pub fn watch_followers(&self, followers: impl Fn() -> i64 + Send + 'static) {
        if let Some(inner) = &self.0 {
            *lock(&inner.followers) = Some(Box::new(followers));
        }
    }

    /// Sets the gauges of the database and Temporal.
    pub fn set_vitals(&self, vitals: Vitals) {
        if let Some(inner) = &self.0 {
            inner.set_vitals(vitals);
        }
    }

    /// Counts an intent that was sent to Temporal; `lag` is the time since its commit.
    pub fn dispatched(&self, action: &str, result: DispatchResult, lag: Duration) {
        let Some(metrics) = self.declared() else {
            return;
        };
        metrics
            .dispatched
            .with_label_values(&[action, result.as_str()])
            .inc();
        if result == DispatchResult::Dispatched {
            metrics.dispatch_lag.observe(lag.as_secs_f64());
        }
    }

    /// Counts an attempt to deliver a webhook.
    pub fn webhook(&self, outcome: WebhookOutcome, duration: Duration) {
        if let Some(metrics) = self.declared() {
            let outcome = [outcome.as_str()];
            metrics.webhooks.with_label_values(&outcome).inc();
            metrics.webhook_duration.observe(duration.as_secs_f64());
        }
    }

    /// Counts a request whose caller was rejected.
    pub fn auth_failed(&self, reason: AuthFailure) {
        if let Some(metrics) = self.declared() {
            metrics
                .auth_rejected
                .with_label_values(&[reason.as_str()])
                .inc();
        }
    }

    /// Counts a request that the rate limit rejected.
    pub fn rate_limited(&self) {
        if let Some(metrics) = self.declared() {
            metrics.rate_limited.inc();
        }
    }

    /// Records a call to a partner.
    pub fn partner_call(&self, partner: &str, operation: &str, outcome: &str, duration: Duration) {
        if let Some(metrics) = self.declared() {
            metrics
                .partner_calls
                .with_label_values(&[partner, operation, outcome])
                .observe(duration.as_secs_f64());
        }
    }

    /// Counts an attempt of an activity.
    pub fn activity(&self, name: &str, outcome: &str, duration: Duration) {
        let Some(metrics) = self.declared() else {
            return;
        };
        metrics.activities.with_label_values(&[name, outcome]).inc();
        metrics
            .activity_duration
            .with_label_values(&[name])
            .observe(duration.as_secs_f64());
    }

    /// The telemetry options of Temporal's SDK, whose metric names begin with `temporal_`.
    pub fn temporal(&self) -> TelemetryOptions {
        let meter = self.0.as_ref().map(|inner| {
            let meter: Arc<dyn CoreMeter> = inner.temporal.clone();
            meter
        });
        TelemetryOptions::builder()
            .maybe_metrics(meter)
            .attach_service_name(false)
            .build()
    }

    /// The meter of Temporal's client.
    pub fn temporal_client(&self) -> Result<Option<TemporalMeter>> {
        let instance = temporalio_common::telemetry::telemetry_init(self.temporal())?;
        Ok(instance.get_temporal_metric_meter())
    }
}

impl Inner {
    /// Updates the metrics that are computed when they are read.
    fn refresh(&self) {
        let metrics = &self.metrics;
        if let Some(pool) = &*lock(&self.pool) {
            let state = pool();
            let connections = |state| metrics.pool_connections.with_label_values(&[state]);
            connections("busy").set(state.busy);
            connections("idle").set(state.idle);
            metrics.pool_waiting.set(state.waiting);
        }
        if let Some(followers) = &*lock(&self.followers) {
            metrics.feed_followers.set(followers());
        }
        if let Some(dropped) = &self.dropped {
            raise(&metrics.log_dropped, dropped.lines());
        }
        let age = lock(&self.reconciled)
            .map(|(age, read)| age.as_secs_f64() + read.elapsed().as_secs_f64());
        metrics.reconciliation_age.set(age.unwrap_or(f64::NAN));
    }

    #[allow(clippy::cast_precision_loss)] // counts of orders are far below 2^53
    fn set_vitals(&self, vitals: Vitals) {
        let metrics = &self.metrics;
        metrics.database_up.set(vitals.database_up.into());
        metrics.temporal_up.set(vitals.temporal_up.into());
        if let Some(state) = vitals.webhooks {
            metrics.webhook_oldest.set(state.oldest_age_seconds);
            metrics.webhooks_failed.set(state.failed as f64);
            metrics.webhooks_disabled.set(state.disabled as f64);
        }
        if let Some((waiting, failing, oldest)) = vitals.outbox {
            metrics.outbox_waiting.set(waiting as f64);
            metrics.outbox_failing.set(failing as f64);
            metrics.outbox_oldest.set(oldest);
        }
        if let Some(room) = vitals.partition_room {
            metrics.partition_room.set(room.unwrap_or(f64::NAN));
        }
        if let Some(age) = vitals.feed_lag {
            metrics.feed_lag.set(age);
        }
        if let Some(age) = vitals.oldest_snapshot {
            metrics.oldest_snapshot.set(age);
        }
        if let Some(orders) = vitals.attention {
            metrics.attention.set(orders as f64);
        }
        if let Some((drift, repaired, age)) = vitals.reconciliation {
            metrics.drift.set(drift as f64);
            raise(&metrics.repaired, u64::try_from(repaired).unwrap_or(0));
            *lock(&self.reconciled) = age.map(|age| (age, Instant::now()));
        }
        for (partner, drift) in vitals.books.into_iter().flatten() {
            let gauge = metrics.books_drift.with_label_values(&[&partner]);
            gauge.set(drift as f64);
        }
        for (status, orders) in vitals.orders.into_iter().flatten() {
            metrics.by_status.with_label_values(&[status]).set(orders);
        }
    }
}

/// Raises a counter to a count that is kept elsewhere.
fn raise(counter: &IntCounter, counted: u64) {
    counter.inc_by(counted.saturating_sub(counter.get()));
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_in(page: &str, name: &str) -> f64 {
        let mut lines = page.lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap().parse().unwrap()
    }

    #[test]
    fn a_round_may_be_older_than_the_clock() {
        let metrics = Metrics::new(None).unwrap();
        let age = || {
            value_in(
                &metrics.page().unwrap(),
                "orders_reconciliation_age_seconds",
            )
        };
        assert!(age().is_nan());
        metrics.set_vitals(Vitals {
            reconciliation: Some((0, 0, Some(Duration::MAX))),
            ..Vitals::default()
        });
        assert!(age() >= Duration::MAX.as_secs_f64());
    }

    #[test]
    fn the_process_is_measured() {
        let page = Metrics::new(None).unwrap().page().unwrap();
        let value = |name: &str| value_in(&page, name);
        assert!(value("process_cpu_seconds_total") >= 0.0);
        assert!(value("process_threads") >= 1.0);
        assert!(value("process_resident_memory_bytes") > 1e6);
        assert!(value("process_open_fds") >= 3.0);
        assert!(value("process_max_fds") > value("process_open_fds"));
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_secs_f64();
        let age = now - value("process_start_time_seconds");
        assert!((-5.0..3600.0 * 24.0).contains(&age), "{age}");
    }
}
