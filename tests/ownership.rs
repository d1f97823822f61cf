//! Workflows of another database's orders, under ids that this database gives to its own orders.

use std::time::Duration;

use temporalio_client::{WorkflowCancelOptions, WorkflowDescribeOptions, WorkflowTerminateOptions};
use temporalio_common::protos::temporal::api::enums::v1::WorkflowExecutionStatus;

use crate::harness::{Options, Process, TestApp, eager_reconciler, eventually, workflow_of};

const SOON: Duration = Duration::from_millis(100);
const NEVER: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);

/// The newest workflow under the order's id.
async fn state_of(app: &TestApp, order_id: i64) -> Option<(String, WorkflowExecutionStatus)> {
    let handle = workflow_of(app, order_id).await;
    let described = handle.describe(WorkflowDescribeOptions::default()).await;
    let info = described.ok()?.raw().workflow_execution_info.clone()?;
    let status = info.status();
    Some((info.execution?.run_id, status))
}

async fn running(app: &TestApp, order_id: i64) -> String {
    eventually("the workflow runs", async || {
        let (run, status) = state_of(app, order_id).await?;
        (status == WorkflowExecutionStatus::Running).then_some(run)
    })
    .await
}

/// A database whose dispatcher has started workflows, without a worker.
async fn start_earlier(first: i64, orders: i64) -> TestApp {
    let app = TestApp::start().await;
    app.orders_from(first).await;
    for _ in 0..orders {
        app.create(1, "1").await;
    }
    for id in first..first + orders {
        running(&app, id).await;
    }
    app
}

/// Another database with the same ids, and a worker on the same task queue.
async fn start_later(earlier: &TestApp, first: i64, adjust: fn(&mut Settings)) -> TestApp {
    let app = TestApp::with(Options {
        processing_delay: SOON,
        task_queue: Some(earlier.settings.temporal.task_queue.clone()),
        worker: true,
        adjust,
        ..Options::default()
    })
    .await;
    app.orders_from(first).await;
    app
}

type Settings = order_processing::config::Settings;

/// Only the dispatcher runs.
fn no_reconciler(settings: &mut Settings) {
    settings.reconciler.interval = NEVER;
    settings.reconciler.grace = NEVER;
}

