//! A bit of everything, as clients may ask.

use anyhow::Result;

use super::Context;
use super::full::{Comparison, ORDERS, Subject};
use crate::load::Kind;
use crate::progress::progress;
use crate::report::bars::OURS;
use crate::world::Surroundings;
use crate::world::database::Orders;

/// 80 % reads, 10 % keyed creations, 5 % changes, 5 % lists.
pub async fn run(context: &mut Context<'_>) -> Result<()> {
    let database = context.world.create_database("bench_mixed").await?;
    progress("  loading orders");
    database.load(Orders::Pending, ORDERS, true).await?;
    let around = Surroundings {
        database_url: &database.url,
        ..Surroundings::default()
    };
    let service = context.world.serve(around.clone()).await?;
    let memory = context.world.reference("memory", around).await?;
    let comparison = Comparison {
        scenario: "mixed",
        database: &database,
        kind: Kind::Mixed,
        empty: false,
        subjects: vec![
            Subject::Server(OURS, &service),
            Subject::Server("no database", &memory),
        ],
    };
    comparison.run(context).await?;
    memory.stop().await?;
    service.stop().await
}
