//! What is broken, when, and for how long: a schedule that a seed makes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::proxy::Mode;
use crate::report::{Progress, say};
use crate::world::World;

/// Faults at a time.
const AT_ONCE: usize = 2;
/// Pauses between two faults, in milliseconds.
const PAUSE_MS: std::ops::Range<u64> = 200..1500;
/// How long a fault lasts, in milliseconds.
const LENGTH_MS: std::ops::Range<u64> = 300..5000;

/// What is hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Postgres,
    Temporal,
    /// By its number.
    App(usize),
    /// By its number.
    Link(usize),
}

/// What is done to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// SIGKILL, and a new start.
    Kill,
    /// SIGKILL of one of PostgreSQL's connections, which restarts all of them.
    KillBackend,
    /// SIGSTOP, and SIGCONT.
    Freeze,
    /// SIGTERM, and a new start.
    Terminate,
    Cut,
    Silence,
    SlowDown,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill -9",
            Self::KillBackend => "kill -9 one connection",
            Self::Freeze => "freeze",
            Self::Terminate => "terminate",
            Self::Cut => "cut",
            Self::Silence => "silence",
            Self::SlowDown => "slow down",
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Fault {
    target: Target,
    kind: Kind,
    length: Duration,
}

impl Fault {
    fn random(random: &mut StdRng, world: &World) -> Self {
        use Kind::{Cut, Freeze, Kill, KillBackend, Silence, SlowDown, Terminate};
        let (target, kinds): (Target, &[Kind]) = match random.random_range(0..10) {
            0 => (Target::Postgres, &[Kill, KillBackend, Freeze]),
            1 => (Target::Temporal, &[Kill, Freeze]),
            2..=5 => (
                Target::App(random.random_range(0..world.apps.len())),
                &[Kill, Kill, Freeze, Terminate],
            ),
            _ => (
                Target::Link(random.random_range(0..world.links.len())),
                &[Cut, Silence, SlowDown],
            ),
        };
        Self {
            target,
            kind: kinds.choose(random).copied().unwrap_or(Kill),
            length: Duration::from_millis(random.random_range(LENGTH_MS)),
        }
    }
}

/// How often each fault happened.
pub type Counts = BTreeMap<String, usize>;

/// Breaks things until `count` faults have happened, each undone.
///
/// # Errors
/// When something that was broken does not come back.
pub async fn run(
    world: &Arc<World>,
    seed: u64,
    count: usize,
    progress: &Arc<Progress>,
) -> Result<Counts> {
    let mut random = StdRng::seed_from_u64(seed);
    let busy: Arc<Mutex<Vec<Target>>> = Arc::default();
    let mut running: JoinSet<Result<()>> = JoinSet::new();
    let mut counts = Counts::new();
    for _ in 0..count {
        while running.len() >= AT_ONCE {
            if let Some(ended) = running.join_next().await {
                ended??;
            }
        }
        sleep(Duration::from_millis(random.random_range(PAUSE_MS))).await;
        let fault = loop {
            let fault = Fault::random(&mut random, world);
            if !busy.lock().await.contains(&fault.target) {
                break fault;
            }
        };
        busy.lock().await.push(fault.target);
        let name = target_name(world, fault.target);
        let kind = match fault.target {
            Target::App(_) => name.split(' ').next().unwrap_or_default(),
            Target::Link(_) => "link",
            Target::Postgres | Target::Temporal => name.as_str(),
        };
        *counts
            .entry(format!("{} {kind}", fault.kind.name()))
            .or_default() += 1;
        progress.log(&format!(
            "{} {name} for {} ms",
            fault.kind.name(),
            fault.length.as_millis()
        ));
        let (world, busy, progress) = (world.clone(), busy.clone(), progress.clone());
        running.spawn(async move {
            let done = happen(&world, fault, &progress).await;
            busy.lock().await.retain(|target| *target != fault.target);
            progress.fault();
            done
        });
    }
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    Ok(counts)
}

fn target_name(world: &World, target: Target) -> String {
    match target {
        Target::Postgres => "PostgreSQL".into(),
        Target::Temporal => "Temporal".into(),
        Target::App(number) => world.apps[number].name.clone(),
        Target::Link(number) => world.links[number].name.clone(),
    }
}

async fn happen(world: &World, fault: Fault, progress: &Progress) -> Result<()> {
    let wait = || sleep(fault.length);
    match (fault.target, fault.kind) {
        (Target::Postgres, Kind::Kill) => {
            world.kill_postgres().await?;
            wait().await;
            world.start_postgres().await?;
        }
        (Target::Postgres, Kind::KillBackend) => {
            // The youngest is a connection, not one of the server's own helpers.
            if let Some(pid) = world.postgres_pids().await.last() {
                let _ = kill(*pid, Signal::SIGKILL);
            }
        }
        (Target::Postgres, _) => freeze(world.postgres_pids().await, fault.length).await,
        (Target::Temporal, Kind::Kill) => {
            world.kill_temporal().await?;
            wait().await;
            world.start_temporal().await?;
        }
        (Target::Temporal, _) => freeze(world.temporal_pids().await, fault.length).await,
        (Target::App(number), Kind::Freeze) => {
            let app = &world.apps[number];
            app.signal(Signal::SIGSTOP).await?;
            wait().await;
            app.signal(Signal::SIGCONT).await?;
        }
        (Target::App(number), kind) => {
            let app = &world.apps[number];
            let signal = match kind {
                Kind::Terminate => Signal::SIGTERM,
                _ => Signal::SIGKILL,
            };
            // It may have ended by itself: it could not start without the database.
            let _ = app.signal(signal).await;
            if !app.ends().await? {
                progress.finding(format!("{} did not end in time after SIGTERM", app.name));
            }
            wait().await;
            app.start().await?;
        }
        (Target::Link(number), kind) => {
            let link = &world.links[number];
            link.set(match kind {
                Kind::Cut => Mode::Cut,
                Kind::Silence => Mode::Silent,
                _ => Mode::Slow(Duration::from_millis(150)),
            });
            wait().await;
            link.set(Mode::Pass);
        }
    }
    Ok(())
}

async fn freeze(pids: Vec<Pid>, length: Duration) {
    // A process that has ended meanwhile is none to wake.
    for pid in &pids {
        let _ = kill(*pid, Signal::SIGSTOP);
    }
    sleep(length).await;
    for pid in &pids {
        let _ = kill(*pid, Signal::SIGCONT);
    }
}

/// Starts what ended because what it needs was away, as a supervisor would.
pub async fn supervise(world: &World) {
    loop {
        for app in &world.apps {
            if let Err(error) = app.start_if_ended().await {
                say(&format!("{}: {error:#}", app.name));
            }
        }
        sleep(Duration::from_millis(200)).await;
    }
}
