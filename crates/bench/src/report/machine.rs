//! The machine and the commit of a run.

use std::fs;
use std::process::Command;
use std::thread::available_parallelism;

use chrono::Utc;
use serde::{Deserialize, Serialize};

/// Identifies the conditions of a run, since figures of other machines or commits differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// When the run started.
    pub at: String,
    /// The git commit; with `-dirty` if there are uncommitted changes.
    pub commit: String,
    /// The processor.
    pub processor: String,
    /// The number of cores.
    pub cores: usize,
    /// The version of the kernel.
    pub kernel: String,
}

impl Machine {
    /// This machine, now.
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
