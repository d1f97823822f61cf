//! The metrics of Temporal's SDK, collected for the service's own metrics page. The SDK's exporter
//! opens its own port, and stops serving it at the first connection that it cannot accept. A
//! registry of the prometheus crate requires the same labels for all series of a name, which the
//! SDK does not guarantee.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use prometheus::core::Collector;
use prometheus::proto::MetricFamily;
use prometheus::{Gauge, Histogram, HistogramOpts, IntCounter, IntGauge, Opts};
use temporalio_common::telemetry::METRIC_PREFIX;
use temporalio_common::telemetry::metrics::{
    self as sdk, CoreMeter, CounterBase, GaugeBase, GaugeF64Base, HistogramBase,
    HistogramDurationBase, HistogramF64Base, MetricAttributable, MetricAttributes,
    MetricParameters, NewAttributes, OrderedPromLabelSet, UpDownCounterBase, default_buckets_for,
};

type Labels = BTreeMap<String, String>;

/// Creates the SDK's instruments; instruments with the same name are shared.
#[derive(Default)]
pub(super) struct Meter {
    counters: Instruments<IntCounter>,
    gauges: Instruments<IntGauge>,
    float_gauges: Instruments<Gauge>,
    histograms: Instruments<Histogram>,
}

type Instruments<S> = RwLock<BTreeMap<String, Arc<Instrument<S>>>>;

impl fmt::Debug for Meter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Meter").finish_non_exhaustive()
    }
}

impl Meter {
    /// The current values, and the text of instruments without values, so that their names appear
    /// on the page.
    pub(super) fn gather(&self) -> (Vec<MetricFamily>, String) {
        let mut families = Vec::new();
        let mut empty = String::new();
        collect(&self.counters, "counter", &mut families, &mut empty);
        collect(&self.gauges, "gauge", &mut families, &mut empty);
        collect(&self.float_gauges, "gauge", &mut families, &mut empty);
        collect(&self.histograms, "histogram", &mut families, &mut empty);
        (families, empty)
    }

    fn histogram_of(
        &self,
        parameters: &MetricParameters,
        suffix: &str,
    ) -> Arc<Instrument<Histogram>> {
        let in_seconds = !suffix.is_empty();
        instrument(&self.histograms, parameters, suffix, move |options| {
            let name = options.name.clone();
            let name = name.strip_prefix(METRIC_PREFIX).unwrap_or(&name);
            let name = name.strip_suffix("_seconds").unwrap_or(name);
            let buckets = default_buckets_for(name, in_seconds).to_vec();
            Histogram::with_opts(HistogramOpts::from(options).buckets(buckets))
        })
    }
}

fn collect<S: Collector>(
    instruments: &Instruments<S>,
    kind: &str,
    families: &mut Vec<MetricFamily>,
    empty: &mut String,
) {
    let instruments = instruments.read().unwrap_or_else(PoisonError::into_inner);
    for (name, instrument) in &*instruments {
        let series = instrument.series.read();
        let series = series.unwrap_or_else(PoisonError::into_inner);
        let mut all = series.values().flat_map(Collector::collect);
        if let Some(mut family) = all.next() {
            for mut more in all {
                family.mut_metric().append(&mut more.take_metric());
            }
            families.push(family);
        } else {
            let help = &instrument.options.help;
            empty.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
        }
    }
}

/// The instrument with this name. `suffix` makes names of counters and times conform to Prometheus.
fn instrument<S>(
    instruments: &Instruments<S>,
    parameters: &MetricParameters,
    suffix: &str,
    create: impl Fn(Opts) -> prometheus::Result<S> + Send + Sync + 'static,
) -> Arc<Instrument<S>> {
    let name = parameters.name.replace('-', "_");
    let name = name.strip_suffix(suffix).unwrap_or(&name).to_owned() + suffix;
    let help = if parameters.description.is_empty() {
        "A metric of Temporal's SDK.".to_owned()
    } else {
        parameters.description.replace('\n', " ")
    };
    let mut instruments = instruments.write().unwrap_or_else(PoisonError::into_inner);
    let created = || {
        Arc::new(Instrument {
            options: Opts::new(name.clone(), help),
            create: Box::new(create),
            series: RwLock::default(),
        })
    };
    instruments
        .entry(name.clone())
        .or_insert_with(created)
        .clone()
}

impl CoreMeter for Meter {
    fn new_attributes(&self, attributes: NewAttributes) -> MetricAttributes {
        MetricAttributes::Prometheus {
            labels: Arc::new(attributes.into()),
        }
    }

