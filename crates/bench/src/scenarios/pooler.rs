//! What a connection pooler costs: the service with and without PgBouncer in front of the same database.

use anyhow::Result;
use dev_servers::PgBouncer;

use super::Context;
use super::full::{Comparison, ORDERS, Subject};
use crate::environment::ServiceOptions;
use crate::environment::database::Orders;
use crate::load::Kind;
use crate::progress::progress;
use crate::report::bars::OURS;

const DATABASE: &str = "bench_pooler";
const POOLED: &str = "service through PgBouncer";

/// Reads and creations.
pub async fn run(context: &mut Context<'_>) -> Result<()> {
    if !PgBouncer::is_installed() {
        progress("  SKIPPED: PgBouncer is not installed");
        return Ok(());
    }
    let pooler = context.environment.start_pooler().await?;
    let url = pooler.url(DATABASE);
    for (scenario, kind, orders) in [
        ("pooler read", Kind::Read, Some(Orders::Mixed)),
        ("pooler create", Kind::Create, None),
    ] {
        let database = context.environment.create_database(DATABASE).await?;
        if let Some(orders) = orders {
            database.load(orders, ORDERS, true).await?;
        }
        let serve = async |database_url| {
            let options = ServiceOptions {
                database_url,
                ..ServiceOptions::default()
            };
            context.environment.serve(options).await
        };
        let (direct, pooled) = (serve(&database.url).await?, serve(&url).await?);
        let subjects = vec![
            Subject::Server(OURS, &direct),
            Subject::Server(POOLED, &pooled),
        ];
        let comparison = Comparison {
            scenario,
            database: &database,
            kind,
            empty: orders.is_none(),
            subjects,
        };
        comparison.run(context).await?;
        direct.stop().await?;
        pooled.stop().await?;
        // PgBouncer keeps connections to it.
        drop(database);
        context.environment.drop_database(DATABASE).await?;
    }
    Ok(())
}
