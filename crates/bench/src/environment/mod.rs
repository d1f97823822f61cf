//! The parts of a run: PostgreSQL, Temporal, the service's processes and our own.

pub mod database;
pub mod server;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use dev_servers::{Postgres, PostgresOptions, TemporalOptions, TemporalServer, Tools, output};
use nix::sys::statvfs::statvfs;
use uuid::Uuid;

use self::database::Database;
use self::server::{Server, command};
use crate::load::{LoadOptions, Outcome};
use crate::pgbench::Pgbench;
use crate::plan::Build;

/// Nobody listens there: the port is kept for something that nobody runs any more.
const NOWHERE: &str = "127.0.0.1:1";
/// Migrated once, copied for each scenario.
const TEMPLATE: &str = "template_orders";
const MIGRATION_LIMIT: Duration = Duration::from_secs(60);
/// What a load may take beyond its time.
const LOAD_MARGIN: Duration = Duration::from_secs(60);
/// Of a load that is to send a number of requests.
const BURST_LIMIT: Duration = Duration::from_secs(120);

/// As a production server, but for what a small machine has: every commit waits for the disk.
const POSTGRES: [(&str, &str); 7] = [
    ("fsync", "on"),
    ("synchronous_commit", "on"),
    ("shared_buffers", "512MB"),
    // Checkpoints happen between measurements, where we ask for them.
    ("max_wal_size", "4GB"),
    ("checkpoint_timeout", "1h"),
    ("max_connections", "200"),
    ("maintenance_work_mem", "256MB"),
];

/// Everything that scenarios share.
pub struct Environment {
    tools: Tools,
    postgres: Postgres,
    /// With the same statements, without us.
    pub pgbench: Pgbench,
    orders: PathBuf,
    own_program: PathBuf,
    folder: PathBuf,
    temporal_on_disk: bool,
    /// Of whoever sends the load: every database has it.
    api_key: String,
}

/// Where a service's process finds what it needs, and what else is set.
#[derive(Debug, Clone, Default)]
pub struct ServiceOptions<'a> {
    /// The database.
    pub database_url: &'a str,
    /// Temporal; nobody is there when it is empty.
    pub temporal: &'a str,
    /// Names and values, as in `ORDERS__NAME`.
    pub settings: &'a [(&'a str, &'a str)],
}

impl Environment {
    /// Starts PostgreSQL in this folder, with a migrated database to copy.
    pub async fn start(orders: &Path, folder: &Path, temporal_on_disk: bool) -> Result<Self> {
        let tools = Tools::locate(None)?;
        let pgbench = Pgbench::beside(&tools.postgres, folder)?;
        let options = PostgresOptions {
            data_dir: folder.join("postgres"),
            settings: POSTGRES.into(),
            ..PostgresOptions::default()
        };
        let postgres = Postgres::start(&tools, options).await?;
        let mut environment = Self {
            tools,
            postgres,
            pgbench,
            orders: orders.to_path_buf(),
            own_program: std::env::current_exe()?,
            folder: folder.to_path_buf(),
            temporal_on_disk,
            api_key: String::new(),
        };
        environment
            .admin(&format!("CREATE DATABASE {TEMPLATE}"))
            .await?;
        environment.orders(&["migrate", "up"]).await?;
        let create = "keys create --name=bench --all-customers --json --scope=orders:read \
                      --scope=orders:write";
        let create: Vec<&str> = create.split_whitespace().collect();
        let created: serde_json::Value = serde_json::from_str(&environment.orders(&create).await?)?;
        let key = created["key"].as_str().context("no key was created")?;
        key.clone_into(&mut environment.api_key);
        Ok(environment)
    }

    /// Runs `orders` on the template to its end.
    async fn orders(&self, arguments: &[&str]) -> Result<String> {
        let mut orders = command(&self.orders);
        orders
            .args(arguments)
            .env("ORDERS__DATABASE__URL", self.postgres.url(TEMPLATE));
        Ok(output("orders", orders, MIGRATION_LIMIT).await?)
    }

    /// Stops what is shared.
    pub async fn stop(self) {
        self.postgres.stop().await;
    }

    /// The parent of PostgreSQL's processes.
    pub fn postgres_pid(&self) -> i32 {
        self.postgres.pid()
    }

