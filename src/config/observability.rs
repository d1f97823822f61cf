//! Logs, metrics and traces.

use std::time::Duration;

use garde::Validate;
use serde::{Deserialize, Serialize};
use url::Url;

use super::rules::{address, hosts, positive, text_or_list};

/// Settings of the log.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// What to log, in the syntax of tracing's `EnvFilter`.
    #[garde(custom(log_filter))]
    pub filter: String,
    /// How it looks.
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text in a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Settings of the server for operators.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub struct Monitoring {
    /// Address and port to serve on; empty for no such server, and no metrics.
    #[garde(if(cond = !self.listen.is_empty(), custom(address)))]
    pub listen: String,
    /// Host names that it answers to, beside those of its machine.
    #[serde(deserialize_with = "text_or_list")]
    #[garde(custom(hosts))]
    pub allowed_hosts: Vec<String>,
    /// How often the metrics about the database and Temporal are refreshed.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub refresh: Duration,
}

/// Settings of traces.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub struct Traces {
    /// The OTLP endpoint (gRPC) of a collector; empty for none, and no traces.
    #[garde(custom(collector))]
    pub endpoint: String,
    /// The part of the requests that is traced, 0 to 1, where their sender does not say.
    #[garde(custom(ratio))]
    pub sample_ratio: f64,
    /// Most spans that wait to be sent.
    #[garde(custom(positive))]
    pub max_waiting: usize,
}

fn log_filter(text: &str, _: &()) -> garde::Result {
    super::parse_log_filter(text)
        .map(drop)
        .map_err(garde::Error::new)
}

fn collector(endpoint: &str, _: &()) -> garde::Result {
    let is_url = Url::parse(endpoint)
        .is_ok_and(|url| url.has_host() && ["http", "https"].contains(&url.scheme()));
    if endpoint.is_empty() || is_url {
        return Ok(());
    }
    Err(garde::Error::new(format!(
        "`{endpoint}` is not http://HOST:PORT"
    )))
}

/// garde's own `range` lets `nan` pass.
fn ratio(value: &f64, _: &()) -> garde::Result {
    if (0.0..=1.0).contains(value) {
        return Ok(());
    }
    Err(garde::Error::new("has to be from 0 to 1"))
}
