//! Orders until completion through Temporal: the service against the plain design, in turns on the
//! same Temporal and the same PostgreSQL.

use std::time::Duration;

use anyhow::{Context as _, Result};
use dev_servers::TemporalServer;
use order_processing::domain::OrderId;
use partner_sandbox::{Sandbox, SandboxOptions};

use super::Context;
use super::full::CONNECTIONS;
use super::history::note_histories;
use super::meter::{Meter, note_load};
use crate::environment::ServiceOptions;
use crate::environment::database::Database;
use crate::environment::server::Server;
use crate::load::{Kind, LoadOptions};
use crate::progress::progress;
use crate::references::plain_workflow_id;
use crate::report::bars::{OURS, PLAIN};

pub(super) const WARM_UP_ORDERS: u64 = 32;
const LIMIT: Duration = Duration::from_secs(240);
const POLL: Duration = Duration::from_millis(50);
const MICROSECONDS: f64 = 1e6;
/// The token of the partners.
const TOKEN: &str = "bench";

/// One of the two designs, with its own server, worker and database.
pub(super) struct Design {
    name: &'static str,
    /// What it creates.
    orders: Kind,
    database: Database,
    pub server: Server,
    pub worker: Server,
    workflow_id: fn(OrderId) -> String,
}

/// Measures without and with a processing delay.
pub async fn run(context: &mut Context<'_>) -> Result<()> {
    for delay in ["0s", "1s"] {
        let scenario = format!("workflow {delay}");
        let settings = [("WORKFLOW__PROCESSING_DELAY", delay)];
        compare(context, &scenario, &settings, Kind::Create).await?;
    }
    Ok(())
}

/// Measures orders with items; the partners run in this process and dispatch at once.
pub async fn run_with_items(context: &mut Context<'_>) -> Result<()> {
    let books = context
        .environment
        .create_database("bench_partners")
        .await?;
    let options = SandboxOptions {
        listen: "127.0.0.1:0".parse()?,
        database_url: books.url.clone(),
        token: TOKEN.into(),
        webhook: None,
        dispatch_after: Some(Duration::ZERO),
        deliver_after: None,
    };
    let partners = Sandbox::start(options).await?;
    let url = partners.url();
    let urls = ["inventory", "payment", "shipping"].map(|partner| format!("{url}/{partner}"));
    let settings = [
        ("PARTNERS__INVENTORY__URL", urls[0].as_str()),
        ("PARTNERS__INVENTORY__TOKEN", TOKEN),
        ("PARTNERS__PAYMENT__URL", urls[1].as_str()),
        ("PARTNERS__PAYMENT__TOKEN", TOKEN),
        ("PARTNERS__SHIPPING__URL", urls[2].as_str()),
        ("PARTNERS__SHIPPING__TOKEN", TOKEN),
    ];
    compare(context, "fulfilment", &settings, Kind::CreateItems).await?;
    partners.stop().await;
    Ok(())
}

async fn compare(
    context: &mut Context<'_>,
    scenario: &str,
    settings: &[(&str, &str)],
    orders: Kind,
) -> Result<()> {
    progress(&format!("  {scenario}: starting Temporal and workers"));
    let temporal = context.environment.start_temporal().await?;
    let designs = [
        Design::service(context, &temporal.address(), settings, orders).await?,
        Design::plain(context, &temporal.address(), settings, orders).await?,
    ];
    for design in &designs {
        design.burst(context, WARM_UP_ORDERS).await?;
        design.until_completed(WARM_UP_ORDERS).await?;
    }
    for round in 1..=context.plan.rounds {
        for design in &designs {
            design.measure(context, &temporal, scenario, round).await?;
        }
    }
    for design in designs {
        let last = design.last_order().await?;
        let id = design.workflow_id;
        note_histories(context, &temporal, scenario, design.name, id, last).await?;
        design.stop().await?;
    }
    temporal.stop().await;
    Ok(())
}

