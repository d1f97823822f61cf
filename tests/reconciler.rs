//! The reconciler finds orders that disagree with their workflows, and repairs them.

use std::time::Duration;

use diesel_async::SimpleAsyncConnection;
use order_processing::db::{Database, Findings, ReconciliationRepository};
use order_processing::domain::OrderId;
use order_processing::workflow::{Temporal, WorkflowState};
use reqwest::Method;
use serde_json::Value;
use temporalio_client::{UntypedWorkflow, WorkflowTerminateOptions};

use crate::harness::{Options, OwnTemporal, TestApp, eager_reconciler, eventually};

const NEVER: Duration = Duration::from_secs(3600);

async fn app_from(first: i64, processing_delay: Duration) -> TestApp {
    let app = TestApp::with(Options {
        processing_delay,
        worker: true,
        adjust: eager_reconciler,
        ..Options::default()
    })
    .await;
    app.orders_from(first).await;
    app
}

async fn workflow_is(app: &TestApp, id: i64, expected: fn(WorkflowState) -> bool) {
    let temporal = Temporal::new(app.settings.temporal.clone());
    eventually("the workflow is as expected", async || {
        let workflow = temporal.describe(OrderId(id)).await.unwrap()?;
        expected(workflow.state).then_some(())
    })
    .await;
}

