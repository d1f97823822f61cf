//! What is broken, when, and for how long: a schedule that a seed makes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fault {
    /// From the fault before.
    pause: Duration,
    target: Target,
    kind: Kind,
    length: Duration,
}

impl Fault {
    fn random(random: &mut StdRng, apps: usize, links: usize) -> Self {
        use Kind::{Cut, Freeze, Kill, KillBackend, Silence, SlowDown, Terminate};
        let (target, kinds): (Target, &[Kind]) = match random.random_range(0..10) {
            0 => (Target::Postgres, &[Kill, KillBackend, Freeze]),
            1 => (Target::Temporal, &[Kill, Freeze]),
            2..=5 => (
                Target::App(random.random_range(0..apps)),
                &[Kill, Kill, Freeze, Terminate],
            ),
            _ => (
                Target::Link(random.random_range(0..links)),
                &[Cut, Silence, SlowDown],
            ),
        };
        Self {
            pause: Duration::from_millis(random.random_range(PAUSE_MS)),
            target,
            kind: kinds.choose(random).copied().unwrap_or(Kill),
            length: Duration::from_millis(random.random_range(LENGTH_MS)),
        }
    }
}

/// How often each fault happened.
pub type Counts = BTreeMap<String, usize>;

/// The same for the same seed, whatever the service makes of it.
fn schedule(seed: u64, count: usize, apps: usize, links: usize) -> Vec<Fault> {
    let mut random = StdRng::seed_from_u64(seed);
    (0..count)
        .map(|_| Fault::random(&mut random, apps, links))
        .collect()
}

/// Breaks things until `count` faults have happened or `deadline` has come, each undone.
///
/// # Errors
/// When something that was broken does not come back.
pub async fn run(
    world: &Arc<World>,
    seed: u64,
    count: usize,
    deadline: Instant,
    progress: &Arc<Progress>,
) -> Result<Counts> {
    let mut broken = BTreeSet::new();
    let mut running: JoinSet<Result<Target>> = JoinSet::new();
    let mut counts = Counts::new();
    for fault in schedule(seed, count, world.apps.len(), world.links.len()) {
        while running.len() >= AT_ONCE {
            mended(&mut running, &mut broken).await?;
        }
        sleep(fault.pause).await;
        while broken.contains(&fault.target) {
            mended(&mut running, &mut broken).await?;
        }
        if Instant::now() > deadline {
            break;
        }
        broken.insert(fault.target);
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
        let (world, progress) = (world.clone(), progress.clone());
        running.spawn(async move {
            happen(&world, fault, &progress).await?;
            progress.fault();
            Ok(fault.target)
        });
    }
    while !running.is_empty() {
        mended(&mut running, &mut broken).await?;
    }
    Ok(counts)
}

/// Waits for a fault to be over.
async fn mended(
    running: &mut JoinSet<Result<Target>>,
    broken: &mut BTreeSet<Target>,
) -> Result<()> {
    if let Some(mended) = running.join_next().await {
        broken.remove(&mended??);
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_schedule() {
        let one = schedule(1, 200, 4, 8);
        assert_eq!(one, schedule(1, 200, 4, 8));
        assert_ne!(one, schedule(2, 200, 4, 8));
        // A longer run begins like a shorter one.
        assert_eq!(one[..50], schedule(1, 50, 4, 8));
    }

    #[test]
    fn everything_is_hit_in_every_way() {
        let hit: BTreeSet<(u8, Kind)> = schedule(1, 1000, 4, 8)
            .iter()
            .map(|fault| match fault.target {
                Target::Postgres => (0, fault.kind),
                Target::Temporal => (1, fault.kind),
                Target::App(_) => (2, fault.kind),
                Target::Link(_) => (3, fault.kind),
            })
            .collect();
        assert_eq!(hit.len(), 3 + 2 + 3 + 3);
    }
}
