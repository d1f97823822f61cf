//! The environment of a run: PostgreSQL, Temporal, the service's processes and the references.

pub mod database;
pub mod server;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use dev_servers::{
    ClusterOptions, PgBouncer, Postgres, PostgresOptions, TemporalCluster, TemporalOptions,
    TemporalServer, Tools, lasting_port, output,
};
use nix::sys::statvfs::statvfs;
use uuid::Uuid;

use self::database::Database;
use self::server::{Server, command};
use crate::load::{LoadOptions, Outcome};
use crate::pgbench::Pgbench;
use crate::plan::Build;

/// A reserved port on which nothing listens.
const NOWHERE: &str = "127.0.0.1:1";
/// Migrated once, copied for each scenario.
const TEMPLATE: &str = "template_orders";
const MIGRATION_LIMIT: Duration = Duration::from_secs(60);
/// How much longer than its duration a load may take.
const LOAD_MARGIN: Duration = Duration::from_secs(60);
/// Time limit of a load with a number of requests.
const BURST_LIMIT: Duration = Duration::from_secs(120);

/// Settings as on a production server, but for a small machine: every commit waits for the disk.
const POSTGRES: [(&str, &str); 8] = [
    ("fsync", "on"),
    ("synchronous_commit", "on"),
    ("shared_buffers", "512MB"),
    // Checkpoints happen only between measurements, on request.
    ("max_wal_size", "4GB"),
    ("checkpoint_timeout", "1h"),
    ("max_connections", "200"),
    ("maintenance_work_mem", "256MB"),
    // The time from a commit to a follower of the feed.
    ("track_commit_timestamp", "on"),
];

/// The shared environment of all scenarios.
pub struct Environment {
    tools: Tools,
    postgres: Postgres,
    /// Runs the same statements without the service.
    pub pgbench: Pgbench,
    orders: PathBuf,
    own_program: PathBuf,
    folder: PathBuf,
    temporal_on_disk: bool,
    /// The API key of the load, which is in every database.
    api_key: String,
}

