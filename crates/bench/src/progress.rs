//! What a run says while it goes on. On stderr, so that stdout holds the results alone.

use std::sync::OnceLock;
use std::time::Instant;

static BEGUN: OnceLock<Instant> = OnceLock::new();

/// A line of progress, with the seconds since the first one.
#[allow(clippy::print_stderr)] // it is a program for a terminal
pub fn progress(text: &str) {
    let seconds = BEGUN.get_or_init(Instant::now).elapsed().as_secs();
    eprintln!("[{seconds:>4} s] {text}");
}
