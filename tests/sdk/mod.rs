//! The SDKs against the running service: each is built, installed and called as its users do.
//! `sdk/conformance/scenarios.json` defines the expected behaviour in every language.

mod previous;
mod proxy;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use proxy::{Fault, Proxy, Seen};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::process::Command;

use order_processing::auth::FreshKey;

use crate::harness::{Carrier, Issuer, Options, TestApp};

const LANGUAGES: [&str; 5] = ["typescript", "python", "rust", "go", "java"];
/// The exit status of `sdk/build.py` if the toolchain of a language is not installed.
const SKIPPED: i32 = 77;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    name: String,
    what: String,
    /// Whether a worker and the partners' sandbox process the orders.
    #[serde(default)]
    worker: bool,
    /// Whether this is the snippet of the README.
    #[serde(default)]
    snippet: bool,
    /// Whether the service's port is closed.
    #[serde(default)]
    closed: bool,
    /// The client's credentials.
    #[serde(default)]
    credentials: Credentials,
    /// The path prefix of the service.
    #[serde(default)]
    prefix: String,
    /// Settings of the runner's client.
    #[serde(default)]
    client: Value,
    #[serde(default)]
    faults: Vec<Fault>,
    expect: Expect,
}

/// The credentials of a client, of the scenario's customer unless noted.
#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Credentials {
    #[default]
    Key,
    /// A key of an administrator, for all customers.
    Administrator,
    /// A key that does not exist.
    WrongKey,
    Token,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    /// The number of requests by method; not checked if absent.
    requests: Option<BTreeMap<String, usize>>,
    /// The number of different idempotency keys in all `POST` requests.
    keys: Option<usize>,
    /// The number of orders of the scenario's customer afterwards.
    orders: Option<i64>,
    /// Statuses that must be among the responses.
    #[serde(default)]
    answers: Vec<u16>,
    /// The time from the first request to the last.
    at_least_ms: Option<u64>,
    at_most_ms: Option<u64>,
}

/// Scenario → the failure, if any.
type Results = BTreeMap<String, Option<String>>;

