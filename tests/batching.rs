//! Requests that share a statement do not affect each other.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use diesel_async::SimpleAsyncConnection;
use futures::future::join_all;
use order_processing::db::{Created, Database, OrderRepository, Precondition};
use order_processing::domain::{Access, Actor, CustomerId, NewOrder, OrderChange, OrderId};
use order_processing::error::StoreError;
use rand::seq::SliceRandom;
use reqwest::{Method, StatusCode};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::harness::{Options, TestApp, eventually};

/// Concurrent requests: several batches.
const MANY: i64 = 300;

fn repository(app: &TestApp) -> OrderRepository {
    OrderRepository::new(Database::new(&app.settings.database, "orders-test").unwrap())
}

fn new_order(customer_id: i64) -> NewOrder {
    NewOrder::of_amount(CustomerId(customer_id), Decimal::new(1250, 2))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_gets_its_own_result() {
    let app = TestApp::start().await;
    let ids = join_all((1..=MANY).map(|customer| app.create(customer, "12.5"))).await;
    let distinct: HashSet<i64> = ids.iter().copied().collect();
    assert_eq!(distinct.len(), ids.len());
    // Every order twice, and as many that do not exist.
    let missing = ids.iter().map(|id| id + 1_000_000);
    let requested: Vec<i64> = ids.iter().copied().chain(missing).collect();
    let twice = requested.iter().chain(&requested);
    let responses = join_all(twice.clone().map(async |id| {
        let response = app.get(&format!("/orders/{id}")).await;
        (response.status(), response.json::<Value>().await.unwrap())
    }))
    .await;
    for (id, (status, body)) in twice.zip(responses) {
        match ids.iter().position(|known| known == id) {
            None => assert_eq!(status, StatusCode::NOT_FOUND),
            Some(place) => {
                assert_eq!(status, StatusCode::OK);
                assert_eq!(body["id"], *id);
                assert_eq!(body["customer_id"], i64::try_from(place).unwrap() + 1);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_order_fails_alone() {
    let app = TestApp::start().await;
    let orders = repository(&app);
    // Neither the contract nor the database allows such a customer id.
    let bad = |at: i64| at % 50 == 7;
    let stored = join_all((0..MANY).map(|at| {
        let orders = orders.clone();
        let new = new_order(if bad(at) { -at } else { at + 1 });
        async move { orders.create(&new, None).await }
    }))
    .await;
    for (at, stored) in (0..MANY).zip(&stored) {
        match (bad(at), stored) {
            (true, Err(StoreError::ConstraintViolation(_))) => {}
            (false, Ok(Created::New(order))) => assert_eq!(order.customer_id, CustomerId(at + 1)),
            (_, other) => panic!("number {at}: {other:?}"),
        }
    }
    let good = i64::try_from((0..MANY).filter(|at| !bad(*at)).count()).unwrap();
    assert_eq!(app.count("SELECT count(*) FROM orders").await, good);
    assert_eq!(app.count("SELECT count(*) FROM order_events").await, good);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_order_fails_alone() {
    let app = TestApp::start().await;
    let ids = join_all((1..=20).map(|customer| app.create(customer, "1"))).await;
    app.sql(&format!(
        "ALTER TABLE orders DROP CONSTRAINT orders_status_check;
         UPDATE orders SET status = 'of a newer version' WHERE id = {}",
        ids[7]
    ))
    .await;
    let orders = repository(&app);
    let found = join_all(ids.iter().map(|id| orders.get(OrderId(*id), Access::All))).await;
    for (id, found) in ids.iter().zip(found) {
        match found {
            Ok(Some(order)) => assert_eq!(order.id.0, *id),
            Err(StoreError::Corrupt(_)) => assert_eq!(*id, ids[7]),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_request_does_not_affect_its_batch() {
    let app = TestApp::start().await;
    let orders = repository(&app);
    let tasks: Vec<_> = (1..=MANY)
        .map(|customer| {
            let orders = orders.clone();
            tokio::spawn(async move { orders.create(&new_order(customer), None).await })
        })
        .collect();
    for task in tasks.iter().step_by(3) {
        task.abort();
    }
    let mut accepted = 0;
    for (at, task) in tasks.into_iter().enumerate() {
        match task.await {
            Ok(created) => {
                assert!(matches!(created, Ok(Created::New(_))), "{created:?}");
                accepted += 1;
            }
            Err(_) => assert_eq!(at % 3, 0),
        }
    }
    // Orders of cancelled requests may be stored, but only as a whole, and no other order is missing.
    let stored = app.count("SELECT count(*) FROM orders").await;
    assert!(stored >= accepted);
    assert_eq!(app.count("SELECT count(*) FROM order_events").await, stored);
    let complete = "SELECT count(*) FROM orders WHERE EXISTS
        (SELECT FROM order_events WHERE order_id = orders.id AND sequence = 1)";
    assert_eq!(app.count(complete).await, stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_get_503_when_the_queue_is_full() {
    let app = TestApp::with(Options {
        adjust: |settings| {
            settings.database.max_waiting = 8;
            settings.database.statement_timeout = Duration::from_secs(60);
            settings.database.lock_timeout = Duration::from_secs(60);
        },
        request_timeout: Duration::from_secs(60),
        ..Options::default()
    })
    .await;
    let mut blocker = app.connection().await;
    let lock = "BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE";
    blocker.batch_execute(lock).await.unwrap();
    let body = r#"{"customer_id":1,"total_amount":1}"#;
    let sent = join_all((0..200).map(async |_| {
        let begun = Instant::now();
        let response = app.send(Method::POST, "/orders", body).await;
        (response, begun.elapsed())
    }));
    let unblocked = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        blocker.batch_execute("COMMIT").await.unwrap();
    };
    let (responses, ()) = futures::join!(sent, unblocked);
    let (mut accepted, mut rejected) = (0, 0);
    for (response, took) in responses {
        match response.status() {
            StatusCode::CREATED => accepted += 1,
            StatusCode::SERVICE_UNAVAILABLE => {
                rejected += 1;
                assert!(response.headers().contains_key("retry-after"));
                assert!(took < Duration::from_secs(3), "rejected after {took:?}");
            }
            other => panic!("{other}"),
        }
    }
    // At most 8 requests wait in the queue, and at most 9 are being executed: the first, and a full queue.
    assert!(rejected >= 200 - 8 - 9, "{rejected} rejected");
    assert!(accepted > 0);
    let stored = app.count("SELECT count(*) FROM orders").await;
    assert_eq!(stored, accepted);
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_do_not_wait_for_writes() {
    let app =
        TestApp::adjusted(|settings| settings.database.lock_timeout = Duration::from_secs(60))
            .await;
    let id = app.create(1, "1").await;
    let mut blocker = app.connection().await;
    // This lock blocks writes, but not reads.
    let lock = "BEGIN; LOCK TABLE orders IN SHARE MODE";
    blocker.batch_execute(lock).await.unwrap();
    let writes = join_all((0..50).map(|_| app.create(1, "1")));
    let reads = async {
        eventually("a write waits", async || {
            (app.blocked_statements().await > 0).then_some(())
        })
        .await;
        let begun = Instant::now();
        for _ in 0..20 {
            assert_eq!(app.get(&format!("/orders/{id}")).await.status(), 200);
        }
        let took = begun.elapsed();
        blocker.batch_execute("COMMIT").await.unwrap();
        took
    };
    let (_, took) = futures::join!(writes, reads);
    // A blocked write waits for the lock's release, or for its statement time-out of three seconds.
    assert!(took < Duration::from_secs(2), "20 reads took {took:?}");
}

/// Two servers change the same orders in batches, each in a different sequence: batches do not deadlock,
/// and no change is lost.
#[tokio::test(flavor = "multi_thread")]
async fn batches_of_two_servers_do_not_block_each_other() {
    let app = TestApp::start().await;
    let ids = join_all((1..=40).map(|customer| app.create(customer, "1"))).await;
    let servers = [repository(&app), repository(&app)];
    for round in 0..20 {
        let changes = servers.iter().enumerate().flat_map(|(server, orders)| {
            let mut shuffled = ids.clone();
            shuffled.shuffle(&mut rand::rng());
            shuffled.into_iter().map(move |id| {
                let change = OrderChange {
                    status: None,
                    total_amount: Some(Decimal::new(100 + 2 * round + server as i64, 2)),
                };
                async move {
                    orders
                        .change(
                            OrderId(id),
                            Access::All,
                            &Precondition::None,
                            &change,
                            Actor::Client,
                            None,
                        )
                        .await
                }
            })
        });
        for changed in join_all(changes).await {
            changed.unwrap();
        }
    }
    let gaps = "SELECT count(*) FROM orders WHERE version <>
        (SELECT count(*) FROM order_events WHERE order_id = orders.id)";
    assert_eq!(app.count(gaps).await, 0);
}
