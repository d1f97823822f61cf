//! Progress output. It goes to stderr, so that stdout contains only the results.

use std::sync::OnceLock;
use std::time::Instant;

static BEGUN: OnceLock<Instant> = OnceLock::new();

/// A line of progress, with the seconds since the first one.
#[allow(clippy::print_stderr)] // the output of a command line tool
pub fn progress(text: &str) {
    let seconds = BEGUN.get_or_init(Instant::now).elapsed().as_secs();
    eprintln!("[{seconds:>4} s] {text}");
}