#[tokio::test(flavor = "multi_thread")]
async fn every_sdk_passes_the_conformance_scenarios() {
    let chosen = std::env::var("ORDERS_TEST_SDKS").unwrap_or_else(|_| LANGUAGES.join(","));
    let scenarios: Vec<Scenario> = serde_json::from_slice(
        &std::fs::read(project().join("sdk/conformance/scenarios.json")).unwrap(),
    )
    .unwrap();
    let service = Service::start(180_000).await;
    let tree = Tree::new(project());
    let mut columns = Vec::new();
    let mut summary = String::new();
    for (number, language) in chosen.split(',').enumerate() {
        let begun = Instant::now();
        // Each language has its own customers.
        let column = run(&tree, language, &scenarios, 1000 * (number + 1), &service).await;
        let seconds = begun.elapsed().as_secs();
        match &column {
            Ok(results) => {
                let failed = results.values().flatten().count();
                let good = results.len() - failed;
                writeln!(
                    summary,
                    "{language}: {good} passed, {failed} failed, {seconds} s"
                )
                .unwrap();
            }
            Err(reason) => writeln!(summary, "{language}: skipped: {reason}").unwrap(),
        }
        columns.push((language.to_owned(), column));
    }
    let table = table(&scenarios, &columns);
    std::fs::write(project().join("target/sdk/conformance.md"), &table).unwrap();
    println!("{table}\n{summary}");
    let failures: Vec<String> = columns
        .iter()
        .filter_map(|(language, column)| Some((language, column.as_ref().ok()?)))
        .flat_map(|(language, results)| {
            results.iter().filter_map(move |(name, failure)| {
                Some(format!("{language}: {name}: {}", failure.as_ref()?))
            })
        })
        .collect();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// The service under test, without and with a worker and the partners' sandbox.
struct Service {
    issuer: Issuer,
    without_worker: TestApp,
    with_worker: TestApp,
}

impl Service {
    /// Order ids start from `first` with a worker, from 500 later without: all share one Temporal.
    async fn start(first: i64) -> Self {
        let issuer = Issuer::start().await;
        let mut auth = issuer.auth();
        auth.api_keys = true;
        // Revoked keys are refused soon.
        auth.api_key_cache = Duration::from_secs(1);
        let guarded = Options {
            auth: Some(auth),
            adjust: |settings| {
                // All scenarios begin at once, before the pool has opened its connections, while SDKs are built.
                settings.database.acquire_timeout = Duration::from_secs(8);
                // Webhook endpoints of the scenarios.
                settings.webhooks.allow_http = true;
                settings.webhooks.allowed_targets = vec!["127.0.0.1".into()];
            },
            ..Options::default()
        };
        let (without_worker, with_worker) = tokio::join!(
            TestApp::with(guarded.clone()),
            TestApp::with(Options {
                processing_delay: Duration::from_secs(2),
                worker: true,
                carrier: Some(Carrier {
                    dispatch_after: Some(Duration::ZERO),
                    deliver_after: None,
                }),
                ..guarded
            })
        );
        with_worker.orders_from(first).await;
        without_worker.orders_from(first + 500).await;
        Self {
            issuer,
            without_worker,
            with_worker,
        }
    }
}

/// A source tree with SDKs.
struct Tree {
    root: PathBuf,
    /// The version of its contract.
    contract: String,
}

impl Tree {
    fn new(root: PathBuf) -> Self {
        // Up to 0.4.0 there was only one generated module.
        let files = ["generated/server/openapi.json", "generated/openapi.json"];
        let contract = files
            .iter()
            .find_map(|file| std::fs::read(root.join(file)).ok());
        let contract: Value = serde_json::from_slice(&contract.unwrap()).unwrap();
        let contract = contract["info"]["version"].as_str().unwrap().to_owned();
        Self { root, contract }
    }
}

/// Runs all scenarios with one SDK. The error is the reason why it was skipped.
async fn run(
    tree: &Tree,
    language: &str,
    scenarios: &[Scenario],
    customers: usize,
    service: &Service,
) -> Result<Results, String> {
    let mut proxies = Vec::new();
    let mut runs = Vec::new();
    for (number, scenario) in scenarios.iter().enumerate() {
        let app = if scenario.worker {
            &service.with_worker
        } else {
            &service.without_worker
        };
        let proxy = if scenario.closed {
            Proxy::closed().await
        } else {
            Proxy::start(app.address, &scenario.prefix, &scenario.faults).await
        };
        // The README's snippet uses customer 42.
        let customer = if scenario.snippet {
            42
        } else {
            customers + number + 1
        };
        let mut client = scenario.client.as_object().cloned().unwrap_or_default();
        let (name, secret) =
            credentials(&scenario.credentials, app, &service.issuer, customer).await;
        client.insert(name.into(), secret.into());
        runs.push(json!({
            "name": scenario.name,
            "url": proxy.url,
            "customer_id": customer,
            "client": client,
            "snippet": scenario.snippet,
        }));
        proxies.push((app, proxy, customer));
    }
    let folder = tree.root.join("target/sdk").join(language);
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("scenarios.json");
    std::fs::write(&file, serde_json::to_vec_pretty(&runs).unwrap()).unwrap();

    let output = Command::new(project().join(".tools/venv/bin/python"))
        .arg(tree.root.join("sdk/build.py"))
        .args(["conformance", language])
        .arg(&file)
        .env("ORDERS_TOOLS_DIR", tools())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    if output.status.code() == Some(SKIPPED) {
        return Err(stdout.trim().to_owned());
    }
    assert!(
        output.status.success(),
        "{language}: {}\n{stdout}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );

    let agent = format!("order-processing-sdk-{language}/{}", tree.contract);
    let mut results = Results::new();
    for (scenario, (app, proxy, customer)) in scenarios.iter().zip(&proxies) {
        let orders = app
            .count(&format!(
                "SELECT count(*) FROM orders WHERE customer_id = {customer}"
            ))
            .await;
        let failure = reported(&stdout, &scenario.name)
            .or_else(|| scenario.expect.broken_by(&proxy.seen(), orders, &agent));
        results.insert(scenario.name.clone(), failure);
    }
    Ok(results)
}

/// The client option for the credentials, and its value.
async fn credentials(
    of: &Credentials,
    app: &TestApp,
    issuer: &Issuer,
    customer: usize,
) -> (&'static str, String) {
    let fresh = FreshKey::make().unwrap();
    match of {
        Credentials::WrongKey => ("api_key", fresh.text),
        Credentials::Token => {
            let customer = i64::try_from(customer).unwrap();
            ("access_token", issuer.token("orders:write", Some(customer)))
        }
        Credentials::Key | Credentials::Administrator => {
            let customer = if matches!(of, Credentials::Administrator) {
                "NULL".to_owned()
            } else {
                customer.to_string()
            };
            let hash: String = fresh
                .hash
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            app.sql(&format!(
                "INSERT INTO api_keys (hash, hint, name, scopes, customer_id)
                 VALUES ('\\x{hash}', '{}', 'an SDK', 'orders:admin', {customer})",
                fresh.hint
            ))
            .await;
            ("api_key", fresh.text)
        }
    }
}

/// The failure that the runner reports for this scenario, in a line `ok NAME` or `failed NAME: WHY`.
fn reported(stdout: &str, name: &str) -> Option<String> {
    let line = stdout.lines().find_map(|line| match line.split_once(' ')? {
        ("ok", rest) if rest == name => Some(None),
        ("failed", rest) => Some(Some(rest.strip_prefix(name)?.strip_prefix(": ")?)),
        _ => None,
    });
    match line {
        Some(failure) => failure.map(str::to_owned),
        None => Some("the runner reported no result".to_owned()),
    }
}

impl Expect {
    /// The first expectation that is not met.
    fn broken_by(&self, seen: &[Seen], orders: i64, agent: &str) -> Option<String> {
        let mut requests = BTreeMap::<String, usize>::new();
        for request in seen {
            *requests.entry(request.method.clone()).or_default() += 1;
        }
        if let Some(expected) = &self.requests
            && *expected != requests
        {
            return Some(format!(
                "expected {expected:?}, the server saw {requests:?}"
            ));
        }
        if let Some(stranger) = seen.iter().find(|request| request.user_agent != agent) {
            let name = &stranger.user_agent;
            return Some(format!("User-Agent is {name:?} instead of {agent:?}"));
        }
        let posts = seen.iter().filter(|request| request.method == "POST");
        let keys: BTreeSet<_> = posts.filter_map(|request| request.key.as_deref()).collect();
        if self.keys.is_some_and(|expected| expected != keys.len()) {
            return Some(format!(
                "expected {:?} keys, there were {keys:?}",
                self.keys
            ));
        }
        if self.orders.is_some_and(|expected| expected != orders) {
            return Some(format!(
                "expected {:?} orders, there are {orders}",
                self.orders
            ));
        }
        for status in &self.answers {
            if !seen.iter().any(|request| request.answer == Some(*status)) {
                return Some(format!("no response had status {status}"));
            }
        }
        let taken = match seen {
            [first, .., last] => last.at - first.at,
            _ => Duration::ZERO,
        };
        let millis = |limit: Option<u64>| limit.map(Duration::from_millis);
        if millis(self.at_least_ms).is_some_and(|least| taken < least)
            || millis(self.at_most_ms).is_some_and(|most| taken > most)
        {
            return Some(format!("it took {taken:?}"));
        }
        None
    }
}

fn table(scenarios: &[Scenario], columns: &[(String, Result<Results, String>)]) -> String {
    let mut table = String::from("| scenario | what |");
    for (language, _) in columns {
        write!(table, " {language} |").unwrap();
    }
    table += &format!("\n| --- | --- |{}\n", " --- |".repeat(columns.len()));
    for scenario in scenarios {
        write!(table, "| {} | {} |", scenario.name, scenario.what).unwrap();
        for (_, column) in columns {
            let cell = match column {
                Ok(results) if results[&scenario.name].is_none() => "ok",
                Ok(_) => "FAILED",
                Err(_) => "skipped",
            };
            write!(table, " {cell} |").unwrap();
        }
        table.push('\n');
    }
    table
}

/// What `./justw` has installed.
pub fn tools() -> PathBuf {
    let chosen = std::env::var_os("ORDERS_TOOLS_DIR").map(PathBuf::from);
    chosen.unwrap_or_else(|| project().join(".tools"))
}

pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}
