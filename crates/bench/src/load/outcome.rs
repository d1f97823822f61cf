//! The outcome of a load: rlt's report, and the resource usage of the generator itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};
use serde::{Deserialize, Serialize};

use crate::usage::seconds;

const MILLISECONDS: f64 = 1e3;

/// The outcome of a load.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// Requests with the expected response.
    pub requests: f64,
    /// How long it took.
    pub seconds: f64,
    /// Median time of a request in milliseconds.
    pub p50: f64,
    /// 99th percentile in milliseconds.
    pub p99: f64,
    /// 99.9th percentile in milliseconds.
    pub p999: f64,
    /// User processor time of the generator, in seconds.
    pub user_seconds: f64,
    /// System processor time of the generator, in seconds.
    pub system_seconds: f64,
    /// Peak memory of the generator, in MiB.
    pub peak_memory: f64,
}

impl Outcome {
    /// Requests per second.
    pub fn throughput(&self) -> f64 {
        self.requests / self.seconds
    }

    /// The outcome of the load that this process has run. Any unexpected response is an error.
    pub(super) fn read(report: &Path) -> Result<Self> {
        let text = fs::read_to_string(report).context("rlt wrote no report")?;
        let usage = getrusage(UsageWho::RUSAGE_SELF)?;
        let mut outcome = Self::parse(&text)?;
        outcome.user_seconds = seconds(usage.user_time());
        outcome.system_seconds = seconds(usage.system_time());
        outcome.peak_memory = mebibytes(usage.max_rss());
        Ok(outcome)
    }

    fn parse(text: &str) -> Result<Self> {
        let report: Report =
            serde_json::from_str(text).context("rlt's report has an unexpected format")?;
        if !report.errors.is_empty() {
            let errors: Vec<String> = report
                .errors
                .iter()
                .map(|(error, count)| format!("{count} × {error}"))
                .collect();
            bail!(
                "not every request got the expected response: {}",
                errors.join(", ")
            );
        }
        let latency = report.latency.context("no request got a response")?;
        let milliseconds = |name: &str| {
            let seconds = latency.percentiles.get(name);
            seconds
                .map(|seconds| seconds * MILLISECONDS)
                .with_context(|| format!("rlt's report has no {name}"))
        };
        Ok(Self {
            requests: report.summary.iters.total,
            seconds: report.summary.total_time,
            p50: milliseconds("p50")?,
            p99: milliseconds("p99")?,
            p999: milliseconds("p99.9")?,
            user_seconds: 0.0,
            system_seconds: 0.0,
            peak_memory: 0.0,
        })
    }
}

/// `ru_maxrss` is in KiB.
#[allow(clippy::cast_precision_loss)] // of memory
fn mebibytes(kibibytes: i64) -> f64 {
    kibibytes as f64 / 1024.0
}

/// The used parts of rlt's report.
#[derive(Deserialize)]
struct Report {
    summary: Summary,
    latency: Option<Latency>,
    errors: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct Summary {
    total_time: f64,
    iters: Iterations,
}

#[derive(Deserialize)]
struct Iterations {
    total: f64,
}

#[derive(Deserialize)]
struct Latency {
    percentiles: BTreeMap<String, f64>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const REPORT: &str = r#"{
        "summary": {"success_ratio": 1.0, "total_time": 2.0, "iters": {"total": 300, "rate": 150.0}},
        "latency": {"percentiles": {"p50": 0.001, "p99": 0.002, "p99.9": 0.004}},
        "status": {"Success(200)": 300}, "errors": {}}"#;

    #[test]
    fn times_are_in_milliseconds() {
        let outcome = Outcome::parse(REPORT).unwrap();
        assert_eq!((outcome.p50, outcome.p99, outcome.p999), (1.0, 2.0, 4.0));
        assert_eq!(outcome.throughput(), 150.0);
    }

    #[test]
    fn one_unexpected_response_fails_the_load() {
        let text = REPORT.replace(
            r#""errors": {}"#,
            r#""errors": {"unexpected status 503": 1}"#,
        );
        let error = Outcome::parse(&text).unwrap_err().to_string();
        assert!(error.contains("1 × unexpected status 503"), "{error}");
    }
}
