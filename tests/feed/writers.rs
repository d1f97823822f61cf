//! Many writers whose commits are held back, and sequencers that die or freeze: every follower sees
//! every event once, in the one sequence.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use order_processing::db::Database;
use order_processing::feed::Sequencer;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{Reading, page, positions};
use crate::harness::{Options, TestApp};

const WRITERS: i64 = 8;
const TRANSACTIONS: i64 = 60;

/// Writes events of its own orders, some in transactions that are held back, some that fail.
/// Returns how many it has committed.
async fn write(mut connection: AsyncPgConnection, writer: i64, seed: u64) -> i64 {
    let mut random = StdRng::seed_from_u64(seed);
    let mut last: HashMap<i64, i64> = HashMap::new();
    let mut committed = 0;
    for _ in 0..TRANSACTIONS {
        connection.batch_execute("BEGIN").await.unwrap();
        let mut next = last.clone();
        let events = random.random_range(1..4);
        for _ in 0..events {
            let order = writer * 1_000 + random.random_range(0..3);
            let sequence = next.entry(order).and_modify(|last| *last += 1).or_insert(1);
            let event = if *sequence == 1 { "created" } else { "updated" };
            let insert = format!(
                "INSERT INTO order_events (order_id, customer_id, sequence, type, actor, occurred_at)
                 VALUES ({order}, {writer}, {sequence}, '{event}', 'client', now())"
            );
            connection.batch_execute(&insert).await.unwrap();
            if random.random_bool(0.3) {
                sleep(Duration::from_millis(random.random_range(0..40))).await;
            }
        }
        if random.random_bool(0.2) {
            connection.batch_execute("ROLLBACK").await.unwrap();
        } else {
            connection.batch_execute("COMMIT").await.unwrap();
            last = next;
            committed += events;
        }
    }
    committed
}

/// Starts sequencers that die without a release after a random time, and takes the lease away from
/// time to time, as after a process was frozen.
async fn disturb(app: &TestApp, seed: u64, done: &Notify) {
    let mut random = StdRng::seed_from_u64(seed);
    let disturbing = async {
        loop {
            let database = Database::new(&app.settings.database, "sequencer").unwrap();
            let sequencer = Sequencer::new(database, app.settings.feed.clone());
            let running = tokio::spawn(sequencer.run(CancellationToken::new()));
            sleep(Duration::from_millis(random.random_range(100..500))).await;
            // The lease of whoever has it ends; its next step must not succeed.
            app.sql("UPDATE feed SET leased_until = now(), holder = 'nobody'")
                .await;
            sleep(Duration::from_millis(random.random_range(100..500))).await;
            running.abort();
        }
    };
    tokio::select! {
        () = done.notified() => {}
        () = disturbing => {}
    }
}

/// Follows by stream, which is cut again and again.
async fn follow(app: &TestApp, seed: u64, until: Arc<Notify>) -> Vec<Value> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut seen: Vec<Value> = Vec::new();
    let following = async {
        loop {
            let last = seen
                .last()
                .map_or(0, |event| event["position"].as_i64().unwrap());
            let mut stream = Reading::open(app, "/events", Some(last)).await;
            for _ in 0..random.random_range(1..200) {
                let event = stream.event().await;
                assert_eq!(event.id, event.data.as_ref().unwrap()["position"].as_i64());
                seen.push(event.data.unwrap());
            }
        }
    };
    tokio::select! {
        () = until.notified() => {}
        () = following => {}
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn every_follower_sees_every_event_once_and_in_sequence() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let app = TestApp::with(Options {
        adjust: |settings| settings.feed.interval = Duration::from_millis(5),
        ..Options::default()
    })
    .await;
    let mut writing = Vec::new();
    for writer in 1..=WRITERS {
        let connection = app.connection().await;
        writing.push(write(connection, writer, seed ^ writer.unsigned_abs()));
    }
    let (written, complete) = (Notify::new(), Arc::new(Notify::new()));
    let finishing = async {
        let committed: i64 = futures::future::join_all(writing).await.into_iter().sum();
        written.notify_one();
        super::feed_has(&app, committed).await;
        // The last events are on their way.
        sleep(Duration::from_millis(500)).await;
        complete.notify_one();
        committed
    };
    let polling = async {
        let mut seen = Vec::new();
        let mut after = 0;
        loop {
            let (events, position, _) = page(&app, &format!("/events?after={after}&wait=1")).await;
            if events.is_empty() && after == position && app.count(IN_PROGRESS).await == 0 {
                let last = app.count("SELECT position AS count FROM feed").await;
                if last == position && last == app.count("SELECT count(*) FROM order_events").await
                {
                    return seen;
                }
            }
            after = position;
            seen.extend(events);
        }
    };
    let (committed, (), streamed, polled) = tokio::join!(
        finishing,
        disturb(&app, seed, &written),
        follow(&app, seed, complete.clone()),
        polling,
    );
    let all: Vec<i64> = (1..=committed).collect();
    for seen in [&streamed, &polled] {
        assert_eq!(positions(seen), all);
        let mut last: HashMap<i64, i64> = HashMap::new();
        for event in seen {
            let order = event["order_id"].as_i64().unwrap();
            let before = last.insert(order, event["sequence"].as_i64().unwrap());
            assert_eq!(last[&order], before.unwrap_or(0) + 1, "order {order}");
        }
    }
    assert_eq!(streamed, polled);
    // Never assigned anew.
    let (again, ..) = page(&app, "/events?limit=1000").await;
    assert_eq!(again, polled[..again.len()]);
}

/// Whether events are being written.
const IN_PROGRESS: &str = "SELECT count(*) FROM pg_locks
    WHERE relation = 'order_events'::regclass AND mode = 'RowExclusiveLock'";
