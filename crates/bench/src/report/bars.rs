//! The targets (bars) of the figures.

use super::{Figure, Figures};
use crate::stats::Spread;

/// The service itself, among the subjects.
pub const OURS: &str = "service";
/// pgbench with a select.
pub const SELECT: &str = "pgbench select";
/// pgbench with an insert of an order alone.
pub const INSERT: &str = "pgbench insert";
/// The design with a plain query for each request.
pub const DIRECT: &str = "direct";
/// The plain workflow.
pub const PLAIN: &str = "plain";
/// The smallest and the largest number of orders of the `list` scenario.
pub const FEW: &str = "10k";
/// See [`FEW`].
pub const MANY: &str = "10M";

/// Which side of a bar is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// At least the bar.
    Above,
    /// At most the bar.
    Below,
}

/// A target, and the measured value.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// The name of the figure.
    pub name: String,
    /// `×`, `ms`, `MiB`.
    pub unit: &'static str,
    /// The measured value.
    pub value: Spread,
    /// The target.
    pub limit: f64,
    /// Which side of the target is good.
    pub side: Side,
}

impl Bar {
    /// Whether the median of all rounds meets the target.
    pub fn is_met(&self) -> bool {
        match self.side {
            Side::Above => self.value.median >= self.limit,
            Side::Below => self.value.median <= self.limit,
        }
    }
}

/// The minimum throughput of the service, as a multiple of another subject's.
const THROUGHPUT: [(&str, &str, &str, f64); 5] = [
    ("read", SELECT, "throughput", 1.5),
    ("create", INSERT, "throughput", 1.3),
    ("create-keyed", INSERT, "throughput", 1.0),
    // The plain workflow has three tasks and two activities; with a timer it has four tasks.
    ("workflow 0s", PLAIN, "orders", 2.0),
    ("fulfilment", PLAIN, "orders", 1.5),
];
/// The maximum p99 of the service, in milliseconds, or that of pgbench if it is larger.
const P99: [(&str, &str, f64); 2] = [("read", SELECT, 5.0), ("create", INSERT, 5.0)];
/// The maximum time of a request alone, as a multiple of the direct design's.
const ALONE: f64 = 1.1;
/// The maximum time of a page among many orders, as a multiple of that among few.
const LIST: f64 = 1.2;
const MEMORY_MIB: f64 = 64.0;
const START_MS: f64 = 200.0;
/// The maximum time of a page among many events, as a multiple of that among few.
const FEED_PAGE: f64 = 1.2;
/// From an event's commit to a stream, and the memory of the server with 2,000 streams.
const FEED: [(&str, &str, f64); 2] = [
    ("p99 from commit to a stream", "ms", 100.0),
    ("memory with 2,000 streams", "MiB", 128.0),
];
/// Deliveries to a webhook endpoint per second.
const DELIVERIES: f64 = 1000.0;
/// The throughput with thousands of orders in the outbox, as a multiple of that with few.
const BACKLOG: [&str; 2] = ["orders vs peak", "slowest part vs peak"];
const BACKLOG_LIMIT: f64 = 0.8;

