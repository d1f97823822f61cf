//! The service's own metrics: name, labels and meaning. `docs/operating.md` has the same table.

use contract_runtime::Operation;
use prometheus::core::Collector;
use prometheus::{
    Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    IntGaugeVec, Opts, Registry,
};

use super::{AuthFailure, DispatchResult, WebhookOutcome};
use crate::db::Action;
use crate::domain::OrderStatus;
use crate::generated::OPERATIONS;
use crate::partners::contracts::{inventory, payment, shipping};
use crate::partners::{FailureCode, PartnerName};
use crate::workflow::activity_outcomes;

/// Buckets of the duration of a request, a statement or an activity, in seconds.
const TIMES: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
/// Buckets of the time from the commit of an intent to Temporal's confirmation, in seconds; long
/// because of outages.
const LAGS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 3600.0,
];
/// Buckets of the number of requests per statement.
const SIZES: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// The operations of the partners' contracts.
const PARTNER_OPERATIONS: [(PartnerName, &[Operation]); 3] = [
    (PartnerName::Inventory, inventory::OPERATIONS),
    (PartnerName::Payment, payment::OPERATIONS),
    (PartnerName::Shipping, shipping::OPERATIONS),
];

/// Declares metrics: field, type, name, labels, buckets of a histogram, and meaning.
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
        "Time from a request's head to its response.";
    http_in_flight: IntGauge, "orders_http_requests_in_flight", [],
        "Requests in flight.";
    pool_connections: IntGaugeVec, "orders_database_pool_connections", ["state"],
        "Connections of the pool, by state (busy or idle).";
    pool_waiting: IntGauge, "orders_database_pool_waiting", [],
        "Callers that wait for a connection of the pool.";
    batch_size: HistogramVec, "orders_database_batch_size", ["batch"] in SIZES,
        "Requests that shared a statement.";
    batch_duration: HistogramVec, "orders_database_batch_duration_seconds", ["batch"] in TIMES,
        "Time from a batch's start to its result, including the connection.";
    batch_waiting: IntGaugeVec, "orders_database_batch_waiting", ["batch"],
        "Requests that wait for a batch.";
    batch_rejected: IntCounterVec, "orders_database_batch_refused_total", ["batch"],
        "Requests rejected because the queue was full.";
    outbox_waiting: Gauge, "orders_outbox_waiting", [],
        "Intents that Temporal has not confirmed.";
    outbox_failing: Gauge, "orders_outbox_failing", [],
        "Waiting intents whose dispatch has failed at least once.";
    outbox_oldest: Gauge, "orders_outbox_oldest_age_seconds", [],
        "Age of the oldest intent; 0 if there is none.";
    oldest_snapshot: Gauge, "orders_database_oldest_snapshot_seconds", [],
        "Age of the oldest transaction with a snapshot; 0 if there is none.";
    partition_room: Gauge, "orders_partition_room", [],
        "For how many more partitions of orders there are ids; NaN if the tables are not partitioned.";
    feed_lag: Gauge, "orders_feed_lag_seconds", [],
        "Age of the oldest event that has no position in the feed; 0 if there is none.";
    feed_followers: IntGauge, "orders_feed_followers", [],
        "Streams and waiting requests that follow the feed in this process.";
    webhooks: IntCounterVec, "orders_webhook_attempts_total", ["outcome"],
        "Attempts to deliver an event to a webhook endpoint, by outcome (delivered, repeated, failed or gone).";
    webhook_duration: Histogram, "orders_webhook_attempt_duration_seconds", [] in TIMES,
        "Duration of an attempt to deliver an event to a webhook endpoint.";
    webhook_oldest: Gauge, "orders_webhook_oldest_age_seconds", [],
        "Age of the oldest event that an enabled webhook endpoint has yet to receive; 0 if there is none.";
    webhooks_failed: Gauge, "orders_webhook_failed", [],
        "Deliveries to webhook endpoints that were given up.";
    webhooks_disabled: Gauge, "orders_webhook_endpoints_disabled", [],
        "Webhook endpoints that the service has disabled.";
    drift: Gauge, "orders_drift", [],
        "Orders that differed from their workflows in the last round of the reconciler.";
    repaired: IntCounter, "orders_repaired_total", [],
        "Orders repaired by all reconcilers, since the database was created.";
    reconciliation_age: Gauge, "orders_reconciliation_age_seconds", [],
        "Time since the last round of any reconciler finished; NaN before the first.";
    books_drift: GaugeVec, "orders_books_drift", ["partner"],
        "Operations in a partner's books that contradict their orders, in the reconciler's last pass.";
    by_status: GaugeVec, "orders_by_status", ["status"],
        "Orders by status. In a large table completed and cancelled are PostgreSQL's estimates.";
    database_up: IntGauge, "orders_database_up", [],
        "Whether the database responded to the last probe.";
    temporal_up: IntGauge, "orders_temporal_up", [],
        "Whether Temporal responded to the last probe.";
    dispatched: IntCounterVec, "orders_dispatched_total", ["action", "outcome"],
        "Intents sent to Temporal, by result.";
    dispatch_lag: Histogram, "orders_dispatch_lag_seconds", [] in LAGS,
        "Time from an intent's commit to Temporal's confirmation.";
    activities: IntCounterVec, "orders_steps_total", ["step", "outcome"],
        "Attempts of activities, by the resulting state of the order (or failed).";
    activity_duration: HistogramVec, "orders_step_duration_seconds", ["step"] in TIMES,
        "Duration of an attempt of an activity.";
    partner_calls: HistogramVec, "orders_partner_call_duration_seconds", ["partner", "operation", "outcome"] in TIMES,
        "Duration of a call to a partner, by outcome (ok, refused, or why it is repeated).";
    attention: Gauge, "orders_needing_attention", [],
        "Open orders with a step that has failed for a long time.";
    auth_rejected: IntCounterVec, "orders_auth_refused_total", ["reason"],
        "Requests whose credentials were rejected, by reason.";
    rate_limited: IntCounter, "orders_rate_limited_total", [],
        "Requests rejected by the rate limit.";
    log_dropped: IntCounter, "orders_log_lines_dropped_total", [],
        "Log lines dropped because their reader was too slow.";
    build_info: IntGaugeVec, "orders_build_info", ["version", "revision"],
        "Always 1; the labels are the version of the program and its source revision.";
}

