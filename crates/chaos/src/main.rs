//! Injects random faults into the order service under load, and audits every order afterwards.
//!
//! It runs several `orders serve` and `orders worker`, PostgreSQL, Temporal and the partners, with a
//! proxy on each connection between them. Clients create orders at a steady rate while a seeded
//! schedule kills, freezes and terminates processes, cuts connections, changes the schema, locks
//! rows, floods and has partners fail, or while every process is replaced by one of a newer version.
//! When everything is idle, every order is compared with the responses that its client received, and
//! with the books of the partners.

mod app;
mod audit;
mod books;
mod faults;
mod load;
mod locked_rows;
mod postgres;
mod proxy;
mod release;
mod report;
mod settings;
mod state;
mod summary;
mod temporal;
mod upgrade;
mod world;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Parser;
use nix::sys::statvfs::statvfs;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::signal::ctrl_c;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};

use crate::audit::{Told, audit};
use crate::faults::Plan;
use crate::load::{Api, Followed, Load, Receiver, Way, follow, operate};
use crate::release::Release;
use crate::report::{Progress, differences, say};
use crate::settings::Shared;
use crate::state::{State, Unfinished};
use crate::summary::Summary;
use crate::world::{Instances, LONG_PROCESSING_DELAY, PROCESSING_DELAY, Programs, World};

/// The disk space that a long run may need.
const ROOM_BYTES: u64 = 2 << 30;
/// How long followers and the receiver of webhooks have for the last events.
const TOLD_LIMIT: Duration = Duration::from_secs(120);

/// Injects random faults into the order service under load, and audits every order afterwards
#[derive(Parser)]
struct Arguments {
    /// Seed of the schedule of faults; random if absent
    #[arg(long)]
    seed: Option<u64>,
    /// Number of faults of the service; its partners have at least as many again
    #[arg(long, default_value_t = 200)]
    faults: usize,
    /// Minimum number of accepted orders
    #[arg(long, default_value_t = 5000)]
    orders: usize,
    /// Orders that clients send per second
    #[arg(long, default_value_t = 20.0)]
    rate: f64,
    /// Time limit for faults and orders; the audit covers what has happened by then
    #[arg(long, default_value = "1h", value_parser = humantime::parse_duration)]
    limit: Duration,
    /// Time limit for becoming idle afterwards: Temporal must complete the orders of bursts
    #[arg(long, default_value = "10m", value_parser = humantime::parse_duration)]
    quiet_limit: Duration,
    /// Keep the data and the logs in this folder
    #[arg(long)]
    keep: Option<PathBuf>,
    /// The program under test
    #[arg(long, default_value = "target/debug/orders")]
    orders_binary: PathBuf,
    /// Number of `orders serve` processes
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=16))]
    apis: u8,
    /// Number of `orders worker` processes
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=16))]
    workers: u8,
    /// Run Temporal as a cluster with this many nodes instead of its dev server
    #[arg(long, value_name = "NODES", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=8))]
    cluster: u8,
    /// Give PostgreSQL a synchronous standby that takes over
    #[arg(long)]
    standby: bool,
    /// Inject no faults: start with this program, of the previous version, and replace every
    /// process by the one under test; the nodes of a cluster are restarted, and a standby takes over
    #[arg(long, value_name = "PROGRAM", conflicts_with_all = ["faults", "seed"])]
    upgrade_from: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Runtime::new();
    let run = runtime
        .context("no runtime")
        .and_then(|runtime| in_folder(&arguments, runtime));
    match run {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::from(2)
        }
    }
}

/// Runs in the folder to keep, or in a temporary one that is deleted once no process writes to it.
fn in_folder(arguments: &Arguments, runtime: Runtime) -> Result<bool> {
    let temporary = match arguments.keep {
        Some(_) => None,
        None => Some(temporary_folder()?),
    };
    let kept = arguments.keep.as_deref();
    let folder = kept
        .or(temporary.as_ref().map(TempDir::path))
        .context("no folder")?;
    std::fs::create_dir_all(folder)?;
    let ran = runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            ran = run(arguments, folder) => ran,
            _ = ctrl_c() => bail!("interrupted"),
            _ = terminate.recv() => bail!("terminated"),
        }
    });
    drop(runtime);
    ran
}

