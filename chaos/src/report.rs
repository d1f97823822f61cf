//! What is shown while it runs, and the table at its end.

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Differences of a kind that are shown in full.
const SHOWN: usize = 6;

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
    retries: AtomicUsize,
    findings: Mutex<Vec<String>>,
}

impl Progress {
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
            accepted: AtomicUsize::new(0),
            faults: AtomicUsize::new(0),
            retries: AtomicUsize::new(0),
            findings: Mutex::default(),
        }
    }

    pub fn log(&self, what: &str) {
        let seconds = self.started.elapsed().as_secs_f64();
        say(&format!("{seconds:7.1} s  {what}"));
    }

    pub fn accepted(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    pub fn retried(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub fn fault(&self) {
        self.faults.fetch_add(1, Ordering::Relaxed);
    }

    pub fn counts(&self) -> (usize, usize, usize) {
        let get = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        (get(&self.accepted), get(&self.faults), get(&self.retries))
    }

    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Notes something that must not be.
    pub fn finding(&self, what: String) {
        self.log(&format!("FOUND {what}"));
        if let Ok(mut findings) = self.findings.lock() {
            findings.push(what);
        }
    }

    pub fn findings(&self) -> Vec<String> {
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

/// Prints the first of what is wrong.
pub fn differences(all: &[String]) {
    for difference in all.iter().take(SHOWN) {
        say(&format!("  {difference}"));
    }
    if all.len() > SHOWN {
        say(&format!("  … and {} more", all.len() - SHOWN));
    }
}
