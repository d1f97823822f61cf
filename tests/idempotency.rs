//! `Idempotency-Key`: all attempts of a request create one order.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::Value;

use crate::auth::keys;
use crate::command_line::fails;
use crate::harness::issuer::claims;
use crate::harness::{Issuer, TestApp, api_key_auth, database_url, eventually};

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

/// The response, except for its date, its request id and the header that marks a replay.
async fn content(response: Response) -> (u16, Vec<(String, String)>, String) {
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

async fn order_count(app: &TestApp) -> i64 {
    app.count("SELECT count(*) FROM orders").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_gets_the_same_response() {
    let app = TestApp::start().await;
    let first = post(&app, "\"k1\"", BODY).await;
    assert!(first.headers().get("idempotent-replayed").is_none());
    let first = content(first).await;
    assert_eq!(first.0, 201);
    // Also with an unquoted key, with an equivalent body, and after the order was changed or deleted.
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
            assert_eq!(content(replayed).await, first, "{step}");
        }
    }
    assert_eq!(order_count(&app).await, 0);
    let other = post(&app, "k2", BODY).await;
    assert!(other.headers().get("idempotent-replayed").is_none());
    assert_eq!(order_count(&app).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_reused_for_another_request_is_rejected() {
    let app = TestApp::start().await;
    assert_eq!(post(&app, "k", BODY).await.status(), 201);
    for body in [
        r#"{"customer_id":43,"total_amount":99.95}"#,
        r#"{"customer_id":42,"total_amount":99.94}"#,
    ] {
        let rejected = post(&app, "k", body).await;
        assert_eq!(rejected.status(), 422);
        let problem: Value = rejected.json().await.unwrap();
        assert_eq!(problem["code"], "idempotency_key_reused");
    }
    assert_eq!(order_count(&app).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_request_does_not_use_up_its_key() {
    let app = TestApp::start().await;
    let rejected = post(&app, "k", r#"{"customer_id":0,"total_amount":1}"#).await;
    assert_eq!(rejected.status(), 400);
    // A request that fails in the database.
    app.sql("ALTER TABLE order_events RENAME TO order_events_away")
        .await;
    assert_eq!(post(&app, "k", BODY).await.status(), 500);
    app.sql("ALTER TABLE order_events_away RENAME TO order_events")
        .await;
    let accepted = post(&app, "k", BODY).await;
    assert_eq!(accepted.status(), 201);
    assert!(accepted.headers().get("idempotent-replayed").is_none());
    assert_eq!(order_count(&app).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_requests_with_one_key_create_one_order() {
    let app = TestApp::start().await;
    for round in 0..5 {
        let key = format!("round-{round}");
        let requests = (0..64).map(|_| post(&app, &key, BODY));
        let responses = futures::future::join_all(requests).await;
        let mut new = 0;
        let mut contents = Vec::new();
        for response in responses {
            if response.headers().get("idempotent-replayed").is_none() {
                new += 1;
            }
            contents.push(content(response).await);
        }
        assert_eq!(new, 1, "exactly one request creates the order");
        assert_eq!(contents[0].0, 201);
        assert!(contents.iter().all(|content| *content == contents[0]));
    }
    assert_eq!(order_count(&app).await, 5);
    assert_eq!(app.count("SELECT count(*) FROM idempotency_keys").await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_keys_are_deleted() {
    let app = TestApp::adjusted(|settings| {
        settings.idempotency.lifetime = Duration::from_secs(3600);
        settings.idempotency.sweep_interval = Duration::from_millis(100);
    })
    .await;
    assert_eq!(post(&app, "old", BODY).await.status(), 201);
    assert_eq!(post(&app, "young", BODY).await.status(), 201);
    app.sql("UPDATE idempotency_keys SET expires_at = now() WHERE key = 'old'")
        .await;
    eventually("the old key is deleted", async || {
        let left = app.count("SELECT count(*) FROM idempotency_keys").await;
        (left == 1).then_some(())
    })
    .await;
    let replayed = post(&app, "young", BODY).await;
    assert_eq!(replayed.headers()["idempotent-replayed"], "true");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_key_can_be_reused_before_it_is_deleted() {
    let app = TestApp::adjusted(|settings| {
        settings.idempotency.sweep_interval = Duration::from_secs(3600)
    })
    .await;
    let first = content(post(&app, "k", BODY).await).await;
    app.sql("UPDATE idempotency_keys SET expires_at = now()")
        .await;
    let second = post(&app, "k", r#"{"customer_id":1,"total_amount":1}"#).await;
    assert_eq!(second.status(), 201);
    assert!(second.headers().get("idempotent-replayed").is_none());
    assert_ne!(content(second).await.2, first.2);
    assert_eq!(order_count(&app).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_can_be_required() {
    let app = TestApp::adjusted(|settings| settings.idempotency.required = true).await;
    let rejected = app.send(Method::POST, "/orders", BODY).await;
    assert_eq!(rejected.status(), 400);
    let problem: Value = rejected.json().await.unwrap();
    assert_eq!(problem["code"], "idempotency_key_required");
    assert_eq!(problem["errors"][0]["pointer"], "Idempotency-Key");
    assert_eq!(order_count(&app).await, 0);
    assert_eq!(post(&app, "k", BODY).await.status(), 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_keys_are_rejected() {
    let app = TestApp::start().await;
    let long = "k".repeat(256);
    for key in ["", "\"\"", "a b", "\"a", "a\"b", "a\\b", long.as_str()] {
        let rejected = post(&app, key, BODY).await;
        assert_eq!(rejected.status(), 400, "{key}");
        let problem: Value = rejected.json().await.unwrap();
        assert_eq!(problem["errors"][0]["pointer"], "Idempotency-Key");
    }
    assert_eq!(post(&app, &"k".repeat(255), BODY).await.status(), 201);
}

/// `POST /orders` with this authentication header.
async fn post_as(app: &TestApp, credentials: (&str, &str), key: &str) -> Response {
    app.request(Method::POST, "/orders")
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .header(credentials.0, credentials.1)
        .body(BODY)
        .send()
        .await
        .unwrap()
}

/// Creates an API key with this name and the customer option `whose`.
fn api_key(app: &TestApp, name: &str, whose: &[&str]) -> (i64, String) {
    let create = [
        "create",
        "--json",
        "--name",
        name,
        "--scope",
        "orders:write",
    ];
    let created: Value = serde_json::from_str(&keys(app, &[&create, whose].concat())).unwrap();
    let key = created["key"].as_str().unwrap().to_owned();
    (created["id"].as_i64().unwrap(), key)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_with_a_new_api_key_of_the_same_client_creates_no_second_order() {
    let app = TestApp::with_auth(api_key_auth()).await;
    let (old, first) = api_key(&app, "shop", &["--all-customers"]);
    let response = content(post_as(&app, ("x-api-key", &first), "k").await).await;
    assert_eq!(response.0, 201);
    // The operator creates a new key for the same program, and revokes the old one.
    let (_, second) = api_key(&app, "shop", &["--all-customers"]);
    keys(&app, &["revoke", &old.to_string()]);
    let (_, third) = api_key(&app, "shop", &["--all-customers"]);
    for key in [&second, &third] {
        let again = post_as(&app, ("x-api-key", key), "k").await;
        assert_eq!(again.headers()["idempotent-replayed"], "true");
        assert_eq!(content(again).await, response);
    }
    assert_eq!(order_count(&app).await, 1);
    // A key with another name, or with a customer, belongs to another client.
    for (name, whose) in [
        ("back-office", &["--all-customers"][..]),
        ("shop", &["--customer", "42"]),
    ] {
        let (_, other) = api_key(&app, name, whose);
        let created = post_as(&app, ("x-api-key", &other), "k").await;
        assert!(created.headers().get("idempotent-replayed").is_none());
        assert_eq!(created.status(), 201);
    }
    assert_eq!(order_count(&app).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_api_key_stays_with_its_client() {
    let app = TestApp::with_auth(api_key_auth()).await;
    // The previous version stored no client id: two API keys with one name are two clients.
    let (first, _) = api_key(&app, "shop", &["--customer", "42"]);
    let (second, old) = api_key(&app, "shop", &["--customer", "42"]);
    app.sql("UPDATE api_keys SET client_id = NULL").await;
    let response = content(post_as(&app, ("x-api-key", &old), "k").await).await;
    assert_eq!(response.0, 201);
    let rotated = keys(
        &app,
        &["rotate", &second.to_string(), "--json", "--overlap", "1h"],
    );
    let rotated: Value = serde_json::from_str(&rotated).unwrap();
    assert_eq!(
        (
            &rotated["client_id"],
            &rotated["name"],
            &rotated["customer_id"]
        ),
        (&second.into(), &"shop".into(), &42.into())
    );
    assert_eq!(rotated["scopes"], "orders:write");
    assert_eq!(rotated["expires_at"], Value::Null);
    // Both keys are valid during the overlap, and a new key with the name belongs to the newest client.
    let (_, third) = api_key(&app, "shop", &["--customer", "42"]);
    for key in [rotated["key"].as_str().unwrap(), &old, &third] {
        let again = post_as(&app, ("x-api-key", key), "k").await;
        assert_eq!(again.headers()["idempotent-replayed"], "true");
        assert_eq!(content(again).await, response);
    }
    assert_eq!(order_count(&app).await, 1);
    let ends =
        |id: i64, when: &str| format!("SELECT count(*) FROM api_keys WHERE id = {id} AND {when}");
    let hour = "expires_at BETWEEN now() + interval '59 minutes' AND now() + interval '1 hour'";
    assert_eq!(app.count(&ends(second, hour)).await, 1);
    assert_eq!(app.count(&ends(first, "expires_at IS NULL")).await, 1);
    // A key with an expiry is replaced by one with the same lifetime; the old one never expires later than
    // before.
    let brief = ["--customer", "42", "--expires-in", "30m"];
    let (brief, _) = api_key(&app, "brief", &brief);
    let rotated = keys(&app, &["rotate", &brief.to_string()]);
    assert!(rotated.contains("key: orders_"), "{rotated}");
    let half = "expires_at BETWEEN now() + interval '29 minutes' AND now() + interval '30 minutes'";
    assert_eq!(app.count(&ends(brief, half)).await, 1);
    assert_eq!(app.count(&ends(brief + 1, half)).await, 1);
    let url = database_url(&app.database);
    let variables = [("ORDERS__DATABASE__URL", url.as_str())];
    fails(&["keys", "rotate", "12345"], &variables, &["no key 12345"]);
    keys(&app, &["revoke", &second.to_string()]);
    let rotate = ["keys", "rotate", &second.to_string()];
    fails(&rotate, &variables, &["it is revoked"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_with_a_new_token_of_the_same_subject_creates_no_second_order() {
    let issuer = Issuer::start().await;
    let app = TestApp::with_auth(issuer.auth()).await;
    let token = |number: i64, subject: &str| {
        let mut claims = claims("orders:write", Some(42));
        claims["jti"] = number.into();
        claims["sub"] = subject.into();
        format!("Bearer {}", issuer.key.sign(&claims))
    };
    let first = eventually("the issuer's keys are loaded", async || {
        let response = post_as(&app, ("authorization", &token(1, "shop")), "k").await;
        (response.status() == 201).then_some(response)
    })
    .await;
    let first = content(first).await;
    let again = post_as(&app, ("authorization", &token(2, "shop")), "k").await;
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(content(again).await, first);
    let other = post_as(&app, ("authorization", &token(3, "another")), "k").await;
    assert!(other.headers().get("idempotent-replayed").is_none());
    assert_eq!(order_count(&app).await, 2);
}
