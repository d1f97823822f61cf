//! The load generator: `rlt` with our requests on plain connections, one a worker, all on one thread.
//! It runs as a process of its own (`bench load`), so that what it uses of the machine counts apart.

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

/// What to ask, of whom, and how much.
#[derive(Debug, Clone, Args)]
pub struct LoadOptions {
    /// Host and port of the server
    #[arg(long)]
    pub address: String,
    /// What to ask for
    #[arg(long, value_enum)]
    pub kind: Kind,
    /// Orders 1 to this are there
    #[arg(long, default_value_t = 1)]
    pub ids: i64,
    /// The list to ask for
    #[arg(long, default_value = "/orders?limit=50")]
    pub path: String,
    /// Connections, each with one request at a time
    #[arg(long)]
    pub connections: u32,
    /// For how long
    #[arg(long, conflicts_with = "requests")]
    pub seconds: Option<f64>,
    /// How many, in place of how long
    #[arg(long)]
    pub requests: Option<u64>,
    /// How many a second, of all connections together; as many as there is time for when absent
    #[arg(long)]
    pub rate: Option<f64>,
    /// Who sends them
    #[arg(long)]
    pub api_key: String,
    /// Where rlt writes its report
    #[arg(long)]
    pub report: PathBuf,
}

/// Runs the load, and prints what came of it as JSON.
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

/// As rlt takes them. Its own `--rate` is not used: all workers wait for one bucket and wake each
/// other, which costs far more than the requests do. [`Suite`] keeps the pace.
fn arguments(options: &LoadOptions) -> Result<Vec<String>> {
    let report = options
        .report
        .to_str()
        .context("the report's path is no text")?;
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
    /// As the command line of `bench load`.
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
