//! What Temporal's SDK counts, kept for our own page. The SDK's own exporter would open a port of its
//! own, and a registry of the prometheus crate wants the same labels for all metrics of a name, which
//! the SDK does not keep to.

use std::collections::{BTreeMap, HashSet};
use std::error::Error;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use prometheus::core::Collector;
use prometheus::proto::MetricFamily;
use prometheus::{HistogramOpts, IntCounter, IntGauge, Opts};
use temporalio_common::telemetry::METRIC_PREFIX;
use temporalio_common::telemetry::metrics::{
    CoreMeter, Counter, CounterBase, Gauge, GaugeBase, GaugeF64, GaugeF64Base, Histogram,
    HistogramBase, HistogramDuration, HistogramDurationBase, HistogramF64, HistogramF64Base,
    MetricAttributable, MetricAttributes, MetricParameters, NewAttributes, OrderedPromLabelSet,
    UpDownCounter, UpDownCounterBase, default_buckets_for,
};

type Labels = BTreeMap<String, String>;

/// One series.
#[derive(Clone)]
enum Series {
    Counter(IntCounter),
    Gauge(IntGauge),
    GaugeF64(prometheus::Gauge),
    Histogram(prometheus::Histogram),
}

impl Series {
    fn collect(&self) -> Vec<MetricFamily> {
        match self {
            Self::Counter(series) => series.collect(),
            Self::Gauge(series) => series.collect(),
            Self::GaugeF64(series) => series.collect(),
            Self::Histogram(series) => series.collect(),
        }
    }
}

/// All that the SDK counts, by name and labels.
type All = Arc<RwLock<BTreeMap<(String, Labels), Series>>>;

/// Gives the SDK its instruments.
#[derive(Default)]
pub(super) struct Meter {
    all: All,
    /// What the SDK has asked for: the kinds and meanings of names.
    asked: RwLock<BTreeMap<String, (&'static str, String)>>,
}

impl fmt::Debug for Meter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Meter").finish_non_exhaustive()
    }
}

impl Meter {
    /// As it is now.
    pub(super) fn gather(&self) -> Vec<MetricFamily> {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        let mut families: Vec<MetricFamily> = Vec::new();
        for mut family in all.values().flat_map(Series::collect) {
            match families.last_mut() {
                Some(last) if last.name() == family.name() => {
                    last.mut_metric().append(&mut family.take_metric());
                }
                _ => families.push(family),
            }
        }
        families
    }

    /// What the page says of names that have nothing to count yet, so that nobody who looks for one
    /// believes it misspelt.
    pub(super) fn not_yet_counted(&self) -> String {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        let counted: HashSet<&str> = all.keys().map(|(name, _)| name.as_str()).collect();
        let asked = self.asked.read().unwrap_or_else(PoisonError::into_inner);
        asked
            .iter()
            .filter(|(name, _)| !counted.contains(name.as_str()))
            .map(|(name, (kind, help))| format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"))
            .collect()
    }

    /// Counters and times are named as Prometheus wants them, by `suffix`.
    fn instrument(
        &self,
        parameters: MetricParameters,
        kind: &'static str,
        suffix: &str,
    ) -> Instrument {
        let name = parameters.name.replace('-', "_");
        let name = name.strip_suffix(suffix).unwrap_or(&name).to_owned() + suffix;
        let help = match parameters.description.is_empty() {
            true => "Of Temporal's SDK.".to_owned(),
            false => parameters.description.replace('\n', " "),
        };
        let mut asked = self.asked.write().unwrap_or_else(PoisonError::into_inner);
        asked.insert(name.clone(), (kind, help.clone()));
        Instrument {
            name,
            help,
            all: self.all.clone(),
        }
    }
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

    fn counter(&self, parameters: MetricParameters) -> Counter {
        Counter::new(Arc::new(self.instrument(parameters, "counter", "_total")))
    }

    fn histogram(&self, parameters: MetricParameters) -> Histogram {
        Histogram::new(Arc::new(self.instrument(parameters, "histogram", "")))
    }

    fn histogram_f64(&self, parameters: MetricParameters) -> HistogramF64 {
        HistogramF64::new(Arc::new(self.instrument(parameters, "histogram", "")))
    }

    fn histogram_duration(&self, parameters: MetricParameters) -> HistogramDuration {
        HistogramDuration::new(Arc::new(self.instrument(
            parameters,
            "histogram",
            "_seconds",
        )))
    }

    fn gauge(&self, parameters: MetricParameters) -> Gauge {
        Gauge::new(Arc::new(self.instrument(parameters, "gauge", "")))
    }

    fn gauge_f64(&self, parameters: MetricParameters) -> GaugeF64 {
        GaugeF64::new(Arc::new(self.instrument(parameters, "gauge", "")))
    }

    fn up_down_counter(&self, parameters: MetricParameters) -> UpDownCounter {
        UpDownCounter::new(Arc::new(self.instrument(parameters, "gauge", "")))
    }
}

/// All series of a name.
struct Instrument {
    name: String,
    help: String,
    all: All,
}

/// What the SDK expects of an instrument that has no series for some labels.
type Failure = Box<dyn Error>;

impl Instrument {
    /// The series of these labels, made when it is first asked for.
    fn series(
        &self,
        attributes: &MetricAttributes,
        make: impl FnOnce(Opts) -> prometheus::Result<Series>,
    ) -> Result<Series, Failure> {
        let labels: Labels = match attributes {
            MetricAttributes::Prometheus { labels } => labels
                .as_prom_labels()
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            _ => Labels::new(),
        };
        let key = (self.name.clone(), labels);
        if let Some(known) = self
            .all
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
        {
            return Ok(known.clone());
        }
        let options =
            Opts::new(&self.name, &self.help).const_labels(key.1.clone().into_iter().collect());
        let made = make(options)?;
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        Ok(all.entry(key).or_insert(made).clone())
    }

