//! What operators see: metrics, health, the log filter, alert rules and dashboards.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use fancy_regex::Regex;
use promql_parser::parser::{self, Expr};
use promql_parser::util::{ExprVisitor, walk_expr};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::auth::make_key;
use crate::harness::{Page, Process, TestApp, create_order, eventually};

/// Metrics that every process exports from its start.
const NAMES: [&str; 51] = [
    "orders_http_requests_total",
    "orders_http_request_duration_seconds_bucket",
    "orders_http_request_duration_seconds_sum",
    "orders_http_request_duration_seconds_count",
    "orders_http_requests_in_flight",
    "orders_database_pool_connections",
    "orders_database_pool_waiting",
    "orders_database_batch_size_bucket",
    "orders_database_batch_size_count",
    "orders_database_batch_duration_seconds_bucket",
    "orders_database_batch_duration_seconds_count",
    "orders_database_batch_waiting",
    "orders_database_batch_refused_total",
    "orders_outbox_waiting",
    "orders_outbox_failing",
    "orders_outbox_oldest_age_seconds",
    "orders_feed_lag_seconds",
    "orders_feed_followers",
    "orders_webhook_attempts_total",
    "orders_webhook_attempt_duration_seconds_count",
    "orders_webhook_oldest_age_seconds",
    "orders_webhook_failed",
    "orders_webhook_endpoints_disabled",
    "orders_drift",
    "orders_repaired_total",
    "orders_books_drift",
    "orders_needing_attention",
    "orders_partner_call_duration_seconds_bucket",
    "orders_partner_call_duration_seconds_count",
    "orders_reconciliation_age_seconds",
    "orders_by_status",
    "orders_database_up",
    "orders_temporal_up",
    "orders_dispatched_total",
    "orders_dispatch_lag_seconds_bucket",
    "orders_dispatch_lag_seconds_count",
    "orders_steps_total",
    "orders_step_duration_seconds_bucket",
    "orders_step_duration_seconds_count",
    "orders_build_info",
    "orders_auth_refused_total",
    "orders_rate_limited_total",
    "orders_log_lines_dropped_total",
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_open_fds",
    "process_max_fds",
    "process_threads",
    "process_start_time_seconds",
    "temporal_request_total",
    "temporal_request_latency_seconds_count",
];

/// Waits until the metrics page is as `wanted`, and returns it.
async fn page_where(what: &str, monitoring: &str, wanted: impl Fn(&Page) -> bool) -> Page {
    eventually(what, async || {
        let page = Page::of(monitoring).await;
        wanted(&page).then_some(page)
    })
    .await
}

