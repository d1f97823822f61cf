//! The scenarios.

mod alone;
mod backlog;
mod burst;
mod engines;
mod feed;
mod full;
mod history;
mod instructions;
mod list;
mod meter;
pub mod middleware;
mod partitions;
mod pooler;
mod start;
mod turn;
mod workflow;

use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use tokio::time::timeout;

use crate::environment::Environment;
use crate::plan::{Build, Plan};
use crate::report::Figures;

/// Time limit of a scenario, as a safeguard.
const LIMIT: Duration = Duration::from_secs(45 * 60);

/// A scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Orders by id, at full and at half load
    Read,
    /// New orders
    Create,
    /// New orders, each with a key
    CreateKeyed,
    /// Changed amounts
    Update,
    /// One request at a time
    Alone,
    /// Pages of few and of many orders
    List,
    /// Many orders before and after their tables are partitioned, and requests meanwhile
    Partitions,
    /// Orders by id and new orders through a connection pooler
    Pooler,
    /// A mix of all requests
    Mixed,
    /// Instructions of a request, which do not depend on what else the machine does
    Instructions,
    /// The start-up time
    Start,
    /// Orders until completion, through Temporal
    Workflow,
    /// Orders with items until completion, through Temporal and the partners
    Fulfilment,
    /// Orders until completion, on Temporal's dev server with a file and on clusters
    Engines,
    /// The outbox during a burst
    Burst,
    /// More orders than Temporal can process
    Backlog,
    /// The feed of events: streams, and pages of few and of many events
    Feed,
    /// The cost of each layer
    Middleware,
}

/// The context of a scenario.
pub struct Context<'a> {
    /// The servers.
    pub environment: &'a Environment,
    /// The plan of the run.
    pub plan: &'a Plan,
    /// Other builds of the service.
    pub builds: &'a [Build],
    /// Collects the figures.
    pub figures: &'a mut Figures,
}

impl Scenario {
    /// Its name on the command line.
    pub fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// All of them.
    pub fn names() -> Vec<String> {
        Self::value_variants()
            .iter()
            .map(|scenario| scenario.name())
            .collect()
    }

    /// Measures it.
    pub async fn run(self, mut context: Context<'_>) -> Result<()> {
        let context = &mut context;
        let running = async {
            match self {
                Self::Read => full::read(context).await,
                Self::Create => full::create(context).await,
                Self::CreateKeyed => full::create_keyed(context).await,
                Self::Update => full::update(context).await,
                Self::Alone => alone::run(context).await,
                Self::List => list::run(context).await,
                Self::Partitions => partitions::run(context).await,
                Self::Pooler => pooler::run(context).await,
                Self::Mixed => full::mixed(context).await,
                Self::Instructions => instructions::run(context).await,
                Self::Start => start::run(context).await,
                Self::Workflow => workflow::run(context).await,
                Self::Fulfilment => workflow::run_with_items(context).await,
                Self::Engines => engines::run(context).await,
                Self::Burst => burst::run(context).await,
                Self::Backlog => backlog::run(context).await,
                Self::Feed => feed::run(context).await,
                Self::Middleware => middleware::run(context).await,
            }
        };
        timeout(LIMIT, running)
            .await
            .context("the scenario exceeded its time limit")?
    }
}
