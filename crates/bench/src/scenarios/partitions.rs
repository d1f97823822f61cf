//! Partitions: what they cost, and that no request fails while they are introduced.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::time::sleep;

use super::Context;
use super::full::CONNECTIONS;
use super::meter::note_load;
use super::turn::{THROUGHPUT, Turn, report_turn};
use crate::environment::ServiceOptions;
use crate::environment::database::{Database, Orders};
use crate::environment::server::Server;
use crate::load::{Kind, LoadOptions};
use crate::progress::progress;

const DATABASE: &str = "bench_partitions";
const MANY: i64 = 10_000_000;
const FEW: i64 = 100_000;
/// Above `FEW`, a database needs much disk space: for its indexes, and for the WAL.
const ROOM_GIB: u64 = 20;
const SIZE: &str = "1000000";
const LIMIT: Duration = Duration::from_secs(600);
/// The load begins before the change, and must outlast it.
const BEFORE: Duration = Duration::from_secs(3);
const LOAD_SECONDS: f64 = 90.0;
const QUICK_LOAD_SECONDS: f64 = 15.0;

/// One table, the change, and partitions.
pub async fn run(context: &mut Context<'_>) -> Result<()> {
    let orders = if context.plan.quick { FEW } else { MANY };
    if orders > FEW {
        context.environment.require_room(ROOM_GIB)?;
    }
    let database = context.environment.create_database(DATABASE).await?;
    database.load(Orders::Pending, orders, true).await?;
    let options = ServiceOptions {
        database_url: &database.url,
        ..ServiceOptions::default()
    };
    let service = context.environment.serve(options).await?;
    // Fills PostgreSQL's and the system's caches.
    let warm_up = LoadOptions {
        seconds: Some(context.plan.seconds * 4.0),
        ..load(context, &service, orders, Kind::Read)
    };
    context.environment.load(&warm_up).await?;
    compare(context, &service, orders, "one table").await?;
    introduce(context, &service, &database, orders).await?;
    database.settle().await?;
    compare(context, &service, orders, "partitions").await?;
    service.stop().await?;
    drop(database);
    context.environment.drop_database(DATABASE).await
}

fn load(context: &Context<'_>, service: &Server, orders: i64, kind: Kind) -> LoadOptions {
    LoadOptions {
        kind,
        ids: orders,
        connections: CONNECTIONS,
        ..context.environment.load_on(service)
    }
}

/// Every kind of request in turns.
async fn compare(
    context: &mut Context<'_>,
    service: &Server,
    orders: i64,
    subject: &str,
) -> Result<()> {
    let kinds = [
        (Kind::Read, "partitions read", "/orders"),
        (Kind::Update, "partitions update", "/orders"),
        (Kind::List, "partitions newest", "/orders?limit=50"),
        (
            Kind::List,
            "partitions customer",
            "/orders?limit=50&customer_id=500",
        ),
        // Last, because it adds orders.
        (Kind::Create, "partitions create", "/orders"),
    ];
    for round in 1..=context.plan.rounds {
        for (kind, scenario, path) in kinds {
            let turn = Turn {
                scenario,
                subject,
                round,
                server: service,
                load: LoadOptions {
                    path: path.into(),
                    seconds: Some(context.plan.seconds / 2.0),
                    ..load(context, service, orders, kind)
                },
            };
            progress(&format!("  {scenario}"));
            turn.full(context).await?;
        }
    }
    Ok(())
}

/// Partitions the tables under a load, in which every response must be the expected one.
async fn introduce(
    context: &mut Context<'_>,
    service: &Server,
    database: &Database,
    orders: i64,
) -> Result<()> {
    let environment = context.environment;
    let seconds = if context.plan.quick {
        QUICK_LOAD_SECONDS
    } else {
        LOAD_SECONDS
    };
    let mixed = LoadOptions {
        seconds: Some(seconds),
        ..load(context, service, orders, Kind::Mixed)
    };
    let change = async {
        sleep(BEFORE).await;
        let begun = Instant::now();
        let create = ["partitions", "create", "--size", SIZE];
        environment.orders(&database.url, &create, LIMIT).await?;
        anyhow::Ok(begun.elapsed().as_secs_f64())
    };
    let (outcome, change) = tokio::join!(environment.load(&mixed), change);
    let (outcome, took) = (
        outcome.context("while the tables were partitioned")?,
        change?,
    );
    anyhow::ensure!(
        took + BEFORE.as_secs_f64() < seconds,
        "partitioning took {took:.0} s, longer than the load"
    );
    let (scenario, subject) = ("partitions introduced", "under load");
    let figures = &mut *context.figures;
    figures.add(scenario, subject, "duration", "s", took);
    figures.add(scenario, subject, THROUGHPUT, "1/s", outcome.throughput());
    note_load(context, scenario, subject, "full", &outcome);
    report_turn(1, "while partitioning", outcome.throughput(), outcome.p99);
    progress(&format!("  partitioned in {took:.1} s; no request failed"));
    Ok(())
}
