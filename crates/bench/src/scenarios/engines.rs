//! Orders until completion on different Temporals: the dev server with a file, and clusters of Temporal's
//! own server with one node and with two.

use anyhow::Result;
use dev_servers::{TemporalCluster, TemporalServer};

use super::Context;
use super::workflow::{Design, WARM_UP_ORDERS};
use crate::load::Kind;
use crate::progress::progress;
use crate::usage::{cpu, cpu_of_family};

/// Every round starts each engine anew.
const ROUNDS: usize = 3;
const MICROSECONDS: f64 = 1e6;

/// A kind of Temporal.
#[derive(Debug, Clone, Copy)]
enum Engine {
    DevServer,
    Cluster(usize),
}

impl Engine {
    const fn name(self) -> &'static str {
        match self {
            Self::DevServer => "dev server, file",
            Self::Cluster(1) => "cluster, 1 node",
            Self::Cluster(_) => "cluster, 2 nodes",
        }
    }
}

/// A running one.
enum Running {
    DevServer(TemporalServer),
    Cluster(Box<TemporalCluster>),
}

/// Measures without and with a processing delay.
pub async fn run(context: &mut Context<'_>) -> Result<()> {
    if !context.environment.has_cluster() {
        progress("  SKIPPED: Temporal's server is not built; `./justw cluster` builds it with Go");
        return Ok(());
    }
    for delay in ["0s", "1s"] {
        for round in 1..=context.plan.rounds.min(ROUNDS) {
            for engine in [Engine::DevServer, Engine::Cluster(1), Engine::Cluster(2)] {
                measure(context, engine, delay, round).await?;
            }
        }
    }
    Ok(())
}

async fn measure(
    context: &mut Context<'_>,
    engine: Engine,
    delay: &str,
    round: usize,
) -> Result<()> {
    let temporal = Running::start(context, engine).await?;
    let settings = [("WORKFLOW__PROCESSING_DELAY", delay)];
    let address = temporal.address();
    let design = Design::service(context, &address, &settings, Kind::Create).await?;
    design.burst(context, WARM_UP_ORDERS).await?;
    design.until_completed(WARM_UP_ORDERS).await?;
    design.empty().await?;

    let orders = context.plan.burst;
    let before = (temporal.cpu().await?, cpu(design.worker.pid())?);
    design.burst(context, orders).await?;
    let seconds = design.until_completed(orders).await?;
    let after = (temporal.cpu().await?, cpu(design.worker.pid())?);

    #[allow(clippy::cast_precision_loss)] // thousands
    let count = orders as f64;
    let scenario = format!("engines {delay}");
    let mut add = |measure: &str, unit: &str, value: f64| {
        let figures = &mut *context.figures;
        figures.add(&scenario, engine.name(), measure, unit, value);
    };
    let each = |before: f64, after: f64| (after - before) * MICROSECONDS / count;
    add("orders", "1/s", count / seconds);
    add("cpu of Temporal", "µs", each(before.0.0, after.0.0));
    add(
        "cpu of Temporal's PostgreSQL",
        "µs",
        each(before.0.1, after.0.1),
    );
    add("cpu of the worker", "µs", each(before.1, after.1));
    progress(&format!(
        "  {delay}, round {round}, {}: {:.1} orders/s",
        engine.name(),
        count / seconds
    ));
    design.stop().await?;
    temporal.stop().await;
    Ok(())
}

impl Running {
    async fn start(context: &Context<'_>, engine: Engine) -> Result<Self> {
        let environment = context.environment;
        Ok(match engine {
            Engine::DevServer => Self::DevServer(environment.start_dev_server(true).await?),
            Engine::Cluster(nodes) => {
                Self::Cluster(Box::new(environment.start_cluster(nodes).await?))
            }
        })
    }

    fn address(&self) -> String {
        match self {
            Self::DevServer(server) => server.address(),
            Self::Cluster(cluster) => cluster.address(),
        }
    }

    /// The processor time of Temporal and of its PostgreSQL, in seconds.
    async fn cpu(&self) -> Result<(f64, f64)> {
        let cluster = match self {
            Self::DevServer(server) => return Ok((cpu(server.pid())?, 0.0)),
            Self::Cluster(cluster) => cluster,
        };
        let mut nodes = 0.0;
        for pid in cluster.node_pids().await {
            nodes += cpu(pid)?;
        }
        let postgres = cluster.database_pids().await;
        Ok((
            nodes,
            postgres
                .first()
                .map_or(Ok(0.0), |parent| cpu_of_family(*parent))?,
        ))
    }

    async fn stop(self) {
        match self {
            Self::DevServer(server) => server.stop().await,
            Self::Cluster(cluster) => cluster.stop().await,
        }
    }
}
