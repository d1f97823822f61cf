//! `Idempotency-Key`: however often a request is sent, there is one order.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::Value;

use crate::harness::{Options, TestApp, eventually};

const BODY: &str = r#"{"customer_id":42,"total_amount":99.95}"#;

async fn post(app: &TestApp, key: &str, body: &str) -> Response {
    app.request(Method::POST, "/orders")
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .body(body.to_owned())
        .send()
        .await
        .unwrap()
}

/// All that a client sees of an answer, its date, its request id and the mark of a replay apart.
async fn seen(response: Response) -> (u16, Vec<(String, String)>, String) {
    let status = response.status().as_u16();
    let mut headers: Vec<(String, String)> = response
        .headers()
        .iter()
        .filter(|(name, _)| {
            !["date", "x-request-id", "idempotent-replayed"].contains(&name.as_str())
        })
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    (status, headers, response.text().await.unwrap())
}

async fn orders(app: &TestApp) -> i64 {
    app.count("SELECT count(*) FROM orders").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_again_gets_the_same_answer() {
    let app = TestApp::start().await;
    let first = post(&app, "\"k1\"", BODY).await;
    assert!(first.headers().get("idempotent-replayed").is_none());
    let first = seen(first).await;
    assert_eq!(first.0, 201);
    // Bare, written otherwise, and after the order has moved on, and after it is gone.
    let again = r#" {"total_amount": 99.950e0, "customer_id": 42} "#;
    for step in ["", "cancel", "delete"] {
        let order: Value = serde_json::from_str(&first.2).unwrap();
        let id = order["id"].as_i64().unwrap();
        match step {
            "cancel" => assert_eq!(app.put_status(id, "cancelled").await.status(), 200),
            "delete" => {
                let path = format!("/orders/{id}");
                app.request(Method::DELETE, &path).send().await.unwrap();
            }
            _ => {}
        }
        for (key, body) in [("k1", BODY), ("\"k1\"", again)] {
            let replayed = post(&app, key, body).await;
            assert_eq!(replayed.headers()["idempotent-replayed"], "true");
            assert_eq!(seen(replayed).await, first, "{step}");
        }
    }
    assert_eq!(orders(&app).await, 0);
    let other = post(&app, "k2", BODY).await;
    assert!(other.headers().get("idempotent-replayed").is_none());
    assert_eq!(orders(&app).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_for_another_request_is_refused() {
    let app = TestApp::start().await;
    assert_eq!(post(&app, "k", BODY).await.status(), 201);
    for body in [
        r#"{"customer_id":43,"total_amount":99.95}"#,
        r#"{"customer_id":42,"total_amount":99.94}"#,
    ] {
        let refused = post(&app, "k", body).await;
        assert_eq!(refused.status(), 422);
        let problem: Value = refused.json().await.unwrap();
        assert_eq!(problem["code"], "idempotency_key_reused");
    }
    assert_eq!(orders(&app).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_refused_leaves_its_key_free() {
    let app = TestApp::start().await;
    let refused = post(&app, "k", r#"{"customer_id":0,"total_amount":1}"#).await;
    assert_eq!(refused.status(), 400);
    // And one that the database could not take.
    app.sql("ALTER TABLE order_events RENAME TO order_events_away")
        .await;
    assert_eq!(post(&app, "k", BODY).await.status(), 500);
    app.sql("ALTER TABLE order_events_away RENAME TO order_events")
        .await;
    let accepted = post(&app, "k", BODY).await;
    assert_eq!(accepted.status(), 201);
    assert!(accepted.headers().get("idempotent-replayed").is_none());
    assert_eq!(orders(&app).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_at_once_are_one_order() {
    let app = TestApp::start().await;
    for round in 0..5 {
        let key = format!("round-{round}");
        let requests = (0..64).map(|_| post(&app, &key, BODY));
        let responses = futures::future::join_all(requests).await;
        let mut new = 0;
        let mut answers = Vec::new();
        for response in responses {
            if response.headers().get("idempotent-replayed").is_none() {
                new += 1;
            }
            answers.push(seen(response).await);
        }
        assert_eq!(new, 1, "one is the first");
        assert_eq!(answers[0].0, 201);
        assert!(answers.iter().all(|answer| *answer == answers[0]));
    }
    assert_eq!(orders(&app).await, 5);
    assert_eq!(app.count("SELECT count(*) FROM idempotency_keys").await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_forgotten_after_its_time() {
    let app = TestApp::with(Options {
        adjust: |settings| {
            settings.idempotency.lifetime = Duration::from_secs(3600);
            settings.idempotency.sweep_interval = Duration::from_millis(100);
        },
        ..Options::default()
    })
    .await;
    assert_eq!(post(&app, "old", BODY).await.status(), 201);
    assert_eq!(post(&app, "young", BODY).await.status(), 201);
    app.sql("UPDATE idempotency_keys SET expires_at = now() WHERE key = 'old'")
        .await;
    eventually("the old key is swept", async || {
        let left = app.count("SELECT count(*) FROM idempotency_keys").await;
        (left == 1).then_some(())
    })
    .await;
    let replayed = post(&app, "young", BODY).await;
    assert_eq!(replayed.headers()["idempotent-replayed"], "true");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_key_is_new_also_before_it_is_swept() {
    let app = TestApp::with(Options {
        adjust: |settings| settings.idempotency.sweep_interval = Duration::from_secs(3600),
        ..Options::default()
    })
    .await;
    let first = seen(post(&app, "k", BODY).await).await;
    app.sql("UPDATE idempotency_keys SET expires_at = now()")
        .await;
    let second = post(&app, "k", r#"{"customer_id":1,"total_amount":1}"#).await;
    assert_eq!(second.status(), 201);
    assert!(second.headers().get("idempotent-replayed").is_none());
    assert_ne!(seen(second).await.2, first.2);
    assert_eq!(orders(&app).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_may_demand_a_key() {
    let app = TestApp::with(Options {
        adjust: |settings| settings.idempotency.required = true,
        ..Options::default()
    })
    .await;
    let refused = app.send(Method::POST, "/orders", BODY).await;
    assert_eq!(refused.status(), 400);
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["code"], "idempotency_key_required");
    assert_eq!(problem["errors"][0]["pointer"], "Idempotency-Key");
    assert_eq!(orders(&app).await, 0);
    assert_eq!(post(&app, "k", BODY).await.status(), 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_none_is_refused() {
    let app = TestApp::start().await;
    let long = "k".repeat(256);
    for key in ["", "\"\"", "a b", "\"a", "a\"b", "a\\b", long.as_str()] {
        let refused = post(&app, key, BODY).await;
        assert_eq!(refused.status(), 400, "{key}");
        let problem: Value = refused.json().await.unwrap();
        assert_eq!(problem["errors"][0]["pointer"], "Idempotency-Key");
    }
    assert_eq!(post(&app, &"k".repeat(255), BODY).await.status(), 201);
}
