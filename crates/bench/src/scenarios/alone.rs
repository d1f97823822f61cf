//! One request at a time: the latency without other load.

use std::time::Duration;

use anyhow::{Context as _, Result};

use super::Context;
use super::full::ORDERS;
use crate::environment::ServiceOptions;
use crate::environment::database::{Database, Orders};
use crate::environment::server::Server;
use crate::load::{Kind, LoadOptions};
use crate::pgbench;
use crate::progress::progress;
use crate::report::bars::{DIRECT, OURS};

/// A select for `GET`, an insert for `POST`.
const PGBENCH: &str = "pgbench";
const OUTBOX_LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);
/// Loaded orders and those of pgbench have no workflow; keeps the reconciler from starting them.
const NO_RECONCILIATION: &[(&str, &str)] = &[("RECONCILER__GRACE", "1day")];

/// The service, the direct design and pgbench with one client, in turns. Both servers use Temporal:
/// the service starts workflows after the response, the direct design within the request.
pub async fn run(context: &mut Context<'_>) -> Result<()> {
    let database = context.environment.create_database("bench_alone").await?;
    progress("  loading orders, starting Temporal");
    database.load(Orders::Mixed, ORDERS, true).await?;
    let temporal = context.environment.start_temporal().await?;
    let address = temporal.address();
    let options = ServiceOptions {
        database_url: &database.url,
        temporal: &address,
        settings: NO_RECONCILIATION,
    };
    let service = context.environment.serve(options.clone()).await?;
    let direct = context.environment.reference("direct", options).await?;
    for round in 1..=context.plan.rounds {
        for (request, kind) in [("GET", Kind::Read), ("POST", Kind::Create)] {
            for (name, server) in [(OURS, &service), (DIRECT, &direct)] {
                database.settle().await?;
                let p50 = ask(context, kind, request, name, server).await?;
                progress(&format!(
                    "  round {round}, {request} {name}: p50 {p50:.3} ms"
                ));
                until_outbox_is_empty(&database).await?;
            }
        }
        for (request, script) in [
            ("GET", pgbench::select(ORDERS)),
            ("POST", pgbench::insert()),
        ] {
            database.settle().await?;
            let done = context
                .environment
                .pgbench
                .run(&script, &database.url, 1, context.plan.half_seconds())
                .await?;
            note(context, PGBENCH, request, done.p50, done.p99, done.p999);
            progress(&format!(
                "  round {round}, {request} {PGBENCH}: p50 {:.3} ms",
                done.p50
            ));
        }
    }
    direct.stop().await?;
    service.stop().await?;
    temporal.stop().await;
    Ok(())
}

async fn ask(
    context: &mut Context<'_>,
    kind: Kind,
    request: &str,
    name: &str,
    server: &Server,
) -> Result<f64> {
    #[allow(clippy::cast_precision_loss)] // seconds
    let load = LoadOptions {
        kind,
        ids: ORDERS,
        seconds: Some(context.plan.half_seconds() as f64),
        ..context.environment.load_on(server)
    };
    let outcome = context.environment.load(&load).await?;
    note(
        context,
        name,
        request,
        outcome.p50,
        outcome.p99,
        outcome.p999,
    );
    Ok(outcome.p50)
}

fn note(context: &mut Context<'_>, name: &str, request: &str, p50: f64, p99: f64, p999: f64) {
    for (measure, value) in [("p50", p50), ("p99", p99), ("p99.9", p999)] {
        let measure = format!("{measure} {request}");
        context.figures.add("alone", name, &measure, "ms", value);
    }
}

/// Waits for the outbox, so that intents of one subject do not slow down the next.
async fn until_outbox_is_empty(database: &Database) -> Result<()> {
    let waiting = "SELECT count(*) AS number FROM workflow_intents";
    database
        .until(OUTBOX_LIMIT, POLL, waiting, |count| count == 0)
        .await
        .context("the outbox did not become empty in time")
}
