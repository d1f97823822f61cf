//! Random operations against a reference model of an order.
//!
//! With one client, every response is the one that the model predicts. With concurrent clients, every
//! response is correct for a state in the order's history.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::harness::TestApp;

const ORDERS: usize = 3;
const STATUSES: [&str; 4] = ["pending", "processing", "completed", "cancelled"];

#[derive(Debug, Clone)]
enum Operation {
    Create {
        key: Option<u8>,
        cents: i64,
    },
    Get {
        order: usize,
    },
    Put {
        order: usize,
        change: Change,
        version: Expected,
    },
    Delete {
        order: usize,
        version: Expected,
    },
}

#[derive(Debug, Clone)]
struct Change {
    status: Option<&'static str>,
    cents: Option<i64>,
}

/// The version in `If-Match`.
#[derive(Debug, Clone, Copy)]
enum Expected {
    Any,
    Current,
    Stale,
}

fn operation() -> impl Strategy<Value = Operation> {
    let order = 0..ORDERS;
    let expected = prop_oneof![
        4 => Just(Expected::Any),
        2 => Just(Expected::Current),
        1 => Just(Expected::Stale),
    ];
    let change = (
        proptest::option::of(proptest::sample::select(&STATUSES[..])),
        proptest::option::of(0_i64..3),
    )
        .prop_map(|(status, cents)| Change { status, cents });
    prop_oneof![
        2 => (proptest::option::of(0_u8..3), 0_i64..2)
            .prop_map(|(key, cents)| Operation::Create { key, cents }),
        2 => order.clone().prop_map(|order| Operation::Get { order }),
        5 => (order.clone(), change, expected.clone())
            .prop_map(|(order, change, version)| Operation::Put { order, change, version }),
        1 => (order, expected).prop_map(|(order, version)| Operation::Delete { order, version }),
    ]
}

/// An order at one version, with the documented rules implemented independently of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    version: i64,
    status: String,
    cents: i64,
    deleted: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Changed(State),
    Unchanged,
    Rejected(u16),
}

impl State {
    fn new(cents: i64) -> Self {
        Self {
            version: 1,
            status: "pending".into(),
            cents,
            deleted: false,
        }
    }

    fn put(&self, change: &Change) -> Verdict {
        if self.deleted {
            return Verdict::Rejected(404);
        }
        let status = change.status.unwrap_or(&self.status);
        let cents = change.cents.unwrap_or(self.cents);
        let allowed = match (self.status.as_str(), status) {
            (from, to) if from == to => true,
            ("pending", _) => true,
            ("processing", to) => to != "pending",
            _ => false,
        };
        if !allowed || (cents != self.cents && self.status != "pending") {
            return Verdict::Rejected(409);
        }
        if status == self.status && cents == self.cents {
            return Verdict::Unchanged;
        }
        Verdict::Changed(Self {
            version: self.version + 1,
            status: status.to_owned(),
            cents,
            deleted: false,
        })
    }

    /// The state after an event.
    fn apply(&self, event: &Value) -> Self {
        let data = &event["data"];
        Self {
            version: event["sequence"].as_i64().unwrap(),
            status: data["status"].as_str().unwrap_or(&self.status).to_owned(),
            cents: data.get("total_amount").map_or(self.cents, cents),
            deleted: event["type"] == "deleted",
        }
    }
}

/// From a JSON number with two decimals.
fn cents(amount: &Value) -> i64 {
    let text = amount.to_string();
    assert_eq!(text.rsplit('.').next().unwrap().len(), 2, "{text}");
    text.replace('.', "").parse().unwrap()
}

fn amount(cents: i64) -> Value {
    serde_json::from_str(&format!("{}.{:02}", cents / 100, cents % 100)).unwrap()
}