impl Declared {
    /// Registers all metrics. Every label combination to be expected exists from the start, because a
    /// missing series neither rises nor triggers an alert: those of batches when their queue is made, those
    /// of the pool whenever the page is read, all others here.
    pub(super) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let metrics = Self::register(registry)?;
        for operation in OPERATIONS {
            metrics.http_duration.with_label_values(&[operation.id]);
            metrics
                .http_requests
                .with_label_values(&[operation.id, operation.method, "500"]);
        }
        for action in Action::ALL {
            for result in DispatchResult::ALL {
                metrics
                    .dispatched
                    .with_label_values(&[action.as_str(), result.as_str()]);
            }
        }
        for (activity, outcome) in activity_outcomes() {
            metrics.activity_duration.with_label_values(&[&activity]);
            metrics.activities.with_label_values(&[&*activity, outcome]);
        }
        for outcome in WebhookOutcome::ALL {
            metrics.webhooks.with_label_values(&[outcome.as_str()]);
        }
        for reason in AuthFailure::ALL {
            metrics.auth_rejected.with_label_values(&[reason.as_str()]);
        }
        for status in OrderStatus::ALL {
            let orders = metrics.by_status.with_label_values(&[status.as_str()]);
            orders.set(f64::NAN);
        }
        for (partner, operations) in PARTNER_OPERATIONS {
            for operation in operations {
                metrics.partner_calls.with_label_values(&[
                    partner.as_str(),
                    operation.id,
                    FailureCode::Unavailable.as_str(),
                ]);
            }
            let drift = metrics.books_drift.with_label_values(&[partner.as_str()]);
            drift.set(f64::NAN);
        }
        let revision = option_env!("ORDERS_REVISION").unwrap_or("unknown");
        let build = [env!("CARGO_PKG_VERSION"), revision];
        metrics.build_info.with_label_values(&build).set(1);
        Ok(metrics)
    }
}

/// A type of metric.
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

/// A gauge whose value is not known yet.
fn unknown(options: Opts) -> prometheus::Result<Gauge> {
    let gauge = Gauge::with_opts(options)?;
    gauge.set(f64::NAN);
    Ok(gauge)
}
