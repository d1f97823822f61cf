//! The program as a process of its own, with its log at hand.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::{PATIENCE, TestApp, database_url, eventually};

/// `orders serve` or `orders worker` on the database and the task queue of a test. It ends when it is
/// dropped.
pub struct Process {
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
    logged: Arc<Mutex<Vec<Value>>>,
}

impl Process {
    /// With these settings besides.
    pub fn start(command: &str, app: &TestApp, variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_orders"))
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
            .current_dir(env!("CARGO_TARGET_TMPDIR"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = Arc::<Mutex<Vec<String>>>::default();
        let logged = Arc::<Mutex<Vec<Value>>>::default();
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let lines = said.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                lines.lock().unwrap().push(line);
            }
        });
        let lines = logged.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let parsed = serde_json::from_str(&line).unwrap_or(Value::String(line));
                lines.lock().unwrap().push(parsed);
            }
        });
        Self {
            child,
            said,
            logged,
        }
    }

    /// Where it serves the API, once it does.
    pub async fn api(&self) -> String {
        eventually("it is ready", async || {
            let said = self.said.lock().unwrap();
            let line = said.iter().find_map(|line| line.strip_prefix("ready "));
            line.map(str::to_owned)
        })
        .await
    }

    /// Where it serves operators, once it does.
    pub async fn monitoring(&self) -> String {
        let line = self
            .logs("where it serves operators", |line| {
                let message = line["message"].as_str().unwrap_or_default();
                message.starts_with("monitoring http://")
            })
            .await;
        let message = line["message"].as_str().unwrap();
        message.trim_start_matches("monitoring ").to_owned()
    }

    /// The first log line of this kind, once there is one.
    pub async fn logs(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        eventually(what, async || self.logged(&wanted).into_iter().next()).await
    }

    /// The log lines of this kind so far.
    pub fn logged(&self, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        let logged = self.logged.lock().unwrap();
        logged.iter().filter(|line| wanted(line)).cloned().collect()
    }

    /// Stops it as an operator does; says how long that took.
    pub fn stop(&mut self) -> Duration {
        let begun = Instant::now();
        let id = i32::try_from(self.child.id()).unwrap();
        kill(Pid::from_raw(id), Signal::SIGTERM).unwrap();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert!(status.success(), "it ended badly: {status}");
                return begun.elapsed();
            }
            assert!(begun.elapsed() < PATIENCE, "it does not stop");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
