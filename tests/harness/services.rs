//! One PostgreSQL and one Temporal for the whole run. They end with this process.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use dev_servers::{DataDirLock, Postgres, PostgresOptions, TemporalOptions, TemporalServer, Tools};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use nix::sys::signal::Signal;
use order_processing::config::{SecretUrl, Settings};
use order_processing::db;

pub const TEMPLATE: &str = "test_template";

pub struct Services {
    pub postgres: Postgres,
    pub temporal: TemporalServer,
    _lock: DataDirLock,
}

/// The servers, started by the first test that asks.
pub fn services() -> &'static Services {
    static SERVICES: OnceLock<Services> = OnceLock::new();
    SERVICES.get_or_init(|| {
        // A thread and a runtime apart: the caller is inside a runtime of its own test.
        std::thread::spawn(|| {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let services = runtime.block_on(start());
            // What watches over the servers runs on it as long as the process.
            std::mem::forget(runtime);
            services
        })
        .join()
        .unwrap()
    })
}

/// A Temporal of a test's own, to be taken away and brought back. It keeps nothing: to stop it is to
/// wipe it.
pub struct OwnTemporal {
    pub address: String,
    server: Option<TemporalServer>,
}

impl OwnTemporal {
    pub async fn start() -> Self {
        let server = Self::server(0).await;
        Self {
            address: server.address(),
            server: Some(server),
        }
    }

    pub async fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }

    /// At the same address.
    pub async fn start_again(&mut self) {
        let port = self.address.rsplit(':').next().unwrap().parse().unwrap();
        self.server = Some(Self::server(port).await);
    }

    /// Sends a signal to its process.
    pub fn signal(&self, signal: Signal) {
        self.server.as_ref().unwrap().signal(signal);
    }

    async fn server(port: u16) -> TemporalServer {
        let options = TemporalOptions {
            port,
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

/// Where the Temporal of all tests listens.
pub fn temporal_address() -> String {
    services().temporal.address()
}

async fn start() -> Services {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("services");
    let lock = loop {
        match DataDirLock::acquire(&folder) {
            Ok(lock) => break lock,
            Err(error) => {
                eprintln!("waiting for another run of the tests: {error}");
                tokio::time::sleep(std::time::Duration::from_secs(2)).await;
            }
        }
    };
    let tools = tools();
    let postgres = Postgres::start(
        &tools,
        PostgresOptions {
            data_dir: folder.join("postgres"),
            // Test data need not outlive a power cut.
            settings: vec![
                ("fsync", "off"),
                ("synchronous_commit", "off"),
                ("full_page_writes", "off"),
                ("max_connections", "200"),
            ],
            ..PostgresOptions::default()
        },
    );
    let temporal = TemporalServer::start(
        &tools,
        TemporalOptions {
            log_file: Some(folder.join("temporal.log")),
            ..TemporalOptions::default()
        },
    );
    let (postgres, temporal) = tokio::join!(postgres, temporal);
    let services = Services {
        postgres: postgres.unwrap(),
        temporal: temporal.unwrap(),
        _lock: lock,
    };
    prepare_template(&services.postgres).await;
    services
}

/// Sweeps what an earlier run left, and migrates the database that every test gets a copy of.
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
