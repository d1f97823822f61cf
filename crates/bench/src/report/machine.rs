//! Where a run was, and of which state of the code.

use std::fs;
use std::process::Command;
use std::thread::available_parallelism;

use chrono::Utc;
use serde::{Deserialize, Serialize};

/// Figures of another machine, or another commit, are other figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// When it began.
    pub at: String,
    /// Of git; with `-dirty` where something is not committed.
    pub commit: String,
    /// The processor.
    pub processor: String,
    /// How many of them.
    pub cores: usize,
    /// Of the system.
    pub kernel: String,
}

impl Machine {
    /// This one, now.
    pub fn here() -> Self {
        Self {
            at: Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            commit: commit().unwrap_or_else(|| "unknown".into()),
            processor: processor().unwrap_or_else(|| "unknown".into()),
            cores: available_parallelism().map_or(0, usize::from),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")
                .map_or_else(|_| "unknown".into(), |text| text.trim().to_owned()),
        }
    }
}

fn commit() -> Option<String> {
    let described = Command::new("git")
        .args(["describe", "--always", "--dirty", "--abbrev=12"])
        .output()
        .ok()?;
    let text = String::from_utf8(described.stdout).ok()?;
    (described.status.success()).then(|| text.trim().to_owned())
}

fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