/// The activities in the recorded histories, without their types.
fn recorded_activities() -> HashSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories");
    let activity = Regex::new("(?:Order|Fulfilment)Activities::([a-z_]+)").unwrap();
    let mut found = HashSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let history = std::fs::read(entry.unwrap().path()).unwrap();
        let history = String::from_utf8_lossy(&history);
        let names = activity.captures_iter(&*history);
        found.extend(names.map(|one| one.unwrap()[1].to_owned()));
    }
    assert!(found.len() > 10, "{found:?}");
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_and_worker_export_their_metrics() {
    let app = TestApp::for_processes(221000).await;
    let serve = Process::start("serve", &app, &[("ORDERS__DISPATCHER__ENABLED", "false")]);
    let worker = Process::start("worker", &app, &[]);
    let (api, of_serve, of_worker) = (
        serve.api().await,
        serve.monitoring().await,
        worker.monitoring().await,
    );
    let id = create_order(&api).await;
    app.becomes(id, "completed").await;

    let up = |page: &Page| page.sum("orders_temporal_up", &[]) == 1.0;
    let page = page_where("serve has refreshed all metrics", &of_serve, |page| {
        up(page) && page.sum("orders_by_status", &[("status", "completed")]) == 1.0
    })
    .await;
    for name in NAMES {
        assert!(page.has(name), "serve has no {name}");
    }
    let created = [
        ("operation", "createOrder"),
        ("method", "POST"),
        ("status", "201"),
    ];
    assert_eq!(page.sum("orders_http_requests_total", &created), 1.0);
    let by = [("operation", "createOrder")];
    assert_eq!(
        page.sum("orders_http_request_duration_seconds_count", &by),
        1.0
    );
    assert_eq!(page.sum("orders_http_requests_in_flight", &[]), 0.0);
    let insert = [("batch", "insert")];
    assert_eq!(page.sum("orders_database_batch_size_sum", &insert), 1.0);
    assert_eq!(
        page.sum("orders_database_batch_duration_seconds_count", &insert),
        1.0
    );
    assert_eq!(page.sum("orders_database_batch_waiting", &[]), 0.0);
    assert!(page.sum("orders_database_pool_connections", &[]) >= 1.0);
    assert_eq!(page.sum("orders_outbox_waiting", &[]), 0.0);
    assert_eq!(page.sum("orders_by_status", &[("status", "pending")]), 0.0);
    assert_eq!(page.sum("orders_database_up", &[]), 1.0);
    let version = [("version", env!("CARGO_PKG_VERSION"))];
    assert_eq!(page.sum("orders_build_info", &version), 1.0);

    let page = page_where("the worker has refreshed all metrics", &of_worker, up).await;
    for name in NAMES {
        assert!(page.has(name), "the worker has no {name}");
    }
    let dispatched = [("action", "start"), ("outcome", "told")];
    assert_eq!(page.sum("orders_dispatched_total", &dispatched), 1.0);
    assert_eq!(page.sum("orders_dispatch_lag_seconds_count", &[]), 1.0);
    let lag = page.sum("orders_dispatch_lag_seconds_sum", &[]);
    assert!(lag > 0.0 && lag < 60.0, "{lag}");
    let exported = page.values("orders_steps_total", "step");
    for activity in recorded_activities() {
        assert!(exported.contains(&activity), "no series for {activity}");
    }
    for (step, outcome) in [("begin", "processing"), ("complete", "completed")] {
        let taken = [("step", step), ("outcome", outcome)];
        assert_eq!(page.sum("orders_steps_total", &taken), 1.0, "{step}");
        let times = page.sum("orders_step_duration_seconds_count", &[("step", step)]);
        assert_eq!(times, 1.0, "{step}");
    }
    assert_eq!(
        page.sum("orders_database_batch_size_sum", &[("batch", "done")]),
        1.0
    );
    for name in [
        "temporal_workflow_completed_total",
        "temporal_workflow_task_execution_latency_seconds_count",
        "temporal_local_activity_total",
        "temporal_worker_task_slots_available",
    ] {
        assert!(page.has(name), "the worker has no {name}");
    }
    assert!(page.sum("temporal_workflow_completed_total", &[]) >= 1.0);

    // Any process may run a round of the reconciler; every process exports its age.
    page_where("a round has finished", &of_worker, |page| {
        page.sum("orders_reconciliation_age_seconds", &[]) >= 0.0
    })
    .await;
    for (monitoring, temporal) in [(&of_serve, false), (&of_worker, true)] {
        let response = reqwest::get(format!("{monitoring}/readyz")).await.unwrap();
        assert_eq!(response.status(), 200);
        let ready: Value = response.json().await.unwrap();
        assert_eq!(ready["status"], "ready");
        assert_eq!(ready["dependencies"][0]["required"], true);
        assert_eq!(ready["dependencies"][1]["required"], temporal);
        let response = reqwest::get(format!("{monitoring}/healthz")).await.unwrap();
        assert_eq!(response.status(), 200);
    }
    serve.stop();
    worker.stop();
}

