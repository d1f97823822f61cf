//! Start-up time and memory.

use anyhow::Result;

use super::Context;
use crate::environment::ServiceOptions;
use crate::progress::progress;
use crate::report::bars::OURS;
use crate::usage::{memory, peak_memory};

const SCENARIO: &str = "start";
const STARTS: usize = 10;

/// Starts `orders serve` a few times, and measures it immediately.
pub async fn run(context: &mut Context<'_>) -> Result<()> {
    let database = context.environment.create_database("bench_start").await?;
    for _ in 0..STARTS {
        let options = ServiceOptions {
            database_url: &database.url,
            ..ServiceOptions::default()
        };
        let service = context.environment.serve(options).await?;
        let milliseconds = service.started_in.as_secs_f64() * 1000.0;
        let mut add = |measure: &str, unit: &str, value: f64| {
            context.figures.add(SCENARIO, OURS, measure, unit, value);
        };
        add("start", "ms", milliseconds);
        add("memory when ready", "MiB", memory(service.pid())?);
        add("peak memory when ready", "MiB", peak_memory(service.pid())?);
        progress(&format!("  ready after {milliseconds:.0} ms"));
        service.stop().await?;
    }
    Ok(())
}
