//! One server's turn under load.

use anyhow::{Context as _, Result};

use super::Context;
use super::meter::{note_load, watch};
use crate::environment::server::Server;
use crate::load::LoadOptions;
use crate::progress::progress;

/// The measure of full load; half load uses half of it.
pub const THROUGHPUT: &str = "throughput";

/// The server, the requests, and the place of the figures.
pub struct Turn<'a> {
    /// The name of the scenario.
    pub scenario: &'a str,
    /// The server's name.
    pub subject: &'a str,
    /// The number of the round, from 1.
    pub round: usize,
    /// The server.
    pub server: &'a Server,
    /// Full load.
    pub load: LoadOptions,
}

impl Turn<'_> {
    /// Full load.
    pub async fn full(&self, context: &mut Context<'_>) -> Result<()> {
        let meter = watch(context, self.server)?;
        let outcome = context.environment.load(&self.load).await?;
        meter.finish(context, self.scenario, self.subject, outcome.requests)?;
        let throughput = outcome.throughput();
        context
            .figures
            .add(self.scenario, self.subject, THROUGHPUT, "1/s", throughput);
        note_load(context, self.scenario, self.subject, "full", &outcome);
        report_turn(self.round, self.subject, throughput, outcome.p99);
        Ok(())
    }

    /// Half of the throughput at full load so far.
    pub async fn half(&self, context: &mut Context<'_>) -> Result<()> {
        let figures = &context.figures;
        let full = figures.spread(self.scenario, self.subject, THROUGHPUT);
        let full = full.context("half load requires a previous full load")?;
        let load = LoadOptions {
            rate: Some(full.median / 2.0),
            ..self.load.clone()
        };
        let outcome = context.environment.load(&load).await?;
        note_load(context, self.scenario, self.subject, "half", &outcome);
        let name = format!("{} at half load", self.subject);
        report_turn(self.round, &name, outcome.throughput(), outcome.p99);
        Ok(())
    }
}

/// Prints the result of a turn.
pub fn report_turn(round: usize, name: &str, throughput: f64, p99: f64) {
    progress(&format!(
        "  round {round}, {name}: {throughput:.0}/s, p99 {p99:.2} ms"
    ));
}
