//! The program as a separate process, with access to its log.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dev_servers::Service;
use nix::sys::signal::Signal;
use reqwest::Client;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{EVENT_TIMEOUT, TestApp, database_url, eventually};

/// `orders serve` or `orders worker` with the database and the task queue of a test. Dropping it kills it.
pub struct Process {
    service: Service,
    log: PathBuf,
}

impl Process {
    /// Starts the command with these environment variables.
    pub fn start(command: &str, app: &TestApp, variables: &[(&str, &str)]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let log = folder.join(format!("{command}-{}.log", Uuid::new_v4().simple()));
        let mut program = dev_servers::command(env!("CARGO_BIN_EXE_orders").as_ref(), "ORDERS__");
        program
            .arg(command)
            .env("ORDERS__DATABASE__URL", database_url(&app.database))
            .env("ORDERS__TEMPORAL__ADDRESS", &app.settings.temporal.address)
            .env("ORDERS__TEMPORAL__TASK_QUEUE", &app.database)
            .env("ORDERS__HTTP__LISTEN", "127.0.0.1:0")
            .env("ORDERS__AUTH__MODE", "disabled")
            .env("ORDERS__HTTP__WORKERS", "1")
            .env("ORDERS__HTTP__SHUTDOWN_TIMEOUT", "5s")
            .env("ORDERS__DATABASE__POOL_SIZE", "4")
            .env("ORDERS__WORKFLOW__PROCESSING_DELAY", "50ms")
            .env("ORDERS__MONITORING__LISTEN", "127.0.0.1:0")
            .env("ORDERS__MONITORING__REFRESH", "200ms")
            .env("ORDERS__LOG__FORMAT", "json")
            .envs(variables.iter().copied())
            .current_dir(folder);
        Self {
            service: Service::start(command, program, &log).unwrap(),
            log,
        }
    }

    /// Waits for the URL of the API.
    pub async fn api(&self) -> String {
        self.service.ready().await.unwrap()
    }

    /// Waits for the URL of the monitoring server.
    pub async fn monitoring(&self) -> String {
        let line = self
            .logs("the URL of the monitoring server", |line| {
                let message = line["message"].as_str().unwrap_or_default();
                message.starts_with("monitoring http://")
            })
            .await;
        let message = line["message"].as_str().unwrap();
        message.trim_start_matches("monitoring ").to_owned()
    }

    /// Waits for a log line that is `wanted`, and returns the first.
    pub async fn logs(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        eventually(what, async || self.logged(&wanted).into_iter().next()).await
    }

    /// The log lines so far that are `wanted`.
    pub fn logged(&self, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        let log = self.service.log();
        // The last line may be incomplete.
        let complete = log.rsplit_once('\n').map_or("", |(complete, _)| complete);
        let lines = complete.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| line.into()))
            .filter(|line| wanted(line))
            .collect()
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        self.service.signal(Signal::SIGTERM);
    }

    /// Sends SIGKILL.
    pub fn kill(&self) {
        self.service.signal(Signal::SIGKILL);
    }

    /// Stops the process as an operator does, and returns how long that took.
    pub fn stop(&self) -> Duration {
        self.terminate();
        self.ends()
    }

    /// Waits until the process exits, which it must do successfully, and returns how long that took.
    pub fn ends(&self) -> Duration {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.service.status() {
                assert!(status.success(), "the process failed: {status}");
                return begun.elapsed();
            }
            assert!(begun.elapsed() < EVENT_TIMEOUT, "the process does not stop");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Creates an order at this URL, and returns its id.
pub async fn create_order(api: &str) -> i64 {
    let order = json!({ "customer_id": 1, "total_amount": 1 });
    let request = Client::new().post(format!("{api}/orders")).json(&order);
    let created = request.send().await.unwrap();
    assert_eq!(created.status(), 201);
    let order: Value = created.json().await.unwrap();
    order["id"].as_i64().unwrap()
}

impl Drop for Process {
    fn drop(&mut self) {
        // The process may still write to the open file until it is killed.
        let _ = fs::remove_file(&self.log);
    }
}
