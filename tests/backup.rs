//! Restoring a backup while Temporal has a newer state than the database.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Process, TestApp, admin, database_url, eventually};

/// Runs a script of `deploy/backup/` with the project's own PostgreSQL.
pub fn script(name: &str, database: &str, file: &Path) -> Output {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tools = project.join(".tools/postgresql/bin");
    let path = std::env::var("PATH").unwrap();
    Command::new(project.join("deploy/backup").join(name))
        .arg(file)
        .env("DATABASE_URL", database_url(database))
        .env("PATH", format!("{}:{path}", tools.display()))
        .env("SKIP_IDS", "1000")
        .output()
        .unwrap()
}

pub fn assert_success(output: &Output) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
}

async fn order(client: &Client, api: &str, id: i64) -> Option<Value> {
    let response = client
        .get(format!("{api}/orders/{id}"))
        .send()
        .await
        .unwrap();
    match response.status() {
        StatusCode::NOT_FOUND => None,
        status => {
            assert_eq!(status, 200);
            Some(response.json().await.unwrap())
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_database_is_reconciled_with_temporal() {
    let mut app = TestApp::with_worker(Duration::from_secs(4)).await;
    app.orders_from(240_000).await;
    let before = app.create(1, "1").await;
    app.becomes(before, "completed").await;
    let open = app.create(2, "2").await;
    app.becomes(open, "processing").await;

    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("backup-{}.dump", Uuid::new_v4().simple()));
    assert_success(&script("backup.sh", &app.database, &file));

    // Missing from the backup: the completion of one order, and a new order.
    app.becomes(open, "completed").await;
    let lost = app.create(3, "3").await;
    app.becomes(lost, "processing").await;
    app.stop();

    let restored = format!("{}_restored", app.database);
    admin(&format!("CREATE DATABASE {restored}")).await;
    assert_success(&script("restore.sh", &restored, &file));
    // A second restore is rejected, because the database is not empty.
    assert_eq!(
        script("restore.sh", &restored, &file).status.code(),
        Some(2)
    );

    let url = database_url(&restored);
    let settings = [
        ("ORDERS__DATABASE__URL", url.as_str()),
        ("ORDERS__RECONCILER__INTERVAL", "1s"),
        ("ORDERS__RECONCILER__GRACE", "1s"),
    ];
    let worker = Process::start("worker", &app, &settings);
    let serve = Process::start("serve", &app, &settings);
    let (client, api) = (Client::new(), serve.api().await);
    let is = async |id: i64, status: &str| {
        eventually(&format!("order {id} is {status}"), async || {
            let order = order(&client, &api, id).await?;
            (order["status"] == status).then_some(())
        })
        .await;
    };
    is(before, "completed").await;
    // Its workflow ended after the backup, so the order gets a new workflow.
    is(open, "completed").await;
    let events = client.get(format!("{api}/orders/{open}/events")).send();
    let events: Vec<Value> = events.await.unwrap().json().await.unwrap();
    let kinds: Vec<&str> = events
        .iter()
        .filter_map(|event| event["type"].as_str())
        .collect();
    assert_eq!(kinds, ["created", "updated", "restarted", "updated"]);
    // The id of a lost order is not reused.
    assert_eq!(order(&client, &api, lost).await, None);
    let body = json!({ "customer_id": 4, "total_amount": 4 });
    let made = client
        .post(format!("{api}/orders"))
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(made.status(), 201);
    let made: Value = made.json().await.unwrap();
    let new = made["id"].as_i64().unwrap();
    assert!(new > lost + 900, "{new} after {lost}");
    is(new, "completed").await;

    drop((serve, worker));
    std::fs::remove_file(file).unwrap();
    admin(&format!("DROP DATABASE {restored} WITH (FORCE)")).await;
}
