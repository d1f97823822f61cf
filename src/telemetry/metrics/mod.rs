//! Metrics: what a process counts and times, as Prometheus reads it. docs/operating.md has the table.

mod database;
mod http;
mod process;
mod temporal;

pub use database::{Batches, PoolState, Timed};
pub use http::{Answered, Observer, Requests};

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use prometheus::core::Collector;
use prometheus::{
    Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    IntGaugeVec, Opts, Registry, TextEncoder,
};
use temporalio_common::telemetry::TelemetryOptions;
use temporalio_common::telemetry::metrics::{CoreMeter, TemporalMeter};

use super::writer::Dropped;
use crate::domain::OrderStatus;
use crate::generated::support::contract::OPERATIONS;

/// Upper limits of a request's, a statement's or a step's time, in seconds.
const TIMES: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
/// Upper limits of the time from a request's commit to Temporal's confirmation, in seconds: an outage
/// takes long.
const LAGS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 3600.0,
];
/// Upper limits of the number of questions that share a statement.
const SIZES: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// The metrics of a process. Cheap to clone; the default keeps none.
#[derive(Clone, Default)]
pub struct Metrics(Option<Arc<Kept>>);

/// What came of telling Temporal something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It took it.
    Told,
    /// It would not.
    Refused,
    /// It could not be asked.
    Outage,
}

impl Told {
    const ALL: [Self; 3] = [Self::Told, Self::Refused, Self::Outage];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Told => "told",
            Self::Refused => "refused",
            Self::Outage => "outage",
        }
    }
}

/// Why a caller was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It presented no credentials.
    Missing,
    /// They are not valid.
    Invalid,
    /// They do not allow it.
    Insufficient,
    /// Nobody could tell.
    Unavailable,
    /// Too many were tried from its address.
    Attempts,
}

impl Refused {
    const ALL: [Self; 5] = [
        Self::Missing,
        Self::Invalid,
        Self::Insufficient,
        Self::Unavailable,
        Self::Attempts,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Invalid => "invalid",
            Self::Insufficient => "insufficient",
            Self::Unavailable => "unavailable",
            Self::Attempts => "attempts",
        }
    }
}

/// What the database says of orders, for the gauges that it is asked for. What is `None` stays as it
/// was.
#[derive(Debug, Default)]
pub struct Vitals {
    /// Whether the database answers.
    pub database_up: bool,
    /// Whether Temporal answers.
    pub temporal_up: bool,
    /// Intents in the outbox: waiting, failing, and the age of the oldest in seconds.
    pub outbox: Option<(i64, i64, f64)>,
    /// What the reconciler found: drift, repaired in all rounds, and the age of the last round.
    pub reconciliation: Option<(i64, i64, Option<Duration>)>,
    /// How many orders there are of each status.
    pub orders: Option<Vec<(&'static str, f64)>>,
    /// The age of the oldest snapshot in seconds.
    pub oldest_snapshot: Option<f64>,
}

struct Kept {
    registry: Registry,
    temporal: Arc<temporal::Meter>,
    dropped: Option<Dropped>,
    http_requests: IntCounterVec,
    http_duration: HistogramVec,
    http_in_flight: IntGauge,
    pool_connections: IntGaugeVec,
    pool_waiting: IntGauge,
    /// Says how the pool is, when the page is asked for.
    pool: Mutex<Option<Box<dyn Fn() -> PoolState + Send>>>,
    batch_size: HistogramVec,
    batch_duration: HistogramVec,
    batch_waiting: IntGaugeVec,
    batch_refused: IntCounterVec,
    outbox_waiting: Gauge,
    outbox_failing: Gauge,
    outbox_oldest: Gauge,
    oldest_snapshot: Gauge,
    drift: Gauge,
    repaired: IntCounter,
    reconciliation_age: Gauge,
    /// When the last round of the reconciler finished.
    reconciled: Mutex<Option<Instant>>,
    by_status: GaugeVec,
    database_up: IntGauge,
    temporal_up: IntGauge,
    dispatched: IntCounterVec,
    dispatch_lag: Histogram,
    steps: IntCounterVec,
    step_duration: HistogramVec,
    auth_refused: IntCounterVec,
    rate_limited: IntCounter,
    log_dropped: IntCounter,
}

impl Metrics {
    /// Of this process, which drops log lines as `dropped` says.
    ///
    /// # Errors
    /// When two metrics have one name.
    pub(super) fn new(dropped: Option<Dropped>) -> Result<Self> {
        let kept = Kept::new(dropped)?;
        kept.begin_at_zero();
        Ok(Self(Some(Arc::new(kept))))
    }

