//! Full load, and half of it: the service against pgbench with the same statements, in turns.

use anyhow::Result;

use super::Context;
use super::turn::{THROUGHPUT, Turn, report_turn};
use crate::environment::ServiceOptions;
use crate::environment::database::{Database, Orders};
use crate::environment::server::Server;
use crate::load::{Kind, LoadOptions};
use crate::pgbench;
use crate::progress::progress;
use crate::report::bars::{INSERT, OURS, SELECT};
use crate::usage::{cpu_of_ended_children, cpu_of_family};

/// Connections at full load, of the service and of pgbench.
pub const CONNECTIONS: u32 = 64;
/// The number of existing orders.
pub const ORDERS: i64 = 100_000;
/// Reference servers, with their kind: the same routes, and one route of actix-web alone.
const NO_DATABASE: (&str, &str) = ("no database", "memory");
const BARE: (&str, &str) = ("bare actix-web", "bare");
/// Fills pools and prepares statements.
const WARM_UP_SECONDS: f64 = 1.0;
const MICROSECONDS: f64 = 1e6;

/// A measured subject.
pub enum Subject<'a> {
    /// A server, with requests of a kind.
    Server(&'a str, &'a Server),
    /// pgbench, with a script.
    Pgbench(&'static str, String),
}

/// A comparison.
pub struct Comparison<'a> {
    /// Its name.
    pub scenario: &'a str,
    /// The database of all subjects.
    pub database: &'a Database,
    /// The kind of requests to servers.
    pub kind: Kind,
    /// Whether the tables are emptied before each turn.
    pub empty: bool,
    /// The service first.
    pub subjects: Vec<Subject<'a>>,
}

/// Orders by a random id.
pub async fn read(context: &mut Context<'_>) -> Result<()> {
    let statements = vec![Subject::Pgbench(SELECT, pgbench::select(ORDERS))];
    let (kind, orders) = (Kind::Read, Some(Orders::Mixed));
    let servers = [NO_DATABASE, BARE];
    compare(context, "read", kind, orders, statements, &servers).await
}

/// 80 % reads, 10 % keyed creations, 5 % changes, 5 % lists.
pub async fn mixed(context: &mut Context<'_>) -> Result<()> {
    let (kind, orders) = (Kind::Mixed, Some(Orders::Pending));
    let servers = [NO_DATABASE];
    compare(context, "mixed", kind, orders, Vec::new(), &servers).await
}

/// New orders, without Temporal, so that dispatching takes no resources.
pub async fn create(context: &mut Context<'_>) -> Result<()> {
    let statements = vec![
        Subject::Pgbench(INSERT, pgbench::insert()),
        Subject::Pgbench("pgbench same statement", pgbench::create()),
    ];
    compare(context, "create", Kind::Create, None, statements, &[]).await
}

/// New orders, each with a key.
pub async fn create_keyed(context: &mut Context<'_>) -> Result<()> {
    let statements = vec![
        Subject::Pgbench(INSERT, pgbench::insert()),
        Subject::Pgbench("pgbench same statement", pgbench::create_keyed()),
    ];
    let kind = Kind::CreateKeyed;
    compare(context, "create-keyed", kind, None, statements, &[]).await
}

/// Changed amounts of random orders.
pub async fn update(context: &mut Context<'_>) -> Result<()> {
    let statements = vec![Subject::Pgbench("pgbench update", pgbench::update(ORDERS))];
    let (kind, orders) = (Kind::Update, Some(Orders::Pending));
    compare(context, "update", kind, orders, statements, &[]).await
}