fn body_of(change: &Change) -> String {
    let mut body = serde_json::Map::new();
    if let Some(status) = change.status {
        body.insert("status".into(), json!(status));
    }
    if let Some(cents) = change.cents {
        body.insert("total_amount".into(), amount(cents));
    }
    Value::Object(body).to_string()
}

fn version_of(response: &Response) -> i64 {
    let tag = response.headers()["etag"].to_str().unwrap();
    tag.trim_matches('"').parse().unwrap()
}

async fn send(
    app: &TestApp,
    method: Method,
    id: i64,
    version: Option<i64>,
    body: Option<String>,
) -> Response {
    let mut request = app.request(method, &format!("/orders/{id}"));
    if let Some(version) = version {
        request = request.header("if-match", format!("\"{version}\""));
    }
    if let Some(body) = body {
        request = request
            .header("content-type", "application/json")
            .body(body);
    }
    request.send().await.unwrap()
}

async fn create(app: &TestApp, key: Option<&str>, cents: i64) -> Response {
    let mut request = app
        .request(Method::POST, "/orders")
        .json(&json!({ "customer_id": 1, "total_amount": amount(cents) }));
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    request.send().await.unwrap()
}

fn assert_matches_state(order: &Value, state: &State) {
    assert_eq!(order["status"], state.status.as_str(), "{order} {state:?}");
    assert_eq!(
        cents(&order["total_amount"]),
        state.cents,
        "{order} {state:?}"
    );
}

/// One client: the model predicts every response.
async fn run_one_client(app: &TestApp, case: u32, operations: &[Operation]) {
    let mut orders: Vec<(i64, State)> = Vec::new();
    let mut keys: HashMap<u8, (i64, i64)> = HashMap::new();
    for operation in operations {
        match operation {
            Operation::Create { key, cents } => {
                let name = key.map(|key| format!("{case}-{key}"));
                let response = create(app, name.as_deref(), *cents).await;
                let known = key.and_then(|key| keys.get(&key).copied());
                if let Some((id, first)) = known {
                    if first != *cents {
                        assert_eq!(response.status(), 422);
                        continue;
                    }
                    assert_eq!(response.headers()["idempotent-replayed"], "true");
                    let order: Value = response.json().await.unwrap();
                    assert_eq!(order["id"], id);
                    assert_matches_state(&order, &State::new(*cents));
                    continue;
                }
                assert_eq!(response.status(), 201);
                assert_eq!(version_of(&response), 1);
                let order: Value = response.json().await.unwrap();
                assert_matches_state(&order, &State::new(*cents));
                let id = order["id"].as_i64().unwrap();
                if let Some(key) = key {
                    keys.insert(*key, (id, *cents));
                }
                orders.push((id, State::new(*cents)));
            }
            Operation::Get { order } => {
                let Some((id, state)) = orders.get(*order) else {
                    continue;
                };
                let response = app.get(&format!("/orders/{id}")).await;
                assert_eq!(response.status() == 404, state.deleted);
                if !state.deleted {
                    assert_eq!(version_of(&response), state.version);
                    assert_matches_state(&response.json().await.unwrap(), state);
                }
            }
            Operation::Put {
                order,
                change,
                version,
            } => {
                let Some((id, state)) = orders.get_mut(*order) else {
                    continue;
                };
                let expected = if_match(*version, state.version);
                let body = Some(body_of(change));
                let response = send(app, Method::PUT, *id, expected, body).await;
                let status = response.status().as_u16();
                let verdict = match expected {
                    Some(version) if !state.deleted && version != state.version => {
                        Verdict::Rejected(412)
                    }
                    _ => state.put(change),
                };
                match verdict {
                    Verdict::Rejected(rejected) => assert_eq!(status, rejected),
                    Verdict::Unchanged => assert_eq!(status, 200),
                    Verdict::Changed(changed) => {
                        assert_eq!(status, 200);
                        *state = changed;
                    }
                }
                if status == 200 {
                    assert_eq!(version_of(&response), state.version);
                    assert_matches_state(&response.json().await.unwrap(), state);
                }
            }
            Operation::Delete { order, version } => {
                let Some((id, state)) = orders.get_mut(*order) else {
                    continue;
                };
                let expected = if_match(*version, state.version);
                let response = send(app, Method::DELETE, *id, expected, None).await;
                let rejected = expected.is_some_and(|version| version != state.version);
                let status = match (state.deleted, rejected) {
                    (true, _) => 404,
                    (false, true) => 412,
                    (false, false) => 204,
                };
                assert_eq!(response.status(), status);
                if status == 204 {
                    state.deleted = true;
                    state.version += 1;
                }
            }
        }
    }
    for (id, state) in orders {
        let states = states(&app.events(id).await);
        assert_eq!(states.last(), Some(&state));
    }
}

