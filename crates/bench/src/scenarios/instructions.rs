//! Instructions that the server executes for a request, in user space, counted by Callgrind: one request at a
//! time, so that every request has its own statement. They do not depend on the machine's load.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use dev_servers::output;
use tokio::time::sleep;

use super::Context;
use crate::environment::ServiceOptions;
use crate::environment::database::Orders;
use crate::environment::server::Server;
use crate::load::{Kind, LoadOptions};
use crate::progress::progress;

const DATABASE: &str = "bench_instructions";
const ORDERS: i64 = 10_000;
/// The code is loaded, and connections and statements are prepared.
const WARM_UP: u64 = 300;
const REQUESTS: u64 = 1000;
/// Tasks in the background also execute instructions.
const IDLE: Duration = Duration::from_secs(5);
const LIMIT: Duration = Duration::from_secs(60);

/// Counts the instructions of a server.
struct Counter {
    pid: i32,
    /// Callgrind appends the number of the dump.
    file: PathBuf,
    dumps: u32,
}

impl Counter {
    /// The number of instructions since the last call.
    async fn count(&mut self) -> Result<f64> {
        let mut control = Command::new("callgrind_control");
        control.args(["--dump", &self.pid.to_string()]);
        output("callgrind_control", control, LIMIT).await?;
        self.dumps += 1;
        let file = self.file.with_extension(format!("out.{}", self.dumps));
        let dump = fs::read_to_string(&file).with_context(|| format!("no {}", file.display()))?;
        let total = dump.lines().find_map(|line| line.strip_prefix("totals: "));
        Ok(total.context("the dump has no total")?.trim().parse()?)
    }
}

/// Each kind of request.
pub async fn run(context: &mut Context<'_>) -> Result<()> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        progress("  SKIPPED: valgrind is not installed");
        return Ok(());
    }
    let database = context.environment.create_database(DATABASE).await?;
    database.load(Orders::Pending, ORDERS, true).await?;
    let file = context.environment.file("callgrind.out");
    let options = ServiceOptions {
        database_url: &database.url,
        settings: &[("DISPATCHER__ENABLED", "false"), ("HTTP__WORKERS", "1")],
        ..ServiceOptions::default()
    };
    let service = context.environment.serve_counted(&file, options).await?;
    let mut counter = Counter {
        pid: service.pid(),
        file,
        dumps: 0,
    };
    for kind in [Kind::Read, Kind::CreateKeyed, Kind::Update, Kind::List] {
        measure(context, &service, &mut counter, kind).await?;
    }
    service.stop().await?;
    drop(database);
    context.environment.drop_database(DATABASE).await
}

#[allow(clippy::cast_precision_loss)] // far below 2^53
async fn measure(
    context: &mut Context<'_>,
    service: &Server,
    counter: &mut Counter,
    kind: Kind,
) -> Result<()> {
    let load = |requests| LoadOptions {
        kind,
        ids: ORDERS,
        requests: Some(requests),
        ..context.environment.load_on(service)
    };
    context.environment.load(&load(WARM_UP)).await?;
    counter.count().await?;
    let begun = Instant::now();
    context.environment.load(&load(REQUESTS)).await?;
    let (busy, took) = (counter.count().await?, begun.elapsed());
    let begun = Instant::now();
    sleep(IDLE).await;
    let idle = counter.count().await? / begun.elapsed().as_secs_f64();
    let each = (busy - idle * took.as_secs_f64()) / REQUESTS as f64;
    if each <= 0.0 {
        bail!("{busy} instructions while serving, {idle} a second while idle");
    }
    let scenario = "instructions";
    let figures = &mut *context.figures;
    figures.add(scenario, &kind.name(), "instructions", "", each);
    figures.add(scenario, "idle", "instructions a second", "", idle);
    progress(&format!("  {}: {each:.0} instructions", kind.name()));
    Ok(())
}