fn last_reason(events: &[Value]) -> (&str, &str, &str) {
    let last = events.last().unwrap();
    (
        last["type"].as_str().unwrap(),
        last["actor"].as_str().unwrap(),
        last["data"]["reason"].as_str().unwrap_or_default(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_workflow_was_terminated_is_cancelled() {
    let app = app_from(130_000, NEVER).await;
    let id = app.create(1, "1").await;
    app.becomes(id, "processing").await;
    let temporal = Temporal::new(app.settings.temporal.clone());
    let handle = temporal
        .client()
        .await
        .unwrap()
        .get_workflow_handle::<UntypedWorkflow>(format!("order-{id}"));
    handle
        .terminate(WorkflowTerminateOptions::default())
        .await
        .unwrap();
    app.becomes(id, "cancelled").await;
    let events = app.events(id).await;
    let expected = ("updated", "reconciler", "its workflow was terminated");
    assert_eq!(last_reason(&events), expected);
    eventually("the drift is counted", async || {
        let repaired = app.count("SELECT repaired AS count FROM reconciliation");
        (repaired.await >= 1).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_unknown_to_temporal_is_started() {
    let app = app_from(131_000, Duration::from_millis(50)).await;
    app.insert_orders_without_intents(1).await;
    app.becomes(131_000, "completed").await;
    let events = app.events(131_000).await;
    assert_eq!(events[1]["type"], "restarted");
    assert_eq!(
        events[1]["data"]["reason"],
        "its workflow is unknown to Temporal"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_workflow_of_an_ended_order_is_ended() {
    let app = app_from(132_000, NEVER).await;
    let ended = app.create(1, "1").await;
    let gone = app.create(1, "1").await;
    for id in [ended, gone] {
        app.becomes(id, "processing").await;
    }
    // These changes bypass the outbox.
    app.sql(&format!(
        "UPDATE orders SET status = 'completed' WHERE id = {ended};
         DELETE FROM orders WHERE id = {gone}"
    ))
    .await;
    for id in [ended, gone] {
        workflow_is(&app, id, |state| {
            matches!(state, WorkflowState::Ended("completed"))
        })
        .await;
    }
    assert_eq!(app.status_of(ended).await, "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_that_ignores_cancellation_is_terminated() {
    // Without a worker, no workflow handles its cancel request.
    let app = TestApp::adjusted(eager_reconciler).await;
    app.orders_from(133_000).await;
    let id = app.create(1, "1").await;
    workflow_is(&app, id, |state| {
        matches!(state, WorkflowState::Running { .. })
    })
    .await;
    assert_eq!(app.put_status(id, "cancelled").await.status(), 200);
    workflow_is(&app, id, |state| state == WorkflowState::Terminated).await;
    assert_eq!(app.status_of(id).await, "cancelled");
}

/// A permanent error: after a few new workflows, the order is cancelled with a reason.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_workflow_fails_repeatedly_is_cancelled() {
    let app = app_from(134_000, Duration::from_millis(50)).await;
    app.sql("ALTER TABLE order_events ADD CONSTRAINT broken CHECK (actor <> 'workflow')")
        .await;
    let id = app.create(1, "1").await;
    app.becomes(id, "cancelled").await;
    let events = app.events(id).await;
    let expected = ("updated", "reconciler", "its workflow failed");
    assert_eq!(last_reason(&events), expected);
    let restarts = events.iter().filter(|event| event["type"] == "restarted");
    assert_eq!(restarts.count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_survive_the_loss_of_temporals_data() {
    const ORDERS: usize = 100;
    let mut temporal = OwnTemporal::start().await;
    let app = TestApp::with(Options {
        temporal_address: Some(temporal.address.clone()),
        processing_delay: Duration::from_secs(8),
        worker: true,
        adjust: eager_reconciler,
        ..Options::default()
    })
    .await;
    let mut ids = Vec::new();
    for _ in 0..ORDERS {
        ids.push(app.create(1, "1").await);
    }
    let deleted = ids.pop().unwrap();
    app.until_count(
        "all orders are in flight",
        "SELECT count(*) FROM orders WHERE status = 'pending'",
        0,
    )
    .await;
    temporal.stop().await;
    let path = format!("/orders/{deleted}");
    let response = app.request(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(response.status(), 204);
    temporal.start_again().await;
    eventually("all orders are completed", async || {
        let done = "SELECT count(*) FROM orders WHERE status = 'completed'";
        (app.count(done).await == i64::try_from(ids.len()).unwrap()).then_some(())
    })
    .await;
    let once = "SELECT count(*) FROM (
                    SELECT order_id FROM order_events
                     WHERE data->>'status' = 'completed' GROUP BY order_id HAVING count(*) = 1) AS one";
    assert_eq!(app.count(once).await, i64::try_from(ids.len()).unwrap());
    drop(app);
    temporal.stop().await;
}

/// An order that cannot be repaired stays in disagreement; others are repaired.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_cannot_be_repaired_does_not_block_others() {
    let app = app_from(135_000, Duration::from_millis(50)).await;
    // The first order cannot get its event, the row of the second is locked, and the others can be
    // repaired.
    app.sql(
        "ALTER TABLE order_events ADD CONSTRAINT broken
            CHECK (order_id <> 135000 OR type <> 'restarted')",
    )
    .await;
    app.insert_orders_without_intents(5).await;
    let mut holder = app.connection().await;
    let hold = "BEGIN; SELECT id FROM orders WHERE id = 135001 FOR UPDATE";
    holder.batch_execute(hold).await.unwrap();
    for id in 135_002..135_005 {
        app.becomes(id, "completed").await;
    }
    eventually(
        "rounds finish, and count the orders that they could not repair",
        async || {
            let rounds = "SELECT drift AS count FROM reconciliation
                       WHERE finished_at > now() - interval '20 seconds'";
            (app.count(&format!("SELECT coalesce(({rounds}), 0) AS count"))
                .await
                >= 2)
                .then_some(())
        },
    )
    .await;
    holder.batch_execute("ROLLBACK").await.unwrap();
    app.becomes(135_001, "completed").await;
    assert_eq!(app.status_of(135_000).await, "pending");
}

/// A failed round releases its lease, so the next one starts at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_round_is_retried_at_once() {
    let app = TestApp::adjusted(eager_reconciler).await;
    app.sql("ALTER TABLE order_events RENAME TO elsewhere")
        .await;
    app.orders_from(136_000).await;
    let begun = std::time::Instant::now();
    let lease = "SELECT (extract(epoch FROM leased_until) * 1000000)::bigint AS count
                   FROM reconciliation";
    let mut last = app.count(lease).await;
    for _ in 0..6 {
        last = eventually("the round is retried", async || {
            let now = app.count(lease).await;
            (now != last).then_some(now)
        })
        .await;
    }
    app.sql("ALTER TABLE elsewhere RENAME TO order_events")
        .await;
    app.until_count(
        "a round ends",
        "SELECT count(*) FROM reconciliation
                       WHERE finished_at > now() - interval '1 second'",
        1,
    )
    .await;
    assert!(
        begun.elapsed() < app.settings.dispatcher.lease,
        "{:?}",
        begun.elapsed()
    );
}

/// A round that fails after repairs has still made them.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_round_counts_what_it_repaired() {
    let app = TestApp::adjusted(eager_reconciler).await;
    app.orders_from(138_000).await;
    // No round can finish.
    app.sql("ALTER TABLE reconciliation RENAME COLUMN compared TO elsewhere")
        .await;
    app.insert_orders_without_intents(3).await;
    app.until_count(
        "the repaired orders are counted",
        "SELECT repaired AS count FROM reconciliation",
        3,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_its_holder_finishes_a_round() {
    let app = TestApp::start().await;
    let database = Database::new(&app.settings.database, "orders-test").unwrap();
    let rounds = ReconciliationRepository::new(database);
    let found = |repaired| Findings {
        repaired,
        ..Findings::default()
    };
    let (soon, later) = (Duration::ZERO, NEVER);
    // The test application's own reconciler may perform a round first.
    eventually("a round begins", async || {
        let begun = rounds.begin("first", soon, soon).await.unwrap();
        begun.then_some(())
    })
    .await;
    eventually("it is taken over", async || {
        let begun = rounds.begin("second", soon, later).await.unwrap();
        begun.then_some(())
    })
    .await;
    let repaired = rounds.report().await.unwrap().repaired;
    assert!(!rounds.finish("first", found(1)).await.unwrap());
    rounds.abandon("first", 1).await.unwrap();
    assert!(rounds.finish("second", found(2)).await.unwrap());
    assert_eq!(rounds.report().await.unwrap().repaired, repaired + 2);
}

/// During an upgrade, a newer version may write a status that this one does not know.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_with_an_unknown_status_keeps_its_workflow() {
    let app = app_from(137_000, NEVER).await;
    let id = app.create(1, "1").await;
    app.becomes(id, "processing").await;
    app.sql(&format!(
        "ALTER TABLE orders DROP CONSTRAINT orders_status_check;
         UPDATE orders SET status = 'on_hold' WHERE id = {id}"
    ))
    .await;
    eventually("the drift is counted", async || {
        let drift = app.count("SELECT drift AS count FROM reconciliation");
        (drift.await >= 1).then_some(())
    })
    .await;
    workflow_is(&app, id, |state| {
        matches!(
            state,
            WorkflowState::Running {
                cancel_requested: false
            }
        )
    })
    .await;
}
