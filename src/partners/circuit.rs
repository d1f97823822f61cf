//! A circuit breaker: while a partner is away, one call at a time probes it.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};

/// The number of consecutive failures after which a partner counts as away.
const LIMIT: u32 = 5;

/// The state of one partner, as this process sees it.
#[derive(Debug)]
pub(super) struct Circuit {
    failures: AtomicU32,
    probe: Semaphore,
}

impl Circuit {
    pub(super) fn new() -> Self {
        Self {
            failures: AtomicU32::new(0),
            probe: Semaphore::new(1),
        }
    }

    /// Whether the partner counts as away.
    pub(super) fn is_open(&self) -> bool {
        self.failures.load(Ordering::Relaxed) >= LIMIT
    }

    /// Permission for a call, which ends when the value is dropped; `None` while another call
    /// probes a partner that is away.
    pub(super) fn admit(&self) -> Option<Option<SemaphorePermit<'_>>> {
        if !self.is_open() {
            return Some(None);
        }
        self.probe.try_acquire().ok().map(Some)
    }

    /// Records whether the partner has responded.
    pub(super) fn record(&self, responded: bool) {
        if responded {
            self.failures.store(0, Ordering::Relaxed);
        } else {
            // Saturates: a partner may be away for long.
            let more = |failures: u32| Some(failures.saturating_add(1));
            let _ = self
                .failures
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partner_that_is_away_is_probed_by_one_call_at_a_time() {
        let circuit = Circuit::new();
        for _ in 0..LIMIT {
            assert!(circuit.admit().is_some());
            circuit.record(false);
        }
        let probe = circuit.admit();
        assert!(matches!(probe, Some(Some(_))));
        assert!(circuit.admit().is_none());
        drop(probe);
        assert!(circuit.admit().is_some());
        circuit.record(true);
        assert!(matches!(circuit.admit(), Some(None)));
        assert!(matches!(circuit.admit(), Some(None)));
    }
}