async fn run(arguments: &Arguments, folder: &Path) -> Result<bool> {
    let seed = arguments.seed.unwrap_or_else(rand::random);
    let tested = Release::tested(&arguments.orders_binary).await?;
    let previous = match &arguments.upgrade_from {
        Some(path) => Some(Release::previous(path).await?),
        None => None,
    };
    let what = match &previous {
        Some(_) => "an upgrade".into(),
        None => format!("seed {seed}: {} faults", arguments.faults),
    };
    let (orders, rate) = (arguments.orders, arguments.rate);
    say(&format!("{what}, {orders} orders at {rate} a second"));
    let instances = Instances {
        apis: arguments.apis.into(),
        workers: arguments.workers.into(),
        temporal_nodes: arguments.cluster.into(),
        standby: arguments.standby,
    };
    let (service, delay) = match &previous {
        Some(previous) => (previous, LONG_PROCESSING_DELAY),
        None => (&tested, PROCESSING_DELAY),
    };
    let programs = Programs {
        service,
        partners: &tested,
    };
    let shared = Shared::new(delay, completes_on_delivery(seed))?;
    let world = Arc::new(World::start(programs, folder, shared, instances).await?);
    let progress = Arc::new(Progress::new());
    progress.log("all processes are running");

    let (stop, stopped) = watch::channel(false);
    let (bursts, bursting) = mpsc::unbounded_channel();
    let api = Arc::new(Api::new(world.clone(), progress.clone())?);
    let operating = {
        let api = api.clone();
        tokio::spawn(async move { operate(&api).await })
    };
    let followers = [Way::Pages, Way::Stream].map(|way| {
        let (api, followed) = (api.clone(), Followed::default());
        let seen = followed.clone();
        let following = tokio::spawn(async move { follow(&api, way, &followed).await });
        (way, seen, following)
    });
    let receiver = Receiver::start().await?;
    let subscribing = {
        let (api, receiver) = (api.clone(), receiver.clone());
        tokio::spawn(async move { receiver.subscribe(&api).await })
    };
    let load = Load::new(api, seed);
    let loading = tokio::spawn(load.run(arguments.rate, bursting, stopped.clone()));
    let supervising = {
        let world = world.clone();
        tokio::spawn(async move { faults::supervise(&world).await })
    };
    let reporting = {
        let progress = progress.clone();
        tokio::spawn(async move { report(&progress).await })
    };
    let deadline = Instant::now() + arguments.limit;
    let plan = Plan {
        seed,
        // An upgrade has none.
        faults: previous.as_ref().map_or(arguments.faults, |_| 0),
        burst_orders: u32::try_from(arguments.orders / 2)?,
        deadline,
    };
    let breaking_partners = {
        let (world, progress, stopped) = (world.clone(), progress.clone(), stopped.clone());
        tokio::spawn(async move { faults::run_partners(&world, plan, &progress, stopped).await })
    };
    let mut counts = match previous {
        Some(_) => upgrade::run(&world, &tested, &progress).await?,
        None => faults::run(&world, plan, &bursts, &progress).await?,
    };
    while progress.counts().0 < arguments.orders && Instant::now() < deadline {
        sleep(Duration::from_millis(100)).await;
    }
    stop.send_replace(true);
    let records = loading.await?;
    counts.extend(breaking_partners.await??);
    reporting.abort();
    progress.log("all clients are done; waiting until the service is idle");
    let (state, settling) = until_idle(&world, arguments.quiet_limit, &progress).await?;
    supervising.abort();
    operating.abort();

    let events = state.events.values().map(Vec::len).sum();
    let complete = async {
        let behind = |(_, seen, _): &(Way, Followed, _)| seen.position() < events;
        while followers.iter().any(behind) || receiver.counts().0 < events {
            sleep(Duration::from_millis(50)).await;
        }
    };
    if timeout(TOLD_LIMIT, complete).await.is_err() {
        progress.log(&format!(
            "not everyone was told all events in {TOLD_LIMIT:?}"
        ));
    }
    let mut told = Told {
        followers: Vec::new(),
        webhooks: Some(receiver.orders()),
    };
    for (way, seen, following) in followers {
        following.abort();
        told.followers.push((way, seen.seen()));
    }
    subscribing.abort();
    let audit = audit(&records, &told, &state);
    let findings = progress.findings();
    Summary {
        records: &records,
        audit: &audit,
        followed: events,
        repeated_webhooks: receiver.counts().1,
        books: &state.books,
        faults: &counts,
        progress: &progress,
        settling,
        findings: &findings,
    }
    .show();
    let wrong = findings.iter().map(|(kind, all)| (*kind, all.as_slice()));
    let mut agreed = true;
    for (kind, all) in wrong.chain(audit.differences()) {
        differences(kind, all);
        agreed &= all.is_empty();
    }
    if records.accepted.is_empty() {
        bail!("no order was accepted");
    }
    Ok(agreed)
}

/// Whether orders with items are completed on delivery instead of on dispatch: every other seed.
const fn completes_on_delivery(seed: u64) -> bool {
    seed % 2 == 1
}

/// In memory if there is enough: Temporal's SQLite waits for the disk at every step, and the data
/// must survive only the end of a process, not of the machine.
fn temporary_folder() -> Result<TempDir> {
    let memory = Path::new("/dev/shm");
    let free = statvfs(memory).map_or(0, |disk| disk.blocks_available() * disk.fragment_size());
    // PostgreSQL may run as another user.
    let mut folder = tempfile::Builder::new();
    folder
        .prefix("orders-chaos-")
        .permissions(Permissions::from_mode(0o755));
    Ok(if free >= ROOM_BYTES {
        folder.tempdir_in(memory)?
    } else {
        folder.tempdir()?
    })
}

/// Waits until the service is idle. Returns the state, and how long it took.
async fn until_idle(
    world: &World,
    limit: Duration,
    progress: &Progress,
) -> Result<(State, Duration)> {
    let begun = Instant::now();
    loop {
        let unfinished = Unfinished::read(world).await?;
        if unfinished.is_none() || begun.elapsed() > limit {
            return Ok((State::read(world).await?, begun.elapsed()));
        }
        progress.log(&format!(
            "{} intents, {} open orders, {} running workflows",
            unfinished.intents, unfinished.open, unfinished.running
        ));
        sleep(Duration::from_secs(2)).await;
    }
}

async fn report(progress: &Progress) {
    loop {
        sleep(Duration::from_secs(5)).await;
        let (accepted, faults) = progress.counts();
        let retries: usize = progress.retries().values().sum();
        progress.log(&format!(
            "{accepted} orders accepted, {faults} faults, {retries} retries"
        ));
    }
}
