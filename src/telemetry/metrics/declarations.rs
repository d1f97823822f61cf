//! Every metric of our own: its name, labels and meaning. `docs/operating.md` has the same table.

use prometheus::core::Collector;
use prometheus::{
    Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    IntGaugeVec, Opts, Registry,
};

use super::{AuthFailure, DispatchResult};
use crate::domain::OrderStatus;
use crate::generated::support::contract::OPERATIONS;

/// Buckets of the time of a request, a statement or an activity, in seconds.
const TIMES: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
/// Buckets of the time from a request's commit to Temporal's confirmation, in seconds: an outage takes
/// long.
const LAGS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 3600.0,
];
/// Buckets of the number of requests that share a statement.
const SIZES: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// Declares metrics: field, kind, name, labels, buckets if it is a histogram, and meaning.
macro_rules! metrics {
    ($($field:ident: $kind:ident, $name:literal, [$($label:literal),*] $(in $buckets:ident)?, $help:literal;)*) => {
        pub(super) struct Declared {
            $(pub(super) $field: $kind,)*
        }

        impl Declared {
            fn register(registry: &Registry) -> prometheus::Result<Self> {
                Ok(Self {
                    $($field: {
                        let options = HistogramOpts::new($name, $help)$(.buckets($buckets.to_vec()))?;
                        let metric = <$kind as Kind>::new(options, &[$($label),*])?;
                        registry.register(Box::new(metric.clone()))?;
                        metric
                    },)*
                })
            }
        }
    };
}

metrics! {
    http_requests: IntCounterVec, "orders_http_requests_total", ["operation", "method", "status"],
        "Responses, by operation of the contract (or unmatched, or docs).";
    http_duration: HistogramVec, "orders_http_request_duration_seconds", ["operation"] in TIMES,
        "From a request's head to its response.";
    http_in_flight: IntGauge, "orders_http_requests_in_flight", [],
        "Requests in flight.";
    pool_connections: IntGaugeVec, "orders_database_pool_connections", ["state"],
        "Connections of the pool, by whether they are in use.";
    pool_waiting: IntGauge, "orders_database_pool_waiting", [],
        "Callers that wait for a connection of the pool.";
    batch_size: HistogramVec, "orders_database_batch_size", ["batch"] in SIZES,
        "Requests that shared a statement.";
    batch_duration: HistogramVec, "orders_database_batch_duration_seconds", ["batch"] in TIMES,
        "From a batch's start to its result, a connection included.";
    batch_waiting: IntGaugeVec, "orders_database_batch_waiting", ["batch"],
        "Requests that wait for a batch.";
    batch_refused: IntCounterVec, "orders_database_batch_refused_total", ["batch"],
        "Requests refused because too many waited.";
    outbox_waiting: Gauge, "orders_outbox_waiting", [],
        "Intents that Temporal has not confirmed.";
    outbox_failing: Gauge, "orders_outbox_failing", [],
        "Of those, the ones whose dispatch has failed.";
    outbox_oldest: Gauge, "orders_outbox_oldest_age_seconds", [],
        "The age of the oldest intent; 0 when there is none.";
    oldest_snapshot: Gauge, "orders_database_oldest_snapshot_seconds", [],
        "The age of the oldest transaction with a snapshot; 0 when there is none.";
    drift: Gauge, "orders_drift", [],
        "Orders that disagreed with their workflows in the last round of the reconciler.";
    repaired: IntCounter, "orders_repaired_total", [],
        "Orders repaired by all reconcilers, since the database was created.";
    reconciliation_age: Gauge, "orders_reconciliation_age_seconds", [],
        "Since the last round of any reconciler finished; NaN before the first.";
    by_status: GaugeVec, "orders_by_status", ["status"],
        "Orders. In a large table completed and cancelled are estimates of PostgreSQL's.";
    database_up: IntGauge, "orders_database_up", [],
        "Whether the database responded to the last probe.";
    temporal_up: IntGauge, "orders_temporal_up", [],
        "Whether Temporal responded to the last probe.";
    dispatched: IntCounterVec, "orders_dispatched_total", ["action", "outcome"],
        "Intents sent to Temporal, by result.";
    dispatch_lag: Histogram, "orders_dispatch_lag_seconds", [] in LAGS,
        "From an intent's commit to Temporal's confirmation.";
    activities: IntCounterVec, "orders_steps_total", ["step", "outcome"],
        "Attempts of activities, by where the order was afterwards (or failed).";
    activity_duration: HistogramVec, "orders_step_duration_seconds", ["step"] in TIMES,
        "How long an attempt of an activity took.";
    auth_refused: IntCounterVec, "orders_auth_refused_total", ["reason"],
        "Requests whose caller was not let in, by reason.";
    rate_limited: IntCounter, "orders_rate_limited_total", [],
        "Requests refused because their caller sent too many.";
    log_dropped: IntCounter, "orders_log_lines_dropped_total", [],
        "Log lines dropped because their reader was too slow.";
    build_info: IntGaugeVec, "orders_build_info", ["version", "revision"],
        "1, with the version of the program and the revision that it was built from.";
}

