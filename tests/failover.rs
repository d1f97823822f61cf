//! The primary of the database dies or freezes, and its synchronous standby takes over.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dev_servers::{Postgres, PostgresOptions};
use diesel::sql_types::BigInt;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::Client;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::command_line::orders;
use crate::harness::{Process, TestApp, eventually, tools};

/// Service is promised again within this time of the promotion (`docs/operating.md`).
const LIMIT: Duration = Duration::from_secs(10);

/// How many orders are accepted before the failover, and after it, at least.
const ORDERS: usize = 50;

/// A primary and its synchronous standby.
struct Pair {
    folder: PathBuf,
    primary: Postgres,
    standby: Postgres,
}

impl Pair {
    async fn start() -> Self {
        let folder =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("failover-{}", Uuid::new_v4()));
        let primary = server(&folder, "first", 0, None).await;
        let standby = server(&folder, "second", 0, Some(primary.url("postgres"))).await;
        let mut connection = connect(&primary.url("postgres")).await;
        connection
            .batch_execute("CREATE DATABASE orders")
            .await
            .unwrap();
        Self {
            folder,
            primary,
            standby,
        }
    }

    /// The URL of both.
    fn url(&self) -> String {
        format!(
            "postgres://orders:orders@127.0.0.1:{},127.0.0.1:{}/orders?target_session_attrs=read-write",
            self.primary.port(),
            self.standby.port()
        )
    }
}

async fn server(folder: &Path, name: &str, port: u16, standby_of: Option<String>) -> Postgres {
    // Once promoted, the standby waits for nobody.
    let waits_for = if standby_of.is_some() { "" } else { "*" };
    let options = PostgresOptions {
        data_dir: folder.join(name),
        port,
        settings: vec![("synchronous_standby_names", waits_for)],
        standby_of,
    };
    Postgres::start(&tools(), options).await.unwrap()
}

async fn connect(url: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(url).await.unwrap()
}

async fn promote(standby: &Postgres) {
    let mut connection = connect(&standby.url("postgres")).await;
    connection
        .batch_execute("SELECT pg_promote()")
        .await
        .unwrap();
}

/// The orders that were accepted, each with its time.
type Accepted = Arc<Mutex<Vec<(i64, Instant)>>>;

