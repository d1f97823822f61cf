//! What is shown while it runs, and the table at its end.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::locked_rows::LockedRows;

/// Differences of a kind that are shown in full.
const SHOWN: usize = 6;
/// Findings of a kind that are shown as they happen.
const SHOWN_AT_ONCE: usize = 3;

/// Writes a line, at once even into a pipe.
pub fn say(line: &str) {
    let mut stdout = std::io::stdout().lock();
    // Nobody may be there to read it; the exit code says enough.
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

/// How far it is, and what is wrong so far.
pub struct Progress {
    started: Instant,
    accepted: AtomicUsize,
    faults: AtomicUsize,
    retries: Mutex<BTreeMap<Option<u16>, usize>>,
    known_failures: AtomicUsize,
    bad_keys: AtomicUsize,
    beside_keys: AtomicUsize,
    findings: Mutex<Findings>,
    /// Rows that are locked while nothing else is broken.
    pub held: LockedRows,
}

/// What must not be, by its kind.
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

    /// A request is sent again, because of this status or because there was no answer.
    pub fn retried(&self, why: Option<u16>) {
        if let Ok(mut retries) = self.retries.lock() {
            *retries.entry(why).or_default() += 1;
        }
    }

    /// Requests that were sent again, by the status that was the reason; `None` is no answer.
    pub fn retries(&self) -> BTreeMap<Option<u16>, usize> {
        self.retries
            .lock()
            .map(|retries| retries.clone())
            .unwrap_or_default()
    }

    pub fn fault(&self) {
        self.faults.fetch_add(1, Ordering::Relaxed);
    }

    /// Orders accepted, and faults that are over.
    pub fn counts(&self) -> (usize, usize) {
        let get = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        (get(&self.accepted), get(&self.faults))
    }

    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// A failure that an earlier version of the program is known for.
    pub fn known_failure(&self) {
        self.known_failures.fetch_add(1, Ordering::Relaxed);
    }

    pub fn known_failures(&self) -> usize {
        self.known_failures.load(Ordering::Relaxed)
    }

    /// A request with a bad key that was refused.
    pub fn bad_key(&self) {
        self.bad_keys.fetch_add(1, Ordering::Relaxed);
    }

    pub fn bad_keys(&self) -> usize {
        self.bad_keys.load(Ordering::Relaxed)
    }

    /// A request failed while only rows of keys were locked, none of them its own.
    pub fn failed_beside_keys(&self) {
        self.beside_keys.fetch_add(1, Ordering::Relaxed);
    }

    pub fn beside_keys(&self) -> usize {
        self.beside_keys.load(Ordering::Relaxed)
    }

    /// Notes something that must not be, by its kind.
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

/// Prints the first of what is wrong, if anything is.
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
