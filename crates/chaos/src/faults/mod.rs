//! Faults: injected as the schedule says, and reverted.

mod bad_keys;
mod database;
mod partners;
mod schedule;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;
use tokio::time::sleep;

use self::database::{RowLock, until_done};
pub use self::database::{add_column, fail_over};
pub use self::partners::run as run_partners;
use self::schedule::{Fault, Kind, System, Target, schedule};
use crate::locked_rows::LockedRows;
use crate::proxy::{Link, Mode};
use crate::report::{Progress, say};
use crate::temporal::Temporal;
use crate::world::World;

/// Concurrent faults.
const AT_ONCE: usize = 2;
/// The service counts as recovered when no request has failed for `CALM`, and has `RECOVERY` for
/// that.
const CALM: Duration = Duration::from_secs(2);
const RECOVERY: Duration = Duration::from_secs(20);
/// The largest number of orders, and of keys, that are locked at a time.
const LOCKED_ORDERS: u64 = 5;
const LOCKED_KEYS: u64 = 25;

/// How often each fault happened.
pub type Counts = BTreeMap<String, usize>;

/// The plan of a run.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// The seed of the schedule.
    pub seed: u64,
    /// The number of faults; the partners have at least as many again.
    pub faults: usize,
    /// Orders of all bursts together: Temporal must process them all.
    pub burst_orders: u32,
    /// No fault starts after this.
    pub deadline: Instant,
}

/// Injects and reverts all faults of the service, until the deadline.
pub async fn run(
    world: &Arc<World>,
    plan: Plan,
    bursts: &UnboundedSender<u32>,
    progress: &Arc<Progress>,
) -> Result<Counts> {
    let mut broken = BTreeSet::new();
    let mut running: JoinSet<Result<Target>> = JoinSet::new();
    let mut counts = Counts::new();
    let mut burst_orders = plan.burst_orders;
    let system = System {
        apps: world.apps.len(),
        links: world.links.len(),
        temporal_nodes: world.temporal.nodes(),
        standby: world.postgres.addresses().len() > 1,
    };
    for fault in schedule(plan.seed, plan.faults, system) {
        while running.len() >= AT_ONCE {
            finished(&mut running, &mut broken).await?;
        }
        sleep(fault.pause).await;
        while broken.contains(&fault.target) || (fault.kind.is_exclusive() && !running.is_empty()) {
            finished(&mut running, &mut broken).await?;
        }
        let calm = fault.kind.is_exclusive() && calm(progress).await;
        if Instant::now() > plan.deadline {
            break;
        }
        broken.insert(fault.target);
        let name = target_name(world, fault.target);
        let kind = match fault.target {
            Target::App(_) => name.split(' ').next().unwrap_or_default(),
            Target::Link(_) => "link",
            Target::Postgres | Target::Temporal(_) | Target::Clients => name.as_str(),
        };
        *counts
            .entry(format!("{} {kind}", fault.kind.name()))
            .or_default() += 1;
        progress.log(&format!(
            "{} {name} for {} ms",
            fault.kind.name(),
            fault.length.as_millis()
        ));
        if fault.kind == Kind::Burst {
            // The first burst is the largest, and there are always orders left for the next.
            let orders = (burst_orders * 2).div_ceil(5);
            burst_orders -= orders;
            bursts.send(orders)?;
            progress.log(&format!("burst of {orders} orders"));
        }
        let (world, progress) = (world.clone(), progress.clone());
        running.spawn(async move {
            inject(&world, fault, calm, &progress).await?;
            progress.fault();
            Ok(fault.target)
        });
        if fault.kind.is_exclusive() {
            finished(&mut running, &mut broken).await?;
        }
    }
    while !running.is_empty() {
        finished(&mut running, &mut broken).await?;
    }
    Ok(counts)
}

/// Whether the service has recovered from earlier faults: no client has had to retry for a while.
async fn calm(progress: &Progress) -> bool {
    let begun = Instant::now();
    let retries = || progress.retries().values().sum::<usize>();
    let mut before = retries();
    while begun.elapsed() < RECOVERY {
        sleep(CALM).await;
        let now = retries();
        if now == before {
            return true;
        }
        before = now;
    }
    false
}

/// Waits until a fault is reverted.
async fn finished(
    running: &mut JoinSet<Result<Target>>,
    broken: &mut BTreeSet<Target>,
) -> Result<()> {
    if let Some(finished) = running.join_next().await {
        broken.remove(&finished??);
    }
    Ok(())
}

fn target_name(world: &World, target: Target) -> String {
    match target {
        Target::Postgres => "PostgreSQL".into(),
        Target::Temporal(part) => match world.temporal.nodes() {
            0 => "Temporal".into(),
            nodes if part < nodes => format!("Temporal {}", part + 1),
            nodes if part == nodes => "Temporal's PostgreSQL".into(),
            _ => "all Temporal nodes".into(),
        },
        Target::App(number) => world.apps[number].name.clone(),
        Target::Link(number) => world.links[number].name.clone(),
        Target::Clients => "clients".into(),
    }
}

