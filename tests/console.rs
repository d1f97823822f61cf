//! The console in a browser, against the program as processes. `console/tests/run.mjs` has the scenarios, and asks for
//! what only this side can do.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use partner_sandbox::{Fault, FaultKind, Partner};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

use crate::auth::{keys, make_key};
use crate::contract_page::browser;
use crate::harness::{Carrier, Options, Process, TOKEN, TestApp, api_key_auth, eventually};
use crate::sdk::{project, tools};
use crate::webhooks::receiver::{Receiver, Reply};

/// The exit status of `console/build.py` without Node.js.
const SKIPPED: i32 = 77;
const CUSTOMER: i64 = 4_200_000;
const FIRST_ORDER: i64 = 700_000;

/// What the console talks to: `serve`, and a worker that can be held.
struct Service {
    app: TestApp,
    settings: Vec<(String, String)>,
    url: String,
    serving: Process,
    working: Option<Process>,
    admin: String,
    ending: i64,
}

impl Service {
    async fn start() -> (Self, Value) {
        let app = TestApp::with(Options {
            auth: Some(api_key_auth()),
            carrier: Some(Carrier {
                dispatch_after: Some(Duration::from_millis(300)),
                deliver_after: None,
            }),
            adjust: |settings| {
                settings.dispatcher.enabled = false;
                settings.webhooks.enabled = false;
            },
            ..Options::default()
        })
        .await;
        app.orders_from(FIRST_ORDER).await;
        let settings = settings(&app);
        let serving = process("serve", &app, &settings, "127.0.0.1:0");
        let working = Some(process("worker", &app, &settings, "127.0.0.1:0"));
        let all = "--all-customers";
        let bound = format!("--customer={CUSTOMER}");
        let (_, admin) = make_key(&app, &["--scope=orders:admin", all]);
        let (_, read) = make_key(&app, &["--scope=orders:read", all]);
        let scopes = ["--scope=orders:read", "--scope=orders:write"];
        let (_, customer) = make_key(&app, &[scopes[0], scopes[1], &bound]);
        let (ending, ending_key) = make_key(&app, &["--scope=orders:admin", all]);
        let keys = json!({
            "admin": admin, "read": read, "customer": customer, "ending": ending_key,
        });
        let service = Self {
            url: serving.api().await,
            app,
            settings,
            serving,
            working,
            admin,
            ending,
        };
        (service, keys)
    }

    /// Does what the scenarios ask for, and returns the answer.
    async fn answer(&mut self, asked: &Value) -> Value {
        match asked["ask"].as_str().unwrap() {
            "restart" => {
                let address = self.url.trim_start_matches("http://").to_owned();
                self.serving.kill();
                eventually("the service is gone", async || {
                    let request = self.app.client.get(format!("{}/healthz", self.url));
                    request.send().await.is_err().then_some(())
                })
                .await;
                self.serving = process("serve", &self.app, &self.settings, &address);
                assert_eq!(self.serving.api().await, self.url);
            }
            "load" => {
                let orders = asked["orders"].as_i64().unwrap();
                self.load(orders).await;
            }
            "expire-key" => {
                keys(&self.app, &["revoke", &self.ending.to_string()]);
            }
            "stuck-order" => return json!({ "order": self.stuck_order().await }),
            "mend" => self.app.partners().set_faults(&[]).await.unwrap(),
            "hold" => {
                let worker = self.working.take().expect("the worker is held already");
                worker.stop();
            }
            "release" => {
                let worker = process("worker", &self.app, &self.settings, "127.0.0.1:0");
                self.working = Some(worker);
            }
            other => panic!("the scenarios ask for {other}"),
        }
        json!({})
    }

    /// Completed orders of as many customers.
    async fn load(&self, orders: i64) {
        self.app
            .sql(&format!(
                "WITH accepted AS (
                    INSERT INTO orders (customer_id, total_amount, status)
                    SELECT number, 1 + number % 100, 'completed'
                      FROM generate_series(1, {orders}) AS number
                    RETURNING id, customer_id, total_amount, created_at)
                 INSERT INTO order_events (order_id, customer_id, sequence, type, data, actor, occurred_at)
                 SELECT id, customer_id, 1, 'created',
                        jsonb_build_object('customer_id', customer_id, 'status', 'completed',
                                           'total_amount', total_amount),
                        'client', created_at
                   FROM accepted"
            ))
            .await;
    }

    async fn stuck_order(&self) -> i64 {
        let partners = self.app.partners();
        let broken = Fault {
            partner: Some(Partner::Payment),
            ..Fault::new(FaultKind::ErrorBefore)
        };
        partners.set_faults(&[broken]).await.unwrap();
        let order = json!({
            "customer_id": CUSTOMER,
            "items": [{ "sku": "TEA-100", "quantity": 1, "unit_price": 40 }],
            "total_amount": 40,
            "shipping_address": {
                "name": "Ada Example", "street": "Example Street 1", "postal_code": "12345",
                "city": "Exampleville", "country": "DE",
            },
        });
        let client = &self.app.client;
        let created = client
            .request(Method::POST, format!("{}/orders", self.url))
            .header("x-api-key", &self.admin)
            .json(&order);
        let created: Value = created.send().await.unwrap().json().await.unwrap();
        let id = created["id"].as_i64().unwrap();
        eventually("the order needs attention", async || {
            let request = client
                .get(format!("{}/orders/{id}", self.url))
                .header("x-api-key", &self.admin);
            let order: Value = request.send().await.ok()?.json().await.ok()?;
            order["attention"].is_object().then_some(())
        })
        .await;
        id
    }
}