/// The service, pgbench, other builds of the service, and servers without a database, with this
/// many existing orders. If there are none, the tables are emptied before each turn.
async fn compare(
    context: &mut Context<'_>,
    scenario: &str,
    kind: Kind,
    orders: Option<Orders>,
    statements: Vec<Subject<'_>>,
    servers: &[(&str, &str)],
) -> Result<()> {
    let database = context.environment.create_database("bench_full").await?;
    let empty = orders.is_none();
    if let Some(orders) = orders {
        progress("  loading orders");
        database.load(orders, ORDERS, true).await?;
    }
    let options = ServiceOptions {
        database_url: &database.url,
        ..ServiceOptions::default()
    };
    let service = context.environment.serve(options.clone()).await?;
    let mut others = Vec::new();
    for build in context.builds {
        let server = context
            .environment
            .serve_build(build, options.clone())
            .await?;
        others.push((build.name.as_str(), server));
    }
    for (name, reference) in servers {
        let server = context
            .environment
            .reference(reference, options.clone())
            .await?;
        others.push((name, server));
    }
    let mut subjects = vec![Subject::Server(OURS, &service)];
    subjects.extend(statements);
    let servers = others.iter();
    subjects.extend(servers.map(|(name, server)| Subject::Server(name, server)));
    let comparison = Comparison {
        scenario,
        database: &database,
        kind,
        empty,
        subjects,
    };
    comparison.run(context).await?;
    for (_, server) in others {
        server.stop().await?;
    }
    service.stop().await
}

impl Comparison<'_> {
    /// Measures the subjects in turns.
    pub async fn run(&self, context: &mut Context<'_>) -> Result<()> {
        for subject in &self.subjects {
            if let Subject::Server(_, server) = subject {
                let mut load = self.load(context, server);
                load.seconds = Some(WARM_UP_SECONDS);
                context.environment.load(&load).await?;
            }
        }
        for round in 1..=context.plan.rounds {
            for subject in &self.subjects {
                self.prepare().await?;
                match subject {
                    Subject::Server(name, server) => {
                        let turn = self.turn(context, round, name, server);
                        turn.full(context).await?;
                    }
                    Subject::Pgbench(name, script) => {
                        self.pgbench(context, round, name, script).await?;
                    }
                }
            }
            for subject in &self.subjects {
                if let Subject::Server(name, server) = subject
                    && [OURS, BARE.0].contains(name)
                {
                    self.prepare().await?;
                    let turn = self.turn(context, round, name, server);
                    turn.half(context).await?;
                }
            }
        }
        Ok(())
    }

    /// The same for each turn.
    async fn prepare(&self) -> Result<()> {
        if self.empty {
            self.database.empty().await
        } else {
            self.database.settle().await
        }
    }

    fn load(&self, context: &Context<'_>, server: &Server) -> LoadOptions {
        LoadOptions {
            kind: self.kind,
            ids: ORDERS,
            connections: CONNECTIONS,
            seconds: Some(context.plan.seconds),
            ..context.environment.load_on(server)
        }
    }

    fn turn<'b>(
        &'b self,
        context: &Context<'_>,
        round: usize,
        subject: &'b str,
        server: &'b Server,
    ) -> Turn<'b> {
        Turn {
            scenario: self.scenario,
            subject,
            round,
            server,
            load: self.load(context, server),
        }
    }

    async fn pgbench(
        &self,
        context: &mut Context<'_>,
        round: usize,
        name: &str,
        script: &str,
    ) -> Result<()> {
        let pgbench = &context.environment.pgbench;
        let seconds = context.plan.whole_seconds();
        let postgres = context.environment.postgres_pid();
        let (server_before, client_before) = (cpu_of_family(postgres)?, cpu_of_ended_children()?);
        let done = pgbench
            .run(script, &self.database.url, CONNECTIONS, seconds)
            .await?;
        let server = cpu_of_family(postgres)? - server_before;
        let (user, system) = cpu_of_ended_children()?;
        let mut add = |measure: &str, unit: &str, value: f64| {
            context
                .figures
                .add(self.scenario, name, measure, unit, value);
        };
        add(THROUGHPUT, "1/s", done.throughput);
        add("p50 full", "ms", done.p50);
        add("p99 full", "ms", done.p99);
        add("p99.9 full", "ms", done.p999);
        #[allow(clippy::cast_precision_loss)] // seconds
        let transactions = done.throughput * seconds as f64;
        let mut each = |measure: &str, seconds: f64| {
            add(measure, "µs", seconds * MICROSECONDS / transactions);
        };
        each("cpu of PostgreSQL", server);
        each("cpu of the load, user, full", user - client_before.0);
        each("cpu of the load, system, full", system - client_before.1);
        report_turn(round, name, done.throughput, done.p99);
        Ok(())
    }
}
