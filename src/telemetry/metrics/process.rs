//! What the operating system says of this process, by the names that every Prometheus client uses.
//! Where there is no `/proc`, only the time of the processor is known.

use std::fs;

use nix::sys::resource::{Resource, UsageWho, getrlimit, getrusage};
use prometheus::core::Collector;
use prometheus::proto::MetricFamily;
use prometheus::{Counter, Gauge};

/// As it is now.
pub(super) fn families() -> Vec<MetricFamily> {
    let gauges = [
        (
            "process_resident_memory_bytes",
            "Memory that is in use.",
            resident_bytes(),
        ),
        ("process_open_fds", "File descriptors in use.", open_files()),
        (
            "process_max_fds",
            "Most file descriptors that it may use.",
            most_files(),
        ),
        ("process_threads", "Threads.", status("Threads:")),
        (
            "process_start_time_seconds",
            "When it started, in seconds since 1970.",
            started(),
        ),
    ];
    let gauges = gauges.into_iter().filter_map(|(name, help, value)| {
        let gauge = Gauge::new(name, help).ok()?;
        gauge.set(value?);
        Some(gauge.collect())
    });
    cpu().into_iter().chain(gauges).flatten().collect()
}

fn cpu() -> Option<Vec<MetricFamily>> {
    let usage = getrusage(UsageWho::RUSAGE_SELF).ok()?;
    let seconds: f64 = [usage.user_time(), usage.system_time()]
        .map(|time| {
            #[allow(clippy::cast_precision_loss)]
            let seconds = time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
            seconds
        })
        .iter()
        .sum();
    let counter = Counter::new(
        "process_cpu_seconds_total",
        "Time of processors, user and system.",
    )
    .ok()?;
    counter.inc_by(seconds);
    Some(counter.collect())
}

fn resident_bytes() -> Option<f64> {
    status("VmRSS:").map(|kibibytes| kibibytes * 1024.0)
}

/// The number behind a name in `/proc/self/status`.
fn status(name: &str) -> Option<f64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[allow(clippy::cast_precision_loss)]
fn open_files() -> Option<f64> {
    // One of them is the folder that is being read.
    let count = fs::read_dir("/proc/self/fd").ok()?.count();
    Some(count.saturating_sub(1) as f64)
}

#[allow(clippy::cast_precision_loss)]
fn most_files() -> Option<f64> {
    let (soft, _) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    Some(soft as f64)
}

/// In seconds since 1970.
fn started() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, in parentheses, may hold anything; the start is the 22nd field.
    let ticks: f64 = stat
        .rsplit(')')
        .next()?
        .split_whitespace()
        .nth(19)?
        .parse()
        .ok()?;
    let system = fs::read_to_string("/proc/stat").ok()?;
    let booted = system
        .lines()
        .find_map(|line| line.strip_prefix("btime "))?;
    let booted: f64 = booted.trim().parse().ok()?;
    Some(booted + ticks / TICKS_PER_SECOND)
}

/// Linux tells times of processes in hundredths of a second, on whatever machine.
const TICKS_PER_SECOND: f64 = 100.0;

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn all_of_it_is_known() {
        let families = families();
        assert_eq!(families.len(), 6);
        let value = |name: &str| {
            let family = families.iter().find(|family| family.name() == name);
            family.unwrap().get_metric()[0].get_gauge().get_value()
        };
        assert!(value("process_resident_memory_bytes") > 1e6);
        assert!(value("process_open_fds") >= 3.0);
        assert!(value("process_max_fds") > value("process_open_fds"));
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_secs_f64();
        let age = now - value("process_start_time_seconds");
        assert!((-5.0..3600.0 * 24.0).contains(&age), "{age}");
    }
}
