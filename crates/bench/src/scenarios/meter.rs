//! The resource usage of processes during a measurement.

use anyhow::Result;

use super::Context;
use crate::environment::server::Server;
use crate::load::Outcome;
use crate::usage::{cpu, cpu_of_family, memory, memory_of_family, peak_memory};

const MICROSECONDS: f64 = 1e6;

/// A process to watch.
#[derive(Debug, Clone, Copy)]
struct Watched {
    name: &'static str,
    pid: i32,
    /// Whether to include its children.
    family: bool,
    cpu_before: f64,
}

impl Watched {
    fn cpu(&self) -> Result<f64> {
        if self.family {
            cpu_of_family(self.pid)
        } else {
            cpu(self.pid)
        }
    }
}

/// Watches some processes.
#[derive(Debug)]
pub struct Meter {
    watched: Vec<Watched>,
}

impl Meter {
    /// Watches PostgreSQL, as in every scenario, and these.
    pub fn start(context: &Context<'_>, others: &[(&'static str, i32)]) -> Result<Self> {
        let postgres = ("PostgreSQL", context.environment.postgres_pid(), true);
        let others = others.iter().map(|&(name, pid)| (name, pid, false));
        let watched = others
            .chain([postgres])
            .map(|(name, pid, family)| {
                let mut watched = Watched {
                    name,
                    pid,
                    family,
                    cpu_before: 0.0,
                };
                watched.cpu_before = watched.cpu()?;
                Ok(watched)
            })
            .collect::<Result<_>>()?;
        Ok(Self { watched })
    }

    /// Records the usage of each, per request.
    pub fn finish(
        self,
        context: &mut Context<'_>,
        scenario: &str,
        subject: &str,
        requests: f64,
    ) -> Result<()> {
        for watched in self.watched {
            let name = watched.name;
            let used = (watched.cpu()? - watched.cpu_before) * MICROSECONDS / requests;
            let figures = &mut *context.figures;
            let mut add = |what: &str, unit: &str, value: f64| {
                figures.add(scenario, subject, &format!("{what} of {name}"), unit, value);
            };
            add("cpu", "µs", used);
            if watched.family {
                add("memory", "MiB", memory_of_family(watched.pid)?)
            } else {
                add("memory", "MiB", memory(watched.pid)?);
                add("peak memory", "MiB", peak_memory(watched.pid)?);
            }
        }
        Ok(())
    }
}

/// Watches a server, and PostgreSQL.
pub fn watch(context: &Context<'_>, server: &Server) -> Result<Meter> {
    Meter::start(context, &[("the server", server.pid())])
}

/// Records the times of a load, and the resource usage of the generator.
pub fn note_load(
    context: &mut Context<'_>,
    scenario: &str,
    subject: &str,
    load: &str,
    outcome: &Outcome,
) {
    let mut add = |measure: &str, unit: &str, value: f64| {
        context.figures.add(scenario, subject, measure, unit, value);
    };
    add(&format!("p50 {load}"), "ms", outcome.p50);
    add(&format!("p99 {load}"), "ms", outcome.p99);
    add(&format!("p99.9 {load}"), "ms", outcome.p999);
    let each = |seconds: f64| seconds * MICROSECONDS / outcome.requests;
    let (user, system) = (each(outcome.user_seconds), each(outcome.system_seconds));
    add(&format!("cpu of the load, user, {load}"), "µs", user);
    add(&format!("cpu of the load, system, {load}"), "µs", system);
    let memory = format!("peak memory of the load, {load}");
    add(&memory, "MiB", outcome.peak_memory);
}
