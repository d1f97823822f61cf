//! What is measured.

mod alone;
mod backlog;
mod burst;
mod full;
mod history;
mod list;
mod meter;
pub mod middleware;
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

/// Something ends even where nobody thought that it might not.
const LIMIT: Duration = Duration::from_secs(45 * 60);

/// A part of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Orders by id, at full and at half load
    Read,
    /// New orders
    Create,
    /// New orders, each with a key
    CreateKeyed,
    /// Other amounts
    Update,
    /// One request at a time
    Alone,
    /// Pages of few and of many orders
    List,
    /// A bit of everything
    Mixed,
    /// From nothing to ready
    Start,
    /// Orders to their end, through Temporal
    Workflow,
    /// What a burst makes of the outbox
    Burst,
    /// More orders than Temporal carries
    Backlog,
    /// What each layer costs
    Middleware,
}

/// What a scenario has to work with.
pub struct Context<'a> {
    /// The servers.
    pub environment: &'a Environment,
    /// How long and how often.
    pub plan: &'a Plan,
    /// Other builds of the service.
    pub builds: &'a [Build],
    /// Where the figures go.
    pub figures: &'a mut Figures,
}

impl Scenario {
    /// As the command line has it.
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
                Self::Mixed => full::mixed(context).await,
                Self::Start => start::run(context).await,
                Self::Workflow => workflow::run(context).await,
                Self::Burst => burst::run(context).await,
                Self::Backlog => backlog::run(context).await,
                Self::Middleware => middleware::run(context).await,
            }
        };
        timeout(LIMIT, running).await.context("it takes too long")?
    }
}
