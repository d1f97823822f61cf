//! Faults of the partners, drawn from the seed like the others but apart from them: no request of a
//! client waits for a partner, so they may happen at the same time as any other fault.

use std::time::{Duration, Instant};

use anyhow::Result;
use nix::sys::signal::Signal;
use partner_sandbox::{Fault, FaultKind, Partner};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use tokio::sync::watch;
use tokio::time::sleep;

use super::{Counts, Plan, cut_off, until_done};
use crate::proxy::Mode;
use crate::report::Progress;
use crate::world::World;

/// The pause between two faults, and how long one lasts, in milliseconds.
const PAUSE_MS: std::ops::Range<u64> = 100..1000;
const LENGTH_MS: std::ops::Range<u64> = 300..4000;
/// What is late comes this much later: sometimes after the time limit of a call.
const DELAY_MS: std::ops::Range<u64> = 100..2500;
/// Separates the random choices from those of the other faults.
const STREAM: u64 = 0x7061_7274_6e65_7273;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq)]
enum What {
    /// A share of the requests to a partner, or of its webhooks.
    Calls(Fault),
    /// All partners are killed, and started again.
    Kill,
    /// All partners are stopped for a while.
    Freeze,
    /// The connection of this worker, by number.
    Link(usize, Mode),
}

impl What {
    fn random(random: &mut StdRng, links: usize) -> Self {
        let modes = [
            Mode::Cut,
            Mode::Silent,
            Mode::Slow(Duration::from_millis(150)),
        ];
        match random.random_range(0..12) {
            0 => Self::Kill,
            1 => Self::Freeze,
            2..=3 => {
                let mode = modes.choose(random).copied().unwrap_or(Mode::Cut);
                Self::Link(random.random_range(0..links), mode)
            }
            4..=5 => Self::Calls(Self::fault(
                random,
                &FaultKind::WEBHOOKS,
                &[Partner::Shipping],
            )),
            _ => Self::Calls(Self::fault(random, &FaultKind::REQUESTS, &Partner::ALL)),
        }
    }

    fn fault(random: &mut StdRng, kinds: &[FaultKind], partners: &[Partner]) -> Fault {
        let kind = kinds.choose(random).copied();
        Fault {
            partner: partners.choose(random).copied(),
            probability: random.random_range(0.2..=1.0),
            delay_ms: Some(random.random_range(DELAY_MS)),
            ..Fault::new(kind.unwrap_or(FaultKind::Refuse))
        }
    }

    /// Its name in the report, and the same with its target.
    fn names(&self, world: &World) -> [String; 2] {
        match self {
            Self::Calls(fault) => {
                let name = serde_json::to_value(fault.kind).unwrap_or_default();
                let name = name.as_str().unwrap_or_default();
                let partner = fault.partner.map_or("partners", Partner::as_str);
                [
                    format!("{name} by a partner"),
                    format!("{name} by {partner}"),
                ]
            }
            Self::Kill => ["kill -9 partners".into(), "kill -9 partners".into()],
            Self::Freeze => ["freeze partners".into(), "freeze partners".into()],
            Self::Link(number, mode) => {
                let how = match mode {
                    Mode::Cut => "cut",
                    Mode::Silent => "silence",
                    _ => "slow down",
                };
                let link = &world.partner_links[*number].name;
                [format!("{how} link to partners"), format!("{how} {link}")]
            }
        }
    }
}

/// A fault of the schedule.
#[derive(Debug, Clone, PartialEq)]
struct Trouble {
    pause: Duration,
    length: Duration,
    what: What,
}

fn schedule(seed: u64, links: usize) -> impl Iterator<Item = Trouble> {
    let mut random = StdRng::seed_from_u64(seed ^ STREAM);
    std::iter::repeat_with(move || Trouble {
        pause: Duration::from_millis(random.random_range(PAUSE_MS)),
        length: Duration::from_millis(random.random_range(LENGTH_MS)),
        what: What::random(&mut random, links),
    })
}

/// Injects and reverts faults, one after the other: at least as many as the plan has others, and
/// as long as orders are sent.
pub async fn run(
    world: &World,
    plan: Plan,
    progress: &Progress,
    stopped: watch::Receiver<bool>,
) -> Result<Counts> {
    let mut counts = Counts::new();
    let schedule = schedule(plan.seed, world.partner_links.len());
    for (number, trouble) in schedule.enumerate() {
        sleep(trouble.pause).await;
        let enough = number >= plan.faults && *stopped.borrow();
        if plan.faults == 0 || enough || Instant::now() > plan.deadline {
            break;
        }
        let [kind, name] = trouble.what.names(world);
        *counts.entry(kind).or_default() += 1;
        progress.log(&format!("{name} for {} ms", trouble.length.as_millis()));
        inject(world, &trouble, progress).await?;
        progress.fault();
    }
    Ok(counts)
}

async fn inject(world: &World, trouble: &Trouble, progress: &Progress) -> Result<()> {
    let length = trouble.length;
    match &trouble.what {
        What::Calls(fault) => {
            let partners = world.partners();
            let faults = std::slice::from_ref(fault);
            until_done(async || Ok(partners.set_faults(faults).await?)).await?;
            sleep(length).await;
            // The partners may have been restarted, which ends the fault too.
            let hits = until_done(async || Ok(partners.faults().await?)).await?;
            progress.hit_by_partners(hits.iter().map(|fault| fault.hits).sum());
            until_done(async || Ok(partners.clear_faults().await?)).await?;
        }
        What::Kill => {
            world.sandbox.end(Signal::SIGKILL).await;
            sleep(length).await;
            world.sandbox.start().await?;
        }
        What::Freeze => {
            world.sandbox.signal(Signal::SIGSTOP).await;
            sleep(length).await;
            world.sandbox.signal(Signal::SIGCONT).await;
        }
        What::Link(number, mode) => cut_off(&world.partner_links[*number], *mode, length).await,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_seed_determines_the_schedule() {
        let first = |seed| schedule(seed, 2).take(200).collect::<Vec<_>>();
        assert_eq!(first(1), first(1));
        assert_ne!(first(1), first(2));
    }

    #[test]
    fn every_kind_of_fault_hits_every_partner() {
        let mut calls = BTreeSet::new();
        let mut others = BTreeSet::new();
        for trouble in schedule(1, 2).take(2000) {
            match trouble.what {
                What::Calls(fault) => calls.insert(format!("{:?} {:?}", fault.partner, fault.kind)),
                what => others.insert(format!("{what:?}")),
            };
        }
        let requests = Partner::ALL.len() * FaultKind::REQUESTS.len();
        assert_eq!(calls.len(), requests + FaultKind::WEBHOOKS.len());
        assert_eq!(
            others.len(),
            2 + 2 * 3,
            "kill, freeze, and each link in three ways"
        );
    }
}