fn if_match(expected: Expected, current: i64) -> Option<i64> {
    match expected {
        Expected::Any => None,
        Expected::Current => Some(current),
        Expected::Stale => Some(current + 7),
    }
}

/// Every state of an order; version `n` is at index `n - 1`.
fn states(events: &[Value]) -> Vec<State> {
    let mut states: Vec<State> = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let before = states.last().cloned().unwrap_or_else(|| State::new(0));
        assert!(!before.deleted, "an event follows the deletion");
        let state = before.apply(event);
        assert_eq!(state.version, i64::try_from(index).unwrap() + 1, "a gap");
        if event["type"] == "updated" {
            let change = Change {
                status: event["data"]["status"]
                    .as_str()
                    .map(|status| STATUSES.into_iter().find(|known| *known == status).unwrap()),
                cents: event["data"].get("total_amount").map(cents),
            };
            assert_eq!(before.put(&change), Verdict::Changed(state.clone()));
        }
        states.push(state);
    }
    states
}

#[test]
fn one_client_matches_the_model() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = runtime.block_on(TestApp::start());
    let case = std::cell::Cell::new(0);
    let mut runner = TestRunner::new(Config {
        cases: 60,
        failure_persistence: None,
        ..Config::default()
    });
    let result = runner.run(&vec(operation(), 1..40), |operations| {
        case.set(case.get() + 1);
        runtime.block_on(run_one_client(&app, case.get(), &operations));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// A request, its response, and the version known to the clients before the request.
struct Exchange {
    order: usize,
    operation: Operation,
    expected: Option<i64>,
    /// A version that the order had reached before the request was sent.
    before: i64,
    status: u16,
    version: Option<i64>,
    body: Value,
}

async fn client(
    app: &TestApp,
    ids: &[i64],
    reached: &[AtomicI64],
    operations: &[Operation],
) -> Vec<Exchange> {
    let mut exchanges = Vec::new();
    for operation in operations {
        let (order, method, expected, body) = match operation {
            Operation::Create { .. } => continue,
            Operation::Get { order } => (*order, Method::GET, Expected::Any, None),
            Operation::Put {
                order,
                change,
                version,
            } => (*order, Method::PUT, *version, Some(body_of(change))),
            Operation::Delete { order, version } => (*order, Method::DELETE, *version, None),
        };
        let before = reached[order].load(Ordering::SeqCst);
        let expected = if_match(expected, before);
        let response = send(app, method, ids[order], expected, body).await;
        let status = response.status().as_u16();
        let version = (status == 200).then(|| version_of(&response));
        if let Some(version) = version {
            reached[order].fetch_max(version, Ordering::SeqCst);
        }
        exchanges.push(Exchange {
            order,
            operation: operation.clone(),
            expected,
            before,
            status,
            version,
            body: response.json().await.unwrap_or_default(),
        });
    }
    exchanges
}

/// Whether a response is correct for one of the order's states.
fn is_correct_for_some_state(exchange: &Exchange, states: &[State]) -> bool {
    let mut candidates = states
        .iter()
        .filter(|state| state.version >= exchange.before);
    let mismatch = |state: &State| {
        exchange
            .expected
            .is_some_and(|version| version != state.version)
    };
    match (&exchange.operation, exchange.status) {
        (_, 404) => states.last().is_some_and(|state| state.deleted),
        (_, 412) => candidates.any(|state| !state.deleted && mismatch(state)),
        (Operation::Put { change, .. }, 409) => {
            candidates.any(|state| !mismatch(state) && state.put(change) == Verdict::Rejected(409))
        }
        (Operation::Put { change, .. }, 200) => candidates.any(|state| {
            Some(state.version) == exchange.version
                && change.status.is_none_or(|status| status == state.status)
                && change.cents.is_none_or(|cents| cents == state.cents)
        }),
        (Operation::Get { .. }, 200) => {
            candidates.any(|state| Some(state.version) == exchange.version)
        }
        (Operation::Delete { .. }, 204) => states.last().is_some_and(|state| state.deleted),
        _ => false,
    }
}

async fn run_concurrent_clients(app: &TestApp, clients: &[Vec<Operation>]) {
    let mut ids = Vec::new();
    for _ in 0..ORDERS {
        ids.push(app.create(1, "0").await);
    }
    let reached: Vec<AtomicI64> = (0..ORDERS).map(|_| AtomicI64::new(1)).collect();
    let running = clients
        .iter()
        .map(|operations| client(app, &ids, &reached, operations));
    let exchanges = futures::future::join_all(running).await;
    let exchanges: Vec<Exchange> = exchanges.into_iter().flatten().collect();
    for (order, id) in ids.iter().enumerate() {
        let events = app.events(*id).await;
        let states = states(&events);
        let mine: Vec<&Exchange> = exchanges
            .iter()
            .filter(|exchange| exchange.order == order)
            .collect();
        for exchange in &mine {
            assert!(
                is_correct_for_some_state(exchange, &states),
                "{:?} from version {} with {:?} got {} {:?}: {events:?}",
                exchange.operation,
                exchange.before,
                exchange.expected,
                exchange.status,
                exchange.version,
            );
            if let Some(version) = exchange.version {
                assert_matches_state(
                    &exchange.body,
                    &states[usize::try_from(version).unwrap() - 1],
                );
            }
        }
        // Every event of a client has a request, and no deletion is repeated.
        for event in events.iter().filter(|event| event["actor"] == "client") {
            let requested = mine.iter().any(|exchange| match &exchange.operation {
                Operation::Put { .. } => exchange.version == event["sequence"].as_i64(),
                Operation::Delete { .. } => exchange.status == 204 && event["type"] == "deleted",
                _ => false,
            });
            assert!(requested || event["type"] == "created", "{event}");
        }
        let deletions = mine
            .iter()
            .filter(|exchange| exchange.status == 204)
            .count();
        assert!(deletions <= 1);
    }
}

fn check_concurrent_clients(app: &TestApp, runtime: &tokio::runtime::Runtime, cases: u32) {
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 50,
        ..Config::default()
    });
    let clients = vec(vec(operation(), 1..20), 2..6);
    let result = runner.run(&clients, |clients| {
        runtime.block_on(run_concurrent_clients(app, &clients));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn concurrent_clients_match_the_history() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = runtime.block_on(TestApp::start());
    check_concurrent_clients(&app, &runtime, 60);
}

/// The workflow changes the orders concurrently with the clients.
#[test]
fn concurrent_clients_and_the_workflow_match_the_history() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = runtime.block_on(async {
        let app = TestApp::with_worker(Duration::from_millis(20)).await;
        app.orders_from(140_000).await;
        app
    });
    check_concurrent_clients(&app, &runtime, 20);
    runtime.block_on(crate::harness::eventually("every order ends", async || {
        let open = "SELECT count(*) FROM orders WHERE status IN ('pending', 'processing')";
        (app.count(open).await == 0).then_some(())
    }));
}
