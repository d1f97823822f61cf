//! The schedule of faults (what, when, how long), generated from a seed.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

/// The pause between two faults, in milliseconds.
const PAUSE_MS: std::ops::Range<u64> = 200..1500;
/// How long a fault lasts, in milliseconds.
const LENGTH_MS: std::ops::Range<u64> = 300..5000;
/// How long a fault lasts in which statements wait, in milliseconds: often longer than the
/// service's time-out.
const WAITING_MS: std::ops::Range<u64> = 3000..10_000;

/// The target of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    Postgres,
    /// The dev server, or a part of a cluster: a node, after them their database, or all nodes.
    Temporal(usize),
    /// By number.
    App(usize),
    /// By number.
    Link(usize),
    /// The whole service, through additional clients.
    Clients,
}

/// The kind of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// SIGKILL, then a restart.
    Kill,
    /// SIGKILL of one of PostgreSQL's connections, which restarts all of them.
    KillBackend,
    /// SIGSTOP, then SIGCONT.
    Freeze,
    /// SIGTERM, then a restart.
    Terminate,
    Cut,
    Silence,
    SlowDown,
    /// Adds a column to every table, and drops it afterwards.
    ChangeSchema,
    /// Commits wait for a synchronous standby that is unavailable.
    StandbyAway,
    /// The primary is killed, and its standby takes over.
    FailOver,
    /// The primary freezes, and its standby takes over.
    FailOverFrozen,
    /// SIGTERM and a restart of one node of Temporal after the other.
    Roll,
    /// Another transaction locks the rows of a few orders.
    LockOrders,
    /// Another transaction locks the rows of some Idempotency-Keys.
    LockKeys,
    /// Thousands of requests with unknown keys.
    BadKeys,
    /// Many times more orders than Temporal can process.
    Burst,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill -9",
            Self::KillBackend => "kill -9 one connection",
            Self::Freeze => "freeze",
            Self::Terminate => "terminate",
            Self::Cut => "cut",
            Self::Silence => "silence",
            Self::SlowDown => "slow down",
            Self::ChangeSchema => "change every table of",
            Self::StandbyAway => "standby away from",
            Self::FailOver => "kill -9 and fail over",
            Self::FailOverFrozen => "freeze and fail over",
            Self::Roll => "roll",
            Self::LockOrders => "lock orders in",
            Self::LockKeys => "lock keys in",
            Self::BadKeys => "bad keys from",
            Self::Burst => "burst of orders from",
        }
    }

    /// Whether no other fault may be active at the same time, so that failures are due to this one.
    pub fn is_exclusive(self) -> bool {
        matches!(self, Self::LockOrders | Self::LockKeys | Self::Roll)
    }

    fn length_ms(self) -> std::ops::Range<u64> {
        match self {
            Self::StandbyAway | Self::LockOrders | Self::LockKeys => WAITING_MS,
            _ => LENGTH_MS,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    /// Since the start of the previous fault.
    pub pause: Duration,
    pub target: Target,
    pub kind: Kind,
    pub length: Duration,
}

/// The parts of the system that faults can hit.
#[derive(Debug, Clone, Copy)]
pub(super) struct System {
    pub apps: usize,
    pub links: usize,
    /// 0 is the dev server.
    pub temporal_nodes: usize,
    /// Whether PostgreSQL has one.
    pub standby: bool,
}

impl Fault {
    fn random(random: &mut StdRng, system: System) -> Self {
        use Kind::{
            BadKeys, Burst, ChangeSchema, Cut, FailOver, FailOverFrozen, Freeze, Kill, KillBackend,
            LockKeys, LockOrders, Roll, Silence, SlowDown, StandbyAway, Terminate,
        };
        let nodes = system.temporal_nodes;
        // What every system has comes first, so that its schedule does not depend on the rest.
        let cluster = if nodes > 0 { 4 } else { 0 };
        let standby = if system.standby { 2 } else { 0 };
        let (target, kinds): (Target, &[Kind]) =
            match random.random_range(0..14 + cluster + standby) {
                0 => (Target::Postgres, &[Kill, KillBackend, Freeze]),
                1 => (Target::Temporal(0), &[Kill, Freeze]),
                2..=4 => (
                    Target::App(random.random_range(0..system.apps)),
                    &[Kill, Kill, Freeze, Terminate],
                ),
                5..=7 => (
                    Target::Link(random.random_range(0..system.links)),
                    &[Cut, Silence, SlowDown],
                ),
                8..=11 => (
                    Target::Postgres,
                    &[ChangeSchema, StandbyAway, LockOrders, LockKeys],
                ),
                12..=13 => (Target::Clients, &[BadKeys, Burst]),
                one if one < 14 + standby => (Target::Postgres, &[FailOver, FailOverFrozen]),
                _ => match random.random_range(0..nodes + 2) {
                    node if node < nodes => (Target::Temporal(node), &[Kill, Freeze, Terminate]),
                    database if database == nodes => (Target::Temporal(database), &[Kill, Freeze]),
                    all => (Target::Temporal(all), &[Roll]),
                },
            };
        let kind = kinds.choose(random).copied().unwrap_or(Kill);
        Self {
            pause: Duration::from_millis(random.random_range(PAUSE_MS)),
            target,
            kind,
            length: Duration::from_millis(random.random_range(kind.length_ms())),
        }
    }
}

/// The schedule depends only on the seed and the parts, not on the service.
pub(super) fn schedule(seed: u64, count: usize, system: System) -> Vec<Fault> {
    let mut random = StdRng::seed_from_u64(seed);
    (0..count)
        .map(|_| Fault::random(&mut random, system))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// As `just test` runs it.
    const PLAIN: System = System {
        apps: 4,
        links: 8,
        temporal_nodes: 0,
        standby: false,
    };

    #[test]
    fn a_seed_determines_the_schedule() {
        let one = schedule(1, 200, PLAIN);
        assert_eq!(one, schedule(1, 200, PLAIN));
        assert_ne!(one, schedule(2, 200, PLAIN));
        // A longer run starts like a shorter one.
        assert_eq!(one[..50], schedule(1, 50, PLAIN));
    }

    #[test]
    fn every_target_gets_every_kind_of_fault() {
        let hit: BTreeSet<(u8, Kind)> = schedule(1, 1000, PLAIN)
            .iter()
            .map(|fault| match fault.target {
                Target::Postgres => (0, fault.kind),
                Target::Temporal(_) => (1, fault.kind),
                Target::App(_) => (2, fault.kind),
                Target::Link(_) => (3, fault.kind),
                Target::Clients => (4, fault.kind),
            })
            .collect();
        assert_eq!(hit.len(), (3 + 4) + 2 + 3 + 3 + 2);
    }

    #[test]
    fn a_cluster_and_a_standby_get_their_faults() {
        let system = System {
            temporal_nodes: 2,
            standby: true,
            ..PLAIN
        };
        let all = schedule(1, 1000, system);
        let hit: BTreeSet<(Target, Kind)> =
            all.iter().map(|fault| (fault.target, fault.kind)).collect();
        for expected in [
            (Target::Postgres, Kind::FailOver),
            (Target::Postgres, Kind::FailOverFrozen),
            (Target::Temporal(1), Kind::Kill),
            (Target::Temporal(1), Kind::Freeze),
            (Target::Temporal(1), Kind::Terminate),
            (Target::Temporal(2), Kind::Kill),
            (Target::Temporal(2), Kind::Freeze),
            (Target::Temporal(3), Kind::Roll),
        ] {
            assert!(hit.contains(&expected), "{expected:?}");
        }
    }

    /// The seed of `just test`.
    #[test]
    fn the_short_run_has_every_fault_that_is_not_a_crash() {
        let hit: BTreeSet<Kind> = schedule(63308, 12, PLAIN)
            .iter()
            .map(|fault| fault.kind)
            .collect();
        for kind in [
            Kind::ChangeSchema,
            Kind::StandbyAway,
            Kind::LockOrders,
            Kind::LockKeys,
            Kind::BadKeys,
            Kind::Burst,
        ] {
            assert!(hit.contains(&kind), "{kind:?}");
        }
    }
}
