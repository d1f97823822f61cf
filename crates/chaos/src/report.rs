//! The output during the run, and the table at its end.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::locked_rows::LockedRows;

/// The number of differences of a kind that are printed.
const SHOWN: usize = 6;
/// The number of findings of a kind that are printed as they happen.
const SHOWN_AT_ONCE: usize = 3;

/// Writes a line and flushes it, also into a pipe.
pub fn say(line: &str) {
    let mut stdout = std::io::stdout().lock();
    // Ignore a closed pipe: the exit code still reports the result.
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

/// The progress and the findings so far.
pub struct Progress {
    started: Instant,
    accepted: AtomicUsize,
    faults: AtomicUsize,
    retries: Mutex<BTreeMap<Option<u16>, usize>>,
    known_failures: AtomicUsize,
    bad_keys: AtomicUsize,
    beside_keys: AtomicUsize,
    partner_hits: AtomicU64,
    findings: Mutex<Findings>,
    /// Rows that are locked while nothing else is broken.
    pub held: LockedRows,
}

/// Violations found, by kind.
pub type Findings = BTreeMap<&'static str, Vec<String>>;

impl Progress {
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
            accepted: AtomicUsize::new(0),
            faults: AtomicUsize::new(0),
            retries: Mutex::default(),
            known_failures: AtomicUsize::new(0),
            bad_keys: AtomicUsize::new(0),
            beside_keys: AtomicUsize::new(0),
            partner_hits: AtomicU64::new(0),
            findings: Mutex::default(),
            held: LockedRows::default(),
        }
    }

    pub fn log(&self, what: &str) {
        let seconds = self.started.elapsed().as_secs_f64();
        say(&format!("{seconds:7.1} s  {what}"));
    }

    pub fn accepted(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a retry, because of this status or because there was no response.
    pub fn retried(&self, why: Option<u16>) {
        if let Ok(mut retries) = self.retries.lock() {
            *retries.entry(why).or_default() += 1;
        }
    }

    /// The retries by the status that caused them; `None` is no response.
    pub fn retries(&self) -> BTreeMap<Option<u16>, usize> {
        self.retries
            .lock()
            .map(|retries| retries.clone())
            .unwrap_or_default()
    }

    pub fn fault(&self) {
        self.faults.fetch_add(1, Ordering::Relaxed);
    }

    /// Accepted orders, and completed faults.
    pub fn counts(&self) -> (usize, usize) {
        let get = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        (get(&self.accepted), get(&self.faults))
    }

    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Counts a known failure of an earlier version of the program.
    pub fn known_failure(&self) {
        self.known_failures.fetch_add(1, Ordering::Relaxed);
    }

    pub fn known_failures(&self) -> usize {
        self.known_failures.load(Ordering::Relaxed)
    }

    /// Counts a rejected request with a bad key.
    pub fn bad_key(&self) {
        self.bad_keys.fetch_add(1, Ordering::Relaxed);
    }

    pub fn bad_keys(&self) -> usize {
        self.bad_keys.load(Ordering::Relaxed)
    }

    /// Counts a request that failed while only rows of other keys were locked.
    pub fn failed_beside_keys(&self) {
        self.beside_keys.fetch_add(1, Ordering::Relaxed);
    }

    pub fn beside_keys(&self) -> usize {
        self.beside_keys.load(Ordering::Relaxed)
    }

    /// Counts requests and webhooks that went wrong at a partner on purpose.
    pub fn hit_by_partners(&self, calls: u64) {
        self.partner_hits.fetch_add(calls, Ordering::Relaxed);
    }

    pub fn partner_hits(&self) -> u64 {
        self.partner_hits.load(Ordering::Relaxed)
    }

    /// Records a finding of this kind.
    pub fn finding(&self, kind: &'static str, what: String) {
        let Ok(mut findings) = self.findings.lock() else {
            return;
        };
        let of_kind = findings.entry(kind).or_default();
        if of_kind.len() < SHOWN_AT_ONCE {
            self.log(&format!("FOUND {kind}: {what}"));
        }
        of_kind.push(what);
    }

    pub fn findings(&self) -> Findings {
        self.findings
            .lock()
            .map(|findings| findings.clone())
            .unwrap_or_default()
    }
}

/// Prints rows of a name and a value.
pub fn table(rows: &[(String, String)]) {
    let width = rows
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or_default();
    for (name, value) in rows {
        say(&format!("{name:<width$}  {value:>12}"));
    }
}

/// Prints the first differences of a kind.
pub fn differences(kind: &str, all: &[String]) {
    if all.is_empty() {
        return;
    }
    say(&format!("{kind}: {}", all.len()));
    for difference in all.iter().take(SHOWN) {
        say(&format!("  {difference}"));
    }
    if all.len() > SHOWN {
        say(&format!("  … and {} more", all.len() - SHOWN));
    }
}
