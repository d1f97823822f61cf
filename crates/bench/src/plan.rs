//! What a run measures with: how long, how often, and which builds of the service.

use std::path::PathBuf;

/// The service, built otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// In the tables.
    pub name: String,
    /// Its `orders`.
    pub file: PathBuf,
}

/// How long, how often, how much.
#[derive(Debug)]
pub struct Plan {
    /// Little of everything.
    pub quick: bool,
    /// Turns that each subject gets.
    pub rounds: usize,
    /// Of a turn.
    pub seconds: f64,
    /// Orders that are completed in a turn.
    pub workflow_orders: u64,
    /// Orders of a burst.
    pub burst: u64,
    /// Orders that wait in the outbox at once.
    pub backlog: i64,
    /// Requests that each set of layers gets in a turn.
    pub middleware_requests: u32,
}

impl Plan {
    /// Of a turn, as pgbench takes them.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 1 to 600
    pub fn whole_seconds(&self) -> u64 {
        self.seconds as u64
    }

    /// Of a turn with a single client, which needs no long one.
    pub fn half_seconds(&self) -> u64 {
        self.whole_seconds().div_ceil(2)
    }
}
