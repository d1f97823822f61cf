//! The commands of the program, run as an operator runs them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use dev_servers::Service;
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::harness::{EVENT_TIMEOUT, Options, Process, TestApp, create_order, database_url};

pub fn orders(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_orders"));
    // The default port may be in use.
    command.env("ORDERS__MONITORING__LISTEN", "127.0.0.1:0");
    command.args(arguments).envs(variables.iter().copied());
    command.env(
        "ORDERS_TOOLS_DIR",
        Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools"),
    );
    command.current_dir(env!("CARGO_TARGET_TMPDIR"));
    command
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Asserts that the command fails, with one error line that contains every part of `why`.
pub fn fails(arguments: &[&str], variables: &[(&str, &str)], why: &[&str]) {
    let started = Instant::now();
    let output = orders(arguments, variables).output().unwrap();
    assert!(!output.status.success());
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "it took {:?}",
        started.elapsed()
    );
    let stderr = String::from_utf8(output.stderr).unwrap();
    let errors: Vec<&str> = stderr
        .lines()
        .filter(|line| line.starts_with("error: "))
        .collect();
    assert_eq!(errors.len(), 1, "{stderr}");
    for part in why {
        assert!(errors[0].contains(part), "{stderr}");
    }
}

#[test]
fn the_effective_settings_are_shown_without_secrets() {
    let url = "postgres://me:hush@db.example/orders";
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("settings.toml");
    std::fs::write(&file, "[http]\nlisten = \"127.0.0.1:9999\"\nworkers = 3\n").unwrap();
    let file = file.to_str().unwrap();
    let output = orders(
        &["config", "--config", file],
        &[
            ("ORDERS__DATABASE__URL", url),
            ("ORDERS__HTTP__WORKERS", "7"),
        ],
    )
    .output()
    .unwrap();
    assert!(output.status.success());
    let shown = stdout(&output);
    assert!(
        !shown.contains("hush") && shown.contains("db.example"),
        "{shown}"
    );
    let shown: toml::Table = shown.parse().unwrap();
    assert_eq!(shown["http"]["listen"].as_str(), Some("127.0.0.1:9999"));
    assert_eq!(
        shown["http"]["workers"].as_integer(),
        Some(7),
        "the environment overrides the file"
    );
    // Exactly the settings of the defaults.
    let defaults: toml::Table = include_str!("../config/default.toml").parse().unwrap();
    let names = |table: &toml::Table| -> Vec<String> {
        let mut names: Vec<String> = table
            .iter()
            .flat_map(|(section, settings)| {
                settings
                    .as_table()
                    .unwrap()
                    .keys()
                    .map(move |key| format!("{section}.{key}"))
            })
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(&shown), names(&defaults));
}

#[test]
fn invalid_settings_are_reported_in_one_line() {
    fails(&["config"], &[("ORDERS__HTTP__LISTN", "x")], &["listn"]);
    fails(
        &["config"],
        &[
            ("ORDERS__HTTP__LISTEN", "x"),
            ("ORDERS__DATABASE__POOL_SIZE", "0"),
        ],
        &["http.listen", "database.pool_size"],
    );
    fails(
        &["config"],
        &[("ORDERS__HTTP__REQUEST_TIMEOUT", "soon")],
        &["request_timeout"],
    );
    fails(
        &["config", "--config", "nowhere.toml"],
        &[],
        &["nowhere.toml"],
    );
}

