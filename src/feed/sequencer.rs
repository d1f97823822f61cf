//! Extends the feed. Any number of sequencers may run; one at a time has the lease.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use chrono::Utc;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::config;
use crate::db::{Advance, Database, Extent, SequencerRepository};
use crate::error::StoreError;

/// The entries that are read at a time.
const BATCH: i64 = 2_000;
/// How long the lease is valid. A frozen process holds up the feed for this long.
const LEASE: Duration = Duration::from_secs(3);
/// How often events are pruned.
const PRUNING: Duration = Duration::from_secs(10);
/// The events that are pruned at a time.
const PRUNED: i64 = 10_000;
/// The time limit for releasing the lease at shutdown.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(2);

/// Extends the feed, while it has the lease.
pub struct Sequencer {
    repository: SequencerRepository,
    settings: config::Feed,
}

impl Sequencer {
    /// Extends the feed of this database.
    pub fn new(database: Database, settings: config::Feed) -> Self {
        Self {
            repository: SequencerRepository::new(database, Uuid::new_v4().to_string()),
            settings,
        }
    }

    /// Runs until `stop` is cancelled.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let failure = tokio::select! {
                () = stop.cancelled() => break,
                failure = self.lead() => failure,
            };
            if let Err(error) = failure {
                tracing::warn!(error = %error, "cannot extend the feed of events; retrying");
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = sleep(LEASE / 6) => {}
            }
        }
        // Otherwise the next process waits for the end of the lease.
        let released = timeout(RELEASE_TIMEOUT, self.repository.release()).await;
        if let Ok(Err(error)) = released {
            tracing::warn!(error = %error, "cannot release the lease of the feed; it ends by itself");
        }
    }

    /// Extends the feed while this process has the lease.
    async fn lead(&self) -> Result<(), StoreError> {
        let Some(mut extent) = self.repository.acquire(LEASE).await? else {
            return Ok(());
        };
        let mut renewed = Instant::now();
        let mut pruned: Option<Instant> = None;
        let mut gaps = Gaps::default();
        loop {
            let mut entries = self.repository.entries(extent.entry, BATCH).await?;
            let is_full = entries.len() as i64 == BATCH;
            gaps.see(extent.entry, &entries);
            if gaps.need_writers() && gaps.without_writer(self.repository.writers().await?) {
                // Read after the writers have ended: what is missing now is missing for ever.
                entries = self.repository.entries(extent.entry, BATCH).await?;
                gaps.close(&entries);
            }
            let advance = advance(extent, &entries, &gaps.closed);
            if advance.entry > extent.entry {
                if !self
                    .repository
                    .advance(extent.entry, &advance, LEASE)
                    .await?
                {
                    tracing::info!("another process has taken over the feed of events");
                    return Ok(());
                }
                extent.entry = advance.entry;
                extent.position = advance.position;
                gaps.forget(extent.entry);
                renewed = Instant::now();
            } else if renewed.elapsed() > LEASE / 3 {
                match self.repository.acquire(LEASE).await? {
                    Some(current) if current.entry == extent.entry => renewed = Instant::now(),
                    _ => return Ok(()),
                }
            }
            if let Some(retention) = self.settings.retention()
                && pruned.is_none_or(|last| last.elapsed() > PRUNING)
            {
                let before = Utc::now() - retention;
                let all_old = self.repository.prune(before, PRUNED).await? == PRUNED;
                pruned = (!all_old).then(Instant::now);
            }
            if !is_full {
                sleep(self.settings.interval).await;
            }
        }
    }
}

/// How far the feed goes with these visible entries, if the closed ones belong to no event.
fn advance(extent: Extent, entries: &[i64], closed: &BTreeSet<i64>) -> Advance {
    let mut to = Advance {
        entry: extent.entry,
        position: extent.position,
        runs: Vec::new(),
    };
    for &entry in entries {
        if entry > to.entry + 1 {
            if !(to.entry + 1..entry).all(|missing| closed.contains(&missing)) {
                break;
            }
            to.runs.push((entry, to.position + 1));
        }
        to.entry = entry;
        to.position += 1;
    }
    to
}

/// Entries below visible ones that are not visible: their transactions are in progress, or have
/// failed.
#[derive(Debug, Default)]
struct Gaps {
    /// Missing since an earlier look.
    missing: BTreeSet<i64>,
    /// Whether they were missing before the last look as well.
    persist: bool,
    /// The transactions that may still write the missing entries; `None` before they are known.
    writers: Option<HashSet<String>>,
    /// Entries that belong to no event.
    closed: BTreeSet<i64>,
}

