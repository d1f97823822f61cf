//! Receivers that try to lead the service inside, or to hold it up.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::FutureExt;
use order_processing::config::Settings;
use order_processing::db::Target;
use order_processing::domain::{SignatureKind, WebhookKey};
use order_processing::webhooks::{Lookup, Message, Sender, Unsent};
use reqwest::Method;
use serde_json::{Value, json};

use super::quick;
use super::receiver::{Receiver, Reply};
use crate::harness::{TestApp, eventually};

fn settings(allowed: &[&str]) -> order_processing::config::Webhooks {
    order_processing::tls::install_provider();
    let mut settings = Settings::load(None).unwrap().webhooks;
    settings.allow_http = true;
    settings.allowed_targets = allowed.iter().map(|&text| text.into()).collect();
    settings.timeout = Duration::from_secs(2);
    settings
}

fn target(url: String) -> Target {
    Target {
        url,
        signature: SignatureKind::HmacSha256,
        keys: vec![WebhookKey([7; 32])],
    }
}

fn message() -> Message {
    Message {
        id: "evt_1".into(),
        payload: "{}".into(),
    }
}

/// Finds these addresses, one set for each look-up.
fn lookup(answers: Vec<Vec<&'static str>>) -> (Lookup, Arc<AtomicUsize>) {
    let count: Arc<AtomicUsize> = Arc::default();
    let counted = count.clone();
    let lookup: Lookup = Arc::new(move |_| {
        let number = counted.fetch_add(1, Ordering::Relaxed);
        let answer = answers[number.min(answers.len() - 1)].iter();
        let answer: Vec<SocketAddr> = answer
            .map(|address| SocketAddr::new(address.parse().unwrap(), 0))
            .collect();
        async move { Ok(answer) }.boxed()
    });
    (lookup, count)
}

const NOT_PUBLIC: &str = "the host name has no public address";

#[tokio::test(flavor = "multi_thread")]
async fn a_name_does_not_lead_to_an_address_that_is_not_public() {
    let receiver = Receiver::start().await;
    let port = receiver.address.port();
    let url = format!("http://receiver.example:{port}/");
    for addresses in [
        vec!["127.0.0.1"],
        vec!["::1"],
        vec!["::ffff:127.0.0.1"],
        vec![
            "10.0.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "fd00:ec2::254",
        ],
        vec![
            "64:ff9b::7f00:1",
            "2002:7f00:1::1",
            "2001:0:7f00:1::1",
            "fe80::1",
            "0.0.0.0",
            "::",
        ],
        vec![],
    ] {
        let (lookup, _) = lookup(vec![addresses.clone()]);
        let sender = Sender::with_lookup(&settings(&[]), lookup).unwrap();
        let sent = sender.send(&target(url.clone()), &message()).await;
        assert_eq!(sent, Err(Unsent(NOT_PUBLIC.into())), "{addresses:?}");
    }
    assert_eq!(receiver.connections(), 0);
    // An allowed address is used, another one of the same name is not.
    let (both, _) = lookup(vec![vec!["10.255.255.1", "127.0.0.1"]]);
    let sender = Sender::with_lookup(&settings(&["127.0.0.0/8"]), both).unwrap();
    assert!(
        sender
            .send(&target(url.clone()), &message())
            .await
            .unwrap()
            .is_success()
    );
    // So is every address of an allowed name, and no other.
    let allowed = settings(&["receiver.example"]);
    let (inside, _) = lookup(vec![vec!["127.0.0.1"]]);
    let sender = Sender::with_lookup(&allowed, inside).unwrap();
    assert!(
        sender
            .send(&target(url), &message())
            .await
            .unwrap()
            .is_success()
    );
    let other = format!("http://other.example:{port}/");
    let sent = sender.send(&target(other), &message()).await;
    assert_eq!(sent, Err(Unsent(NOT_PUBLIC.into())));
    // The literal address is not the name.
    let sent = sender.send(&target(receiver.url()), &message()).await;
    assert_eq!(sent, Err(Unsent("the address is not a public one".into())));
}