async fn inject(
    world: &Arc<World>,
    fault: Fault,
    calm: bool,
    progress: &Arc<Progress>,
) -> Result<()> {
    match fault.target {
        Target::Postgres => postgres(world, fault, calm.then_some(&progress.held)).await,
        Target::Temporal(part) => temporal(world, part, fault).await,
        Target::App(number) => app(world, number, fault, progress).await,
        Target::Link(number) => {
            let mode = match fault.kind {
                Kind::Cut => Mode::Cut,
                Kind::Silence => Mode::Silent,
                _ => Mode::Slow(Duration::from_millis(150)),
            };
            cut_off(&world.links[number], mode, fault.length).await;
            Ok(())
        }
        Target::Clients if fault.kind == Kind::BadKeys => {
            bad_keys::flood(world, fault.length, progress).await
        }
        Target::Clients => {
            sleep(fault.length).await;
            Ok(())
        }
    }
}

async fn postgres(world: &World, fault: Fault, held: Option<&LockedRows>) -> Result<()> {
    let (url, length) = (&world.database_url(), fault.length);
    // Practically random, but the same for the same seed.
    let rows = |most: u64| u64::from(length.subsec_millis()) % most + 1;
    let hold = RowLock { length, held };
    match fault.kind {
        Kind::Kill => {
            world.postgres.kill().await;
            sleep(length).await;
            world.postgres.start_again().await?;
        }
        Kind::KillBackend => {
            // The newest process is a connection, not one of the server's background processes.
            if let Some(pid) = world.postgres.pids().await.last() {
                let _ = kill(*pid, Signal::SIGKILL);
            }
        }
        Kind::ChangeSchema => {
            database::add_column(url).await?;
            sleep(length).await;
            database::drop_column(url).await?;
        }
        Kind::StandbyAway => database::standby_away(&world.postgres, length).await?,
        Kind::FailOver | Kind::FailOverFrozen => {
            let freezes = fault.kind == Kind::FailOverFrozen;
            database::fail_over(&world.postgres, freezes, length).await?;
        }
        Kind::LockOrders => database::lock_orders(world, rows(LOCKED_ORDERS), hold).await?,
        Kind::LockKeys => database::lock_keys(world, rows(LOCKED_KEYS), hold).await?,
        _ => freeze(world.postgres.pids().await, length).await,
    }
    Ok(())
}

async fn temporal(world: &World, part: usize, fault: Fault) -> Result<()> {
    let temporal = &world.temporal;
    match fault.kind {
        Kind::Kill => {
            temporal.kill(part).await;
            sleep(fault.length).await;
            temporal.start_again(part).await?;
        }
        Kind::Terminate => temporal.restart_node(part).await?,
        Kind::Roll => roll_temporal(temporal).await?,
        _ => freeze(temporal.pids(part).await, fault.length).await,
    }
    Ok(())
}

/// Restarts the nodes of Temporal, each one once the one before serves.
pub async fn roll_temporal(temporal: &Temporal) -> Result<()> {
    for node in 0..temporal.nodes() {
        temporal.restart_node(node).await?;
        temporal.until_ready(node).await?;
    }
    Ok(())
}

async fn app(world: &World, number: usize, fault: Fault, progress: &Progress) -> Result<()> {
    let app = &world.apps[number];
    let signal = match fault.kind {
        Kind::Freeze => {
            app.signal(Signal::SIGSTOP).await;
            sleep(fault.length).await;
            app.signal(Signal::SIGCONT).await;
            return Ok(());
        }
        Kind::Terminate => Signal::SIGTERM,
        _ => Signal::SIGKILL,
    };
    if !app.end(signal).await {
        progress.finding("did not end after SIGTERM", app.name.clone());
    }
    sleep(fault.length).await;
    app.start().await
}

/// Disturbs a connection for a while.
async fn cut_off(link: &Link, mode: Mode, length: Duration) {
    link.set(mode);
    sleep(length).await;
    link.set(Mode::Pass);
}

async fn freeze(pids: Vec<Pid>, length: Duration) {
    // A process that has ended in the meantime needs no SIGCONT.
    for pid in &pids {
        let _ = kill(*pid, Signal::SIGSTOP);
    }
    sleep(length).await;
    for pid in &pids {
        let _ = kill(*pid, Signal::SIGCONT);
    }
}

/// Restarts processes that ended because a dependency was unavailable, as a supervisor would.
pub async fn supervise(world: &World) {
    loop {
        for app in world.processes() {
            if let Err(error) = app.start_if_ended().await {
                say(&format!("{}: {error:#}", app.name));
            }
        }
        if let Err(error) = world.temporal.restart_ended().await {
            say(&format!("Temporal: {error:#}"));
        }
        sleep(Duration::from_millis(200)).await;
    }
}
