//! The plan of a run: durations, numbers of rounds, and the compared builds of the service.

use std::path::PathBuf;

/// Another build of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// Its name in the results.
    pub name: String,
    /// Its `orders` program.
    pub file: PathBuf,
}

/// Durations and numbers.
#[derive(Debug)]
pub struct Plan {
    /// Whether this is a quick run.
    pub quick: bool,
    /// Turns of each subject.
    pub rounds: usize,
    /// Duration of a turn.
    pub seconds: f64,
    /// Orders to complete in a turn.
    pub workflow_orders: u64,
    /// Orders of a burst.
    pub burst: u64,
    /// Orders to put into the outbox at once.
    pub backlog: i64,
    /// Requests to each set of layers in a turn.
    pub middleware_requests: u32,
}

impl Plan {
    /// The duration of a turn in seconds, for pgbench.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 1 to 600
    pub fn whole_seconds(&self) -> u64 {
        self.seconds as u64
    }

    /// The duration of a turn with a single client, which may be shorter.
    pub fn half_seconds(&self) -> u64 {
        self.whole_seconds().div_ceil(2)
    }
}