/// The settings of a process of the service.
#[derive(Debug, Clone, Default)]
pub struct ServiceOptions<'a> {
    /// The database.
    pub database_url: &'a str,
    /// Temporal's address; if empty, there is no Temporal.
    pub temporal: &'a str,
    /// More settings, names as in `ORDERS__NAME`.
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
        let template = environment.postgres.url(TEMPLATE);
        let migrate = ["migrate", "up"];
        environment
            .orders(&template, &migrate, MIGRATION_LIMIT)
            .await?;
        let create = "keys create --name=bench --all-customers --json --scope=orders:read \
                      --scope=orders:write";
        let create: Vec<&str> = create.split_whitespace().collect();
        let created = environment.orders(&template, &create, MIGRATION_LIMIT);
        let created: serde_json::Value = serde_json::from_str(&created.await?)?;
        let key = created["key"]
            .as_str()
            .context("`orders keys create` printed no key")?;
        key.clone_into(&mut environment.api_key);
        Ok(environment)
    }

    /// Runs a command of `orders` on a database to its end, and returns its output.
    pub async fn orders(
        &self,
        database_url: &str,
        arguments: &[&str],
        limit: Duration,
    ) -> Result<String> {
        let mut orders = command(&self.orders);
        orders
            .args(arguments)
            .env("ORDERS__DATABASE__URL", database_url);
        Ok(output("orders", orders, limit).await?)
    }

    /// Stops the shared servers.
    pub async fn stop(self) {
        self.postgres.stop().await;
    }

    /// The parent of PostgreSQL's processes.
    pub fn postgres_pid(&self) -> i32 {
        self.postgres.pid()
    }

    /// Starts a connection pooler in front of PostgreSQL.
    pub async fn start_pooler(&self) -> Result<PgBouncer> {
        let folder = self.folder.join("pgbouncer");
        Ok(PgBouncer::start(&folder, self.postgres.port(), lasting_port()?).await?)
    }

    /// A new database with the service's schema.
    pub async fn create_database(&self, name: &str) -> Result<Database> {
        self.drop_database(name).await?;
        self.admin(&format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
            .await?;
        Database::connect(self.postgres.url(name)).await
    }

    /// Drops a database.
    pub async fn drop_database(&self, name: &str) -> Result<()> {
        self.admin(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            .await
    }

    async fn admin(&self, statement: &str) -> Result<()> {
        let admin = Database::connect(self.postgres.url("postgres")).await?;
        admin.execute(&[statement]).await
    }

    /// Fails if the disk has less free space than this.
    pub fn require_room(&self, gibibytes: u64) -> Result<()> {
        let disk = statvfs(&self.folder)?;
        let free = (disk.blocks_available() * disk.fragment_size()) >> 30;
        if free < gibibytes {
            bail!("not enough disk space: {free} GiB free, {gibibytes} GiB needed");
        }
        Ok(())
    }

    /// Starts an empty Temporal.
    pub async fn start_temporal(&self) -> Result<TemporalServer> {
        self.start_dev_server(self.temporal_on_disk).await
    }

    /// Starts an empty dev server of Temporal, with its database in a file or in memory.
    pub async fn start_dev_server(&self, on_disk: bool) -> Result<TemporalServer> {
        let file = self.folder.join(format!("temporal-{}.db", Uuid::new_v4()));
        let options = TemporalOptions {
            database_file: on_disk.then_some(file),
            ..TemporalOptions::default()
        };
        Ok(TemporalServer::start(&self.tools, options).await?)
    }

    /// Whether Temporal's own server is built.
    pub fn has_cluster(&self) -> bool {
        self.tools.temporal_server.is_some()
    }

    /// Starts an empty Temporal cluster. Its PostgreSQL waits for the disk, like that of the orders.
    pub async fn start_cluster(&self, nodes: usize) -> Result<TemporalCluster> {
        let options = ClusterOptions {
            data_dir: self.folder.join(format!("cluster-{}", Uuid::new_v4())),
            nodes,
            postgres_settings: vec![("shared_buffers", "256MB"), ("checkpoint_timeout", "1h")],
            ..ClusterOptions::default()
        };
        Ok(TemporalCluster::start(&self.tools, &options).await?)
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

    /// `orders serve`, which counts its instructions into files that begin with `counts`.
    pub async fn serve_counted(
        &self,
        counts: &Path,
        options: ServiceOptions<'_>,
    ) -> Result<Server> {
        let file = format!("--callgrind-out-file={}", counts.display());
        let orders = self.orders.to_str().context("the path is not UTF-8")?;
        let arguments = ["--tool=callgrind", &file, orders, "serve"];
        self.server(
            "orders serve",
            Path::new("valgrind"),
            &arguments,
            None,
            options,
        )
        .await
    }

    /// A file in the folder of the run.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Keeps a file of the run beside its folder, and returns where.
    pub fn keep(&self, file: &Path, name: &str) -> Result<PathBuf> {
        let kept = self.folder.with_file_name(name);
        fs::copy(file, &kept)?;
        Ok(kept)
    }

    /// `orders worker`.
    pub async fn worker(&self, options: ServiceOptions<'_>) -> Result<Server> {
        let ready = Some("worker runs");
        self.server("orders worker", &self.orders, &["worker"], ready, options)
            .await
    }

    /// Starts a reference server.
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
        // As in production, the log goes to a file.
        let settings = [
            ("HTTP__LISTEN", "127.0.0.1:0"),
            ("DATABASE__URL", options.database_url),
            ("TEMPORAL__ADDRESS", temporal),
            ("LOG__FORMAT", "json"),
            ("AUTH__API_KEYS", "true"),
            // The limiter counts, but its limit is never reached.
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

    /// Sends a load from a separate process.
    pub async fn load(&self, load: &LoadOptions) -> Result<Outcome> {
        let limit = load.seconds.map_or(BURST_LIMIT, |seconds| {
            Duration::from_secs_f64(seconds) + LOAD_MARGIN
        });
        let mut generator = command(&self.own_program);
        generator.arg("load").args(load.arguments());
        let printed = output("the load generator", generator, limit).await?;
        serde_json::from_str(&printed).context("the output of the load generator is not valid JSON")
    }

    /// Runs an internal command of this program, and returns its output.
    pub async fn run_part(&self, arguments: &[&str], limit: Duration) -> Result<String> {
        let mut part = command(&self.own_program);
        part.args(arguments);
        Ok(output("bench", part, limit).await?)
    }

    /// A load on this server, without a duration yet.
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