#[test]
fn an_unreachable_database_is_reported_in_one_line() {
    let url = "postgres://me:hush@127.0.0.1:1/orders";
    for command in ["serve", "worker"] {
        fails(
            &[command],
            &[("ORDERS__DATABASE__URL", url)],
            &["PostgreSQL", "127.0.0.1:1"],
        );
    }
    fails(
        &["migrate", "status"],
        &[("ORDERS__DATABASE__URL", url)],
        &["127.0.0.1:1"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_reported_in_one_line() {
    let app = TestApp::start().await;
    let address = app.address.to_string();
    let url = database_url(&app.database);
    let variables = [
        ("ORDERS__DATABASE__URL", url.as_str()),
        ("ORDERS__HTTP__LISTEN", &address),
        ("ORDERS__AUTH__MODE", "disabled"),
    ];
    fails(&["serve"], &variables, &["http.listen", &address]);
    fails(&["dev"], &variables, &["http.listen", &address]);
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_run_from_the_command_line() {
    let app = TestApp::start().await;
    let url = database_url(&app.database);
    let migrate = |direction: &str| {
        let output = orders(&["migrate", direction], &[("ORDERS__DATABASE__URL", &url)]).output();
        let output = output.unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        stdout(&output)
    };
    assert!(!migrate("status").contains("pending"));
    assert!(migrate("up").contains("nothing to apply"));
    assert!(migrate("down").starts_with("reverted "));
    assert_eq!(
        migrate("status")
            .lines()
            .filter(|line| line.starts_with("pending "))
            .count(),
        1
    );
    fails(
        &["serve"],
        &[("ORDERS__DATABASE__URL", &url)],
        &["orders migrate up"],
    );
    assert!(migrate("up").starts_with("applied "));
    assert!(!migrate("status").contains("pending"));
}

/// `orders dev` in a folder of its own.
struct Dev(Service);

impl Dev {
    async fn start(folder: &Path) -> Self {
        let mut command = orders(
            &["dev"],
            &[
                ("ORDERS__HTTP__LISTEN", "127.0.0.1:0"),
                ("ORDERS__WORKFLOW__PROCESSING_DELAY", "100ms"),
                ("ORDERS__DEV__DATA_DIR", folder.to_str().unwrap()),
            ],
        );
        command.stdin(Stdio::null());
        let dev = Service::start("orders dev", command, &folder.with_extension("log")).unwrap();
        dev.ready().await.unwrap();
        Self(dev)
    }

    fn line(&self, prefix: &str) -> String {
        let line = self.0.printed(prefix);
        line.unwrap_or_else(|| panic!("no line `{prefix}…`"))
    }

    /// Waits for the process to exit, and returns whether it succeeded.
    fn exits_successfully(self) -> bool {
        let deadline = Instant::now() + EVENT_TIMEOUT;
        loop {
            if let Some(status) = self.0.status() {
                return status.success();
            }
            assert!(Instant::now() < deadline, "the process does not stop");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Processes whose command line names the folder.
fn processes_of(folder: &Path) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").unwrap();
    let command_lines = processes.filter_map(|entry| {
        let line = std::fs::read(entry.ok()?.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&line).replace('\0', " "))
    });
    let folder = folder.to_str().unwrap();
    command_lines.filter(|line| line.contains(folder)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_starts_all_servers_keeps_its_data_and_leaves_no_process_behind() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("dev-{}", uuid::Uuid::new_v4().simple()));
    order_processing::tls::install_provider();
    let client = reqwest::Client::new();

    let dev = Dev::start(&folder).await;
    for prefix in [
        "postgres postgres://",
        "temporal 127.0.0.1:",
        "temporal ui http://",
        "docs http://",
    ] {
        dev.line(prefix);
    }
    let ui = client.get(dev.line("temporal ui ")).send().await.unwrap();
    assert!(ui.status().is_success());
    let id = create_order(&dev.line("ready ")).await;
    // Without authentication, it rejects other host names, so a page cannot use DNS rebinding.
    let rebound = client
        .get(format!("{}/orders", dev.line("ready ")))
        .header("host", "evil.example");
    assert_eq!(rebound.send().await.unwrap().status(), 421);
    completes(&client, &dev.line("ready "), id).await;
    // A second instance on the same data fails and names the first.
    fails(
        &["dev"],
        &[
            ("ORDERS__HTTP__LISTEN", "127.0.0.1:0"),
            ("ORDERS__DEV__DATA_DIR", folder.to_str().unwrap()),
        ],
        &[&dev.0.pid().to_string()],
    );
    dev.0.signal(Signal::SIGTERM);
    assert!(dev.exits_successfully());
    assert_eq!(processes_of(&folder), Vec::<String>::new());

    // After SIGKILL, the next instance starts.
    let dev = Dev::start(&folder).await;
    dev.0.signal(Signal::SIGKILL);
    assert!(!dev.exits_successfully());

    let dev = Dev::start(&folder).await;
    completes(&client, &dev.line("ready "), id).await;
    dev.0.signal(Signal::SIGINT);
    assert!(dev.exits_successfully());
    assert_eq!(processes_of(&folder), Vec::<String>::new());
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::remove_file(folder.with_extension("log")).unwrap();
}

async fn completes(client: &reqwest::Client, base: &str, id: i64) {
    crate::harness::eventually("the order is completed", async || {
        let response = client
            .get(format!("{base}/orders/{id}"))
            .send()
            .await
            .ok()?;
        let order: Value = response.json().await.ok()?;
        (order["status"] == "completed").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_and_worker_run_separately_and_complete_requests_in_flight() {
    // The app's dispatcher and that of `serve` share an outbox; either may start the workflow.
    let app = TestApp::with(Options {
        processing_delay: Duration::from_millis(100),
        ..Options::default()
    })
    .await;
    app.orders_from(110_000).await;
    let delay = [("ORDERS__WORKFLOW__PROCESSING_DELAY", "100ms")];
    let serve = Process::start("serve", &app, &delay);
    let base = serve.api().await;
    let worker = Process::start("worker", &app, &delay);
    let client = reqwest::Client::new();
    let id = create_order(&base).await;
    completes(&client, &base, id).await;

    // A request waits for a lock while the process receives SIGTERM.
    use diesel_async::SimpleAsyncConnection;
    let mut holder = app.connection().await;
    holder
        .batch_execute("BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    let request = client.get(format!("{base}/orders/{}", id)).send();
    let request = tokio::spawn(request);
    let mut watcher = app.connection().await;
    crate::harness::eventually("the request waits for the lock", async || {
        has_blocked_request(&mut watcher).await.then_some(())
    })
    .await;
    serve.terminate();
    worker.terminate();
    let client = reqwest::Client::new();
    crate::harness::eventually("new connections are refused", async || {
        client
            .get(format!("{base}/healthz"))
            .send()
            .await
            .is_err()
            .then_some(())
    })
    .await;
    holder.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(
        request.await.unwrap().unwrap().status(),
        200,
        "the request in flight is completed"
    );
    serve.ends();
    worker.ends();
}

async fn has_blocked_request(connection: &mut diesel_async::AsyncPgConnection) -> bool {
    use diesel_async::RunQueryDsl;
    #[derive(diesel::QueryableByName)]
    struct Waits {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        waits: bool,
    }
    let waits: Waits = diesel::sql_query(
        "SELECT count(*) > 0 AS waits FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock'
            AND application_name = 'orders-serve'",
    )
    .get_result(connection)
    .await
    .unwrap();
    waits.waits
}

#[tokio::test(flavor = "multi_thread")]
async fn status_shows_the_outbox_and_the_drift() {
    let app = TestApp::with(Options {
        temporal_address: Some("127.0.0.1:9".into()),
        ..Options::default()
    })
    .await;
    app.create(1, "1").await;
    app.create(1, "1").await;
    app.sql(
        "UPDATE workflow_intents SET attempts = 7, last_error = 'Temporal rejected the call: why'
          WHERE order_id = 2;
         UPDATE reconciliation SET finished_at = now(), compared = 250, drift = 3, repaired = 9;
         UPDATE partner_books SET found = 4, drift = 2 WHERE partner = 'payment'",
    )
    .await;
    let url = database_url(&app.database);
    let status = |arguments: &[&str]| {
        let output = orders(arguments, &[("ORDERS__DATABASE__URL", &url)])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        stdout(&output)
    };
    let text = status(&["status"]);
    for expected in [
        "outbox: 2 waiting, 1 failing, the oldest for ",
        "  order 2 start attempts 7: Temporal rejected the call: why",
        "drift: 3 of 250 compared, last at 20",
        "; 9 repaired so far",
        "contradictions in books: inventory 0, payment 4, shipping 0",
    ] {
        assert!(text.contains(expected), "{text}");
    }
    let json: Value = serde_json::from_str(&status(&["status", "--json"])).unwrap();
    assert_eq!(json["outbox"]["waiting"], 2);
    assert_eq!(json["failing"][0]["order_id"], 2);
    assert_eq!(json["reconciliation"]["drift"], 3);
    assert_eq!(json["books"][1]["drift"], 4);
}
