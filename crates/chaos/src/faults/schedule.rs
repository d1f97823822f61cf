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
    Temporal,
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
            Self::LockOrders => "lock orders in",
            Self::LockKeys => "lock keys in",
            Self::BadKeys => "bad keys from",
            Self::Burst => "burst of orders from",
        }
    }

    /// Whether no other fault may be active at the same time, so that failures are due to this one.
    pub fn is_exclusive(self) -> bool {
        matches!(self, Self::LockOrders | Self::LockKeys)
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

impl Fault {
    fn random(random: &mut StdRng, apps: usize, links: usize) -> Self {
        use Kind::{
            BadKeys, Burst, ChangeSchema, Cut, Freeze, Kill, KillBackend, LockKeys, LockOrders,
            Silence, SlowDown, StandbyAway, Terminate,
        };
        let (target, kinds): (Target, &[Kind]) = match random.random_range(0..14) {
            0 => (Target::Postgres, &[Kill, KillBackend, Freeze]),
            1 => (Target::Temporal, &[Kill, Freeze]),
            2..=4 => (
                Target::App(random.random_range(0..apps)),
                &[Kill, Kill, Freeze, Terminate],
            ),
            5..=7 => (
                Target::Link(random.random_range(0..links)),
                &[Cut, Silence, SlowDown],
            ),
            8..=11 => (
                Target::Postgres,
                &[ChangeSchema, StandbyAway, LockOrders, LockKeys],
            ),
            _ => (Target::Clients, &[BadKeys, Burst]),
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

/// The schedule depends only on the seed, not on the service.
pub(super) fn schedule(seed: u64, count: usize, apps: usize, links: usize) -> Vec<Fault> {
    let mut random = StdRng::seed_from_u64(seed);
    (0..count)
        .map(|_| Fault::random(&mut random, apps, links))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_seed_determines_the_schedule() {
        let one = schedule(1, 200, 4, 8);
        assert_eq!(one, schedule(1, 200, 4, 8));
        assert_ne!(one, schedule(2, 200, 4, 8));
        // A longer run starts like a shorter one.
        assert_eq!(one[..50], schedule(1, 50, 4, 8));
    }

    #[test]
    fn every_target_gets_every_kind_of_fault() {
        let hit: BTreeSet<(u8, Kind)> = schedule(1, 1000, 4, 8)
            .iter()
            .map(|fault| match fault.target {
                Target::Postgres => (0, fault.kind),
                Target::Temporal => (1, fault.kind),
                Target::App(_) => (2, fault.kind),
                Target::Link(_) => (3, fault.kind),
                Target::Clients => (4, fault.kind),
            })
            .collect();
        assert_eq!(hit.len(), (3 + 4) + 2 + 3 + 3 + 2);
    }

    /// The seed of `just test`.
    #[test]
    fn the_short_run_has_every_fault_that_is_not_a_crash() {
        let hit: BTreeSet<Kind> = schedule(63308, 12, 4, 8)
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
