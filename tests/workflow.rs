//! Order workflows on a real Temporal server.

use std::path::{Path, PathBuf};
use std::time::Duration;

use order_processing::workflow::{FulfilmentWorkflow, OrderWorkflow, Outcome};
use prost::Message;
use reqwest::Method;
use serde_json::Value;
use temporalio_client::{
    WorkflowCancelOptions, WorkflowDescribeOptions, WorkflowFetchHistoryOptions,
};
use temporalio_common::protos::temporal::api::enums::v1::{EventType, WorkflowExecutionStatus};
use temporalio_common::protos::temporal::api::history::v1::history_event::Attributes;
use temporalio_common::protos::temporal::api::history::v1::{History, HistoryEvent};
use temporalio_sdk::workflow_replayer::{WorkflowReplayer, WorkflowReplayerOptions};

use crate::harness::{Options, OwnTemporal, TestApp, eventually, workflow_of};

const SOON: Duration = Duration::from_millis(100);
const NEVER: Duration = Duration::from_secs(3600);

async fn app_from(first: i64, processing_delay: Duration) -> TestApp {
    let app = TestApp::with_worker(processing_delay).await;
    app.orders_from(first).await;
    app
}

async fn workflow_becomes(app: &TestApp, order_id: i64, status: WorkflowExecutionStatus) {
    let handle = workflow_of(app, order_id).await;
    eventually(
        &format!("the workflow of order {order_id} becomes {status:?}"),
        async || {
            let described = handle
                .describe(WorkflowDescribeOptions::default())
                .await
                .ok()?;
            let now = described.raw().workflow_execution_info.as_ref()?.status();
            (now == status).then_some(())
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_goes_from_pending_to_completed() {
    let app = app_from(100_000, SOON).await;
    let id = app.create(1, "1").await;
    app.becomes(id, "completed").await;
    workflow_becomes(&app, id, WorkflowExecutionStatus::Completed).await;
    let order = app.get(&format!("/orders/{id}")).await;
    assert_eq!(
        order.headers()["etag"],
        "\"3\"",
        "processing, then completed: no more changes"
    );
    outbox_is_empty(&app).await;
}

/// The tasks and events that an ordinary order causes in Temporal.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_needs_few_temporal_tasks() {
    let app = app_from(141_000, SOON).await;
    let id = app.create(1, "1").await;
    completes(&app, id).await;
    let events = events_of(&app, id).await;
    let count = |wanted| events.iter().filter(|event| **event == wanted).count();
    assert_eq!(count(EventType::WorkflowTaskCompleted), 2, "{events:?}");
    assert_eq!(count(EventType::ActivityTaskScheduled), 0, "{events:?}");

    let at_once = app_from(142_000, Duration::ZERO).await;
    let id = at_once.create(1, "1").await;
    completes(&at_once, id).await;
    let events = events_of(&at_once, id).await;
    let count = |wanted| events.iter().filter(|event| **event == wanted).count();
    assert_eq!(count(EventType::WorkflowTaskCompleted), 1, "{events:?}");
    assert_eq!(count(EventType::TimerStarted), 0, "{events:?}");
}

/// The worker that starts a workflow receives its first task in the response.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_workflow_task_starts_eagerly() {
    let app = app_from(143_000, SOON).await;
    let id = app.create(1, "1").await;
    completes(&app, id).await;
    let eager = history_of(&app, id).await.into_iter().any(|event| {
        matches!(
            event.attributes,
            Some(Attributes::WorkflowExecutionStartedEventAttributes(started))
                if started.eager_execution_accepted
        )
    });
    assert!(eager, "the start was not eager");
}

/// The database does not respond for longer than a workflow task may take.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_fails_locally_becomes_a_regular_activity() {
    let app = TestApp::with(Options {
        processing_delay: SOON,
        worker: true,
        adjust: |settings| settings.database.statement_timeout = Duration::from_millis(300),
        ..Options::default()
    })
    .await;
    app.orders_from(144_000).await;
    // This delays steps, but not new orders.
    app.sql(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_sleep(30); RETURN NEW; END $$;
         CREATE TRIGGER wait BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION wait()",
    )
    .await;
    let ids = [app.create(1, "1").await, app.create(2, "2").await];
    for id in ids {
        eventually("the step is a regular activity", async || {
            let events = events_of(&app, id).await;
            events
                .contains(&EventType::ActivityTaskScheduled)
                .then_some(())
        })
        .await;
        assert_eq!(app.status_of(id).await, "pending");
    }
    app.sql("DROP TRIGGER wait ON orders").await;
    for id in ids {
        completes(&app, id).await;
        let kinds: Vec<_> = app.events(id).await;
        assert_eq!(kinds.len(), 3, "created, processing, completed: {kinds:?}");
    }
}