    /// A new database with the service's schema.
    pub async fn create_database(&self, name: &str) -> Result<Database> {
        self.drop_database(name).await?;
        self.admin(&format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
            .await?;
        Database::connect(self.postgres.url(name)).await
    }

    /// Frees the disk of a database.
    pub async fn drop_database(&self, name: &str) -> Result<()> {
        self.admin(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            .await
    }

    async fn admin(&self, statement: &str) -> Result<()> {
        let admin = Database::connect(self.postgres.url("postgres")).await?;
        admin.execute(&[statement]).await
    }

    /// Fails when the disk has less room than this.
    pub fn require_room(&self, gibibytes: u64) -> Result<()> {
        let disk = statvfs(&self.folder)?;
        let free = (disk.blocks_available() * disk.fragment_size()) >> 30;
        if free < gibibytes {
            bail!("the disk has {free} GiB free, and this needs {gibibytes}");
        }
        Ok(())
    }

    /// A Temporal of its own, which knows no workflow.
    pub async fn start_temporal(&self) -> Result<TemporalServer> {
        let file = self.folder.join(format!("temporal-{}.db", Uuid::new_v4()));
        let options = TemporalOptions {
            database_file: self.temporal_on_disk.then_some(file),
            ..TemporalOptions::default()
        };
        Ok(TemporalServer::start(&self.tools, options).await?)
    }

    /// `orders serve`.
    pub async fn serve(&self, options: ServiceOptions<'_>) -> Result<Server> {
        self.server("orders serve", &self.orders, &["serve"], None, options)
            .await
    }

    /// `orders serve` of another build.
    pub async fn serve_build(&self, build: &Build, options: ServiceOptions<'_>) -> Result<Server> {
        self.server(&build.name, &build.file, &["serve"], None, options)
            .await
    }

    /// `orders worker`.
    pub async fn worker(&self, options: ServiceOptions<'_>) -> Result<Server> {
        let ready = Some("worker runs");
        self.server("orders worker", &self.orders, &["worker"], ready, options)
            .await
    }

    /// One of our servers to compare with.
    pub async fn reference(&self, name: &str, options: ServiceOptions<'_>) -> Result<Server> {
        let arguments = ["reference", name];
        self.server(name, &self.own_program, &arguments, None, options)
            .await
    }

    /// The worker of the plain workflow.
    pub async fn plain_worker(&self, options: ServiceOptions<'_>) -> Result<Server> {
        let (name, arguments) = ("plain worker", ["plain-worker"]);
        let ready = Some("plain worker runs");
        self.server(name, &self.own_program, &arguments, ready, options)
            .await
    }

    async fn server(
        &self,
        name: &str,
        file: &Path,
        arguments: &[&str],
        ready: Option<&str>,
        options: ServiceOptions<'_>,
    ) -> Result<Server> {
        let temporal = match options.temporal {
            "" => NOWHERE,
            address => address,
        };
        // As in production, where stderr goes to a file or a collector.
        let settings = [
            ("HTTP__LISTEN", "127.0.0.1:0"),
            ("DATABASE__URL", options.database_url),
            ("TEMPORAL__ADDRESS", temporal),
            ("LOG__FORMAT", "json"),
            ("AUTH__API_KEYS", "true"),
            // Counted, and never reached.
            ("RATE_LIMIT__REQUESTS_PER_SECOND", "10000000"),
            ("RATE_LIMIT__BURST", "10000000"),
        ];
        let mut program = command(file);
        program.args(arguments);
        for (name, value) in settings.iter().chain(options.settings) {
            program.env(format!("ORDERS__{name}"), value);
        }
        let log = format!("{}.log", name.replace(' ', "-"));
        Server::start(name, program, &self.folder.join(log), ready).await
    }

    /// Sends a load, in a process of its own.
    pub async fn load(&self, load: &LoadOptions) -> Result<Outcome> {
        let limit = load.seconds.map_or(BURST_LIMIT, |seconds| {
            Duration::from_secs_f64(seconds) + LOAD_MARGIN
        });
        let mut generator = command(&self.own_program);
        generator.arg("load").args(load.arguments());
        let printed = output("the load generator", generator, limit).await?;
        serde_json::from_str(&printed).context("the load generator printed something unexpected")
    }

    /// Runs this program for a part of the work, and gives what it prints.
    pub async fn run_part(&self, arguments: &[&str], limit: Duration) -> Result<String> {
        let mut part = command(&self.own_program);
        part.args(arguments);
        Ok(output("bench", part, limit).await?)
    }

    /// A load on this server, yet without an end.
    pub fn load_on(&self, server: &Server) -> LoadOptions {
        LoadOptions {
            address: server.address.clone(),
            kind: crate::load::Kind::Read,
            ids: 1,
            path: "/orders?limit=50".into(),
            connections: 1,
            seconds: None,
            requests: None,
            rate: None,
            api_key: self.api_key.clone(),
            report: self.folder.join("load.json"),
        }
    }

    /// Removes the logs, which grow by every request.
    pub fn remove_logs(&self) -> Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "log") {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}