impl Design {
    /// The service, on the Temporal at this address.
    pub async fn service(
        context: &Context<'_>,
        address: &str,
        settings: &[(&str, &str)],
        orders: Kind,
    ) -> Result<Self> {
        let database = context
            .environment
            .create_database("bench_workflow")
            .await?;
        let options = ServiceOptions {
            database_url: &database.url,
            temporal: address,
            settings,
        };
        // As intended with workers: they dispatch, and receive the first task with the response.
        let left_to_the_worker: Vec<_> = settings
            .iter()
            .copied()
            .chain([("DISPATCHER__ENABLED", "false")])
            .collect();
        let serving = ServiceOptions {
            settings: &left_to_the_worker,
            ..options.clone()
        };
        Ok(Self {
            name: OURS,
            orders,
            server: context.environment.serve(serving).await?,
            worker: context.environment.worker(options).await?,
            database,
            workflow_id: order_processing::workflow::workflow_id,
        })
    }

    async fn plain(
        context: &Context<'_>,
        address: &str,
        settings: &[(&str, &str)],
        orders: Kind,
    ) -> Result<Self> {
        let database = context.environment.create_database("bench_plain").await?;
        let options = ServiceOptions {
            database_url: &database.url,
            temporal: address,
            settings,
        };
        Ok(Self {
            name: PLAIN,
            orders,
            server: context
                .environment
                .reference("plain", options.clone())
                .await?,
            worker: context.environment.plain_worker(options).await?,
            database,
            workflow_id: plain_workflow_id,
        })
    }

    async fn measure(
        &self,
        context: &mut Context<'_>,
        temporal: &TemporalServer,
        scenario: &str,
        round: usize,
    ) -> Result<()> {
        self.database.empty().await?;
        let orders = context.plan.workflow_orders;
        let watched = [
            ("the server", self.server.pid()),
            ("the worker", self.worker.pid()),
            ("Temporal", temporal.pid()),
        ];
        let meter = Meter::start(context, &watched)?;
        let outcome = self.burst(context, orders).await?;
        let seconds = self.until_completed(orders).await?;
        meter.finish(context, scenario, self.name, outcome.requests)?;
        note_load(context, scenario, self.name, "POST", &outcome);
        let rate = outcome.requests / seconds;
        context
            .figures
            .add(scenario, self.name, "orders", "1/s", rate);
        progress(&format!(
            "  round {round}, {}: {rate:.1} orders/s, {seconds:.1} s for {orders}",
            self.name
        ));
        Ok(())
    }

    /// Creates this many orders as fast as possible.
    pub async fn burst(&self, context: &Context<'_>, orders: u64) -> Result<crate::load::Outcome> {
        let load = LoadOptions {
            kind: self.orders,
            connections: CONNECTIONS,
            requests: Some(orders),
            ..context.environment.load_on(&self.server)
        };
        context.environment.load(&load).await
    }

    /// Waits until this many are completed, and returns how long it took from the first order, by
    /// the times in the database.
    pub async fn until_completed(&self, orders: u64) -> Result<f64> {
        let completed = "SELECT count(*) AS number FROM orders WHERE status = 'completed'";
        let orders = i64::try_from(orders)?;
        self.database
            .until(LIMIT, POLL, completed, |count| count >= orders)
            .await
            .with_context(|| format!("{}: not all orders were completed in time", self.name))?;
        let took =
            "SELECT (extract(epoch FROM max(updated_at) - min(created_at)) * 1000000)::bigint
                               AS number
                      FROM orders";
        #[allow(clippy::cast_precision_loss)] // minutes
        let microseconds = self.database.number(took).await? as f64;
        Ok(microseconds / MICROSECONDS)
    }

    /// Deletes its orders.
    pub async fn empty(&self) -> Result<()> {
        self.database.empty().await
    }

    /// Stops its processes.
    pub async fn stop(self) -> Result<()> {
        self.server.stop().await?;
        self.worker.stop().await
    }

    async fn last_order(&self) -> Result<i64> {
        self.database
            .number("SELECT max(id) AS number FROM orders")
            .await
    }
}