    /// All of them, in Prometheus's text format.
    ///
    /// # Errors
    /// When one cannot be written.
    pub fn page(&self) -> Result<String> {
        let Some(kept) = &self.0 else {
            return Ok(String::new());
        };
        kept.look();
        let mut families = kept.registry.gather();
        families.extend(process::families());
        families.extend(kept.temporal.gather());
        let mut page = TextEncoder::new().encode_to_string(&families)?;
        page.push_str(&kept.temporal.not_yet_counted());
        Ok(page)
    }

    /// Asks this for the pool's state whenever the page is asked for.
    pub fn watch_pool(&self, pool: impl Fn() -> PoolState + Send + 'static) {
        if let Some(kept) = &self.0 {
            *lock(&kept.pool) = Some(Box::new(pool));
        }
    }

    /// Shows what the database and Temporal were found like.
    pub fn show(&self, vitals: Vitals) {
        if let Some(kept) = &self.0 {
            kept.show(vitals);
        }
    }

    /// Counts what came of telling Temporal what an intent says; with the time since the commit when
    /// it was told.
    pub fn dispatched(&self, action: &str, outcome: Told, lag: Duration) {
        let Some(kept) = &self.0 else { return };
        kept.dispatched
            .with_label_values(&[action, outcome.as_str()])
            .inc();
        if outcome == Told::Told {
            kept.dispatch_lag.observe(lag.as_secs_f64());
        }
    }

    /// Counts a caller that was not let in.
    pub fn refused(&self, why: Refused) {
        if let Some(kept) = &self.0 {
            kept.auth_refused.with_label_values(&[why.as_str()]).inc();
        }
    }

    /// Counts a request of a caller that sent too many.
    pub fn rate_limited(&self) {
        if let Some(kept) = &self.0 {
            kept.rate_limited.inc();
        }
    }

    /// Counts a step of an order's workflow.
    pub fn step(&self, step: &str, outcome: &str, took: Duration) {
        let Some(kept) = &self.0 else { return };
        kept.steps.with_label_values(&[step, outcome]).inc();
        kept.step_duration
            .with_label_values(&[step])
            .observe(took.as_secs_f64());
    }

    /// What Temporal's SDK counts with; its own names, which begin with `temporal_`.
    pub fn temporal(&self) -> TelemetryOptions {
        let meter = self.0.as_ref().map(|kept| {
            let meter: Arc<dyn CoreMeter> = kept.temporal.clone();
            meter
        });
        TelemetryOptions::builder()
            .maybe_metrics(meter)
            .attach_service_name(false)
            .build()
    }

