//! Instructions that the server executes for a request, in user space, counted by Callgrind: one request at a
//! time, so that every request has its own statement, and at full load. They do not depend on what else the
//! machine does, so they have limits that CI checks.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use dev_servers::output;
use tokio::time::sleep;

use super::Context;
use super::full::CONNECTIONS;
use crate::environment::ServiceOptions;
use crate::environment::database::Orders;
use crate::environment::server::Server;
use crate::load::{Kind, LoadOptions};
use crate::progress::progress;

const DATABASE: &str = "bench_instructions";
const ORDERS: i64 = 10_000;
/// The code is loaded, and connections and statements are prepared.
const WARM_UP: u64 = if OPTIMIZED { 300 } else { 50 };
const REQUESTS: u64 = if OPTIMIZED { 1000 } else { 200 };
/// Whether this is a release build; then the server is one too (`./justw bench`, `./justw test`).
const OPTIMIZED: bool = !cfg!(debug_assertions);
/// The most that a request may take alone: a seventh more than was measured in a release build, a third more in
/// another, where tasks in the background vary the count by a tenth.
const LIMITS: [(Kind, f64); 4] = if OPTIMIZED {
    [
        (Kind::Read, 120_000.0),
        (Kind::CreateKeyed, 240_000.0),
        (Kind::Update, 260_000.0),
        (Kind::List, 800_000.0),
    ]
} else {
    [
        (Kind::Read, 1_000_000.0),
        (Kind::CreateKeyed, 1_650_000.0),
        (Kind::Update, 1_750_000.0),
        (Kind::List, 10_000_000.0),
    ]
};
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
    /// The file of the last count.
    fn dump(&self) -> PathBuf {
        self.file.with_extension(format!("out.{}", self.dumps))
    }

    /// The number of instructions since the last call.
    async fn count(&mut self) -> Result<f64> {
        let mut control = Command::new("callgrind_control");
        control.args(["--dump", &self.pid.to_string()]);
        output("callgrind_control", control, LIMIT).await?;
        self.dumps += 1;
        let file = self.dump();
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
        // As little as possible in the background.
        settings: &[
            ("DISPATCHER__ENABLED", "false"),
            ("WEBHOOKS__ENABLED", "false"),
            ("FEED__INTERVAL", "1s"),
            ("HTTP__WORKERS", "1"),
        ],
        ..ServiceOptions::default()
    };
    let service = context.environment.serve_counted(&file, options).await?;
    let mut counter = Counter {
        pid: service.pid(),
        file,
        dumps: 0,
    };
    let mut exceeded = Vec::new();
    for (kind, limit) in LIMITS {
        let (name, alone) = (
            kind.name(),
            measure(context, &service, &mut counter, kind, 1).await?,
        );
        if alone > limit {
            exceeded.push(format!(
                "{name} took {alone:.0} instructions, at most {limit}"
            ));
        }
        if OPTIMIZED {
            measure(context, &service, &mut counter, kind, CONNECTIONS).await?;
        }
        let kept = context
            .environment
            .keep(&counter.dump(), &format!("callgrind.{name}.out"))?;
        progress(&format!(
            "  by function: callgrind_annotate --inclusive=yes {}",
            kept.display()
        ));
    }
    service.stop().await?;
    drop(database);
    context.environment.drop_database(DATABASE).await?;
    if !exceeded.is_empty() {
        bail!(
            "{}; if that is worth it, raise LIMITS in {}",
            exceeded.join("; "),
            file!()
        );
    }
    Ok(())
}

#[allow(clippy::cast_precision_loss)] // far below 2^53
async fn measure(
    context: &mut Context<'_>,
    service: &Server,
    counter: &mut Counter,
    kind: Kind,
    connections: u32,
) -> Result<f64> {
    let load = |requests| LoadOptions {
        kind,
        ids: ORDERS,
        connections,
        requests: Some(requests),
        ..context.environment.load_on(service)
    };
    context.environment.load(&load(WARM_UP)).await?;
    counter.count().await?;
    let begun = Instant::now();
    sleep(IDLE).await;
    let idle = counter.count().await? / begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    context.environment.load(&load(REQUESTS)).await?;
    let (busy, took) = (counter.count().await?, begun.elapsed());
    let each = (busy - idle * took.as_secs_f64()) / REQUESTS as f64;
    if each <= 0.0 {
        bail!("{busy} instructions while serving, {idle} a second while idle");
    }
    let scenario = "instructions";
    let figures = &mut *context.figures;
    let measure = if connections == 1 { "alone" } else { "full" };
    figures.add(scenario, &kind.name(), measure, "instructions", each);
    figures.add(scenario, "idle", "a second", "instructions", idle);
    let name = kind.name();
    progress(&format!(
        "  {name}, {connections} at a time: {each:.0} instructions"
    ));
    Ok(each)
}
