//! PgBouncer between the program and PostgreSQL, in session mode: the whole way of an order.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use dev_servers::{PgBouncer, lasting_port};
use reqwest::Client;
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use crate::command_line::{orders, stdout};
use crate::harness::{Process, TestApp, create_order, database_url, eventually};

const FIRST_ORDER: i64 = 720_000;
const ORDERS: usize = 20;
/// Far longer than the wait below: the worker must be woken by `NOTIFY`.
const POLL_INTERVAL: &str = "60s";
const DISPATCHED_WITHIN: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_completed_through_a_pooler_in_session_mode() {
    if !PgBouncer::is_installed() {
        println!("SKIPPED: PgBouncer is not installed");
        eprintln!("SKIPPED the test of a pooler: PgBouncer is not installed");
        return;
    }
    let app = TestApp::for_processes(FIRST_ORDER).await;
    let folder = format!("pooler-{}", Uuid::new_v4());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    let postgres: Url = database_url("postgres").parse().unwrap();
    let (postgres, port) = (postgres.port().unwrap(), lasting_port().unwrap());
    let start = || PgBouncer::start(&folder, postgres, port);
    let pooler = start().await.unwrap();
    let url = pooler.url(&app.database);
    let variables = [
        ("ORDERS__DATABASE__URL", url.as_str()),
        ("ORDERS__DISPATCHER__POLL_INTERVAL", POLL_INTERVAL),
    ];
    let status = orders(&["migrate", "status"], &variables).output().unwrap();
    assert!(status.status.success(), "{}", stdout(&status));
    let only_serves = [variables[0], ("ORDERS__DISPATCHER__ENABLED", "false")];
    let serving = Process::start("serve", &app, &only_serves);
    let working = Process::start("worker", &app, &variables);
    let api = serving.api().await;
    working
        .logs("the worker runs", |line| line["message"] == "worker runs")
        .await;
    completes_orders(&api).await;

    // Every connection is lost at once.
    drop(pooler);
    let pooler = start().await.unwrap();
    eventually("orders are accepted again", async || {
        let response = Client::new().get(format!("{api}/orders?limit=1")).send();
        response.await.ok().filter(|one| one.status() == 200)
    })
    .await;
    app.until_count(
        "the worker listens again",
        "SELECT count(*) FROM pg_stat_activity
          WHERE datname = current_database() AND query = 'LISTEN workflow_intents'",
        1,
    )
    .await;
    completes_orders(&api).await;
    serving.stop();
    working.stop();
    drop(pooler);
    fs::remove_dir_all(&folder).unwrap();
}

async fn completes_orders(api: &str) {
    let mut orders = Vec::new();
    for _ in 0..ORDERS {
        orders.push(create_order(api).await);
    }
    let begun = Instant::now();
    for id in orders {
        eventually("the order is completed", async || {
            let order = Client::new().get(format!("{api}/orders/{id}")).send().await;
            let order: Value = order.ok()?.json().await.ok()?;
            (order["status"] == "completed").then_some(())
        })
        .await;
    }
    assert!(begun.elapsed() < DISPATCHED_WITHIN, "{:?}", begun.elapsed());
}
