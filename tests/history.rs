//! The history of an order.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn every_change_is_an_event_and_events_outlive_the_order() {
    let app = TestApp::start().await;
    let id = app.create(7, "12.5").await;
    let path = format!("/orders/{id}");
    let order: Value = app.get(&path).await.json().await.unwrap();
    app.send(Method::PUT, &path, r#"{"total_amount":13}"#).await;
    app.send(
        Method::PUT,
        &path,
        r#"{"total_amount":13.00,"status":"pending"}"#,
    )
    .await;
    app.send(
        Method::PUT,
        &path,
        r#"{"status":"processing","total_amount":14.01}"#,
    )
    .await;
    app.put_status(id, "pending").await;
    app.put_status(id, "cancelled").await;
    app.request(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(app.get(&path).await.status(), 404);

    let mut events = app.events(id).await;
    assert_eq!(events[0]["occurred_at"], order["created_at"]);
    for event in &mut events {
        event.as_object_mut().unwrap().remove("occurred_at");
    }
    let event = |sequence: i64, kind: &str, data: Value| json!({ "sequence": sequence, "type": kind, "data": data, "actor": "client" });
    let amount = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(
        events,
        [
            event(
                1,
                "created",
                json!({ "customer_id": 7, "status": "pending", "total_amount": amount("12.50") })
            ),
            event(2, "updated", json!({ "total_amount": amount("13.00") })),
            event(
                3,
                "updated",
                json!({ "status": "processing", "total_amount": amount("14.01") })
            ),
            event(4, "updated", json!({ "status": "cancelled" })),
            event(5, "deleted", json!({})),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_the_workflow_name_it_as_actor() {
    let app = TestApp::with_worker(Duration::from_millis(50)).await;
    app.orders_from(120_000).await;
    let id = app.create(1, "1").await;
    app.becomes(id, "completed").await;
    let events = app.events(id).await;
    let steps: Vec<(&str, &str)> = events
        .iter()
        .map(|event| {
            let status = event["data"]["status"].as_str().unwrap();
            (event["actor"].as_str().unwrap(), status)
        })
        .collect();
    assert_eq!(
        steps,
        [
            ("client", "pending"),
            ("workflow", "processing"),
            ("workflow", "completed")
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_history_is_paginated() {
    let app = TestApp::start().await;
    let id = app.create(1, "1").await;
    for amount in 2..=7 {
        let body = format!(r#"{{"total_amount":{amount}}}"#);
        app.send(Method::PUT, &format!("/orders/{id}"), body).await;
    }
    let mut seen = Vec::new();
    let mut next = Some(format!("/orders/{id}/events?limit=3"));
    while let Some(path) = next {
        let page = app.get(&path).await;
        next = page.headers().get("link").map(|link| {
            let link = link.to_str().unwrap();
            let (target, rest) = link[1..].split_once('>').unwrap();
            assert_eq!(rest, "; rel=\"next\"");
            target.to_owned()
        });
        let events: Vec<Value> = page.json().await.unwrap();
        assert!(events.len() <= 3);
        seen.extend(
            events
                .iter()
                .map(|event| event["sequence"].as_i64().unwrap()),
        );
    }
    assert_eq!(seen, (1..=7).collect::<Vec<_>>());
    let beyond: Vec<Value> = app
        .get(&format!("/orders/{id}/events?after=7"))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(beyond, Vec::<Value>::new());
}

/// During an upgrade, a newer version may write an event that this one does not know.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_ends_before_an_unknown_event() {
    let app = TestApp::start().await;
    let id = app.create(1, "1").await;
    app.put_status(id, "processing").await;
    app.sql(&format!(
        "ALTER TABLE order_events DROP CONSTRAINT order_events_type_check;
         INSERT INTO order_events (order_id, sequence, type, actor, customer_id, occurred_at)
         VALUES ({id}, 3, 'split', 'client', 1, now())"
    ))
    .await;
    let page = app.get(&format!("/orders/{id}/events")).await;
    assert_eq!(page.status(), 200);
    let link = page.headers()["link"].to_str().unwrap();
    let next = link[1..].split_once('>').unwrap().0.to_owned();
    let events: Vec<Value> = page.json().await.unwrap();
    assert_eq!(events.len(), 2);
    // A shorter history would be wrong.
    assert_eq!(app.get(&next).await.status(), 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_never_existed_has_no_history() {
    let app = TestApp::start().await;
    let response = app.get("/orders/4711/events").await;
    assert_eq!(response.status(), 404);
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["code"], "order_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_cannot_be_changed_or_deleted() {
    use diesel_async::SimpleAsyncConnection;
    let app = TestApp::start().await;
    app.create(1, "1").await;
    let mut connection = app.connection().await;
    for statement in [
        "UPDATE order_events SET actor = 'workflow'",
        "DELETE FROM order_events",
        "TRUNCATE order_events",
    ] {
        let error = connection.batch_execute(statement).await.unwrap_err();
        assert!(error.to_string().contains("append-only"), "{error}");
    }
}

/// Of concurrent requests to end an order, one succeeds; the others change nothing or get a conflict.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_changes_are_serialized() {
    let app = TestApp::start().await;
    let id = app.create(1, "1").await;
    let ends = (0..32).map(|n| {
        let status = if n % 2 == 0 { "completed" } else { "cancelled" };
        let app = &app;
        async move { (status, app.put_status(id, status).await.status().as_u16()) }
    });
    let responses = futures::future::join_all(ends).await;
    let end = app.status_of(id).await;
    for (wanted, status) in responses {
        // Later requests for the same status succeed, but change nothing.
        assert_eq!(status, if wanted == end { 200 } else { 409 });
    }
    let changes = (0..32).map(|n| {
        let body = format!(r#"{{"total_amount":{}}}"#, n + 2);
        let app = &app;
        async move {
            let second = app.create(1, "1").await;
            let path = format!("/orders/{second}");
            let both = tokio::join!(
                app.send(Method::PUT, &path, body.clone()),
                app.send(Method::PUT, &path, r#"{"total_amount":99}"#),
            );
            assert_eq!(
                (both.0.status().as_u16(), both.1.status().as_u16()),
                (200, 200)
            );
            assert_eq!(app.events(second).await.len(), 3);
        }
    });
    futures::future::join_all(changes).await;
}
