//! What is sent, in which sequence, how often, and when no longer.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use super::receiver::{Received, Receiver, Reply};
use super::{problem, quick};
use crate::command_line::{orders, stdout};
use crate::harness::{TestApp, database_url, eventually};

/// Asserts that each event of each order was accepted once and in sequence.
pub fn assert_in_sequence(accepted: &[Received], orders: usize, events: i64) {
    let mut sequences: HashMap<i64, Vec<i64>> = HashMap::new();
    for one in accepted {
        sequences
            .entry(one.order())
            .or_default()
            .push(one.sequence());
    }
    assert_eq!(sequences.len(), orders);
    for (order, sequence) in sequences {
        let expected: Vec<i64> = (1..=events).collect();
        assert_eq!(sequence, expected, "order {order}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_sent_as_standard_webhooks_describes() {
    let app = TestApp::adjusted(quick).await;
    app.create(5, "1").await;
    app.until_count("the feed has it", "SELECT position AS count FROM feed", 1)
        .await;
    let receiver = Receiver::start().await;
    let all = app.webhook(json!({ "url": receiver.url() })).await;
    let typed = Receiver::start().await;
    let body = json!({ "url": typed.url(), "event_types": ["updated"], "start": "earliest" });
    app.webhook(body).await;
    let earliest = Receiver::start().await;
    app.webhook(json!({ "url": earliest.url(), "start": "earliest" }))
        .await;
    let order = app.create(5, "12.50").await;
    app.touch(order, 3).await;
    let received = receiver.until_accepted(2).await;
    let first = &received[0];
    let event = app.json("/events?after=1").await[0].clone();
    assert_eq!(
        first.json(),
        json!({
            "type": "order.created",
            "timestamp": event["occurred_at"],
            "data": event,
        })
    );
    assert_eq!(first.header("content-type"), "application/json");
    assert_eq!(first.header("webhook-id"), "evt_2");
    assert!(first.header("user-agent").starts_with("orders/"));
    let webhook = Webhook::new(all["secret"].as_str().unwrap()).unwrap();
    webhook
        .verify(first.body.as_bytes(), &first.headers)
        .unwrap();
    assert_eq!(received[1].header("webhook-id"), "evt_3");
    let updated = typed.until_accepted(1).await;
    assert_eq!(updated[0].header("webhook-id"), "evt_3");
    let from_the_beginning = earliest.until_accepted(3).await;
    assert_in_sequence(&from_the_beginning[1..], 1, 2);

    let id = all["id"].as_i64().unwrap();
    let delivered = app.until_deliveries(id, "delivered", 2).await;
    assert_eq!(delivered[0]["position"], 3);
    assert_eq!(delivered[0]["attempts"], 1);
    assert_eq!(delivered[0]["response_status"], 204);
    assert!(delivered[0]["error"].is_null() && delivered[0]["next_attempt_at"].is_null());
    let page = app
        .get(&format!(
            "/webhooks/{id}/deliveries?limit=1&status=delivered&order_id={order}"
        ))
        .await;
    let link = page.headers()["link"].to_str().unwrap().to_owned();
    let next = link
        .trim_start_matches('<')
        .split('>')
        .next()
        .unwrap()
        .to_owned();
    let page = app.get(&next).await;
    assert!(!page.headers().contains_key("link"));
    let page: Vec<Value> = page.json().await.unwrap();
    assert_eq!(page[0]["id"], delivered[1]["id"]);
    assert_eq!(app.json(&format!("/webhooks/{id}")).await["position"], 3);
    assert!(app.deliveries(id, "status=failed").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_an_order_stay_in_sequence_under_failures() {
    let app = TestApp::adjusted(quick).await;
    // Every third request fails, or is answered late.
    let receiver = Receiver::with(|_, before| match before % 6 {
        2 => Reply::Status(500),
        5 => Reply::Late(Duration::from_millis(30), 503),
        _ => Reply::Status(200),
    })
    .await;
    let id = app.webhook_to(&receiver.url()).await;
    let orders = join_all((0..15).map(|_| app.create(1, "1"))).await;
    for amount in 2..=5 {
        join_all(orders.iter().map(|&order| app.touch(order, amount))).await;
    }
    app.until_deliveries(id, "delivered", 75).await;
    assert_in_sequence(&receiver.accepted(), 15, 5);
    // Connections are used again.
    assert!(
        receiver.connections() < receiver.received().len(),
        "{}",
        receiver.connections()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_is_honoured() {
    let app = TestApp::adjusted(quick).await;
    let receiver = Receiver::with(|_, before| match before {
        0 => Reply::Header(503, "retry-after: 2"),
        _ => Reply::Status(200),
    })
    .await;
    app.webhook_to(&receiver.url()).await;
    app.create(1, "1").await;
    receiver.until_received(1).await;
    // The whole receiver is left alone.
    app.create(2, "1").await;
    let received = receiver.until_accepted(2).await;
    assert_eq!(received.len(), 2);
    let first = receiver.received()[0].at;
    for later in received {
        let waited = later.at - first;
        assert!(waited >= Duration::from_millis(1900), "{waited:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn gone_disables_the_endpoint_and_nothing_is_lost() {
    let app = TestApp::adjusted(quick).await;
    let receiver = Receiver::with(|_, before| match before {
        0 => Reply::Status(410),
        _ => Reply::Status(200),
    })
    .await;
    let id = app.webhook_to(&receiver.url()).await;
    let path = format!("/webhooks/{id}");
    let order = app.create(1, "1").await;
    let endpoint = eventually("the endpoint is disabled", async || {
        let endpoint = app.json(&path).await;
        (endpoint["enabled"] == false).then_some(endpoint)
    })
    .await;
    assert_eq!(
        endpoint["disabled_reason"],
        "the receiver responded with 410"
    );
    app.touch(order, 2).await;
    let pending = app.until_deliveries(id, "pending", 1).await;
    let retry = format!("{path}/deliveries/{}/retry", pending[0]["id"]);
    problem(
        app.call(Method::POST, &retry, json!({})).await,
        409,
        "webhook_not_enabled",
    )
    .await;
    assert_eq!(receiver.received().len(), 1);
    let enabled = app
        .call(Method::PUT, &path, json!({ "enabled": true }))
        .await;
    let enabled: Value = enabled.json().await.unwrap();
    assert!(enabled["disabled_reason"].is_null());
    assert_in_sequence(&receiver.until_accepted(2).await, 1, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_up_can_be_sent_again() {
    let app = TestApp::adjusted(|settings| {
        quick(settings);
        settings.webhooks.give_up_after = Duration::from_millis(700);
    })
    .await;
    let receiver =
        Receiver::with(
            |one, _| match one.json()["data"]["data"]["total_amount"].as_f64() {
                Some(13.0) => Reply::Status(500),
                _ => Reply::Status(200),
            },
        )
        .await;
    let id = app.webhook_to(&receiver.url()).await;
    let order = app.create(1, "13").await;
    app.touch(order, 2).await;
    let failed = app.until_deliveries(id, "failed", 1).await.remove(0);
    assert!(failed["attempts"].as_i64().unwrap() >= 3, "{failed}");
    assert_eq!(failed["response_status"], 500);
    assert_eq!(failed["error"], "the receiver responded with 500");
    // The next event of the order follows.
    assert_eq!(receiver.until_accepted(1).await[0].sequence(), 2);

    let before = receiver.received().len();
    let retry = format!("/webhooks/{id}/deliveries/{}/retry", failed["id"]);
    let retried = app.call(Method::POST, &retry, json!({})).await;
    assert_eq!(retried.status(), 200);
    let retried: Value = retried.json().await.unwrap();
    assert_eq!(retried["status"], "pending");
    assert_eq!(retried["attempts"], failed["attempts"]);
    receiver.until_received(before + 3).await;
    let again = app.until_deliveries(id, "failed", 1).await.remove(0);
    assert!(again["attempts"].as_i64() > failed["attempts"].as_i64());

    // What an operator sees and does.
    let url = database_url(&app.database);
    let variables = [("ORDERS__DATABASE__URL", url.as_str())];
    let run = |arguments: &[&str]| {
        let output = orders(arguments, &variables).output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        stdout(&output)
    };
    let endpoint = id.to_string();
    let listed = run(&["webhooks", "list"]);
    assert!(
        listed.contains(&receiver.url()) && listed.contains("enabled"),
        "{listed}"
    );
    let listed: Value = serde_json::from_str(&run(&["webhooks", "list", "--json"])).unwrap();
    assert_eq!(listed[0]["id"], id);
    assert!(!listed.to_string().contains("whsec_"));
    let dead = run(&[
        "webhooks",
        "deliveries",
        "--endpoint",
        &endpoint,
        "--status",
        "failed",
    ]);
    assert!(
        dead.contains(&format!("order {order}")) && dead.contains("500"),
        "{dead}"
    );
    let dead = run(&["webhooks", "deliveries", "--status", "failed", "--json"]);
    let dead: Value = serde_json::from_str(&dead).unwrap();
    assert_eq!(dead[0]["order_id"], order);
    let sent = receiver.received().len();
    let told = run(&["webhooks", "retry", &endpoint, "--failed"]);
    assert!(
        told.contains("1 failed deliveries are sent again"),
        "{told}"
    );
    receiver.until_received(sent + 1).await;
    assert!(run(&["webhooks", "disable", &endpoint]).contains("disabled"));
    let refused = orders(&["webhooks", "retry", &endpoint, "--failed"], &variables)
        .output()
        .unwrap();
    assert!(!refused.status.success());
    assert!(run(&["webhooks", "enable", &endpoint]).contains("enabled"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_sends_the_same_ids_in_sequence() {
    let app = TestApp::adjusted(quick).await;
    let receiver = Receiver::start().await;
    let id = app.webhook_to(&receiver.url()).await;
    let orders = [app.create(1, "1").await, app.create(1, "1").await];
    for amount in 2..=4 {
        for order in orders {
            app.touch(order, amount).await;
        }
    }
    let first = receiver.until_accepted(8).await;
    app.until_deliveries(id, "delivered", 8).await;
    let replay = format!("/webhooks/{id}/replay");
    let replayed = app.call(Method::POST, &replay, json!({ "after": 4 })).await;
    assert_eq!(replayed.status(), 200);
    let replayed: Value = replayed.json().await.unwrap();
    assert!(replayed["position"].as_i64().unwrap() >= 4);
    let all = receiver.until_accepted(12).await;
    let ids = |received: &[Received]| {
        let mut ids: Vec<String> = received
            .iter()
            .map(|one| one.header("webhook-id").into())
            .collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&all[8..]), ["evt_5", "evt_6", "evt_7", "evt_8"]);
    assert_eq!(ids(&first).len(), 8);
    let mut last = HashMap::new();
    for one in &all[8..] {
        let before = last.insert(one.order(), one.sequence());
        assert!(before < Some(one.sequence()), "order {}", one.order());
    }
    let delivered = app.until_deliveries(id, "delivered", 8).await;
    assert_eq!(delivered[0]["attempts"], 2);
    assert_eq!(delivered[7]["attempts"], 1);
    // A single one.
    let retry = format!("/webhooks/{id}/deliveries/{}/retry", delivered[7]["id"]);
    assert_eq!(
        app.call(Method::POST, &retry, json!({})).await.status(),
        200
    );
    assert_eq!(
        receiver.until_accepted(13).await[12].header("webhook-id"),
        "evt_1"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_and_slow_receivers_hold_up_nobody_else() {
    let app = TestApp::adjusted(|settings| {
        quick(settings);
        settings.webhooks.timeout = Duration::from_secs(30);
        settings.webhooks.concurrency = 64;
    })
    .await;
    let mut dead = Vec::new();
    for _ in 0..6 {
        let receiver = Receiver::with(|_, _| Reply::Silence).await;
        app.webhook_to(&receiver.url()).await;
        dead.push(receiver);
    }
    // Nobody listens there.
    let closed = Receiver::start().await.url();
    let refused = app.webhook_to(&closed).await;
    join_all((0..40).map(|_| app.create(1, "1"))).await;
    for receiver in &dead {
        receiver.until_received(1).await;
    }
    let healthy = Receiver::start().await;
    app.webhook_to(&healthy.url()).await;
    let begun = Instant::now();
    join_all((0..40).map(|_| app.create(1, "1"))).await;
    healthy.until_accepted(40).await;
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    // One that keeps failing gets one attempt at a time.
    let of_refused = format!("FROM webhook_deliveries WHERE endpoint_id = {refused}");
    let attempts = app
        .count(&format!(
            "SELECT sum(attempts)::bigint AS count {of_refused}"
        ))
        .await;
    assert!(attempts < 200, "{attempts}");
    let delivered = format!("SELECT count(*) {of_refused} AND status = 'delivered'");
    assert_eq!(app.count(&delivered).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn pruning_keeps_what_an_endpoint_has_yet_to_consider() {
    let app = TestApp::adjusted(|settings| {
        quick(settings);
        settings.webhooks.retention = Duration::from_secs(1);
        // The setting is private: a retention of a second.
        let text = toml::to_string(&settings.feed)
            .unwrap()
            .replace("retention = \"0s\"", "retention = \"1s\"");
        settings.feed = toml::from_str(&text).unwrap();
    })
    .await;
    let receiver = Receiver::start().await;
    let active = app.webhook_to(&receiver.url()).await;
    let paused = app.webhook_to(&receiver.url()).await;
    let path = format!("/webhooks/{paused}");
    app.create(1, "1").await;
    receiver.until_accepted(2).await;
    app.call(Method::PUT, &path, json!({ "enabled": false }))
        .await;
    app.create(1, "1").await;
    receiver.until_accepted(3).await;
    app.until_count(
        "the first event is pruned",
        "SELECT pruned AS count FROM feed",
        1,
    )
    .await;
    // Received deliveries are pruned as well.
    app.until_count(
        "received deliveries are pruned",
        "SELECT count(*) FROM webhook_deliveries",
        0,
    )
    .await;
    assert_eq!(app.count("SELECT pruned AS count FROM feed").await, 1);
    app.call(Method::PUT, &path, json!({ "enabled": true }))
        .await;
    assert_eq!(
        receiver.until_accepted(4).await[3].header("webhook-id"),
        "evt_2"
    );
    app.until_count(
        "the second event is pruned",
        "SELECT pruned AS count FROM feed",
        2,
    )
    .await;
    assert_eq!(
        app.json(&format!("/webhooks/{active}")).await["position"],
        2
    );
}
