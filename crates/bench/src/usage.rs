//! Resource usage of processes, from the kernel.

use std::fs;

use anyhow::{Context, Result};
use dev_servers::child_pids;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use nix::unistd::{SysconfVar, sysconf};

const MIB: f64 = 1024.0;
const MICROSECONDS: f64 = 1e6;

/// The processor time that a process has used since its start, in seconds.
pub fn cpu(pid: i32) -> Result<f64> {
    Ok(Stat::read(pid)?.own)
}

/// The same for a process and all its children, including those that have ended.
pub fn cpu_of_family(pid: i32) -> Result<f64> {
    let parent = Stat::read(pid)?;
    // A child that ends in between is counted by its parent, or missed briefly.
    let children = child_pids(pid).into_iter();
    let children = children.filter_map(|child| Stat::read(child).ok());
    Ok(parent.own + parent.ended_children + children.map(|stat| stat.own).sum::<f64>())
}

/// The processor time of our children that have ended, in seconds: in their own code, and in the
/// kernel's.
pub fn cpu_of_ended_children() -> Result<(f64, f64)> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    Ok((seconds(usage.user_time()), seconds(usage.system_time())))
}

/// A `timeval` in seconds.
#[allow(clippy::cast_precision_loss)] // seconds
pub fn seconds(time: TimeVal) -> f64 {
    time.tv_sec() as f64 + time.tv_usec() as f64 / MICROSECONDS
}

/// The current memory of a process, in MiB.
pub fn memory(pid: i32) -> Result<f64> {
    status(pid, "VmRSS:")
}

/// The peak memory of a process, in MiB.
pub fn peak_memory(pid: i32) -> Result<f64> {
    status(pid, "VmHWM:")
}

/// The current memory of a process and its children, in MiB. Shared memory counts once.
pub fn memory_of_family(pid: i32) -> Result<f64> {
    let mut sum = field(&format!("/proc/{pid}/smaps_rollup"), "Pss:")?;
    for child in child_pids(pid) {
        // A child that has ended in between has no memory.
        sum += field(&format!("/proc/{child}/smaps_rollup"), "Pss:").unwrap_or_default();
    }
    Ok(sum)
}

fn status(pid: i32, name: &str) -> Result<f64> {
    field(&format!("/proc/{pid}/status"), name)
}

/// The value of a line `Name:  123 kB`.
fn field(file: &str, name: &str) -> Result<f64> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    let kib: f64 = text
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .with_context(|| format!("{file} has no {name}"))?;
    Ok(kib / MIB)
}

/// Fields of `/proc/PID/stat`.
struct Stat {
    own: f64,
    ended_children: f64,
}

impl Stat {
    fn read(pid: i32) -> Result<Self> {
        let file = format!("/proc/{pid}/stat");
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))?;
        Self::parse(&text, ticks_per_second()?)
            .with_context(|| format!("{file} has an unexpected format"))
    }

    fn parse(text: &str, ticks: f64) -> Option<Self> {
        // The name, in parentheses, may contain any characters.
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let seconds = |index: usize| -> Option<f64> {
            let ticked: f64 = fields.get(index)?.parse().ok()?;
            Some(ticked / ticks)
        };
        Some(Self {
            own: seconds(11)? + seconds(12)?,
            ended_children: seconds(13)? + seconds(14)?,
        })
    }
}

#[allow(clippy::cast_precision_loss)] // 100
fn ticks_per_second() -> Result<f64> {
    let ticks = sysconf(SysconfVar::CLK_TCK)?.context("the clock tick rate is unknown")?;
    Ok(ticks as f64)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_process_name_may_contain_parentheses_and_spaces() {
        let text = "42 (a) b (c)) S 7 42 42 0 -1 4194560 1 2 3 4 150 50 20 30 20 0 1 0 5";
        let stat = Stat::parse(text, 100.0).unwrap();
        assert_eq!((stat.own, stat.ended_children), (2.0, 0.5));
    }
}