fn no_dispatcher(settings: &mut Settings) {
    no_reconciler(settings);
    settings.dispatcher.enabled = false;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_of_a_new_database_complete_although_their_workflow_ids_exist() {
    const FIRST: i64 = 250_000;
    let mut old = start_earlier(FIRST, 12).await;
    // Some workflows are running, some were terminated.
    for id in FIRST..FIRST + 4 {
        let options = WorkflowTerminateOptions::default();
        workflow_of(&old, id)
            .await
            .terminate(options)
            .await
            .unwrap();
    }
    old.stop();
    let new = start_later(&old, FIRST, no_reconciler).await;
    for id in FIRST..FIRST + 12 {
        assert_eq!(new.create(1, "1").await, id);
    }
    new.until_count(
        "all orders are completed",
        "SELECT count(*) FROM orders WHERE status = 'completed'",
        12,
    )
    .await;
    let steps = "SELECT count(*) FROM order_events";
    assert_eq!(new.count(steps).await, 3 * 12, "no repair was needed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_of_another_order_does_not_change_this_one() {
    const FIRST: i64 = 251_000;
    let mut old = TestApp::start().await;
    old.orders_from(FIRST).await;
    old.stop();
    let new = start_later(&old, FIRST, no_dispatcher).await;
    for _ in 0..2 {
        new.create(1, "1").await;
    }
    // These orders are older than the new ones, although their workflows start later.
    old.sql(
        "WITH accepted AS (
            INSERT INTO orders (customer_id, total_amount, created_at)
            SELECT 1, 1, now() - interval '1 hour' FROM generate_series(1, 2)
            RETURNING id, created_at),
         recorded AS (
            INSERT INTO order_events (order_id, sequence, type, actor, occurred_at)
            SELECT id, 1, 'created', 'client', created_at FROM accepted)
         INSERT INTO workflow_intents (order_id, action) SELECT id, 'start' FROM accepted",
    )
    .await;
    let serve = Process::start("serve", &old, &[]);
    for id in [FIRST, FIRST + 1] {
        eventually("the workflow has ended", async || {
            // One of the two receives a cancel request.
            if id == FIRST {
                let options = WorkflowCancelOptions::default();
                let _ = workflow_of(&new, id).await.cancel(options).await;
            }
            let (_, status) = state_of(&new, id).await?;
            (status == WorkflowExecutionStatus::Completed).then_some(())
        })
        .await;
        let events = new.events(id).await;
        assert_eq!(events.len(), 1, "order {id}: {events:?}");
    }
    drop(serve);
}

/// Two active databases that share a namespace and a task queue by mistake must not end each other's
/// workflows.
#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_of_a_newer_order_is_not_ended() {
    const ID: i64 = 252_000;
    let queue = |app: &TestApp| app.settings.temporal.task_queue.clone();
    let ours = TestApp::for_processes(ID).await;
    ours.insert_orders_without_intents(1).await;
    ours.sql(
        "UPDATE orders SET created_at = created_at - interval '1 hour';
         INSERT INTO workflow_intents (order_id, action) SELECT id, 'start' FROM orders",
    )
    .await;
    let theirs = TestApp::with(Options {
        task_queue: Some(queue(&ours)),
        ..Options::default()
    })
    .await;
    theirs.orders_from(ID).await;
    theirs.create(1, "1").await;
    let run = running(&theirs, ID).await;

    let settings = [
        ("ORDERS__RECONCILER__INTERVAL", "200ms"),
        ("ORDERS__RECONCILER__GRACE", "200ms"),
        ("ORDERS__DISPATCHER__MAX_BACKOFF", "500ms"),
    ];
    let serve = Process::start("serve", &ours, &settings);
    let refused = "SELECT count(*) FROM workflow_intents
                    WHERE attempts > 2 AND last_error LIKE '%another database%'";
    ours.until_count("the start is rejected", refused, 1).await;
    // The reconciler does not end the workflow either, once no intent is left.
    ours.sql("DELETE FROM workflow_intents").await;
    eventually("the drift is counted", async || {
        let drift = ours.count("SELECT drift AS count FROM reconciliation");
        (drift.await >= 1).then_some(())
    })
    .await;
    drop(serve);
    assert_eq!(running(&theirs, ID).await, run);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reconciler_recognizes_workflows_of_other_orders() {
    const FIRST: i64 = 253_000;
    let mut old = start_earlier(FIRST, 3).await;
    // If the workflow belonged to the new database's order, its termination would cancel that order.
    let terminated = workflow_of(&old, FIRST).await;
    let options = WorkflowTerminateOptions::default();
    terminated.terminate(options).await.unwrap();
    old.stop();
    let ended = workflow_of(&old, FIRST + 2).await;
    let new = start_later(&old, FIRST, |settings| {
        eager_reconciler(settings);
        settings.workflow.processing_delay = NEVER;
    })
    .await;
    new.insert_orders_without_intents(3).await;
    // This order has ended, and the workflow under its id belongs to another order.
    new.sql(&format!(
        "UPDATE orders SET status = 'completed' WHERE id = {}",
        FIRST + 2
    ))
    .await;
    for id in [FIRST, FIRST + 1] {
        new.becomes(id, "processing").await;
        let events = new.events(id).await;
        assert_eq!(events[1]["type"], "restarted", "{events:?}");
        let reason = events[1]["data"]["reason"].as_str().unwrap();
        assert!(reason.contains("another order"), "{reason}");
    }
    eventually("the other order's workflow has ended", async || {
        let described = ended.describe(WorkflowDescribeOptions::default()).await;
        let info = described.ok()?.raw().workflow_execution_info.clone()?;
        (info.status() != WorkflowExecutionStatus::Running).then_some(())
    })
    .await;
    tokio::time::timeout(30 * SECOND, new.becomes(FIRST + 2, "completed"))
        .await
        .unwrap();
}
