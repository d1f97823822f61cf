//! The load generator: `rlt` with our requests on plain connections, one per worker, all on one
//! thread. It is a separate process (`bench load`), so that its resource usage is measured
//! separately.

mod connection;
mod outcome;
mod requests;
mod suite;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Parser};
use rlt::cli::BenchCli;
use tokio::runtime::Builder;

pub use outcome::Outcome;
pub use requests::Kind;

use self::suite::Suite;

/// The requests to send, the server, and the amount.
#[derive(Debug, Clone, Args)]
pub struct LoadOptions {
    /// Host and port of the server
    #[arg(long)]
    pub address: String,
    /// The kind of requests
    #[arg(long, value_enum)]
    pub kind: Kind,
    /// The orders 1 to this exist
    #[arg(long, default_value_t = 1)]
    pub ids: i64,
    /// The query of the list
    #[arg(long, default_value = "/orders?limit=50")]
    pub path: String,
    /// Connections, each with one request at a time
    #[arg(long)]
    pub connections: u32,
    /// The duration
    #[arg(long, conflicts_with = "requests")]
    pub seconds: Option<f64>,
    /// The number of requests, instead of a duration
    #[arg(long)]
    pub requests: Option<u64>,
    /// Requests per second of all connections together; unlimited if absent
    #[arg(long)]
    pub rate: Option<f64>,
    /// The API key
    #[arg(long)]
    pub api_key: String,
    /// The file of rlt's report
    #[arg(long)]
    pub report: PathBuf,
}

/// Runs the load, and prints the outcome as JSON.
#[allow(clippy::print_stdout)] // for the process that started this one
pub fn run(options: &LoadOptions) -> Result<()> {
    let rlt = BenchCli::try_parse_from(arguments(options)?)?;
    let suite = Suite::new(options);
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(rlt::cli::run(rlt, suite))?;
    let outcome = Outcome::read(&options.report)?;
    println!("{}", serde_json::to_string(&outcome)?);
    Ok(())
}

/// The arguments of rlt. Its own `--rate` is not used: all workers wait for one bucket and wake
/// each other, which costs far more than the requests do. [`Suite`] controls the rate.
fn arguments(options: &LoadOptions) -> Result<Vec<String>> {
    let report = options
        .report
        .to_str()
        .context("the report's path is not UTF-8")?;
    let mut arguments: Vec<String> = ["rlt", "--collector", "silent", "--output", "json"]
        .map(str::to_owned)
        .into();
    arguments.extend(["--output-file".into(), report.into()]);
    arguments.extend(["--concurrency".into(), options.connections.to_string()]);
    if let Some(seconds) = options.seconds {
        let milliseconds = format!("{:.0}ms", seconds * 1000.0);
        arguments.extend(["--duration".into(), milliseconds]);
    }
    if let Some(requests) = options.requests {
        arguments.extend(["--iterations".into(), requests.to_string()]);
    }
    Ok(arguments)
}

impl LoadOptions {
    /// The command line of `bench load`.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![
            format!("--address={}", self.address),
            format!("--kind={}", self.kind.name()),
            format!("--ids={}", self.ids),
            format!("--path={}", self.path),
            format!("--connections={}", self.connections),
            format!("--api-key={}", self.api_key),
            format!("--report={}", self.report.display()),
        ];
        let seconds = self.seconds.map(|seconds| format!("--seconds={seconds}"));
        let requests = self
            .requests
            .map(|requests| format!("--requests={requests}"));
        let rate = self.rate.map(|rate| format!("--rate={rate}"));
        arguments.extend([seconds, requests, rate].into_iter().flatten());
        arguments
    }
}
