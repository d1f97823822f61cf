//! A run: starts the environment, measures one scenario after the other, stops everything.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

use crate::environment::Environment;
use crate::options::Options;
use crate::progress::progress;
use crate::report::{Figures, Machine, Report, accept, accepted, keep, print};
use crate::scenarios::{Context, Scenario};

/// The disk space for all scenarios except ten million orders, which need more.
const ROOM_GIB: u64 = 6;

/// Executes the options. `false` if a scenario failed.
pub fn run(options: &Options) -> Result<bool> {
    if options.accept {
        accept(&options.results, &Scenario::names())?;
        progress("accepted the results of the last run");
        return Ok(true);
    }
    options.check()?;
    let folder = temporary_folder(&options.folder)?;
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let ran = runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        // Dropping the future stops everything that the run has started.
        tokio::select! {
            ran = measure(options, folder.path()) => ran,
            _ = interrupt.recv() => bail!("interrupted"),
            _ = terminate.recv() => bail!("terminated"),
        }
    });
    drop(runtime);
    let report = ran?;
    keep(&report, &options.results)?;
    print(&report, accepted(&options.results)?.as_ref());
    let results = options.results.display();
    progress(&format!("written to {results}/latest.json and latest.svg"));
    Ok(report.failures.is_empty())
}

async fn measure(options: &Options, folder: &Path) -> Result<Report> {
    let plan = options.plan();
    let orders = options.orders_binary.canonicalize().with_context(|| {
        let path = options.orders_binary.display();
        format!("{path} does not exist; build it with `cargo build --release --bin orders`")
    })?;
    let mut report = Report {
        machine: Machine::here(),
        quick: plan.quick,
        scenarios: Vec::new(),
        failures: Vec::new(),
        builds: options
            .against
            .iter()
            .map(|build| build.name.clone())
            .collect(),
        figures: Figures::default(),
    };
    progress("starting PostgreSQL");
    let environment = Environment::start(&orders, folder, options.temporal_on_disk).await?;
    environment.require_room(ROOM_GIB)?;
    for scenario in options.scenarios() {
        let name = scenario.name();
        progress(&name);
        let context = Context {
            environment: &environment,
            plan: &plan,
            builds: &options.against,
            figures: &mut report.figures,
        };
        if let Err(error) = scenario.run(context).await {
            progress(&format!("{name} FAILED: {error:#}"));
            report.failures.push(format!("{name}: {error:#}"));
        }
        report.scenarios.push(name);
        environment.remove_logs()?;
    }
    environment.stop().await;
    Ok(report)
}

/// A temporary folder, deleted once no process writes to it.
fn temporary_folder(parent: &Path) -> Result<TempDir> {
    fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    let parent = parent.canonicalize()?;
    // PostgreSQL may run as another user.
    Ok(tempfile::Builder::new()
        .prefix("run-")
        .permissions(Permissions::from_mode(0o755))
        .tempdir_in(parent)?)
}