/// Invented methods and paths create no label values.
#[tokio::test(flavor = "multi_thread")]
async fn client_input_creates_no_label_values() {
    let app = TestApp::for_processes(222000).await;
    let serve = Process::start("serve", &app, &[]);
    let (api, monitoring) = (serve.api().await, serve.monitoring().await);
    let client = Client::new();
    let mut sent = 0;
    for number in 0..40 {
        let method = Method::from_bytes(format!("M{number}").as_bytes()).unwrap();
        for (method, path) in [
            (method.clone(), "/orders".to_owned()),
            (method, format!("/made/up/{number}")),
            (Method::GET, format!("/orders/{}", 1_000_000 + number)),
            (Method::GET, format!("/orders/no-{number}")),
            (Method::GET, format!("/docs/{number}")),
            (Method::PATCH, format!("/orders/{number}")),
            (Method::HEAD, "/healthz".to_owned()),
            (
                Method::GET,
                format!("/orders{}/..%2f{number}", "%20".repeat(number + 1)),
            ),
        ] {
            client
                .request(method, format!("{api}{path}"))
                .send()
                .await
                .unwrap();
            sent += 1;
        }
    }
    let all = "orders_http_requests_total";
    let page = Page::of(&monitoring).await;
    assert_eq!(page.sum(all, &[]), f64::from(sent));
    let operations = page.values(all, "operation");
    let known = order_processing::generated::OPERATIONS
        .iter()
        .map(|one| one.id);
    let known: HashSet<String> = known
        .chain(["unmatched", "docs"])
        .map(str::to_owned)
        .collect();
    assert_eq!(operations, known);
    let methods = page.values(all, "method");
    for method in &methods {
        let standard = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "other"];
        assert!(standard.contains(&method.as_str()), "{method}");
    }
    assert_eq!(page.sum(all, &[("method", "other")]), 80.0);
    assert_eq!(
        page.sum(all, &[("operation", "getOrder"), ("status", "404")]),
        40.0
    );
    assert_eq!(
        page.sum(all, &[("operation", "getOrder"), ("status", "400")]),
        40.0
    );
    assert_eq!(
        page.sum(all, &[("operation", "getLiveness"), ("method", "HEAD")]),
        40.0
    );
    assert_eq!(page.sum(all, &[("operation", "docs")]), 40.0);
    assert!(page.samples.len() < 2000, "{}", page.samples.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_requests_are_counted() {
    let app = TestApp::for_processes(193_000).await;
    let (_, key) = make_key(&app, &["--all-customers", "--scope", "orders:read"]);
    let serve = Process::start(
        "serve",
        &app,
        &[
            ("ORDERS__AUTH__MODE", "required"),
            ("ORDERS__AUTH__API_KEYS", "true"),
            ("ORDERS__RATE_LIMIT__REQUESTS_PER_SECOND", "1"),
            ("ORDERS__RATE_LIMIT__BURST", "3"),
        ],
    );
    let api = serve.api().await;
    let client = Client::new();
    let wrong = format!("orders_{}", "A".repeat(43));
    let statuses = [
        (Method::GET, None, 401),
        (Method::GET, Some(&wrong), 401),
        (Method::DELETE, Some(&key), 403),
        (Method::GET, Some(&key), 404),
        (Method::GET, Some(&key), 404),
        (Method::GET, Some(&key), 429),
    ];
    for (method, key, status) in statuses {
        let mut request = client.request(method, format!("{api}/orders/1"));
        if let Some(key) = key {
            request = request.header("x-api-key", key);
        }
        assert_eq!(request.send().await.unwrap().status(), status);
    }
    let page = Page::of(&serve.monitoring().await).await;
    for (reason, count) in [("missing", 1.0), ("invalid", 1.0), ("insufficient", 1.0)] {
        let labels = [("reason", reason)];
        assert_eq!(
            page.sum("orders_auth_refused_total", &labels),
            count,
            "{reason}"
        );
    }
    assert_eq!(page.sum("orders_rate_limited_total", &[]), 1.0);
}

/// A body that never arrives is counted for the operation that waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_times_out_is_counted() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let app = TestApp::for_processes(223000).await;
    let serve = Process::start("serve", &app, &[("ORDERS__HTTP__REQUEST_TIMEOUT", "1s")]);
    let (api, monitoring) = (serve.api().await, serve.monitoring().await);
    let address = api.trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = "POST /orders HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    page_where("the request is in flight", &monitoring, |page| {
        page.sum("orders_http_requests_in_flight", &[]) == 1.0
    })
    .await;
    let mut response = vec![0; 12];
    stream.read_exact(&mut response).await.unwrap();
    assert_eq!(response, b"HTTP/1.1 408");
    let timed_out = [("operation", "createOrder"), ("status", "408")];
    page_where("the request is counted", &monitoring, |page| {
        page.sum("orders_http_requests_total", &timed_out) == 1.0
            && page.sum("orders_http_requests_in_flight", &[]) == 0.0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_without_temporal_is_not_ready() {
    let app = TestApp::for_processes(224000).await;
    let nowhere = [("ORDERS__TEMPORAL__ADDRESS", "127.0.0.1:1")];
    let serve = Process::start("serve", &app, &nowhere);
    let worker = Process::start("worker", &app, &nowhere);
    for (process, status) in [(&serve, 200), (&worker, 503)] {
        let monitoring = process.monitoring().await;
        let response = reqwest::get(format!("{monitoring}/readyz")).await.unwrap();
        assert_eq!(response.status(), status);
        let ready: Value = response.json().await.unwrap();
        assert_eq!(ready["dependencies"][0]["status"], "up");
        assert_eq!(ready["dependencies"][1]["status"], "down");
        let response = reqwest::get(format!("{monitoring}/healthz")).await.unwrap();
        assert_eq!(response.status(), 200);
        page_where("the database is up, Temporal is not", &monitoring, |page| {
            page.sum("orders_database_up", &[]) == 1.0 && page.sum("orders_temporal_up", &[]) == 0.0
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_in_a_large_table_are_estimated() {
    let app = TestApp::for_processes(225000).await;
    app.sql(
        "INSERT INTO orders (customer_id, total_amount, status)
         SELECT 1, 1, CASE WHEN n % 100 = 0 THEN 'pending'
                           WHEN n % 4 = 0 THEN 'cancelled' ELSE 'completed' END
           FROM generate_series(1, 100000) AS n;
         ANALYZE orders",
    )
    .await;
    let serve = Process::start("serve", &app, &[("ORDERS__DISPATCHER__ENABLED", "false")]);
    let monitoring = serve.monitoring().await;
    let page = page_where("the orders are counted", &monitoring, |page| {
        page.sum("orders_by_status", &[("status", "pending")]) > 0.0
    })
    .await;
    let orders = |status| page.sum("orders_by_status", &[("status", status)]);
    assert_eq!(orders("pending"), 1000.0, "open orders are counted exactly");
    assert_eq!(orders("processing"), 0.0);
    assert!(
        (70_000.0..80_000.0).contains(&orders("completed")),
        "{}",
        orders("completed")
    );
    assert!(
        (20_000.0..28_000.0).contains(&orders("cancelled")),
        "{}",
        orders("cancelled")
    );
}

async fn put(url: &str, body: impl Into<reqwest::Body>) -> (StatusCode, Value) {
    let response = Client::new().put(url).body(body).send().await.unwrap();
    let status = response.status();
    (status, response.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_filter_can_be_changed_at_run_time() {
    let app = TestApp::for_processes(226000).await;
    let serve = Process::start("serve", &app, &[("ORDERS__LOG__FILTER", "info")]);
    let (api, monitoring) = (serve.api().await, serve.monitoring().await);
    let url = format!("{monitoring}/log");
    let filter = async || {
        let response: Value = reqwest::get(&url).await.unwrap().json().await.unwrap();
        response["filter"].as_str().unwrap().to_owned()
    };
    assert_eq!(filter().await, "info");
    let send = async |id: &str| {
        let request = Client::new().get(format!("{api}/healthz"));
        request.header("x-request-id", id).send().await.unwrap();
    };
    send("loud").await;
    serve
        .logs("a request at info", |line| line["request.id"] == "loud")
        .await;

    let (status, answer) = put(&url, r#"{"filter":"warn"}"#).await;
    assert_eq!((status.as_u16(), &answer["filter"]), (200, &json!("warn")));
    let changed = |line: &Value| line["message"] == "changing the log filter";
    let line = serve.logs("the change", changed).await;
    assert_eq!(
        (&line["from"], &line["to"]),
        (&json!("info"), &json!("warn"))
    );
    send("quiet").await;
    let (status, _) = put(&url, r#"{"filter":"info,order_processing=debug"}"#).await;
    assert_eq!(status, 200);
    send("again").await;
    serve
        .logs("a request after it", |line| line["request.id"] == "again")
        .await;
    assert!(
        serve
            .logged(|line| line["request.id"] == "quiet")
            .is_empty()
    );
    // Changes to and from `off` are logged too.
    put(&url, r#"{"filter":"off"}"#).await;
    put(&url, r#"{"filter":"info"}"#).await;
    eventually("every change is logged", async || {
        (serve.logged(changed).len() == 4).then_some(())
    })
    .await;

    let large = format!(r#"{{"filter":"{}"}}"#, "x".repeat(20_000));
    for (body, status) in [
        ("", 400),
        ("{", 400),
        (r#"{"filter":""}"#, 400),
        (r#"{"filter":"info,order_processing=loud"}"#, 400),
        (r#"{"filter":"info","for":"ever"}"#, 400),
        (r#"{"filter":7}"#, 400),
        ("\u{0}\u{1}", 400),
        (large.as_str(), 413),
    ] {
        let (is, problem) = put(&url, body.to_owned()).await;
        assert_eq!(is.as_u16(), status, "{body:.80}");
        assert!(
            problem["detail"].is_string() && problem["code"].is_string(),
            "{problem}"
        );
    }
    let (_, problem) = put(&url, r#"{"filter":"order_processing=loud"}"#).await;
    assert!(
        problem["detail"].as_str().unwrap().contains("loud"),
        "{problem}"
    );
    assert_eq!(filter().await, "info");
    for (method, path, status) in [
        (Method::POST, "/log", 405),
        (Method::PUT, "/metrics", 405),
        (Method::GET, "/orders", 404),
    ] {
        let request = Client::new().request(method, format!("{monitoring}{path}"));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.headers().contains_key("allow"), status == 405);
        assert!(response.json::<Value>().await.unwrap()["detail"].is_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_runs_without_its_monitoring_port() {
    let app = TestApp::for_processes(227000).await;
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = held.local_addr().unwrap().to_string();
    for listen in ["", taken.as_str()] {
        let serve = Process::start("serve", &app, &[("ORDERS__MONITORING__LISTEN", listen)]);
        create_order(&serve.api().await).await;
        serve
            .logs("the line of it", |line| {
                line["message"] == "request completed"
            })
            .await;
        let told = serve.logged(|line| {
            let message = line["message"].as_str().unwrap_or_default();
            message.starts_with("monitoring ")
        });
        assert!(told.is_empty(), "{told:?}");
        let complaints = serve.logged(|line| line["message"] == "cannot serve monitoring");
        assert_eq!(complaints.len(), usize::from(!listen.is_empty()));
        serve.stop();
    }
    drop(held);
}

/// Alerts and dashboards contain valid PromQL, and only metrics that a process exports.
#[tokio::test(flavor = "multi_thread")]
async fn rules_and_dashboards_use_existing_metrics() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/monitoring");
    let mut queries = Queries::default();
    let rules = folder.join("alerts.yaml");
    for document in yaml_serde::Deserializer::from_str(&read(&rules)) {
        let document: Value = serde::Deserialize::deserialize(document).unwrap();
        queries.gather(&document, &rules);
    }
    assert!(
        !queries.expressions.is_empty(),
        "{} has no rules",
        rules.display()
    );
    let mut dashboards = 0;
    for entry in std::fs::read_dir(folder.join("grafana")).expect("deploy/monitoring/grafana") {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            queries.gather(&serde_json::from_str(&read(&path)).unwrap(), &path);
            dashboards += 1;
        }
    }
    assert!(dashboards > 0, "there are no dashboards");

    let app = TestApp::for_processes(228000).await;
    let serve = Process::start("serve", &app, &[]);
    let worker = Process::start("worker", &app, &[]);
    let id = create_order(&serve.api().await).await;
    app.becomes(id, "completed").await;
    let pages = [
        Page::of(&serve.monitoring().await).await,
        Page::of(&worker.monitoring().await).await,
    ];
    let mut faults = Vec::new();
    for (place, expression) in &queries.expressions {
        let names = match names_in(expression) {
            Ok(names) => names,
            Err(error) => {
                faults.push(format!("{place}: `{expression}`: {error}"));
                continue;
            }
        };
        for name in names {
            // Metrics of Prometheus itself.
            let known = ["up", "ALERTS", "scrape_duration_seconds"].contains(&name.as_str())
                || queries.recorded.contains(&name)
                || pages.iter().any(|page| page.has(&name));
            if !known {
                faults.push(format!(
                    "{place}: no process exports {name} (`{expression}`)"
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn read(path: &PathBuf) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The queries of rules and dashboards.
#[derive(Default)]
struct Queries {
    expressions: Vec<(String, String)>,
    /// Metrics that recording rules define.
    recorded: HashSet<String>,
}

impl Queries {
    /// Collects the queries anywhere in a file: `expr` of a rule or a panel, `query` or `definition` of a
    /// variable.
    fn gather(&mut self, node: &Value, path: &Path) {
        let place = path.file_name().unwrap().to_string_lossy().into_owned();
        match node {
            Value::Array(items) => items.iter().for_each(|item| self.gather(item, path)),
            Value::Object(members) => {
                for (key, value) in members {
                    match (key.as_str(), value.as_str()) {
                        ("expr", Some(text)) => {
                            self.expressions.push((place.clone(), text.to_owned()))
                        }
                        ("record", Some(name)) => {
                            self.recorded.insert(name.to_owned());
                        }
                        ("query" | "definition", Some(text)) => {
                            self.expressions
                                .extend(query_of_variable(text).map(|text| (place.clone(), text)));
                        }
                        _ => self.gather(value, path),
                    }
                }
            }
            _ => {}
        }
    }
}

/// `label_values(expression, label)` and `query_result(expression)`.
fn query_of_variable(query: &str) -> Option<String> {
    if let Some(inner) = query.strip_prefix("query_result(") {
        return Some(inner.strip_suffix(')')?.to_owned());
    }
    let inner = query.strip_prefix("label_values(")?.strip_suffix(')')?;
    let (expression, _label) = inner.rsplit_once(',')?;
    Some(expression.to_owned())
}

/// The metrics that an expression names.
fn names_in(expression: &str) -> Result<HashSet<String>, String> {
    struct Names(HashSet<String>);
    impl ExprVisitor for Names {
        type Error = String;

        fn pre_visit(&mut self, expression: &Expr) -> Result<bool, String> {
            let selector = match expression {
                Expr::VectorSelector(selector) => selector,
                Expr::MatrixSelector(matrix) => &matrix.vs,
                _ => return Ok(true),
            };
            let named = selector.name.clone();
            self.0.insert(named.ok_or("a selector without a name")?);
            Ok(true)
        }
    }
    let mut names = Names(HashSet::new());
    walk_expr(&mut names, &parser::parse(&without_variables(expression))?)?;
    Ok(names.0)
}

/// Replaces a dashboard's variables as Grafana does: in brackets by a duration, otherwise by a word.
fn without_variables(expression: &str) -> String {
    let time = Regex::new(r"\$\{?__(rate_interval|interval|range)\}?").unwrap();
    let bracketed = Regex::new(r"([\[:])\s*\$\{?\w+(:\w+)?\}?").unwrap();
    let word = Regex::new(r"\$\{?\w+(:\w+)?\}?").unwrap();
    let text = time.replace_all(expression, "5m");
    let text = bracketed.replace_all(&text, "${1}5m");
    word.replace_all(&text, "word").into_owned()
}

#[test]
fn the_expression_check_finds_errors() {
    let names = names_in(
        r#"histogram_quantile(0.99, sum by (le, operation) (rate(a_bucket{job=~"$job"}[$__rate_interval]))) > on() b offset 5m"#,
    )
    .unwrap();
    assert_eq!(
        names,
        HashSet::from(["a_bucket".to_owned(), "b".to_owned()])
    );
    assert!(names_in("sum(rate(a[5m])").is_err());
    assert!(names_in("rate(a)").is_err());
    let page = Page::parse("# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n");
    assert!(page.has("a_bucket") && page.has("a_count") && !page.has("a") && !page.has("b"));
    assert_eq!(
        query_of_variable("label_values(up{job=\"a\"}, instance)").unwrap(),
        "up{job=\"a\"}"
    );
}
