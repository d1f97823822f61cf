//! A trace covers an order from its request through the outbox and Temporal to its workflow steps.

use std::collections::HashSet;
use std::time::Duration;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Collector, Process, Span, TestApp, collector_is_away, eventually};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// Creates an order at this URL, and returns its id.
async fn create(api: &str, headers: &[(&str, &str)]) -> i64 {
    let mut request = reqwest::Client::new().post(format!("{api}/orders"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let created = request
        .json(&json!({ "customer_id": 1, "total_amount": 1 }))
        .send()
        .await
        .unwrap();
    assert_eq!(created.status(), 201);
    assert!(
        created
            .headers()
            .keys()
            .all(|name| !name.as_str().contains("trace"))
    );
    created.json::<Value>().await.unwrap()["id"]
        .as_i64()
        .unwrap()
}

async fn spans_of(collector: &Collector, trace: &str, names: &[&str]) -> Vec<Span> {
    eventually(&format!("spans {names:?} of {trace}"), async || {
        let spans = collector.spans(|span| span.trace == trace);
        let found: HashSet<&str> = spans.iter().map(|span| span.name.as_str()).collect();
        names
            .iter()
            .all(|name| found.contains(name))
            .then_some(spans)
    })
    .await
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let mut found = spans.iter().filter(|span| span.name == name);
    let first = found
        .next()
        .unwrap_or_else(|| panic!("no {name} in {spans:?}"));
    assert!(found.next().is_none(), "two {name} in {spans:?}");
    first
}

fn answered(line: &Value, id: i64) -> bool {
    line["message"] == "request completed"
        && line["http.method"] == "POST"
        && line["order.id"] == id
}

fn advanced(line: &Value, id: i64) -> bool {
    line["message"] == "order advanced" && line["order.id"] == id
}

const SPANS_OF_AN_ORDER: [&str; 5] = [
    "POST /orders",
    "batch insert",
    "start workflow",
    "begin",
    "complete",
];

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_covers_one_order() {
    let collector = Collector::start();
    let endpoint = collector.endpoint();
    let app = TestApp::for_processes(211000).await;
    let traced = [
        ("ORDERS__TRACES__ENDPOINT", endpoint.as_str()),
        ("ORDERS__TRACES__SAMPLE_RATIO", "1"),
    ];
    let serve = Process::start("serve", &app, &traced);
    let worker = Process::start("worker", &app, &traced);

    let api = serve.api().await;
    let id = create(&api, &[]).await;
    let line = serve
        .logs("the access log line of the POST", |line| answered(line, id))
        .await;
    let trace = line["trace.id"].as_str().unwrap().to_owned();
    assert!(line["request.id"].is_string());
    app.becomes(id, "completed").await;
    eventually("both steps are logged in the trace", async || {
        let lines = worker.logged(|line| advanced(line, id) && line["trace.id"] == trace.as_str());
        (lines.len() == 2).then_some(())
    })
    .await;

    let spans = spans_of(&collector, &trace, &SPANS_OF_AN_ORDER).await;
    let request = named(&spans, "POST /orders");
    assert_eq!(request.kind, SpanKind::Server);
    assert_eq!(request.service, "orders-serve");
    assert_eq!(request.parent, "", "the caller sent no parent span");
    for (key, value) in [
        ("operation.id", "createOrder"),
        ("http.route", "/orders"),
        ("http.request.method", "POST"),
        ("http.response.status_code", "201"),
        ("url.path", "/orders"),
        ("order.id", &id.to_string()),
        ("request.id", line["request.id"].as_str().unwrap()),
    ] {
        assert_eq!(request.attributes[key], value, "{key}");
    }
    assert_eq!(named(&spans, "batch insert").parent, request.id);
    // Either of the two processes may have started the workflow.
    let start = named(&spans, "start workflow");
    assert_eq!((&start.parent, start.kind), (&request.id, SpanKind::Client));
    for (step, outcome) in [("begin", "processing"), ("complete", "completed")] {
        let step = named(&spans, step);
        assert_eq!((&step.parent, step.kind), (&start.id, SpanKind::Consumer));
        assert_eq!(step.service, "orders-worker");
        assert_eq!(step.attributes["outcome"], outcome);
        assert_eq!(step.attributes["order.id"], id.to_string());
        assert!(!step.failed);
    }
    // The database spans of a step are its children.
    let steps = [&named(&spans, "begin").id, &named(&spans, "complete").id];
    let updates = spans.iter().filter(|span| span.name == "batch update");
    assert!(updates.clone().count() >= 2);
    assert!(
        updates
            .into_iter()
            .all(|update| steps.contains(&&update.parent))
    );

    // Pending spans are exported on shutdown.
    let api_trace = "11112222333344445555666677778888";
    let header = format!("00-{api_trace}-{PARENT}-01");
    create(&api, &[("traceparent", &header)]).await;
    serve.stop();
    worker.stop();
    assert_eq!(
        collector
            .spans(|span| span.trace == api_trace && span.name == "POST /orders")
            .len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_callers_traceparent_is_used() {
    let collector = Collector::start();
    let endpoint = collector.endpoint();
    let app = TestApp::for_processes(212000).await;
    let traced = [
        ("ORDERS__TRACES__ENDPOINT", endpoint.as_str()),
        ("ORDERS__TRACES__SAMPLE_RATIO", "0"),
    ];
    let serve = Process::start("serve", &app, &traced);
    let worker = Process::start("worker", &app, &traced);
    let api = serve.api().await;

    // Without `traceparent`, a request that is not sampled has no trace.
    let untraced = create(&api, &[]).await;
    let line = serve
        .logs("its access log line", |line| answered(line, untraced))
        .await;
    assert_eq!(line.get("trace.id"), None);

    // Malformed headers are ignored.
    for malformed in [
        "nonsense",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
    ] {
        let id = create(&api, &[("traceparent", malformed)]).await;
        let line = serve
            .logs("its access log line", |line| answered(line, id))
            .await;
        assert_eq!(line.get("trace.id"), None, "{malformed}");
    }
    let twice = format!("00-{TRACE}-{PARENT}-01");
    let id = create(&api, &[("traceparent", &twice), ("traceparent", &twice)]).await;
    let line = serve
        .logs("its access log line", |line| answered(line, id))
        .await;
    assert_eq!(line.get("trace.id"), None);

    // An unsampled trace id is in all log lines, but has no spans. The idempotency key works.
    let unsampled = format!("00-{}-{PARENT}-00", "a".repeat(32));
    let headers = [
        ("traceparent", unsampled.as_str()),
        ("idempotency-key", "one"),
    ];
    let id = create(&api, &headers).await;
    assert_eq!(create(&api, &headers).await, id);
    let line = serve
        .logs("its access log line", |line| answered(line, id))
        .await;
    assert_eq!(line["trace.id"], "a".repeat(32));
    app.becomes(id, "completed").await;
    let line = worker
        .logs("a step's log line", |line| advanced(line, id))
        .await;
    assert_eq!(line["trace.id"], "a".repeat(32));

    // A sampled trace continues below the caller's span, also with an idempotency key.
    let sampled = format!("00-{TRACE}-{PARENT}-01");
    let headers = [
        ("traceparent", sampled.as_str()),
        ("idempotency-key", "two"),
    ];
    let id = create(&api, &headers).await;
    app.becomes(id, "completed").await;
    let spans = spans_of(&collector, TRACE, &SPANS_OF_AN_ORDER).await;
    assert_eq!(named(&spans, "POST /orders").parent, PARENT);

    // Failed requests are traced too.
    let trace = "b".repeat(32);
    let response = reqwest::Client::new()
        .get(format!("{api}/nowhere"))
        .header("traceparent", format!("00-{trace}-{PARENT}-01"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 404);
    let spans = spans_of(&collector, &trace, &["GET"]).await;
    assert_eq!(spans[0].attributes["operation.id"], "unmatched");
    assert_eq!(spans[0].attributes["http.response.status_code"], "404");
    assert!(
        collector
            .spans(|span| span.trace == "a".repeat(32))
            .is_empty()
    );
    assert!(
        collector
            .spans(|span| span.trace != TRACE && span.trace != trace)
            .is_empty()
    );
}

/// The trace of a request that ends an order includes the end of its workflow.
#[tokio::test(flavor = "multi_thread")]
async fn ending_an_order_is_traced_to_its_workflow() {
    let collector = Collector::start();
    let endpoint = collector.endpoint();
    let app = TestApp::for_processes(216000).await;
    let traced = [
        ("ORDERS__TRACES__ENDPOINT", endpoint.as_str()),
        ("ORDERS__TRACES__SAMPLE_RATIO", "0"),
        ("ORDERS__WORKFLOW__PROCESSING_DELAY", "1h"),
    ];
    let serve = Process::start("serve", &app, &traced);
    let _worker = Process::start("worker", &app, &traced);
    let api = serve.api().await;
    let client = reqwest::Client::new();
    for (method, trace) in [(Method::PUT, "c"), (Method::DELETE, "d")] {
        let id = create(&api, &[]).await;
        app.becomes(id, "processing").await;
        let trace = trace.repeat(32);
        let mut request = client
            .request(method.clone(), format!("{api}/orders/{id}"))
            .header("traceparent", format!("00-{trace}-{PARENT}-01"));
        if method == Method::PUT {
            request = request.json(&json!({ "status": "cancelled" }));
        }
        assert!(request.send().await.unwrap().status().is_success());
        let name = format!("{method} /orders/{{id}}");
        let spans = spans_of(&collector, &trace, &[&name, "end workflow"]).await;
        let end = named(&spans, "end workflow");
        assert_eq!(end.parent, named(&spans, &name).id);
        assert_eq!(end.attributes["order.id"], id.to_string());
    }
}

/// Requests with and without a trace share batches.
#[tokio::test(flavor = "multi_thread")]
async fn requests_in_a_batch_keep_their_own_trace() {
    let app = TestApp::for_processes(213000).await;
    let serve = Process::start("serve", &app, &[("ORDERS__DISPATCHER__ENABLED", "false")]);
    let api = serve.api().await;
    let created = (0..64_u32).map(|number| {
        let api = &api;
        async move {
            let trace = format!("{:032x}", number + 1);
            let header = format!("00-{trace}-{PARENT}-00");
            let traced = number % 2 == 0;
            let key = number.to_string();
            let mut headers = Vec::new();
            if traced {
                headers.push(("traceparent", header.as_str()));
            }
            if number % 3 == 0 {
                headers.push(("idempotency-key", &key));
            }
            (
                create(api, &headers).await,
                traced.then_some(header.clone()),
            )
        }
    });
    let created = futures::future::join_all(created).await;
    for (id, header) in &created {
        assert_traceparent(&app, "start", *id, header.as_deref()).await;
    }

    // Half of the orders end in another trace than they began in, half in none.
    let client = reqwest::Client::new();
    let ended = created.iter().enumerate().map(|(number, (id, _))| {
        let trace = format!("00-{:032x}-{PARENT}-00", number + 1000);
        let trace = (number % 4 < 2).then_some(trace);
        let mut request = client.put(format!("{api}/orders/{id}"));
        if let Some(trace) = &trace {
            request = request.header("traceparent", trace);
        }
        let request = request.json(&json!({ "status": "cancelled" }));
        async move {
            assert_eq!(request.send().await.unwrap().status(), 200);
            (*id, trace)
        }
    });
    for (id, trace) in futures::future::join_all(ended).await {
        assert_traceparent(&app, "end", id, trace.as_deref()).await;
    }
}

/// Asserts the `traceparent` of the intent with this action.
async fn assert_traceparent(app: &TestApp, action: &str, id: i64, traceparent: Option<&str>) {
    let wanted = match traceparent {
        Some(header) => format!("traceparent = '{header}'"),
        None => "traceparent IS NULL".to_owned(),
    };
    let query = format!(
        "SELECT count(*) FROM workflow_intents
          WHERE order_id = {id} AND action = '{action}' AND {wanted}"
    );
    assert_eq!(app.count(&query).await, 1, "{query}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unavailable_collector_does_not_affect_orders() {
    let app = TestApp::for_processes(214000).await;
    // A port that was just released: no process listens on it.
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", nowhere.local_addr().unwrap());
    drop(nowhere);
    let traced = [
        ("ORDERS__TRACES__ENDPOINT", endpoint.as_str()),
        ("ORDERS__TRACES__SAMPLE_RATIO", "1"),
        ("ORDERS__TRACES__MAX_WAITING", "8"),
        // Batches are exported at once.
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
    ];
    let serve = Process::start("serve", &app, &traced);
    let worker = Process::start("worker", &app, &traced);
    let api = serve.api().await;
    create(&api, &[]).await;
    serve
        .logs("that the collector is away", collector_is_away)
        .await;
    let mut last = 0;
    for _ in 0..100 {
        last = create(&api, &[]).await;
    }
    app.becomes(last, "completed").await;
    assert_eq!(
        serve.logged(collector_is_away).len(),
        1,
        "the outage is logged once"
    );
    let longest = Duration::from_secs(20);
    assert!(serve.stop() < longest);
    assert!(worker.stop() < longest);
}
