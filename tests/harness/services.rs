//! One PostgreSQL and one Temporal for the whole run. They stop with this process.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use dev_servers::{
    ClusterOptions, DataDirLock, Postgres, PostgresOptions, TemporalCluster, TemporalOptions,
    TemporalServer, Tools,
};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use nix::sys::signal::Signal;
use order_processing::config::{SecretUrl, Settings};
use order_processing::db;
use order_processing::workflow::SEARCH_ATTRIBUTES;

pub const TEMPLATE: &str = "test_template";

pub struct Services {
    pub postgres: Postgres,
    temporal: Temporal,
    _lock: DataDirLock,
}

/// The Temporal that the tests share: its dev server, or with `ORDERS_TEST_TEMPORAL=cluster` a cluster.
enum Temporal {
    DevServer(TemporalServer),
    Cluster(Box<TemporalCluster>),
}

impl Temporal {
    async fn start(tools: &Tools, folder: &Path) -> Self {
        match std::env::var("ORDERS_TEST_TEMPORAL").as_deref() {
            Ok("cluster") => {
                let data_dir = folder.join("temporal-cluster");
                // Workflows of an earlier run have the ids of this one's.
                let _ = std::fs::remove_dir_all(&data_dir);
                let options = ClusterOptions {
                    data_dir,
                    postgres_settings: vec![("fsync", "off"), ("synchronous_commit", "off")],
                    ..ClusterOptions::default()
                };
                Self::Cluster(Box::new(
                    TemporalCluster::start(tools, &options).await.unwrap(),
                ))
            }
            Ok(other) => panic!("ORDERS_TEST_TEMPORAL={other} is neither absent nor cluster"),
            Err(_) => {
                let options = TemporalOptions {
                    log_file: Some(folder.join("temporal.log")),
                    search_attributes: SEARCH_ATTRIBUTES.to_vec(),
                    ..TemporalOptions::default()
                };
                Self::DevServer(TemporalServer::start(tools, options).await.unwrap())
            }
        }
    }
}

/// The servers, started by the first test that needs them.
pub fn services() -> &'static Services {
    static SERVICES: OnceLock<Services> = OnceLock::new();
    SERVICES.get_or_init(|| {
        // In another thread and runtime: the caller is inside the runtime of its test.
        std::thread::spawn(|| {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let services = runtime.block_on(start());
            // Tasks that watch the servers run on it until the process exits.
            std::mem::forget(runtime);
            services
        })
        .join()
        .unwrap()
    })
}

/// A Temporal of one test, which can stop and restart it. Stopping it deletes its data.
pub struct OwnTemporal {
    pub address: String,
    dynamic_config: Vec<(&'static str, &'static str)>,
    server: Option<TemporalServer>,
}

impl OwnTemporal {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    pub async fn with(dynamic_config: &[(&'static str, &'static str)]) -> Self {
        let server = Self::server(0, dynamic_config).await;
        Self {
            address: server.address(),
            dynamic_config: dynamic_config.to_vec(),
            server: Some(server),
        }
    }

    pub async fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }

    /// Restarts it at the same address.
    pub async fn start_again(&mut self) {
        let port = self.address.rsplit(':').next().unwrap().parse().unwrap();
        self.server = Some(Self::server(port, &self.dynamic_config).await);
    }

    /// Sends a signal to its process.
    pub fn signal(&self, signal: Signal) {
        self.server.as_ref().unwrap().signal(signal);
    }

    async fn server(port: u16, dynamic_config: &[(&'static str, &'static str)]) -> TemporalServer {
        let options = TemporalOptions {
            port,
            dynamic_config: dynamic_config.to_vec(),
            ..TemporalOptions::default()
        };
        TemporalServer::start(&tools(), options).await.unwrap()
    }
}

pub fn tools() -> Tools {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools");
    Tools::locate(Some(&folder))
        .expect("run the tests with `./justw test`, which installs the tools")
}

pub fn database_url(name: &str) -> String {
    services().postgres.url(name)
}

/// The address of the Temporal that the tests share.
pub fn temporal_address() -> String {
    match &services().temporal {
        Temporal::DevServer(server) => server.address(),
        Temporal::Cluster(cluster) => cluster.address(),
    }
}

async fn start() -> Services {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("services");
    let lock = DataDirLock::wait(&folder, |error| {
        eprintln!("waiting for another run of the tests: {error}");
    })
    .await;
    let tools = tools();
    let postgres = Postgres::start(
        &tools,
        PostgresOptions {
            data_dir: folder.join("postgres"),
            // Test data need not survive a crash of the machine.
            settings: vec![
                ("fsync", "off"),
                ("synchronous_commit", "off"),
                ("full_page_writes", "off"),
                ("max_connections", "200"),
            ],
            ..PostgresOptions::default()
        },
    );
    let (postgres, temporal) = tokio::join!(postgres, Temporal::start(&tools, &folder));
    let services = Services {
        postgres: postgres.unwrap(),
        temporal,
        _lock: lock,
    };
    prepare_template(&services.postgres).await;
    services
}

/// Drops the databases of an earlier run, and creates the migrated template of every test's database.
async fn prepare_template(postgres: &Postgres) {
    #[derive(diesel::QueryableByName)]
    struct Name {
        #[diesel(sql_type = diesel::sql_types::Text)]
        datname: String,
    }
    let mut admin = AsyncPgConnection::establish(&postgres.url("postgres"))
        .await
        .unwrap();
    let left: Vec<Name> =
        diesel::sql_query("SELECT datname::text FROM pg_database WHERE datname LIKE 'test\\_%'")
            .load(&mut admin)
            .await
            .unwrap();
    for Name { datname } in left {
        admin
            .batch_execute(&format!("DROP DATABASE {datname} WITH (FORCE)"))
            .await
            .unwrap();
    }
    admin
        .batch_execute(&format!("CREATE DATABASE {TEMPLATE}"))
        .await
        .unwrap();
    let mut settings = Settings::load(None).unwrap().database;
    settings.url = SecretUrl::try_from(postgres.url(TEMPLATE).as_str()).unwrap();
    let connection = db::connect(&settings, "tests").await.unwrap();
    tokio::task::spawn_blocking(|| db::migrations::up(connection, |_| {}))
        .await
        .unwrap()
        .unwrap();
}
