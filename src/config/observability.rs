//! Logs, metrics and traces.

use std::time::Duration;

use garde::Validate;
use serde::{Deserialize, Serialize};

use super::rules::{address, hosts, positive, text_or_list, web_page};

/// Settings of the log.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// What to log, in the syntax of tracing's `EnvFilter`.
    #[garde(custom(log_filter))]
    pub filter: String,
    /// The output format.
    pub format: LogFormat,
}

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text in a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// Settings of the monitoring server.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub struct Monitoring {
    /// The address and port to listen on; empty for no monitoring server and no metrics.
    #[garde(if(cond = !self.listen.is_empty(), custom(address)))]
    pub listen: String,
    /// Host names that the server accepts, in addition to those of its machine.
    #[serde(deserialize_with = "text_or_list")]
    #[garde(custom(hosts))]
    pub allowed_hosts: Vec<String>,
    /// How often the metrics of the database and Temporal are refreshed.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub refresh: Duration,
}

/// Settings of traces.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub struct Traces {
    /// The OTLP endpoint (gRPC) of a collector; empty for no traces.
    #[garde(if(cond = !self.endpoint.is_empty(), custom(web_page)))]
    pub endpoint: String,
    /// The fraction of requests that are traced, 0 to 1, if the sender does not decide.
    #[garde(custom(ratio))]
    pub sample_ratio: f64,
    /// The maximum number of spans that wait to be sent.
    #[garde(custom(positive))]
    pub max_waiting: usize,
}

fn log_filter(text: &str, _: &()) -> garde::Result {
    super::parse_log_filter(text)
        .map(drop)
        .map_err(garde::Error::new)
}

/// garde's own `range` accepts NaN.
fn ratio(value: &f64, _: &()) -> garde::Result {
    if (0.0..=1.0).contains(value) {
        return Ok(());
    }
    Err(garde::Error::new("must be from 0 to 1"))
}
