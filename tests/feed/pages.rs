//! Pages, long polling, retention.

use std::time::{Duration, Instant};

use diesel_async::SimpleAsyncConnection;
use serde_json::Value;

use super::{feed_has, page, positions};
use crate::harness::eventually;
use crate::harness::{Options, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn all_events_have_consecutive_positions_in_the_sequence_of_each_order() {
    let app = TestApp::start().await;
    let mut orders = Vec::new();
    for customer in 1..=3 {
        orders.push(app.create(customer, "10").await);
    }
    for &id in &orders {
        assert_eq!(app.put_status(id, "processing").await.status(), 200);
        assert_eq!(app.put_status(id, "completed").await.status(), 200);
    }
    feed_has(&app, 9).await;
    let (events, position, next) = page(&app, "/events").await;
    assert_eq!(positions(&events), (1..=9).collect::<Vec<_>>());
    assert_eq!((position, next), (9, None));
    for &id in &orders {
        let own: Vec<&Value> = events.iter().filter(|one| one["order_id"] == id).collect();
        let history = app.events(id).await;
        assert_eq!(own.len(), history.len());
        for (event, expected) in own.into_iter().zip(history) {
            for (field, value) in expected.as_object().unwrap() {
                assert_eq!(&event[field], value, "{field}");
            }
        }
    }

    // Page by page it is the same.
    let mut path = "/events?limit=2".to_owned();
    let mut followed = Vec::new();
    loop {
        let (events, position, next) = page(&app, &path).await;
        followed.extend(positions(&events));
        assert_eq!(followed.last(), Some(&position));
        let Some(next) = next else { break };
        path = next;
    }
    assert_eq!(followed, (1..=9).collect::<Vec<_>>());
    assert_eq!(page(&app, "/events?after=9").await, (vec![], 9, None));
    assert_eq!(page(&app, "/events?start=latest").await, (vec![], 9, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_say_how_far_they_have_looked() {
    let app = TestApp::start().await;
    let (one, two) = (app.create(1, "10").await, app.create(2, "10").await);
    app.put_status(one, "processing").await;
    app.put_status(two, "cancelled").await;
    feed_has(&app, 4).await;
    for (filter, expected) in [
        (format!("order_id={one}"), vec![1, 3]),
        ("customer_id=2".into(), vec![2, 4]),
        ("type=created".into(), vec![1, 2]),
        ("type=updated&type=deleted".into(), vec![3, 4]),
        ("type=deleted".into(), vec![]),
        (format!("order_id={one}&customer_id=2"), vec![]),
        (format!("order_id={two}&type=updated"), vec![4]),
    ] {
        let (events, position, next) = page(&app, &format!("/events?{filter}")).await;
        assert_eq!(positions(&events), expected, "{filter}");
        assert_eq!((position, next), (4, None), "{filter}");
    }
    // A full page ends at its last event, and its next page has the same filters.
    let (events, position, next) = page(&app, "/events?type=updated&limit=1").await;
    assert_eq!((positions(&events), position), (vec![3], 3));
    assert_eq!(next.unwrap(), "/events?limit=1&type=updated&after=3");
    assert_eq!(app.get("/events?type=unheard_of").await.status(), 400);
    assert_eq!(app.get("/events?after=-1").await.status(), 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_by_type_reads_a_bounded_number_of_events() {
    let app = TestApp::start().await;
    app.sql(
        "INSERT INTO order_events (order_id, customer_id, sequence, type, actor, occurred_at)
         SELECT 1, 1, n, CASE n WHEN 1 THEN 'created' WHEN 25000 THEN 'deleted' ELSE 'updated' END,
                'client', now()
           FROM generate_series(1, 25000) AS n",
    )
    .await;
    feed_has(&app, 25_000).await;
    let (events, position, next) = page(&app, "/events?type=deleted").await;
    assert_eq!((events, position), (vec![], 10_000));
    let (events, position, next) = page(&app, &next.unwrap()).await;
    assert_eq!((events, position), (vec![], 20_000));
    let (events, position, next) = page(&app, &next.unwrap()).await;
    assert_eq!((positions(&events), position), (vec![25_000], 25_000));
    assert_eq!(next, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_waits_for_the_next_event() {
    let app = TestApp::start().await;
    app.create(1, "10").await;
    feed_has(&app, 1).await;
    let begun = Instant::now();
    assert_eq!(
        page(&app, "/events?after=1&wait=1").await,
        (vec![], 1, None)
    );
    assert!(begun.elapsed() >= Duration::from_secs(1));

    let waiting = page(&app, "/events?after=1&wait=9&customer_id=3");
    let acting = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        app.create(2, "10").await;
        app.create(3, "10").await;
        Instant::now()
    };
    let ((events, position, _), created) = tokio::join!(waiting, acting);
    assert_eq!((positions(&events), position), (vec![3], 3));
    assert!(created.elapsed() < Duration::from_secs(2));
}

/// Waits until a statement waits for a lock of this table.
async fn until_blocked(app: &TestApp, table: &str) {
    // Databases from one template have the same ids of tables.
    let waiting = format!(
        "SELECT count(*) FROM pg_locks
          WHERE relation = '{table}'::regclass AND NOT granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    );
    app.until_count("a statement waits", &waiting, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_waits_reads_nothing_for_events_that_are_not_wanted() {
    let app = TestApp::adjusted(|settings| {
        settings.webhooks.enabled = false;
        settings.database.pool_size = 1;
        // Longer than the page waits, which is longer than a request waits for a connection.
        settings.database.lock_timeout = Duration::from_secs(9);
        settings.database.statement_timeout = Duration::from_secs(9);
    })
    .await;
    app.create(1, "10").await;
    feed_has(&app, 1).await;
    let (mut reading, mut listing) = (app.connection().await, app.connection().await);
    let lock = "BEGIN; LOCK TABLE feed_runs";
    reading.batch_execute(lock).await.unwrap();
    let lock = "BEGIN; LOCK TABLE webhook_endpoints";
    listing.batch_execute(lock).await.unwrap();
    let waiting = async {
        let waited = page(&app, "/events?after=0&wait=5&customer_id=9").await;
        listing.batch_execute("COMMIT").await.unwrap();
        waited
    };
    let acting = async {
        // It reads its first page.
        until_blocked(&app, "feed_runs").await;
        reading.batch_execute("COMMIT").await.unwrap();
        let publishing = async {
            // From here on the only connection for requests is in use.
            until_blocked(&app, "webhook_endpoints").await;
            app.create(2, "10").await;
            feed_has(&app, 2).await;
        };
        let (listed, ()) = tokio::join!(app.get("/webhooks"), publishing);
        listed.status()
    };
    let (waited, listed) = tokio::join!(waiting, acting);
    assert_eq!(waited, (vec![], 2, None));
    assert_eq!(listed, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn pruned_events_are_gone_from_the_feed_but_not_from_histories() {
    let app = TestApp::with(Options {
        adjust: |settings| {
            settings.feed.retention = Duration::from_secs(5400);
        },
        ..Options::default()
    })
    .await;
    app.sql(
        "INSERT INTO order_events (order_id, customer_id, sequence, type, actor, occurred_at)
         SELECT 1, 1, n, CASE n WHEN 1 THEN 'created' ELSE 'updated' END, 'client',
                now() - make_interval(hours => 5 - n)
           FROM generate_series(1, 5) AS n",
    )
    .await;
    let pruned = "SELECT pruned AS count FROM feed";
    app.until_count("events are pruned", pruned, 3).await;
    let (events, _, _) = page(&app, "/events").await;
    assert_eq!(positions(&events), [4, 5]);
    assert_eq!(positions(&page(&app, "/events?after=3").await.0), [4, 5]);
    let response = app.get("/events?after=2").await;
    assert_eq!(response.status(), 410);
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["code"], "events_pruned");
    let response = app.get("/events?after=6").await;
    assert_eq!(response.status(), 410);
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["code"], "position_unknown");
    assert_eq!(app.events(1).await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_transaction_takes_no_position() {
    let app = TestApp::start().await;
    let fail = async || {
        for _ in 0..3 {
            app.sql("BEGIN; SELECT nextval('order_events_entry'); ROLLBACK")
                .await;
        }
    };
    // Also the first one of all.
    fail().await;
    app.create(1, "10").await;
    fail().await;
    app.create(1, "10").await;
    feed_has(&app, 2).await;
    assert_eq!(positions(&page(&app, "/events").await.0), [1, 2]);
    assert_eq!(positions(&page(&app, "/events?after=1").await.0), [2]);
    let runs = "SELECT count(*) FROM feed_runs";
    assert_eq!(app.count(runs).await, 2);

    // A transaction in progress holds up the events after its own.
    let mut writer = app.connection().await;
    let begin = "BEGIN;
        INSERT INTO order_events (order_id, customer_id, sequence, type, actor, occurred_at)
        VALUES (900, 1, 1, 'created', 'client', now())";
    writer.batch_execute(begin).await.unwrap();
    app.create(1, "10").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(page(&app, "/events?after=2").await, (vec![], 2, None));
    writer.batch_execute("COMMIT").await.unwrap();
    eventually("both are in the feed", async || {
        let (events, _, _) = page(&app, "/events?after=2").await;
        (positions(&events) == [3, 4]).then_some(())
    })
    .await;
}
