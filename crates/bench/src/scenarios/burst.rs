//! The outbox during a burst of orders, with Temporal available.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tokio::time::sleep;

use super::Context;
use super::full::CONNECTIONS;
use super::meter::{Meter, note_load};
use crate::environment::ServiceOptions;
use crate::environment::database::Database;
use crate::load::{Kind, LoadOptions};
use crate::progress::progress;
use crate::report::bars::OURS;

const SCENARIO: &str = "burst";
const LIMIT: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(20);

/// The lag of the dispatcher.
#[derive(Debug, Clone, Copy, Default)]
struct Lag {
    backlog: i64,
    age_ms: i64,
    seconds: f64,
}

/// Sends orders as fast as they are accepted, and polls the outbox until it is empty.
pub async fn run(context: &mut Context<'_>) -> Result<()> {
    let database = context.environment.create_database("bench_burst").await?;
    let temporal = context.environment.start_temporal().await?;
    let address = temporal.address();
    let options = ServiceOptions {
        database_url: &database.url,
        temporal: &address,
        ..ServiceOptions::default()
    };
    // Without a worker, the dispatcher would stop at its limit of waiting orders.
    let worker = context.environment.worker(options.clone()).await?;
    let service = context.environment.serve(options).await?;
    let orders = context.plan.burst;
    for round in 1..=context.plan.rounds {
        database.empty().await?;
        let load = LoadOptions {
            kind: Kind::Create,
            connections: CONNECTIONS,
            requests: Some(orders),
            ..context.environment.load_on(&service)
        };
        let watched = [
            ("the server", service.pid()),
            ("the worker", worker.pid()),
            ("Temporal", temporal.pid()),
        ];
        let meter = Meter::start(context, &watched)?;
        let (outcome, lag) = tokio::try_join!(
            context.environment.load(&load),
            watch_outbox(&database, orders)
        )?;
        meter.finish(context, SCENARIO, OURS, outcome.requests)?;
        note_load(context, SCENARIO, OURS, "full", &outcome);
        let mut add = |measure: &str, unit: &str, value: f64| {
            context.figures.add(SCENARIO, OURS, measure, unit, value);
        };
        #[allow(clippy::cast_precision_loss)] // thousands
        let (backlog, age, dispatched) = (
            lag.backlog as f64,
            lag.age_ms as f64,
            orders as f64 / lag.seconds,
        );
        add("orders accepted", "1/s", outcome.throughput());
        add("intents told", "1/s", dispatched);
        add("longest outbox", "intents", backlog);
        add("oldest intent", "ms", age);
        progress(&format!(
            "  round {round}: {backlog:.0} intents at most, {age:.0} ms at most, {dispatched:.0} dispatched/s"
        ));
    }
    service.stop().await?;
    worker.stop().await?;
    temporal.stop().await;
    Ok(())
}

/// Polls until this many orders are stored and all their intents are dispatched.
async fn watch_outbox(database: &Database, orders: u64) -> Result<Lag> {
    let begun = Instant::now();
    let mut lag = Lag::default();
    while begun.elapsed() < LIMIT {
        let backlog = database
            .number("SELECT count(*) AS number FROM workflow_intents")
            .await?;
        let age = database
            .number(
                "SELECT coalesce(extract(epoch FROM clock_timestamp() - min(created_at)) * 1000,
                                 0)::bigint AS number
                   FROM workflow_intents",
            )
            .await?;
        lag.backlog = lag.backlog.max(backlog);
        lag.age_ms = lag.age_ms.max(age);
        if backlog == 0 && orders == count(database).await? {
            // From the first order; the last poll is late by at most one interval.
            let milliseconds = database
                .number(
                    "SELECT (extract(epoch FROM clock_timestamp() - min(created_at)) * 1000)::bigint
                                AS number
                       FROM orders",
                )
                .await?;
            #[allow(clippy::cast_precision_loss)] // thousands
            {
                lag.seconds = milliseconds as f64 / 1000.0;
            }
            return Ok(lag);
        }
        sleep(POLL).await;
    }
    bail!("the outbox did not become empty in time")
}

async fn count(database: &Database) -> Result<u64> {
    let count = database
        .number("SELECT count(*) AS number FROM orders")
        .await?;
    Ok(u64::try_from(count)?)
}
