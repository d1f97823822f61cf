//! Several processes that deliver at once, one of which is killed.

use std::collections::HashSet;
use std::time::Duration;

use futures::future::join_all;
use serde_json::json;

use super::quick;
use super::receiver::{Receiver, Reply};
use crate::harness::{Process, TestApp};

const SETTINGS: [(&str, &str); 6] = [
    ("ORDERS__WEBHOOKS__ALLOW_HTTP", "true"),
    ("ORDERS__WEBHOOKS__ALLOWED_TARGETS", "127.0.0.1"),
    ("ORDERS__WEBHOOKS__TIMEOUT", "1s"),
    ("ORDERS__WEBHOOKS__POLL_INTERVAL", "20ms"),
    ("ORDERS__WEBHOOKS__FIRST_DELAY", "50ms"),
    ("ORDERS__WEBHOOKS__LONGEST_DELAY", "200ms"),
];

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_one_of_two_processes_is_killed() {
    let app = TestApp::adjusted(|settings| {
        quick(settings);
        settings.webhooks.enabled = false;
        settings.dispatcher.enabled = false;
    })
    .await;
    let receiver = Receiver::with(|_, before| match before % 10 {
        9 => Reply::Status(500),
        _ => Reply::Late(Duration::from_millis(20), 200),
    })
    .await;
    app.webhook(json!({ "url": receiver.url() })).await;
    let settings = [&SETTINGS[..], &[("ORDERS__DISPATCHER__ENABLED", "false")]].concat();
    let killed = Process::start("serve", &app, &settings);
    let other = Process::start("serve", &app, &settings);
    killed.api().await;
    other.api().await;
    let orders = join_all((0..40).map(|_| app.create(1, "1"))).await;
    for amount in 2..=4 {
        join_all(orders.iter().map(|&order| app.touch(order, amount))).await;
        if amount == 3 {
            receiver.until_received(20).await;
            // With kill -9, in the middle of its attempts.
            killed.kill();
        }
    }
    app.until_count(
        "everything is delivered",
        "SELECT count(*) FROM webhook_deliveries WHERE status = 'delivered'",
        160,
    )
    .await;
    let accepted = receiver.accepted();
    let distinct: HashSet<&str> = accepted
        .iter()
        .map(|one| one.header("webhook-id"))
        .collect();
    assert_eq!(distinct.len(), 160);
    // At least once; the first time in sequence.
    let mut seen = HashSet::new();
    let mut last = std::collections::HashMap::new();
    for one in &accepted {
        if seen.insert(one.header("webhook-id").to_owned()) {
            let before = last.insert(one.order(), one.sequence()).unwrap_or(0);
            assert_eq!(one.sequence(), before + 1, "order {}", one.order());
        }
    }
    // Only what the killed process had in flight was sent twice.
    assert!(accepted.len() < 160 + 64, "{}", accepted.len());
}