/// A name that is public when it is checked and inside when it is called: there is one look-up for
/// each connection, and the connection is made to what it returned.
#[tokio::test(flavor = "multi_thread")]
async fn rebinding_a_name_does_not_lead_inside() {
    let receiver = Receiver::start().await;
    let url = format!("http://rebinding.example:{}/", receiver.address.port());
    // 198.51.100.1 is allowed here in the place of a public address; nobody responds there.
    let allowed = settings(&["198.51.100.0/24"]);
    let (lookup, count) = lookup(vec![vec!["198.51.100.1"], vec!["127.0.0.1"]]);
    let sender = Sender::with_lookup(&allowed, lookup).unwrap();
    let first = sender.send(&target(url.clone()), &message()).await;
    assert!(first.is_err());
    assert_eq!(count.load(Ordering::Relaxed), 1);
    let second = sender.send(&target(url), &message()).await;
    assert_eq!(second, Err(Unsent(NOT_PUBLIC.into())));
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_not_followed() {
    let app = TestApp::adjusted(quick).await;
    let receiver = Receiver::with(|_, before| match before {
        0..4 => Reply::Header(307, "location: /elsewhere"),
        4..8 => Reply::Header(302, "location: /elsewhere"),
        _ => Reply::Status(200),
    })
    .await;
    let id = app.webhook_to(&receiver.url()).await;
    app.create(1, "1").await;
    eventually("the redirect is a failure", async || {
        let delivery = app.deliveries(id, "").await.pop()?;
        (delivery["error"] == "redirects are not followed").then_some(())
    })
    .await;
    let accepted = receiver.until_accepted(1).await;
    let url = receiver.url();
    assert!(url.ends_with(&accepted[0].path));
    assert!(
        receiver
            .received()
            .iter()
            .all(|one| url.ends_with(&one.path))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_and_endless_responses_are_bounded() {
    let sender = Sender::new(&settings(&["127.0.0.1"])).unwrap();
    let timed = async |reply: fn() -> Reply| {
        let receiver = Receiver::with(move |_, _| reply()).await;
        let begun = Instant::now();
        let sent = sender.send(&target(receiver.url()), &message()).await;
        (sent, begun.elapsed())
    };
    let (sent, time) = timed(|| Reply::Silence).await;
    assert_eq!(sent, Err(Unsent("no response within 2s".into())));
    assert!(time < Duration::from_secs(4), "{time:?}");
    let (sent, time) = timed(|| Reply::Endless).await;
    assert!(sent.unwrap().is_success());
    assert!(time < Duration::from_secs(4), "{time:?}");
    let (sent, time) = timed(|| Reply::EndlessHead).await;
    assert!(sent.is_err());
    assert!(time < Duration::from_secs(4), "{time:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_does_not_call_itself_without_a_setting() {
    let app = TestApp::adjusted(|settings| {
        quick(settings);
        settings.webhooks.allowed_targets = Vec::new();
        settings.webhooks.give_up_after = Duration::from_millis(300);
    })
    .await;
    let receiver = Receiver::start().await;
    let port = receiver.address.port();
    let id = app.webhook_to(&format!("http://localhost:{port}/")).await;
    let tested = app
        .request(Method::POST, &format!("/webhooks/{id}/test"))
        .send()
        .await
        .unwrap();
    let tested: Value = tested.json().await.unwrap();
    assert_eq!(tested["error"], NOT_PUBLIC, "{tested}");
    // Stored when the settings were different.
    app.sql(&format!(
        "UPDATE webhook_endpoints SET url = 'http://127.0.0.1:{port}/' WHERE id = {id}"
    ))
    .await;
    app.create(1, "1").await;
    let failed = app.until_deliveries(id, "failed", 1).await.remove(0);
    assert_eq!(failed["error"], "the address is not a public one");
    assert!(failed["response_status"].is_null());
    assert_eq!(receiver.connections(), 0);
    let refused = app
        .call(Method::POST, "/webhooks", json!({ "url": receiver.url() }))
        .await;
    assert_eq!(refused.status(), 400);
}
