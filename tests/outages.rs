//! Responses and orders while Temporal or PostgreSQL is unavailable.

use std::time::{Duration, Instant};

use diesel::sql_types::Integer;
use diesel_async::RunQueryDsl;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use order_processing::config::SecretUrl;
use reqwest::Method;

use crate::harness::{Options, OwnTemporal, TestApp, admin, eventually};

/// How long Temporal is down: `ORDERS_TEST_OUTAGE_SECONDS=60 ./justw test temporal_outage` for a minute.
fn outage() -> Duration {
    let seconds = std::env::var("ORDERS_TEST_OUTAGE_SECONDS").ok();
    Duration::from_secs(seconds.map_or(5, |seconds| seconds.parse().unwrap()))
}

/// Sends `POST` and `GET` requests for this long, and returns their sorted latencies. Each must succeed.
async fn load(app: &TestApp, length: Duration) -> Vec<Duration> {
    let clients = (0..4).map(|_| async {
        let begun = Instant::now();
        let mut times = Vec::new();
        while begun.elapsed() < length {
            let sent = Instant::now();
            let id = app.create(1, "1").await;
            times.push(sent.elapsed());
            let sent = Instant::now();
            assert_eq!(app.get(&format!("/orders/{id}")).await.status(), 200);
            times.push(sent.elapsed());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        times
    });
    let mut times = futures::future::join_all(clients).await.concat();
    times.sort();
    times
}

#[tokio::test(flavor = "multi_thread")]
async fn a_temporal_outage_delays_no_request_and_all_orders_complete_afterwards() {
    let mut temporal = OwnTemporal::start().await;
    let app = TestApp::with(Options {
        temporal_address: Some(temporal.address.clone()),
        processing_delay: Duration::from_millis(100),
        worker: true,
        adjust: |settings| {
            settings.reconciler.interval = Duration::from_millis(500);
            settings.reconciler.grace = Duration::from_secs(1);
        },
        ..Options::default()
    })
    .await;
    let before = load(&app, Duration::from_secs(2)).await;
    temporal.stop().await;
    let during = load(&app, outage()).await;
    temporal.start_again().await;
    let median = |times: &[Duration]| times[times.len() / 2];
    let worst = |times: &[Duration]| times[times.len() - 1];
    println!(
        "responses before: median {:?}, worst {:?}; without Temporal: {} responses, median {:?}, worst {:?}",
        median(&before),
        worst(&before),
        during.len(),
        median(&during),
        worst(&during),
    );
    assert!(median(&during) < median(&before) * 5 + Duration::from_millis(20));
    assert!(
        worst(&during) < Duration::from_secs(2),
        "{:?}",
        worst(&during)
    );
    app.until_count(
        "all orders are completed",
        "SELECT count(*) FROM orders WHERE status <> 'completed'",
        0,
    )
    .await;
    drop(app);
    temporal.stop().await;
}

/// A database that accepts requests and never responds is harder to detect than one that is down.
#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_database_causes_timely_errors_and_needs_no_restart() {
    #[derive(diesel::QueryableByName)]
    struct Backend {
        #[diesel(sql_type = Integer)]
        pid: i32,
    }
    let app = TestApp::start().await;
    let id = app.create(1, "1").await;
    // Opens the connection that reads use.
    assert_eq!(app.get(&format!("/orders/{id}")).await.status(), 200);
    let backends: Vec<Backend> = diesel::sql_query(
        "SELECT pid FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'orders-test'",
    )
    .load(&mut app.connection().await)
    .await
    .unwrap();
    let signal = |signal| {
        for backend in &backends {
            kill(Pid::from_raw(backend.pid), signal).unwrap();
        }
    };
    signal(Signal::SIGSTOP);
    // More requests than connections, so that every frozen connection is used, and replaced.
    let limit = app.settings.database.statement_timeout + Duration::from_secs(5);
    let mut failed = 0;
    for round in 0..8 {
        let sent = Instant::now();
        let response = app.get(&format!("/orders/{id}")).await;
        assert!(sent.elapsed() < limit, "took {:?}", sent.elapsed());
        match response.status().as_u16() {
            200 => {}
            503 => {
                failed += 1;
                assert_eq!(response.headers()["retry-after"], "1");
            }
            other => panic!("{other} in round {round}"),
        }
    }
    assert!(failed >= 1, "the frozen connections were never used");
    let response = app.get(&format!("/orders/{id}")).await;
    assert_eq!(response.status(), 200, "frozen connections are replaced");
    // The first write uses a frozen connection. It was sent, so it may still be executed.
    let body = r#"{"customer_id":1,"total_amount":1}"#;
    let response = app.send(Method::POST, "/orders", body).await;
    assert_eq!(response.status(), 504);
    app.create(1, "1").await;
    signal(Signal::SIGCONT);
    let response = app
        .send(
            Method::PUT,
            &format!("/orders/{id}"),
            r#"{"total_amount":2}"#,
        )
        .await;
    assert_eq!(response.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn claimed_intents_are_released_on_shutdown() {
    let mut temporal = OwnTemporal::start().await;
    let mut app = TestApp::with(Options {
        temporal_address: Some(temporal.address.clone()),
        adjust: |settings| {
            settings.dispatcher.lease = Duration::from_secs(3600);
            settings.http.shutdown_timeout = Duration::from_secs(1);
        },
        ..Options::default()
    })
    .await;
    app.create(1, "1").await;
    eventually("the first intent is dispatched", async || {
        let left = app.count("SELECT count(*) FROM workflow_intents").await;
        (left == 0).then_some(())
    })
    .await;
    temporal.signal(Signal::SIGSTOP);
    for _ in 0..5 {
        app.create(1, "1").await;
    }
    let claimed = "SELECT count(*) FROM workflow_intents WHERE available_at > now()";
    app.until_count("the intents are claimed", claimed, 5).await;
    let stopping = Instant::now();
    tokio::task::block_in_place(|| app.stop());
    assert!(
        stopping.elapsed() < Duration::from_secs(5),
        "{:?}",
        stopping.elapsed()
    );
    let free = "SELECT count(*) FROM workflow_intents WHERE available_at <= now() AND attempts = 0";
    assert_eq!(app.count(free).await, 5);
    temporal.signal(Signal::SIGCONT);
    temporal.stop().await;
}

/// Under load, PostgreSQL may take longer to accept a connection than a request waits. The connection must
/// be established eventually.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_slow_to_accept_connections_is_reached() {
    let app = TestApp::adjusted(|settings| {
        settings.database.acquire_timeout = Duration::from_millis(500);
        let mut url = settings.database.url.expose().clone();
        // Delays every new connection by two seconds.
        url.set_query(Some("options=-c%20post_auth_delay%3D2"));
        settings.database.url = SecretUrl::try_from(url.as_str()).unwrap();
    })
    .await;
    // Closes the connections opened at the start, so that all are established again.
    let database = &app.database;
    admin(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
    ))
    .await;
    let begun = Instant::now();
    let clients = (0..16).map(|_| async {
        let mut rejected = 0;
        while begun.elapsed() < Duration::from_secs(30) {
            match app.get("/orders").await.status().as_u16() {
                200 => return (true, rejected),
                503 => rejected += 1,
                other => panic!("{other}"),
            }
        }
        (false, rejected)
    });
    let ends = futures::future::join_all(clients).await;
    assert!(ends.iter().any(|(_, rejected)| *rejected > 0), "{ends:?}");
    assert!(ends.iter().all(|(reached, _)| *reached), "{ends:?}");
}
