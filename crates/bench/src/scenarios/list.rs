//! Pages: whether they are slower with many orders.

use anyhow::Result;
use order_processing::api::Cursors;
use order_processing::db::PageOf;
use order_processing::domain::{Access, OrderId};

use super::Context;
use super::full::CONNECTIONS;
use super::meter::note_load;
use super::turn::Turn;
use crate::environment::ServiceOptions;
use crate::environment::database::{Database, Orders};
use crate::environment::server::Server;
use crate::load::{Kind, LoadOptions};
use crate::progress::progress;
use crate::report::bars::{FEW, MANY};

/// The ratio needs fewer rounds than a throughput does.
const MOST_ROUNDS: usize = 3;
/// Above this, a database needs much disk space: for its indexes, and for the WAL.
const LARGE: i64 = 1_000_000;
const ROOM_GIB: u64 = 14;

/// A number of orders, and a server for them.
struct Size {
    name: &'static str,
    database_name: String,
    orders: i64,
    _database: Database,
    service: Server,
    cursors: Cursors,
}

/// Kinds of pages, as a query each.
fn pages(orders: i64, cursors: &Cursors) -> [(&'static str, String); 6] {
    let deep = cursors.encode(PageOf::Below(OrderId(orders / 2)), Access::All);
    [
        ("first", "limit=50".into()),
        ("deep", format!("limit=50&cursor={deep}")),
        ("customer", "limit=50&customer_id=500".into()),
        ("status", "limit=50&status=pending".into()),
        (
            "statuses",
            "limit=50&status=pending&status=cancelled".into(),
        ),
        // Few orders are processing, and none of them is this customer's.
        (
            "nothing",
            "limit=50&customer_id=500&status=processing".into(),
        ),
    ]
}

/// Each kind of page among each number of orders, in turns.
pub async fn run(context: &mut Context<'_>) -> Result<()> {
    let sizes: &[(&'static str, i64)] = if context.plan.quick {
        &[(FEW, 10_000), ("100k", 100_000)]
    } else {
        &[(FEW, 10_000), ("1M", 1_000_000), (MANY, 10_000_000)]
    };
    if sizes.iter().any(|(_, orders)| *orders > LARGE) {
        context.environment.require_room(ROOM_GIB)?;
    }
    let mut loaded = Vec::new();
    for (name, orders) in sizes {
        loaded.push(Size::load(context, name, *orders).await?);
    }
    let kinds = loaded.first().map_or(0, |size| size.pages().len());
    for round in 1..=context.plan.rounds.min(MOST_ROUNDS) {
        for page in 0..kinds {
            for size in &loaded {
                size.ask(context, round, page).await?;
            }
        }
    }
    for size in loaded {
        size.service.stop().await?;
        context
            .environment
            .drop_database(&size.database_name)
            .await?;
    }
    Ok(())
}

impl Size {
    async fn load(context: &Context<'_>, name: &'static str, orders: i64) -> Result<Self> {
        progress(&format!("  loading {name} orders"));
        let database_name = format!("bench_list_{}", name.to_lowercase());
        let database = context.environment.create_database(&database_name).await?;
        database.load(Orders::Mixed, orders, false).await?;
        let options = ServiceOptions {
            database_url: &database.url,
            ..ServiceOptions::default()
        };
        Ok(Self {
            name,
            database_name,
            orders,
            service: context.environment.serve(options).await?,
            cursors: Cursors::new(database.cursor_secret().await?),
            _database: database,
        })
    }

    fn pages(&self) -> [(&'static str, String); 6] {
        pages(self.orders, &self.cursors)
    }

    async fn ask(&self, context: &mut Context<'_>, round: usize, page: usize) -> Result<()> {
        let Some((kind, query)) = self.pages().into_iter().nth(page) else {
            return Ok(());
        };
        let scenario = format!("list {kind}");
        let turn = Turn {
            scenario: &scenario,
            subject: self.name,
            round,
            server: &self.service,
            load: LoadOptions {
                kind: Kind::List,
                path: format!("/orders?{query}"),
                connections: CONNECTIONS,
                seconds: Some(context.plan.seconds / 4.0),
                ..context.environment.load_on(&self.service)
            },
        };
        let alone = LoadOptions {
            connections: 1,
            ..turn.load.clone()
        };
        let alone = context.environment.load(&alone).await?;
        note_load(context, &scenario, self.name, "alone", &alone);
        progress(&format!(
            "  round {round}, {kind} of {}: {:.3} ms alone",
            self.name, alone.p50
        ));
        turn.full(context).await?;
        turn.half(context).await?;
        Ok(())
    }
}
