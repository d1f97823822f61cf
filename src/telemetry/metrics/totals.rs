//! Totals of the metrics, for the charts of the last hour.

use std::collections::BTreeMap;

use prometheus::core::Collector;
use prometheus::proto::Metric;

use super::declarations::Declared;
use super::http::OTHERS;
use crate::db::Measurement;

/// Operations whose requests say nothing about the load: probes, and those that wait for events.
const NOT_COUNTED: [&str; 3] = ["getLiveness", "getReadiness", "listEvents"];

impl Declared {
    /// What this process has counted since its start.
    pub(super) fn totals(&self) -> Measurement {
        let mut totals = Measurement::default();
        of_each(&self.http_requests, |metric| {
            let [operation, status] = ["operation", "status"].map(|name| label(metric, name));
            if !is_counted(operation) {
                return;
            }
            let count = metric.get_counter().get_value();
            totals.requests += count;
            if status.starts_with('5') {
                totals.errors += count;
            }
            if (operation, status) == ("createOrder", "201") {
                totals.created += count;
            }
        });
        let mut durations: Vec<(f64, f64)> = Vec::new();
        of_each(&self.http_duration, |metric| {
            if !is_counted(label(metric, "operation")) {
                return;
            }
            let buckets = metric.get_histogram().get_bucket().iter();
            for (place, bucket) in buckets.enumerate() {
                if durations.len() == place {
                    durations.push((bucket.upper_bound(), 0.0));
                }
                durations[place].1 += count(bucket.cumulative_count());
            }
        });
        durations.retain(|(limit, _)| limit.is_finite());
        totals.durations = durations;
        of_each(&self.activities, |metric| {
            if label(metric, "outcome") == "completed" {
                totals.completed += metric.get_counter().get_value();
            }
        });
        of_each(&self.webhooks, |metric| {
            let count = metric.get_counter().get_value();
            if label(metric, "outcome") == "delivered" {
                totals.deliveries += count;
            } else {
                totals.failed_deliveries += count;
            }
        });
        let mut partners: BTreeMap<String, (f64, f64)> = BTreeMap::new();
        of_each(&self.partner_calls, |metric| {
            let calls = count(metric.get_histogram().get_sample_count());
            let partner = partners.entry(label(metric, "partner").to_owned());
            let (all, failed) = partner.or_default();
            *all += calls;
            if !["ok", "refused"].contains(&label(metric, "outcome")) {
                *failed += calls;
            }
        });
        totals.partners = partners;
        let known = |gauge: &prometheus::Gauge| Some(gauge.get()).filter(|value| !value.is_nan());
        totals.backlog = known(&self.outbox_waiting);
        totals.drift = known(&self.drift);
        totals.attention = known(&self.attention);
        totals
    }
}

fn is_counted(operation: &str) -> bool {
    !NOT_COUNTED.contains(&operation) && !OTHERS.contains(&operation)
}

fn of_each(collector: &impl Collector, mut see: impl FnMut(&Metric)) {
    for family in collector.collect() {
        family.get_metric().iter().for_each(&mut see);
    }
}

fn label<'a>(metric: &'a Metric, name: &str) -> &'a str {
    let mut labels = metric.get_label().iter();
    let label = labels.find(|label| label.name() == name);
    label.map_or("", |label| label.value())
}

#[allow(clippy::cast_precision_loss)] // far below 2^53
fn count(count: u64) -> f64 {
    count as f64
}