/// The bars that can be computed from these figures.
pub fn bars(figures: &Figures) -> Vec<Bar> {
    let mut bars = Vec::new();
    for (scenario, to, measure, limit) in THROUGHPUT {
        let value = figures.ratio(scenario, OURS, to, measure);
        let name = format!("{scenario}: {measure} vs {to}");
        bars.extend(value.map(|value| bar(name, "×", value, limit, Side::Above)));
    }
    for (scenario, to, limit) in P99 {
        let measure = "p99 full";
        if let (Some(value), Some(theirs)) = (
            figures.spread(scenario, OURS, measure),
            figures.spread(scenario, to, measure),
        ) {
            let name = format!("{scenario}: {measure}");
            let limit = limit.max(theirs.median);
            bars.push(bar(name, "ms", value, limit, Side::Below));
        }
    }
    for request in ["GET", "POST"] {
        let measure = format!("p50 {request}");
        let value = figures.ratio("alone", OURS, DIRECT, &measure);
        let name = format!("alone: {measure} vs {DIRECT}");
        bars.extend(value.map(|value| bar(name, "×", value, ALONE, Side::Below)));
    }
    for page in ["first", "deep"] {
        let scenario = format!("list {page}");
        let value = figures.ratio(&scenario, MANY, FEW, "p50 alone");
        let name = format!("{scenario}: p50 alone, {MANY} vs {FEW} orders");
        bars.extend(value.map(|value| bar(name, "×", value, LIST, Side::Below)));
    }
    for page in ["first", "deep", "customer", "last"] {
        let scenario = format!("feed {page}");
        let value = figures.ratio(&scenario, MANY, FEW, "p50 alone");
        let name = format!("{scenario}: p50 alone, {MANY} vs {FEW} events");
        bars.extend(value.map(|value| bar(name, "×", value, FEED_PAGE, Side::Below)));
    }
    for (measure, unit, limit) in FEED {
        let value = figures.spread("feed", OURS, measure);
        let name = format!("feed: {measure}");
        bars.extend(value.map(|value| bar(name, unit, value, limit, Side::Below)));
    }
    let delivered = figures.spread("feed", OURS, "deliveries");
    let name = "feed: deliveries".into();
    bars.extend(delivered.map(|value| bar(name, "1/s", value, DELIVERIES, Side::Above)));
    for measure in BACKLOG {
        let value = figures.spread("backlog", OURS, measure);
        let name = format!("backlog: {measure}");
        bars.extend(value.map(|value| bar(name, "×", value, BACKLOG_LIMIT, Side::Above)));
    }
    bars.extend(memory(figures));
    let start = figures.spread("start", OURS, "start");
    bars.extend(start.map(|value| bar("start".into(), "ms", value, START_MS, Side::Below)));
    bars
}

/// The peak memory over all scenarios at full load.
fn memory(figures: &Figures) -> Option<Bar> {
    let peaks: Vec<f64> = figures
        .iter()
        .filter(|figure| is_ours(figure) && figure.measure == "peak memory of the server")
        .filter_map(|figure| figure.samples.iter().copied().reduce(f64::max))
        .collect();
    let most = Spread::of(&peaks)?.max;
    let value = Spread::of(&[most])?;
    let name = "memory of `orders serve`, peak of all scenarios".into();
    Some(bar(name, "MiB", value, MEMORY_MIB, Side::Below))
}

/// The subject of the service is its name, except in the list scenarios: there it is the number of
/// orders.
fn is_ours(figure: &Figure) -> bool {
    figure.subject == OURS || figure.scenario.starts_with("list ")
}

fn bar(name: String, unit: &'static str, value: Spread, limit: f64, side: Side) -> Bar {
    Bar {
        name,
        unit,
        value,
        limit,
        side,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn reads(ours: f64, ours_p99: f64, theirs_p99: f64) -> Vec<Bar> {
        let mut figures = Figures::default();
        figures.add("read", OURS, "throughput", "1/s", ours);
        figures.add("read", SELECT, "throughput", "1/s", 1000.0);
        figures.add("read", OURS, "p99 full", "ms", ours_p99);
        figures.add("read", SELECT, "p99 full", "ms", theirs_p99);
        bars(&figures)
    }

    fn met(bars: &[Bar]) -> Vec<bool> {
        bars.iter().map(Bar::is_met).collect()
    }

    #[test]
    fn a_bar_is_met_on_its_good_side() {
        assert_eq!(met(&reads(1500.0, 4.9, 4.0)), [true, true]);
        assert_eq!(met(&reads(1499.0, 5.1, 4.0)), [false, false]);
    }

    #[test]
    fn the_bar_of_p99_is_relaxed_when_pgbench_is_slower() {
        assert_eq!(met(&reads(1500.0, 8.0, 9.0)), [true, true]);
        assert_eq!(met(&reads(1500.0, 9.1, 9.0)), [true, false]);
    }

    #[test]
    fn memory_is_rated_by_the_highest_peak() {
        let mut figures = Figures::default();
        for (scenario, peak) in [("read", 30.0), ("create", 65.0), ("update", 40.0)] {
            figures.add(scenario, OURS, "peak memory of the server", "MiB", peak);
        }
        let worst = bars(&figures);
        assert_eq!(worst.first().unwrap().value.median, 65.0);
        assert_eq!(met(&worst), [false]);
        for (scenario, subject, peak) in [("list deep", MANY, 66.0), ("read", PLAIN, 90.0)] {
            figures.add(scenario, subject, "peak memory of the server", "MiB", peak);
        }
        assert_eq!(bars(&figures).first().unwrap().value.median, 66.0);
    }

    #[test]
    fn figures_that_were_not_measured_have_no_bar() {
        assert_eq!(bars(&Figures::default()), []);
    }
}