impl Gaps {
    /// Notes the visible entries after `after`.
    fn see(&mut self, after: i64, visible: &[i64]) {
        self.persist = !self.missing.is_empty();
        for entry in visible {
            self.missing.remove(entry);
        }
        if self.missing.is_empty() {
            self.writers = None;
            self.persist = false;
            let mut expected = after + 1;
            for &entry in visible {
                let gap = expected..entry;
                let unknown = gap.filter(|missing| !self.closed.contains(missing));
                self.missing.extend(unknown);
                expected = entry + 1;
            }
        }
    }

    /// Most gaps are commits in progress, which end by themselves.
    fn need_writers(&self) -> bool {
        self.persist && !self.missing.is_empty()
    }

    /// Whether all transactions that could write the missing entries have ended, now that these are
    /// in progress.
    fn without_writer(&mut self, in_progress: HashSet<String>) -> bool {
        let remaining = match self.writers.take() {
            Some(known) => known.intersection(&in_progress).cloned().collect(),
            None => in_progress,
        };
        let none = remaining.is_empty();
        self.writers = Some(remaining);
        none
    }

    /// Closes what is still missing, after all writers have ended.
    fn close(&mut self, visible: &[i64]) {
        for entry in visible {
            self.missing.remove(entry);
        }
        self.closed.append(&mut self.missing);
        self.writers = None;
    }

    /// Forgets the entries that the feed has passed.
    fn forget(&mut self, passed: i64) {
        self.closed = self.closed.split_off(&(passed + 1));
        self.missing = self.missing.split_off(&(passed + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Extent = Extent {
        entry: 10,
        position: 7,
        pruned: 0,
    };

    fn writers(names: &[&str]) -> HashSet<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn entries_without_a_gap_continue_the_run() {
        let to = advance(START, &[11, 12, 13], &BTreeSet::new());
        assert_eq!((to.entry, to.position, to.runs), (13, 10, vec![]));
        let to = advance(START, &[], &BTreeSet::new());
        assert_eq!((to.entry, to.position), (10, 7));
    }

    #[test]
    fn the_feed_ends_before_an_open_gap() {
        let to = advance(START, &[11, 13, 14], &BTreeSet::new());
        assert_eq!((to.entry, to.position, to.runs), (11, 8, vec![]));
        let to = advance(START, &[13], &BTreeSet::from([11]));
        assert_eq!((to.entry, to.position, to.runs), (10, 7, vec![]));
    }

    #[test]
    fn a_closed_gap_begins_a_new_run_and_takes_no_position() {
        let to = advance(START, &[13, 14, 16], &BTreeSet::from([11, 12, 15]));
        assert_eq!((to.entry, to.position), (16, 10));
        assert_eq!(to.runs, vec![(13, 8), (16, 10)]);
    }

    #[test]
    fn a_gap_is_closed_when_all_its_possible_writers_have_ended() {
        let mut gaps = Gaps::default();
        gaps.see(10, &[11, 13]);
        assert!(!gaps.need_writers());
        gaps.see(10, &[11, 13, 15]);
        assert!(gaps.need_writers());
        assert!(!gaps.without_writer(writers(&["a", "b"])));
        gaps.see(10, &[11, 13, 15]);
        // A transaction that began later cannot have the entry.
        assert!(!gaps.without_writer(writers(&["b", "c"])));
        assert!(gaps.without_writer(writers(&["c", "d"])));
        // It has committed since the entries were read.
        gaps.close(&[11, 12, 13, 15]);
        assert_eq!(gaps.closed, BTreeSet::new());
        gaps.see(10, &[11, 12, 13, 15]);
        gaps.see(10, &[11, 12, 13, 15]);
        assert!(gaps.without_writer(HashSet::new()));
        gaps.close(&[11, 12, 13, 15, 16]);
        assert_eq!(gaps.closed, BTreeSet::from([14]));
        gaps.forget(16);
        assert_eq!(gaps.closed, BTreeSet::new());
    }

    #[test]
    fn a_gap_that_fills_itself_needs_no_writers() {
        let mut gaps = Gaps::default();
        gaps.see(10, &[12]);
        gaps.see(10, &[11, 12]);
        assert!(!gaps.need_writers());
        assert!(gaps.missing.is_empty());
    }
}