    fn counter(&self, attributes: &MetricAttributes) -> Result<IntCounter, Failure> {
        let make = |options| IntCounter::with_opts(options).map(Series::Counter);
        match self.series(attributes, make)? {
            Series::Counter(counter) => Ok(counter),
            _ => Err(self.other_kind()),
        }
    }

    fn gauge(&self, attributes: &MetricAttributes) -> Result<IntGauge, Failure> {
        let make = |options| IntGauge::with_opts(options).map(Series::Gauge);
        match self.series(attributes, make)? {
            Series::Gauge(gauge) => Ok(gauge),
            _ => Err(self.other_kind()),
        }
    }

    fn gauge_f64(&self, attributes: &MetricAttributes) -> Result<prometheus::Gauge, Failure> {
        let make = |options| prometheus::Gauge::with_opts(options).map(Series::GaugeF64);
        match self.series(attributes, make)? {
            Series::GaugeF64(gauge) => Ok(gauge),
            _ => Err(self.other_kind()),
        }
    }

    fn histogram(
        &self,
        attributes: &MetricAttributes,
        seconds: bool,
    ) -> Result<prometheus::Histogram, Failure> {
        let make = |options: Opts| {
            let name = self.name.strip_prefix(METRIC_PREFIX).unwrap_or(&self.name);
            let name = name.strip_suffix("_seconds").unwrap_or(name);
            let options =
                HistogramOpts::from(options).buckets(default_buckets_for(name, seconds).to_vec());
            prometheus::Histogram::with_opts(options).map(Series::Histogram)
        };
        match self.series(attributes, make)? {
            Series::Histogram(histogram) => Ok(histogram),
            _ => Err(self.other_kind()),
        }
    }

    fn other_kind(&self) -> Failure {
        format!("{} is a metric of another kind", self.name).into()
    }
}

/// A series that the SDK writes to.
struct Bound<T>(T);

impl CounterBase for Bound<IntCounter> {
    fn adds(&self, value: u64) {
        self.0.inc_by(value);
    }
}

impl UpDownCounterBase for Bound<IntGauge> {
    fn adds(&self, value: i64) {
        self.0.add(value);
    }
}

impl GaugeBase for Bound<IntGauge> {
    fn records(&self, value: u64) {
        self.0.set(i64::try_from(value).unwrap_or(i64::MAX));
    }
}

impl GaugeF64Base for Bound<prometheus::Gauge> {
    fn records(&self, value: f64) {
        self.0.set(value);
    }
}

impl HistogramBase for Bound<prometheus::Histogram> {
    #[allow(clippy::cast_precision_loss)]
    fn records(&self, value: u64) {
        self.0.observe(value as f64);
    }
}

impl HistogramF64Base for Bound<prometheus::Histogram> {
    fn records(&self, value: f64) {
        self.0.observe(value);
    }
}

impl HistogramDurationBase for Bound<prometheus::Histogram> {
    fn records(&self, value: Duration) {
        self.0.observe(value.as_secs_f64());
    }
}

impl MetricAttributable<Box<dyn CounterBase>> for Instrument {
    fn with_attributes(&self, labels: &MetricAttributes) -> Result<Box<dyn CounterBase>, Failure> {
        Ok(Box::new(Bound(self.counter(labels)?)))
    }
}

impl MetricAttributable<Box<dyn UpDownCounterBase>> for Instrument {
    fn with_attributes(
        &self,
        labels: &MetricAttributes,
    ) -> Result<Box<dyn UpDownCounterBase>, Failure> {
        Ok(Box::new(Bound(self.gauge(labels)?)))
    }
}

impl MetricAttributable<Box<dyn GaugeBase>> for Instrument {
    fn with_attributes(&self, labels: &MetricAttributes) -> Result<Box<dyn GaugeBase>, Failure> {
        Ok(Box::new(Bound(self.gauge(labels)?)))
    }
}

impl MetricAttributable<Box<dyn GaugeF64Base>> for Instrument {
    fn with_attributes(&self, labels: &MetricAttributes) -> Result<Box<dyn GaugeF64Base>, Failure> {
        Ok(Box::new(Bound(self.gauge_f64(labels)?)))
    }
}

impl MetricAttributable<Box<dyn HistogramBase>> for Instrument {
    fn with_attributes(
        &self,
        labels: &MetricAttributes,
    ) -> Result<Box<dyn HistogramBase>, Failure> {
        Ok(Box::new(Bound(self.histogram(labels, false)?)))
    }
}

impl MetricAttributable<Box<dyn HistogramF64Base>> for Instrument {
    fn with_attributes(
        &self,
        labels: &MetricAttributes,
    ) -> Result<Box<dyn HistogramF64Base>, Failure> {
        Ok(Box::new(Bound(self.histogram(labels, false)?)))
    }
}

impl MetricAttributable<Box<dyn HistogramDurationBase>> for Instrument {
    fn with_attributes(
        &self,
        labels: &MetricAttributes,
    ) -> Result<Box<dyn HistogramDurationBase>, Failure> {
        Ok(Box::new(Bound(self.histogram(labels, true)?)))
    }
}