    /// The same for its client.
    ///
    /// # Errors
    /// When the SDK cannot be set up.
    pub fn temporal_client(&self) -> Result<Option<TemporalMeter>> {
        let instance = temporalio_common::telemetry::telemetry_init(self.temporal())?;
        Ok(instance.get_temporal_metric_meter())
    }
}

impl Kept {
    fn new(dropped: Option<Dropped>) -> Result<Self> {
        let registry = Registry::new();
        let new = New(&registry);
        let kept = Self {
            http_requests: new.counters(
                "orders_http_requests_total",
                "Requests answered, by operation of the contract (or unmatched, or docs).",
                &["operation", "method", "status"],
            )?,
            http_duration: new.histograms(
                "orders_http_request_duration_seconds",
                "From a request's head to its answer.",
                &TIMES,
                &["operation"],
            )?,
            http_in_flight: new
                .int_gauge("orders_http_requests_in_flight", "Requests being answered.")?,
            pool_connections: new.int_gauges(
                "orders_database_pool_connections",
                "Connections in the pool, by whether they are lent out.",
                &["state"],
            )?,
            pool_waiting: new.int_gauge(
                "orders_database_pool_waiting",
                "Who waits for a connection of the pool.",
            )?,
            pool: Mutex::default(),
            batch_size: new.histograms(
                "orders_database_batch_size",
                "Questions that shared a statement.",
                &SIZES,
                &["batch"],
            )?,
            batch_duration: new.histograms(
                "orders_database_batch_duration_seconds",
                "From a batch's start to its answer, a connection included.",
                &TIMES,
                &["batch"],
            )?,
            batch_waiting: new.int_gauges(
                "orders_database_batch_waiting",
                "Questions that wait to be put.",
                &["batch"],
            )?,
            batch_refused: new.counters(
                "orders_database_batch_refused_total",
                "Questions refused because too many waited.",
                &["batch"],
            )?,
            outbox_waiting: new.unknown(
                "orders_outbox_waiting",
                "Intents that Temporal has not confirmed.",
            )?,
            outbox_failing: new.unknown(
                "orders_outbox_failing",
                "Of those, the ones that were tried and failed.",
            )?,
            outbox_oldest: new.unknown(
                "orders_outbox_oldest_age_seconds",
                "The age of the oldest intent; 0 when none waits.",
            )?,
            oldest_snapshot: new.unknown(
                "orders_database_oldest_snapshot_seconds",
                "The age of the oldest transaction with a snapshot; 0 when there is none.",
            )?,
            drift: new.unknown(
                "orders_drift",
                "Orders that disagreed with their workflows in the last round of the reconciler.",
            )?,
            repaired: new.counter(
                "orders_repaired_total",
                "Orders mended by all reconcilers, since the database was made.",
            )?,
            reconciliation_age: new.unknown(
                "orders_reconciliation_age_seconds",
                "Since the last round of any reconciler finished; NaN before the first.",
            )?,
            reconciled: Mutex::default(),
            by_status: new.gauges(
                "orders_by_status",
                "Orders. In a large table completed and cancelled are estimates of PostgreSQL's.",
                &["status"],
            )?,
            database_up: new.int_gauge(
                "orders_database_up",
                "Whether the database answered when it was last asked.",
            )?,
            temporal_up: new.int_gauge(
                "orders_temporal_up",
                "Whether Temporal answered when it was last asked.",
            )?,
            dispatched: new.counters(
                "orders_dispatched_total",
                "Intents told to Temporal, by what came of it.",
                &["action", "outcome"],
            )?,
            dispatch_lag: new.add(Histogram::with_opts(
                HistogramOpts::new(
                    "orders_dispatch_lag_seconds",
                    "From an intent's commit to Temporal's confirmation.",
                )
                .buckets(LAGS.to_vec()),
            )?)?,
            steps: new.counters(
                "orders_steps_total",
                "Steps of workflows taken, by where the order was afterwards (or failed).",
                &["step", "outcome"],
            )?,
            step_duration: new.histograms(
                "orders_step_duration_seconds",
                "How long a try of a step took.",
                &TIMES,
                &["step"],
            )?,
            auth_refused: new.counters(
                "orders_auth_refused_total",
                "Callers that were not let in, by why.",
                &["reason"],
            )?,
            rate_limited: new.counter(
                "orders_rate_limited_total",
                "Requests refused because their caller sent too many.",
            )?,
            log_dropped: new.counter(
                "orders_log_lines_dropped_total",
                "Log lines dropped because their reader was too slow.",
            )?,
            temporal: Arc::default(),
            dropped,
            registry: registry.clone(),
        };
        let revision = option_env!("ORDERS_REVISION").unwrap_or("unknown");
        new.int_gauges(
            "orders_build_info",
            "1, with the version of the program and the revision that it was built from.",
            &["version", "revision"],
        )?
        .with_label_values(&[env!("CARGO_PKG_VERSION"), revision])
        .set(1);
        Ok(kept)
    }