/// Creates orders until it is stopped.
async fn load(api: String, stop: CancellationToken, accepted: Accepted) {
    let client = Client::builder()
        .timeout(Duration::from_secs(15))
        .build()
        .unwrap();
    let order = json!({ "customer_id": 1, "total_amount": 1 });
    while !stop.is_cancelled() {
        let key = Uuid::new_v4().to_string();
        let request = client
            .post(format!("{api}/orders"))
            .header("idempotency-key", key)
            .json(&order);
        if let Ok(response) = request.send().await
            && response.status() == 201
        {
            let order: Value = response.json().await.unwrap();
            let id = order["id"].as_i64().unwrap();
            accepted.lock().unwrap().push((id, Instant::now()));
        } else {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Orders are created before, during and after a failover that `fail` begins; returns the servers.
async fn fails_over(fail: impl AsyncFnOnce(Pair) -> (PathBuf, Option<Postgres>, Postgres)) {
    let pair = Pair::start().await;
    // Its own database is not used; Temporal is.
    let app = TestApp::start().await;
    let url = pair.url();
    let variables = [("ORDERS__DATABASE__URL", url.as_str())];
    let migrated = orders(&["migrate", "up"], &variables).output().unwrap();
    assert!(
        migrated.status.success(),
        "{}",
        String::from_utf8_lossy(&migrated.stderr)
    );
    let service = Process::start("serve", &app, &variables);
    let api = service.api().await;
    let stop = CancellationToken::new();
    let accepted = Accepted::default();
    let loads: Vec<_> = (0..4)
        .map(|_| tokio::spawn(load(api.clone(), stop.clone(), accepted.clone())))
        .collect();
    eventually("orders are accepted", async || {
        (accepted.lock().unwrap().len() >= ORDERS).then_some(())
    })
    .await;

    let (folder, old, new) = fail(pair).await;
    let promoted = Instant::now();
    let client = Client::new();
    let order = json!({ "customer_id": 2, "total_amount": 1 });
    let again = eventually("orders are accepted again", async || {
        let request = client.post(format!("{api}/orders")).json(&order);
        let response = request.timeout(Duration::from_secs(5)).send().await.ok()?;
        (response.status() == 201).then(|| promoted.elapsed())
    })
    .await;
    println!("service again {again:?} after the promotion");
    assert!(again < LIMIT, "{again:?}");
    let after = eventually("the load is accepted again", async || {
        let accepted = accepted.lock().unwrap();
        let after = accepted.iter().filter(|(_, at)| *at > promoted).count();
        (after >= ORDERS).then_some(after)
    })
    .await;
    stop.cancel();
    for load in loads {
        load.await.unwrap();
    }
    let accepted = std::mem::take(&mut *accepted.lock().unwrap());
    println!(
        "{} orders accepted, {after} of them after the promotion",
        accepted.len()
    );

    // Every accepted order is in the new primary, once.
    #[derive(diesel::QueryableByName)]
    struct Id {
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    let mut connection = connect(&new.url("orders")).await;
    let stored: Vec<Id> = diesel::sql_query("SELECT id FROM orders WHERE customer_id = 1")
        .load(&mut connection)
        .await
        .unwrap();
    let stored: BTreeSet<i64> = stored.into_iter().map(|row| row.id).collect();
    let ids: BTreeSet<i64> = accepted.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids.len(), accepted.len(), "an order was accepted twice");
    let lost: Vec<_> = ids.difference(&stored).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");

    // The old primary comes back with old data and accepts writes: nobody uses it.
    let Some(old) = old else {
        let _ = std::fs::remove_dir_all(folder);
        return;
    };
    let mut stale = connect(&old.url("orders")).await;
    stale
        .batch_execute("SET synchronous_commit = 'local'")
        .await
        .unwrap();
    stale
        .batch_execute("UPDATE orders SET customer_id = 999")
        .await
        .unwrap();
    for _ in 0..50 {
        let created = client
            .post(format!("{api}/orders"))
            .json(&order)
            .send()
            .await
            .unwrap();
        assert_eq!(created.status(), 201);
        let id = created.json::<Value>().await.unwrap()["id"]
            .as_i64()
            .unwrap();
        let read = client
            .get(format!("{api}/orders/{id}"))
            .send()
            .await
            .unwrap();
        assert_eq!(read.status(), 200);
        assert_eq!(read.json::<Value>().await.unwrap()["customer_id"], 2);
    }
    let any = ids.iter().next().unwrap();
    let read: Value = client
        .get(format!("{api}/orders/{any}"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(read["customer_id"], 1);
    old.stop().await;
    new.stop().await;
    let _ = std::fs::remove_dir_all(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_primary_is_replaced_and_its_return_is_ignored() {
    fails_over(async |pair| {
        let Pair {
            folder,
            primary,
            standby,
        } = pair;
        let port = primary.port();
        primary.kill().await;
        promote(&standby).await;
        // At once, before the service has found the new primary.
        let old = server(&folder, "first", port, None).await;
        (folder, Some(old), standby)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_primary_is_replaced_and_its_return_is_ignored() {
    fails_over(async |pair| {
        let Pair {
            folder,
            primary,
            standby,
        } = pair;
        let frozen = processes(primary.pid());
        for pid in &frozen {
            kill(Pid::from_raw(*pid), Signal::SIGSTOP).unwrap();
        }
        promote(&standby).await;
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(12)).await;
            for pid in frozen {
                let _ = kill(Pid::from_raw(pid), Signal::SIGCONT);
            }
        });
        (folder, Some(primary), standby)
    })
    .await;
}

/// A server and its children.
fn processes(postmaster: i32) -> Vec<i32> {
    let children =
        std::fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children"));
    let children = children.unwrap();
    let children = children.split_whitespace().map(|pid| pid.parse().unwrap());
    std::iter::once(postmaster).chain(children).collect()
}
