//! Statements that meet others at the same rows, or are repeated.

use std::time::Duration;

use diesel_async::SimpleAsyncConnection;
use futures::future::join_all;
use order_processing::config::Settings;
use order_processing::db::{Database, WebhookUpkeep};
use reqwest::Method;
use serde_json::json;

use super::quick;
use super::receiver::{Receiver, Reply};
use crate::harness::{TestApp, eventually};

/// Nothing is sent, and statements wait for locks for longer than a test holds them.
fn patient(settings: &mut Settings) {
    quick(settings);
    settings.webhooks.enabled = false;
    settings.database.lock_timeout = Duration::from_secs(8);
    settings.database.statement_timeout = Duration::from_secs(8);
}

#[tokio::test(flavor = "multi_thread")]
async fn pruning_keeps_a_delivery_that_becomes_due_again() {
    let app = TestApp::adjusted(patient).await;
    let id = app.webhook_to("https://a.example.com/").await;
    app.sql(&format!(
        "INSERT INTO webhook_deliveries (endpoint_id, position, order_id, sequence, event_type,
                                         status, completed_at)
         SELECT {id}, n, 1, n, 'updated', 'failed', now() - interval '2 hours'
           FROM generate_series(1, 2) AS n"
    ))
    .await;
    // What a retry does.
    let mut retry = app.connection().await;
    retry
        .batch_execute(
            "BEGIN;
             UPDATE webhook_deliveries SET status = 'pending', completed_at = NULL
              WHERE position = 1",
        )
        .await
        .unwrap();
    let database = Database::new(&app.settings.database, "orders-test").unwrap();
    let hour = Duration::from_secs(3600);
    // It does not wait for the retry.
    let more = WebhookUpkeep::new(database).prune(hour, hour, 100).await;
    assert!(!more.unwrap());
    retry.batch_execute("COMMIT").await.unwrap();
    let kept = "SELECT count(*) FROM webhook_deliveries";
    assert_eq!(app.count(kept).await, 1);
    let due = format!("{kept} WHERE position = 1 AND status = 'pending'");
    assert_eq!(app.count(&due).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_rotations_leave_one_current_secret_and_keep_to_the_limit() {
    let app = TestApp::adjusted(patient).await;
    let id = app.webhook_to("https://a.example.com/").await;
    let path = format!("/webhooks/{id}/secret");
    let rotate = || app.call(Method::POST, &path, json!({}));
    for _ in 0..2 {
        assert_eq!(rotate().await.status(), 200);
    }
    let mut holder = app.connection().await;
    let lock = format!("BEGIN; SELECT id FROM webhook_endpoints WHERE id = {id} FOR UPDATE");
    holder.batch_execute(&lock).await.unwrap();
    let releasing = async {
        eventually("all rotations wait", async || {
            (app.blocked_statements().await == 3).then_some(())
        })
        .await;
        holder.batch_execute("COMMIT").await.unwrap();
    };
    let (responses, ()) = tokio::join!(join_all((0..3).map(|_| rotate())), releasing);
    let statuses = responses.iter().map(|response| response.status().as_u16());
    let mut statuses: Vec<u16> = statuses.collect();
    statuses.sort_unstable();
    // The limit is five.
    assert_eq!(statuses, [200, 200, 409]);
    let current = "SELECT count(*) FROM webhook_secrets WHERE expires_at IS NULL";
    assert_eq!(app.count(current).await, 1);
    let valid = format!("{current} OR expires_at > now()");
    assert_eq!(app.count(&valid).await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_attempt_counts_once_however_often_it_is_recorded() {
    let app = TestApp::adjusted(|settings| {
        quick(settings);
        // There is one attempt only.
        settings.webhooks.first_delay = Duration::from_secs(3600);
        settings.webhooks.longest_delay = Duration::from_secs(3600);
    })
    .await;
    // Recording the delivery fails twice; a sequence keeps its value when a transaction fails.
    app.sql(
        "CREATE SEQUENCE recordings;
         CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
             IF nextval('recordings') <= 2 THEN RAISE EXCEPTION 'refused'; END IF;
             RETURN NEW;
         END $$;
         CREATE TRIGGER refuse BEFORE UPDATE ON webhook_deliveries
             FOR EACH ROW WHEN (NEW.failures > OLD.failures) EXECUTE FUNCTION refuse()",
    )
    .await;
    let receiver = Receiver::with(|_, _| Reply::Status(500)).await;
    app.webhook_to(&receiver.url()).await;
    app.create(1, "1").await;
    app.until_count(
        "the attempt is recorded",
        "SELECT count(*) FROM webhook_deliveries WHERE failures = 1",
        1,
    )
    .await;
    let recordings = "SELECT last_value AS count FROM recordings";
    assert_eq!(app.count(recordings).await, 3);
    let failures = "SELECT failures AS count FROM webhook_endpoints";
    assert_eq!(app.count(failures).await, 1);
}