fn settings(app: &TestApp) -> Vec<(String, String)> {
    let partners = &app.settings.partners;
    let settings = [
        ("AUTH__MODE", "required".into()),
        ("AUTH__API_KEYS", "true".into()),
        ("AUTH__API_KEY_CACHE", "1s".into()),
        ("RATE_LIMIT__REQUESTS_PER_SECOND", "0".into()),
        ("CONSOLE__SAMPLE_ORDERS", "true".into()),
        ("WORKFLOW__PROCESSING_DELAY", "300ms".into()),
        ("WEBHOOKS__ALLOW_HTTP", "true".into()),
        ("WEBHOOKS__ALLOWED_TARGETS", "127.0.0.0/8".into()),
        ("WEBHOOKS__FIRST_DELAY", "100ms".into()),
        ("WEBHOOKS__GIVE_UP_AFTER", "500ms".into()),
        ("PARTNERS__ATTENTION_AFTER", "1s".into()),
        (
            "PARTNERS__INVENTORY__URL",
            partners.inventory.url.to_string(),
        ),
        ("PARTNERS__INVENTORY__TOKEN", TOKEN.into()),
        ("PARTNERS__PAYMENT__URL", partners.payment.url.to_string()),
        ("PARTNERS__PAYMENT__TOKEN", TOKEN.into()),
        (
            "PARTNERS__SHIPPING__URL",
            partners.shipping.partner.url.to_string(),
        ),
        ("PARTNERS__SHIPPING__TOKEN", TOKEN.into()),
        ("PARTNERS__SHIPPING__POLL_INTERVAL", "500ms".into()),
    ];
    let named = settings.into_iter();
    named
        .map(|(name, value)| (format!("ORDERS__{name}"), value))
        .collect()
}

fn process(command: &str, app: &TestApp, settings: &[(String, String)], listen: &str) -> Process {
    let mut variables: Vec<(&str, &str)> = settings
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    variables.push(("ORDERS__HTTP__LISTEN", listen));
    Process::start(command, app, &variables)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_passes_in_a_browser() {
    scenarios_pass(false).await;
}

/// Not beside other tests, which take the processor from it.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures times: ./justw test runs it alone"]
async fn the_console_is_fast() {
    scenarios_pass(true).await;
}

/// Runs the scenarios that measure times, or the others.
async fn scenarios_pass(timed: bool) {
    if browser().is_none() {
        println!("SKIPPED: no chromium on PATH and no CHROME; install one to test the console");
        eprintln!("SKIPPED the console test: no chromium on PATH and no CHROME");
        return;
    }
    let receiver = Receiver::with(|received, _| {
        Reply::Status(match received.path.as_str() {
            "/ok" => 204,
            "/gone" => 410,
            _ => 500,
        })
    })
    .await;
    let (mut service, keys) = Service::start().await;
    let only: Option<Vec<String>> = std::env::var("ORDERS_TEST_CONSOLE")
        .ok()
        .map(|names| names.split(',').map(str::to_owned).collect());
    let config = json!({
        "url": service.url,
        "keys": keys,
        "customerId": CUSTOMER,
        "receiver": format!("http://{}", receiver.address),
        "screenshots": project().join("target/console-screenshots"),
        "only": only,
        "timed": timed,
    });
    let mut runner = Command::new(project().join(".tools/venv/bin/python"))
        .arg(project().join("console/build.py"))
        .args(["--test", &config.to_string()])
        .env("ORDERS_TOOLS_DIR", tools())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut answers = runner.stdin.take().unwrap();
    let mut lines = BufReader::new(runner.stdout.take().unwrap()).lines();
    let mut results: BTreeMap<String, Value> = BTreeMap::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        let Ok(message) = serde_json::from_str::<Value>(&line) else {
            println!("{line}");
            continue;
        };
        if message["ask"].is_string() {
            let answer = format!("{}\n", service.answer(&message).await);
            answers.write_all(answer.as_bytes()).await.unwrap();
        } else {
            println!("{message}");
            results.insert(message["scenario"].to_string(), message);
        }
    }
    let status = runner.wait().await.unwrap();
    if status.code() == Some(SKIPPED) {
        println!("SKIPPED: the console test needs Node.js");
        eprintln!("SKIPPED the console test: Node.js is not installed");
        return;
    }
    let failed = results.values().filter(|one| one["ok"] != true);
    let failed: Vec<String> = failed
        .map(|one| format!("{}: {}", one["scenario"], one["error"]))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(status.success() && !results.is_empty(), "{status}");
}
