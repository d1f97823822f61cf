//! PgBouncer between the program and PostgreSQL, in session mode: the whole way of an order.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dev_servers::{Service, lasting_port};
use nix::unistd::geteuid;
use reqwest::Client;
use serde_json::Value;
use uuid::Uuid;

use crate::command_line::{orders, stdout};
use crate::harness::{Process, TestApp, create_order, database_url, eventually};

const FIRST_ORDER: i64 = 720_000;
const ORDERS: usize = 20;
/// Far longer than the wait below: the worker must be woken by `NOTIFY`.
const POLL_INTERVAL: &str = "60s";
const DISPATCHED_WITHIN: Duration = Duration::from_secs(20);

/// A running PgBouncer.
struct Pooler {
    folder: PathBuf,
    port: u16,
    service: Option<Service>,
}

impl Pooler {
    /// `None` if PgBouncer is not installed.
    async fn start() -> Option<Self> {
        let folder = format!("pooler-{}", Uuid::new_v4());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
        fs::create_dir_all(&folder).unwrap();
        let mut pooler = Self {
            folder,
            port: lasting_port().unwrap(),
            service: None,
        };
        pooler.start_again().await.then_some(pooler)
    }

    /// Starts it at its port. Returns whether it is installed.
    async fn start_again(&mut self) -> bool {
        let Some(program) = program() else {
            return false;
        };
        let server: url::Url = database_url("postgres").parse().unwrap();
        let folder = &self.folder;
        let users = folder.join("users.txt");
        let (user, password) = (server.username(), server.password().unwrap());
        fs::write(&users, format!("\"{user}\" \"{password}\"\n")).unwrap();
        let configuration = folder.join("pgbouncer.ini");
        // It refuses to run as root.
        let runs_as = if geteuid().is_root() {
            "user = nobody\n"
        } else {
            ""
        };
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {}\n\
             unix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {}\npool_mode = session\n\
             default_pool_size = 60\nmax_client_conn = 200\nignore_startup_parameters = options\n{runs_as}",
            server.port().unwrap(),
            self.port,
            users.display(),
        );
        fs::write(&configuration, text).unwrap();
        let mut command = dev_servers::command(&program, "PG");
        command.arg(&configuration);
        let service = Service::start("pgbouncer", command, &folder.join("log")).unwrap();
        service.logged("process up").await.unwrap();
        self.service = Some(service);
        true
    }

    fn url(&self, database: &str) -> String {
        let mut url: url::Url = database_url(database).parse().unwrap();
        url.set_port(Some(self.port)).unwrap();
        url.into()
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let mut programs = folders.map(|folder| folder.join("pgbouncer"));
    programs.find(|program| Path::new(program).is_file())
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_completed_through_a_pooler_in_session_mode() {
    let Some(mut pooler) = Pooler::start().await else {
        println!("SKIPPED: PgBouncer is not installed");
        eprintln!("SKIPPED the test of a pooler: PgBouncer is not installed");
        return;
    };
    let app = TestApp::for_processes(FIRST_ORDER).await;
    let url = pooler.url(&app.database);
    let variables = [
        ("ORDERS__DATABASE__URL", url.as_str()),
        ("ORDERS__DISPATCHER__POLL_INTERVAL", POLL_INTERVAL),
    ];
    let status = orders(&["migrate", "status"], &variables).output().unwrap();
    assert!(status.status.success(), "{}", stdout(&status));
    let only_serves = [variables[0], ("ORDERS__DISPATCHER__ENABLED", "false")];
    let serving = Process::start("serve", &app, &only_serves);
    let working = Process::start("worker", &app, &variables);
    let api = serving.api().await;
    working
        .logs("the worker runs", |line| line["message"] == "worker runs")
        .await;
    completes_orders(&api).await;

    // Every connection is lost at once.
    drop(pooler.service.take());
    assert!(pooler.start_again().await);
    eventually("orders are accepted again", async || {
        let response = Client::new().get(format!("{api}/orders?limit=1")).send();
        response.await.ok().filter(|one| one.status() == 200)
    })
    .await;
    app.until_count(
        "the worker listens again",
        "SELECT count(*) FROM pg_stat_activity
          WHERE datname = current_database() AND query = 'LISTEN workflow_intents'",
        1,
    )
    .await;
    completes_orders(&api).await;
    serving.stop();
    working.stop();
}

async fn completes_orders(api: &str) {
    let mut orders = Vec::new();
    for _ in 0..ORDERS {
        orders.push(create_order(api).await);
    }
    let begun = Instant::now();
    for id in orders {
        eventually("the order is completed", async || {
            let order = Client::new().get(format!("{api}/orders/{id}")).send().await;
            let order: Value = order.ok()?.json().await.ok()?;
            (order["status"] == "completed").then_some(())
        })
        .await;
    }
    assert!(begun.elapsed() < DISPATCHED_WITHIN, "{:?}", begun.elapsed());
}