impl Declared {
    /// Registers all metrics. Each shows its labels from the start: a series that is absent neither
    /// rises nor alerts.
    pub(super) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let metrics = Self::register(registry)?;
        for operation in OPERATIONS {
            metrics.http_duration.with_label_values(&[operation.id]);
            metrics
                .http_requests
                .with_label_values(&[operation.id, operation.method, "500"]);
        }
        for state in ["busy", "idle"] {
            metrics.pool_connections.with_label_values(&[state]);
        }
        for batch in ["find", "insert", "update", "done"] {
            metrics.batch_size.with_label_values(&[batch]);
            metrics.batch_duration.with_label_values(&[batch]);
            metrics.batch_waiting.with_label_values(&[batch]);
            metrics.batch_refused.with_label_values(&[batch]);
        }
        for action in ["start", "restart", "end"] {
            for result in DispatchResult::ALL {
                metrics
                    .dispatched
                    .with_label_values(&[action, result.as_str()]);
            }
        }
        for activity in ["begin", "complete", "cancel"] {
            metrics.activity_duration.with_label_values(&[activity]);
            for outcome in ["processing", "completed", "cancelled", "deleted", "failed"] {
                metrics.activities.with_label_values(&[activity, outcome]);
            }
        }
        for reason in AuthFailure::ALL {
            metrics.auth_refused.with_label_values(&[reason.as_str()]);
        }
        for status in OrderStatus::ALL {
            let orders = metrics.by_status.with_label_values(&[status.as_str()]);
            orders.set(f64::NAN);
        }
        let revision = option_env!("ORDERS_REVISION").unwrap_or("unknown");
        let build = [env!("CARGO_PKG_VERSION"), revision];
        metrics.build_info.with_label_values(&build).set(1);
        Ok(metrics)
    }
}

/// A kind of metric.
trait Kind: Collector + Clone + 'static {
    fn new(options: HistogramOpts, labels: &[&str]) -> prometheus::Result<Self>;
}

macro_rules! kinds {
    ($($kind:ty: |$options:ident, $labels:pat_param| $new:expr;)*) => {
        $(impl Kind for $kind {
            fn new($options: HistogramOpts, $labels: &[&str]) -> prometheus::Result<Self> {
                $new
            }
        })*
    };
}

kinds! {
    IntCounter: |options, _| Self::with_opts(options.common_opts);
    IntCounterVec: |options, labels| Self::new(options.common_opts, labels);
    IntGauge: |options, _| Self::with_opts(options.common_opts);
    IntGaugeVec: |options, labels| Self::new(options.common_opts, labels);
    Gauge: |options, _| unknown(options.common_opts);
    GaugeVec: |options, labels| Self::new(options.common_opts, labels);
    Histogram: |options, _| Self::with_opts(options);
    HistogramVec: |options, labels| Self::new(options, labels);
}

/// Its value is not known yet.
fn unknown(options: Opts) -> prometheus::Result<Gauge> {
    let gauge = Gauge::with_opts(options)?;
    gauge.set(f64::NAN);
    Ok(gauge)
}