    /// Shows what is counted before there is any of it: what is absent neither rises nor alerts.
    fn begin_at_zero(&self) {
        for operation in OPERATIONS {
            self.http_duration.with_label_values(&[operation.id]);
            self.http_requests
                .with_label_values(&[operation.id, operation.method, "500"]);
        }
        for state in ["busy", "idle"] {
            self.pool_connections.with_label_values(&[state]);
        }
        for batch in ["find", "insert", "update", "done"] {
            self.batch_size.with_label_values(&[batch]);
            self.batch_duration.with_label_values(&[batch]);
            self.batch_waiting.with_label_values(&[batch]);
            self.batch_refused.with_label_values(&[batch]);
        }
        for action in ["start", "restart", "end"] {
            for outcome in Told::ALL {
                self.dispatched
                    .with_label_values(&[action, outcome.as_str()]);
            }
        }
        for step in ["begin", "complete", "cancel"] {
            self.step_duration.with_label_values(&[step]);
            for outcome in ["processing", "completed", "cancelled", "deleted", "failed"] {
                self.steps.with_label_values(&[step, outcome]);
            }
        }
        for reason in Refused::ALL {
            self.auth_refused.with_label_values(&[reason.as_str()]);
        }
        for status in OrderStatus::ALL {
            let orders = self.by_status.with_label_values(&[status.as_str()]);
            orders.set(f64::NAN);
        }
    }

    /// What is looked at when the page is asked for.
    fn look(&self) {
        if let Some(pool) = &*lock(&self.pool) {
            let state = pool();
            let connections = |state| self.pool_connections.with_label_values(&[state]);
            connections("busy").set(state.busy);
            connections("idle").set(state.idle);
            self.pool_waiting.set(state.waiting);
        }
        if let Some(dropped) = &self.dropped {
            raise(&self.log_dropped, dropped.lines());
        }
        let age = lock(&self.reconciled).map(|finished| finished.elapsed().as_secs_f64());
        self.reconciliation_age.set(age.unwrap_or(f64::NAN));
    }

    #[allow(clippy::cast_precision_loss)] // there are not as many orders as that
    fn show(&self, vitals: Vitals) {
        self.database_up.set(vitals.database_up.into());
        self.temporal_up.set(vitals.temporal_up.into());
        if let Some((waiting, failing, oldest)) = vitals.outbox {
            self.outbox_waiting.set(waiting as f64);
            self.outbox_failing.set(failing as f64);
            self.outbox_oldest.set(oldest);
        }
        if let Some(age) = vitals.oldest_snapshot {
            self.oldest_snapshot.set(age);
        }
        if let Some((drift, repaired, age)) = vitals.reconciliation {
            self.drift.set(drift as f64);
            raise(&self.repaired, u64::try_from(repaired).unwrap_or(0));
            *lock(&self.reconciled) = age.and_then(|age| Instant::now().checked_sub(age));
        }
        for (status, orders) in vitals.orders.into_iter().flatten() {
            self.by_status.with_label_values(&[status]).set(orders);
        }
    }
}

/// Brings a counter to what somebody else has counted.
fn raise(counter: &IntCounter, counted: u64) {
    counter.inc_by(counted.saturating_sub(counter.get()));
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes metrics that are registered.
struct New<'a>(&'a Registry);

impl New<'_> {
    fn add<C: Collector + Clone + 'static>(&self, collector: C) -> prometheus::Result<C> {
        self.0.register(Box::new(collector.clone()))?;
        Ok(collector)
    }

    fn counter(&self, name: &str, help: &str) -> prometheus::Result<IntCounter> {
        self.add(IntCounter::new(name, help)?)
    }

    fn counters(&self, name: &str, help: &str, by: &[&str]) -> prometheus::Result<IntCounterVec> {
        self.add(IntCounterVec::new(Opts::new(name, help), by)?)
    }

    fn int_gauge(&self, name: &str, help: &str) -> prometheus::Result<IntGauge> {
        self.add(IntGauge::new(name, help)?)
    }

    fn int_gauges(&self, name: &str, help: &str, by: &[&str]) -> prometheus::Result<IntGaugeVec> {
        self.add(IntGaugeVec::new(Opts::new(name, help), by)?)
    }

    fn gauges(&self, name: &str, help: &str, by: &[&str]) -> prometheus::Result<GaugeVec> {
        self.add(GaugeVec::new(Opts::new(name, help), by)?)
    }

    /// A gauge of which nothing is known yet.
    fn unknown(&self, name: &str, help: &str) -> prometheus::Result<Gauge> {
        let gauge = self.add(Gauge::new(name, help)?)?;
        gauge.set(f64::NAN);
        Ok(gauge)
    }

    fn histograms(
        &self,
        name: &str,
        help: &str,
        buckets: &[f64],
        by: &[&str],
    ) -> prometheus::Result<HistogramVec> {
        let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
        self.add(HistogramVec::new(options, by)?)
    }
}