    fn extend_attributes(
        &self,
        existing: MetricAttributes,
        attributes: NewAttributes,
    ) -> MetricAttributes {
        let mut labels = match existing {
            MetricAttributes::Prometheus { labels } => (*labels).clone(),
            _ => OrderedPromLabelSet::default(),
        };
        for attribute in attributes.attributes {
            labels.add_kv(attribute);
        }
        MetricAttributes::Prometheus {
            labels: Arc::new(labels),
        }
    }

    fn counter(&self, parameters: MetricParameters) -> sdk::Counter {
        let create = IntCounter::with_opts;
        sdk::Counter::new(instrument(&self.counters, &parameters, "_total", create))
    }

    fn histogram(&self, parameters: MetricParameters) -> sdk::Histogram {
        sdk::Histogram::new(self.histogram_of(&parameters, ""))
    }

    fn histogram_f64(&self, parameters: MetricParameters) -> sdk::HistogramF64 {
        sdk::HistogramF64::new(self.histogram_of(&parameters, ""))
    }

    fn histogram_duration(&self, parameters: MetricParameters) -> sdk::HistogramDuration {
        sdk::HistogramDuration::new(self.histogram_of(&parameters, "_seconds"))
    }

    fn gauge(&self, parameters: MetricParameters) -> sdk::Gauge {
        let create = IntGauge::with_opts;
        sdk::Gauge::new(instrument(&self.gauges, &parameters, "", create))
    }

    fn gauge_f64(&self, parameters: MetricParameters) -> sdk::GaugeF64 {
        let create = Gauge::with_opts;
        sdk::GaugeF64::new(instrument(&self.float_gauges, &parameters, "", create))
    }

    fn up_down_counter(&self, parameters: MetricParameters) -> sdk::UpDownCounter {
        let create = IntGauge::with_opts;
        sdk::UpDownCounter::new(instrument(&self.gauges, &parameters, "", create))
    }
}

/// All series of a name.
struct Instrument<S> {
    options: Opts,
    create: Box<dyn Fn(Opts) -> prometheus::Result<S> + Send + Sync>,
    series: RwLock<BTreeMap<Labels, S>>,
}

impl<S: Clone> Instrument<S> {
    /// The series with these labels, created on first use.
    fn series(&self, attributes: &MetricAttributes) -> prometheus::Result<Series<S>> {
        let labels: Labels = match attributes {
            MetricAttributes::Prometheus { labels } => labels
                .as_prom_labels()
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            _ => Labels::new(),
        };
        let known = self.series.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(series) = known.get(&labels) {
            return Ok(Series(series.clone()));
        }
        drop(known);
        let options = self.options.clone();
        let created = (self.create)(options.const_labels(labels.clone().into_iter().collect()))?;
        let mut all = self.series.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Series(all.entry(labels).or_insert(created).clone()))
    }
}

/// A series that the SDK writes to.
struct Series<S>(S);

macro_rules! series {
    ($($base:ident for $series:ty: $record:ident($value:ident: $of:ty) = |$target:ident| $apply:expr;)*) => {
        $(
            impl $base for Series<$series> {
                fn $record(&self, $value: $of) {
                    let $target = &self.0;
                    $apply;
                }
            }

            impl MetricAttributable<Box<dyn $base>> for Instrument<$series> {
                fn with_attributes(
                    &self,
                    attributes: &MetricAttributes,
                ) -> Result<Box<dyn $base>, Box<dyn Error>> {
                    Ok(Box::new(self.series(attributes)?))
                }
            }
        )*
    };
}

series! {
    CounterBase for IntCounter: adds(value: u64) = |counter| counter.inc_by(value);
    UpDownCounterBase for IntGauge: adds(value: i64) = |gauge| gauge.add(value);
    GaugeBase for IntGauge: records(value: u64) = |gauge| gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
    GaugeF64Base for Gauge: records(value: f64) = |gauge| gauge.set(value);
    HistogramBase for Histogram: records(value: u64) = |histogram| histogram.observe(float(value));
    HistogramF64Base for Histogram: records(value: f64) = |histogram| histogram.observe(value);
    HistogramDurationBase for Histogram: records(value: Duration) = |histogram| histogram.observe(value.as_secs_f64());
}

#[allow(clippy::cast_precision_loss)] // the SDK's counts are far below 2^53
fn float(value: u64) -> f64 {
    value as f64
}