async fn history_of(app: &TestApp, order_id: i64) -> Vec<HistoryEvent> {
    let handle = workflow_of(app, order_id).await;
    let history = handle.fetch_history(WorkflowFetchHistoryOptions::default());
    history.into_events().await.unwrap_or_default()
}

async fn events_of(app: &TestApp, order_id: i64) -> Vec<EventType> {
    let history = history_of(app, order_id).await;
    history.iter().map(HistoryEvent::event_type).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_waits_in_processing() {
    let app = app_from(101_000, NEVER).await;
    let id = app.create(1, "1").await;
    app.becomes(id, "processing").await;
    workflow_becomes(&app, id, WorkflowExecutionStatus::Running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_an_order_ends_its_workflow() {
    let app = app_from(102_000, NEVER).await;
    let id = app.create(1, "1").await;
    app.becomes(id, "processing").await;
    assert_eq!(app.put_status(id, "cancelled").await.status(), 200);
    workflow_becomes(&app, id, WorkflowExecutionStatus::Canceled).await;
    assert_eq!(app.status_of(id).await, "cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn completing_an_order_ends_its_workflow() {
    let app = app_from(103_000, NEVER).await;
    let id = app.create(1, "1").await;
    app.becomes(id, "processing").await;
    assert_eq!(app.put_status(id, "completed").await.status(), 200);
    workflow_becomes(&app, id, WorkflowExecutionStatus::Completed).await;
    assert_eq!(app.status_of(id).await, "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_an_order_ends_its_workflow() {
    let app = app_from(104_000, NEVER).await;
    let id = app.create(1, "1").await;
    app.becomes(id, "processing").await;
    let deleted = app
        .request(Method::DELETE, &format!("/orders/{id}"))
        .send()
        .await
        .unwrap();
    assert_eq!(deleted.status(), 204);
    workflow_becomes(&app, id, WorkflowExecutionStatus::Completed).await;
    outbox_is_empty(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_an_order_before_its_workflow_begins_cancels_the_workflow() {
    let app = TestApp::start().await;
    app.orders_from(105_000).await;
    let id = app.create(1, "1").await;
    app.request(Method::DELETE, &format!("/orders/{id}"))
        .send()
        .await
        .unwrap();
    outbox_is_empty(&app).await;
    // This task queue has no worker, so both requests wait in Temporal.
    workflow_becomes(&app, id, WorkflowExecutionStatus::Running).await;
    let handle = workflow_of(&app, id).await;
    let history = handle.fetch_history(WorkflowFetchHistoryOptions::default());
    let events = history.into_events().await.unwrap();
    assert!(
        events
            .iter()
            .any(|event| format!("{:?}", event.event_type()).contains("CancelRequested"))
    );
}

/// During an upgrade, a newer version may write actions that this one does not know.
#[tokio::test(flavor = "multi_thread")]
async fn an_intent_with_an_unknown_action_does_not_block_others() {
    let app = app_from(111_000, SOON).await;
    app.sql(
        "ALTER TABLE workflow_intents DROP CONSTRAINT workflow_intents_action_check;
         INSERT INTO workflow_intents (order_id, action, created_at)
         SELECT n, 'pause', now() - interval '1 hour' FROM generate_series(1, 100) AS n",
    )
    .await;
    let id = app.create(1, "1").await;
    app.becomes(id, "completed").await;
    let untouched = "SELECT count(*) FROM workflow_intents WHERE attempts = 0";
    assert_eq!(app.count(untouched).await, 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_the_workflow_cancels_the_order() {
    let app = app_from(106_000, NEVER).await;
    let id = app.create(1, "1").await;
    app.becomes(id, "processing").await;
    workflow_of(&app, id)
        .await
        .cancel(WorkflowCancelOptions::default())
        .await
        .unwrap();
    app.becomes(id, "cancelled").await;
    workflow_becomes(&app, id, WorkflowExecutionStatus::Canceled).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_accepted_without_temporal_and_processed_once_it_recovers() {
    let mut temporal = OwnTemporal::start().await;
    temporal.stop().await;

    let app = TestApp::with(Options {
        temporal_address: Some(temporal.address.clone()),
        processing_delay: SOON,
        worker: true,
        ..Options::default()
    })
    .await;
    let started = std::time::Instant::now();
    let id = app.create(1, "1").await;
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "requests do not wait for Temporal"
    );
    let ready: Value = app.get("/readyz").await.json().await.unwrap();
    assert_eq!(ready["dependencies"][1]["status"], "down", "{ready}");
    assert_eq!(app.status_of(id).await, "pending");

    temporal.start_again().await;
    app.becomes(id, "completed").await;
    drop(app);
    temporal.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_temporal_delays_neither_orders_nor_shutdown() {
    // It accepts connections, and never responds.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let app = TestApp::with(Options {
        temporal_address: Some(listener.local_addr().unwrap().to_string()),
        worker: true,
        ..Options::default()
    })
    .await;
    let started = std::time::Instant::now();
    for _ in 0..50 {
        app.create(1, "1").await;
    }
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "took {:?}",
        started.elapsed()
    );
    let started = std::time::Instant::now();
    tokio::task::block_in_place(|| drop(app));
    assert!(
        started.elapsed() < Duration::from_secs(8),
        "took {:?}",
        started.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_current_workflow_replays_its_own_history() {
    let app = app_from(107_000, SOON).await;
    let id = app.create(1, "1").await;
    completes(&app, id).await;
    let handle = workflow_of(&app, id).await;
    let history = handle.fetch_history(WorkflowFetchHistoryOptions::default());
    replayer().replay_workflow(history).await.unwrap();
}

/// Histories of earlier versions must replay as long as such workflows may be running.
#[tokio::test(flavor = "multi_thread")]
async fn recorded_histories_replay() {
    let mut replayed = 0;
    for entry in std::fs::read_dir(histories()).unwrap() {
        let path = entry.unwrap().path();
        let history = History::decode(std::fs::read(&path).unwrap().as_slice()).unwrap();
        if let Err(error) = replayer().replay_workflow(history.into()).await {
            panic!("{} does not replay: {error}", path.display());
        }
        replayed += 1;
    }
    assert!(replayed >= 8, "recorded histories are missing");
}

/// Run `cargo test --test integration record_histories -- --ignored` after an intended change of the
/// workflow; keep the old recordings as long as such workflows may be running.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes tests/histories/"]
async fn record_histories() {
    let version = env!("CARGO_PKG_VERSION");
    let quick = app_from(108_000, SOON).await;
    let completed = quick.create(1, "1").await;
    completes(&quick, completed).await;
    record(&quick, completed, &format!("{version}-completed")).await;

    let slow = app_from(109_000, NEVER).await;
    let cancelled = slow.create(1, "1").await;
    slow.becomes(cancelled, "processing").await;
    slow.put_status(cancelled, "cancelled").await;
    workflow_becomes(&slow, cancelled, WorkflowExecutionStatus::Canceled).await;
    record(&slow, cancelled, &format!("{version}-cancelled")).await;

    let deleted = slow.create(1, "1").await;
    slow.becomes(deleted, "processing").await;
    slow.request(Method::DELETE, &format!("/orders/{deleted}"))
        .send()
        .await
        .unwrap();
    workflow_becomes(&slow, deleted, WorkflowExecutionStatus::Completed).await;
    record(&slow, deleted, &format!("{version}-deleted")).await;

    let waiting = slow.create(1, "1").await;
    slow.becomes(waiting, "processing").await;
    record(&slow, waiting, &format!("{version}-processing")).await;
}

async fn record(app: &TestApp, order_id: i64, name: &str) {
    // Protobuf, because the client's JSON cannot be read with serde_json's `arbitrary_precision`.
    let history = History {
        events: history_of(app, order_id).await,
    };
    std::fs::create_dir_all(histories()).unwrap();
    std::fs::write(
        histories().join(format!("{name}.pb")),
        history.encode_to_vec(),
    )
    .unwrap();
}

async fn completes(app: &TestApp, id: i64) {
    app.becomes(id, "completed").await;
    workflow_becomes(app, id, WorkflowExecutionStatus::Completed).await;
}

async fn outbox_is_empty(app: &TestApp) {
    eventually("the outbox is empty", async || {
        let left = app.count("SELECT count(*) FROM workflow_intents").await;
        (left == 0).then_some(())
    })
    .await;
}

fn replayer() -> WorkflowReplayer {
    let options = WorkflowReplayerOptions::new()
        .register_workflow::<OrderWorkflow>()
        .unwrap()
        .register_workflow::<FulfilmentWorkflow>()
        .unwrap()
        .build();
    WorkflowReplayer::new(options).unwrap()
}

fn histories() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories")
}

#[test]
fn outcomes_keep_their_names() {
    // Recorded histories contain these names.
    assert_eq!(
        serde_json::to_string(&Outcome::Deleted).unwrap(),
        "\"deleted\""
    );
}
