//! Streams of server-sent events.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Reading, feed_has};
use crate::auth::make_key;
use crate::harness::eventually;
use crate::harness::{Options, TestApp, api_key_auth};

async fn app_with_heartbeats() -> TestApp {
    TestApp::with(Options {
        adjust: |settings| settings.feed.heartbeat = Duration::from_millis(300),
        ..Options::default()
    })
    .await
}

fn ids(parts: &[super::Part]) -> Vec<i64> {
    parts.iter().map(|part| part.id.unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_has_the_existing_events_and_then_the_new_ones() {
    let app = app_with_heartbeats().await;
    let first = app.create(1, "10").await;
    feed_has(&app, 1).await;
    let mut stream = Reading::open(&app, "/events", None).await;
    let event = stream.event().await;
    assert_eq!((event.id, event.name), (Some(1), None));
    let data = event.data.unwrap();
    assert_eq!(data["order_id"], first);
    assert_eq!(data["type"], "created");

    for _ in 0..250 {
        app.create(2, "10").await;
    }
    assert_eq!(
        ids(&stream.events(250).await),
        (2..=251).collect::<Vec<_>>()
    );
    // A heartbeat carries the position, also of events that a filter has left out.
    let mut filtered = Reading::open(&app, "/events?type=deleted", None).await;
    eventually("a heartbeat with the last position", async || {
        let part = filtered.part().await.unwrap();
        assert_eq!(part.data, None);
        (part.id == Some(251)).then_some(())
    })
    .await;

    // The last id wins over `after`, which browsers repeat unchanged.
    let mut resumed = Reading::open(&app, "/events?after=5", Some(250)).await;
    assert_eq!(resumed.event().await.id, Some(251));
    let mut latest = Reading::open(&app, "/events?start=latest&customer_id=7", None).await;
    assert_eq!(latest.part().await.unwrap().id, Some(251));
    app.create(1, "10").await;
    app.create(7, "10").await;
    assert_eq!(latest.event().await.id, Some(253));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_has_a_stream_of_its_own() {
    let app = app_with_heartbeats().await;
    app.create(1, "10").await;
    let id = app.create(1, "10").await;
    app.put_status(id, "processing").await;
    let path = format!("/orders/{id}/events");
    let mut stream = Reading::open(&app, &path, None).await;
    assert_eq!(ids(&stream.events(2).await), [1, 2]);
    app.create(1, "10").await;
    app.put_status(id, "completed").await;
    let event = stream.event().await;
    assert_eq!(event.id, Some(3));
    assert_eq!(
        event.data.unwrap()["data"],
        json!({ "status": "completed" })
    );
    // A heartbeat has the number that a client can go on from.
    assert_eq!(stream.part().await.unwrap().id, Some(3));
    let mut resumed = Reading::open(&app, &path, Some(2)).await;
    assert_eq!(resumed.event().await.id, Some(3));
    // What the client has already is not repeated when it gets its position.
    app.sql("UPDATE feed SET holder = 'other', leased_until = now() + interval '1 second'")
        .await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(
        app.send(reqwest::Method::DELETE, &format!("/orders/{id}"), "")
            .await
            .status(),
        204
    );
    let mut ahead = Reading::open(&app, &path, Some(4)).await;
    loop {
        let part = ahead.part().await.unwrap();
        assert_eq!((part.id, part.data), (Some(4), None));
        if app.count("SELECT position AS count FROM feed").await == 6 {
            break;
        }
    }
    let missing = app
        .request(reqwest::Method::GET, "/orders/999/events")
        .header("accept", "text/event-stream");
    assert_eq!(missing.send().await.unwrap().status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_told_when_its_place_is_gone() {
    let app = app_with_heartbeats().await;
    for _ in 0..5 {
        app.create(1, "10").await;
    }
    feed_has(&app, 5).await;
    app.sql("UPDATE feed SET pruned = 3").await;
    let mut stream = Reading::open(&app, "/events?after=1", None).await;
    let part = stream.event().await;
    assert_eq!((part.name.as_deref(), part.id), (Some("reset"), Some(3)));
    assert_eq!(part.data, Some(json!({ "position": 3 })));
    assert_eq!(ids(&stream.events(2).await), [4, 5]);
    // A position that a restored database does not have.
    let mut stream = Reading::open(&app, "/events", Some(100)).await;
    let part = stream.event().await;
    assert_eq!((part.name.as_deref(), part.id), (Some("reset"), Some(5)));
    app.create(1, "10").await;
    assert_eq!(stream.event().await.id, Some(6));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_follows_its_own_orders_only() {
    let app = TestApp::with(Options {
        auth: Some(api_key_auth()),
        ..Options::default()
    })
    .await;
    let (_, all) = make_key(&app, &["--scope", "orders:write", "--all-customers"]);
    let (_, own) = make_key(&app, &["--scope", "orders:read", "--customer", "2"]);
    for customer in [1, 2, 1, 2] {
        let request = app.request(reqwest::Method::POST, "/orders");
        let request = request.header("x-api-key", &all);
        let body = json!({ "customer_id": customer, "total_amount": 1 });
        assert_eq!(request.json(&body).send().await.unwrap().status(), 201);
    }
    feed_has(&app, 4).await;
    let get = |path: &str| {
        let request = app.request(reqwest::Method::GET, path);
        request.header("x-api-key", &own).send()
    };
    let events: Vec<Value> = get("/events").await.unwrap().json().await.unwrap();
    assert_eq!(super::positions(&events), [2, 4]);
    assert_eq!(get("/events?customer_id=1").await.unwrap().status(), 403);
    let streamed = app
        .request(reqwest::Method::GET, "/events?after=2")
        .header("x-api-key", &own)
        .header("accept", "text/event-stream");
    let mut stream = Reading {
        response: streamed.send().await.unwrap(),
        text: String::new(),
    };
    assert_eq!(stream.event().await.id, Some(4));
    let nobody = app.request(reqwest::Method::GET, "/events");
    assert_eq!(nobody.send().await.unwrap().status(), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_streams_is_limited_and_streams_end() {
    let mut app = TestApp::with(Options {
        adjust: |settings| {
            settings.feed.max_followers = 2;
            settings.feed.stream_lifetime = Duration::from_secs(2);
        },
        ..Options::default()
    })
    .await;
    let mut open = Vec::new();
    for _ in 0..2 {
        open.push(Reading::open(&app, "/events", None).await);
    }
    let further = || {
        let request = app.request(reqwest::Method::GET, "/events");
        request.header("accept", "text/event-stream").send()
    };
    let refused = further().await.unwrap();
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "1");
    // A page that cannot wait is answered at once.
    assert_eq!(app.get("/events?wait=9").await.status(), 200);
    // After its lifetime a stream ends, and its place is free.
    for stream in &mut open {
        while stream.part().await.is_some() {}
    }
    eventually("a free place", async || {
        (further().await.unwrap().status() == 200).then_some(())
    })
    .await;
    // A stop ends all streams at once.
    let mut last = eventually("a free place", async || {
        let response = further().await.unwrap();
        let text = String::new();
        (response.status() == 200).then_some(Reading { response, text })
    })
    .await;
    let begun = std::time::Instant::now();
    app.stop();
    while last.part().await.is_some() {}
    assert!(begun.elapsed() < Duration::from_secs(2));
}
