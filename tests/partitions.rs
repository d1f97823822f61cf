//! The tables of orders become partitioned while the service runs, and old partitions become files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use order_processing::db::{Database, partitions};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::backup::{assert_success, script};
use crate::command_line::{fails, orders, stdout};
use crate::harness::{Process, TestApp, admin, database_url, eventually};

const FIRST_ORDER: i64 = 50_000_000;
const SIZE: &str = "1000000";
/// The first partition has room for a million orders more than there are.
const SECOND: i64 = 52_000_000;
const THIRD: i64 = 53_000_000;
const WRITERS: i64 = 4;

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("partitions-{}", Uuid::new_v4());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// The rows of an archived table, and that it has one file.
    fn rows(&self, table: &str) -> Vec<Value> {
        let files = fs::read_dir(&self.0)
            .unwrap()
            .map(|file| file.unwrap().path());
        let name = |file: &PathBuf| file.file_name().unwrap().to_str().unwrap().to_owned();
        let mut files = files.filter(|file| name(file).starts_with(&format!("{table}-")));
        let file = files.next().unwrap();
        assert_eq!(files.next(), None);
        assert_eq!(file.extension().unwrap(), "jsonl");
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
        let text = fs::read_to_string(&file).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Requests that must all succeed.
struct Load {
    created: Arc<AtomicU64>,
    stop: CancellationToken,
    writers: Vec<JoinHandle<Vec<i64>>>,
}

impl Load {
    fn start(app: &TestApp) -> Self {
        let created = Arc::<AtomicU64>::default();
        let stop = CancellationToken::new();
        let url = app.url("/orders");
        let writer = |customer| {
            let (url, created, stop) = (url.clone(), created.clone(), stop.clone());
            tokio::spawn(async move {
                let client = Client::new();
                let mut ids = Vec::new();
                while !stop.is_cancelled() {
                    ids.push(use_an_order(&client, &url, customer).await);
                    created.fetch_add(1, Ordering::Relaxed);
                }
                ids
            })
        };
        let writers = (1..=WRITERS).map(writer).collect();
        Self {
            created,
            stop,
            writers,
        }
    }

    /// Waits for more orders.
    async fn continues(&self) {
        let before = self.created.load(Ordering::Relaxed);
        eventually("more orders are created", async || {
            (self.created.load(Ordering::Relaxed) > before + 20).then_some(())
        })
        .await;
    }

    /// The ids of all orders.
    async fn stop(self) -> Vec<i64> {
        self.stop.cancel();
        let mut ids = Vec::new();
        for writer in self.writers {
            ids.extend(writer.await.expect("a request failed"));
        }
        ids
    }
}

/// Creates, reads, changes and lists. Returns the order's id.
async fn use_an_order(client: &Client, url: &str, customer: i64) -> i64 {
    let order = json!({ "customer_id": customer, "total_amount": 19.95 });
    let created = client.post(url).json(&order).send().await.unwrap();
    assert_eq!(created.status(), 201);
    let created: Value = created.json().await.unwrap();
    let id = created["id"].as_i64().unwrap();
    let read = client.get(format!("{url}/{id}")).send().await.unwrap();
    assert_eq!(read.status(), 200);
    let change = json!({ "status": "cancelled" });
    let changed = client.put(format!("{url}/{id}")).json(&change).send();
    assert_eq!(changed.await.unwrap().status(), 200);
    let page = format!("{url}?customer_id={customer}&limit=20");
    let page = client.get(page).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let page: Value = page.json().await.unwrap();
    assert_eq!(page[0]["id"], id);
    id
}

fn listed(variables: &[(&str, &str)]) -> Vec<Value> {
    let listed = orders(&["partitions", "list", "--json"], variables).output();
    serde_json::from_str(&stdout(&listed.unwrap())).unwrap()
}

/// Runs the command, which must succeed, without blocking the load.
async fn run(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = orders(arguments, variables);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = output.await.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    stdout(&output)
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_partitioned_under_load_and_old_partitions_are_archived() {
    let mut app = TestApp::start().await;
    app.orders_from(FIRST_ORDER).await;
    let url = database_url(&app.database);
    let variables = [("ORDERS__DATABASE__URL", url.as_str())];
    let role = format!("reports_{}", Uuid::new_v4().simple());
    app.sql(&format!(
        "CREATE ROLE {role}; GRANT SELECT ON orders, order_events TO {role}"
    ))
    .await;
    assert!(
        run(&["partitions", "list"], &variables)
            .await
            .contains("not partitioned")
    );

    app.sql("CREATE VIEW report AS SELECT id FROM orders").await;
    let create = ["partitions", "create", "--size", SIZE];
    fails(&create, &variables, &["the view report"]);
    app.sql("DROP VIEW report").await;

    let load = Load::start(&app);
    load.continues().await;
    let created = run(&create, &variables).await;
    assert!(created.contains("orders_p1: ids from the first to 51999999"));
    load.continues().await;
    let jump = format!(
        "ALTER TABLE orders ALTER COLUMN id RESTART WITH {}",
        SECOND - 10
    );
    app.sql(&jump).await;
    load.continues().await;
    eventually("partitions are added ahead of the ids", async || {
        let last = listed(&variables).last()?["last_id"].as_i64()?;
        (last >= SECOND + 2_000_000).then_some(())
    })
    .await;
    load.continues().await;
    let ids = load.stop().await;
    fails(&create, &variables, &["partitioned already"]);

    // Everything is where it was.
    let count = i64::try_from(ids.len()).unwrap();
    assert_eq!(app.count("SELECT count(*) FROM orders").await, count);
    let (old, new): (Vec<i64>, Vec<i64>) = ids.iter().partition(|&&id| id < SECOND);
    assert!(old.iter().all(|&id| id >= FIRST_ORDER));
    assert!(old.len() > 20 && new.len() > 20);
    // Deleted orders have a history as well.
    let deleted = app
        .request(Method::DELETE, &format!("/orders/{}", old[0]))
        .send();
    assert_eq!(deleted.await.unwrap().status(), 204);
    app.until_count(
        "the outbox is empty",
        "SELECT count(*) FROM workflow_intents",
        0,
    )
    .await;
    app.until_count(
        "all events are in the feed",
        "SELECT feed.position - (SELECT count(*) FROM order_events) AS count FROM feed",
        0,
    )
    .await;
    for id in [old[1], new[new.len() - 1]] {
        let events = app.events(id).await;
        assert_eq!(events[0]["type"], "created");
        assert!(events.len() > 1);
    }
    let privilege = format!(
        "SELECT (has_table_privilege('{role}', 'orders', 'SELECT')
             AND has_table_privilege('{role}', 'order_events', 'SELECT'))::int::bigint AS count"
    );
    assert_eq!(app.count(&privilege).await, 1);
    append_only(&app).await;
    restores(&app, count - 1).await;

    archives(&mut app, &variables, &old, &new).await;
    app.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"))
        .await;
}

/// A backup contains the partitions.
async fn restores(app: &TestApp, orders: i64) {
    let folder = Folder::new();
    let file = folder.0.join("orders.dump");
    assert_success(&script("backup.sh", &app.database, &file));
    let restored = format!("restored_{}", Uuid::new_v4().simple());
    admin(&format!("CREATE DATABASE {restored}")).await;
    let output = script("restore.sh", &restored, &file);
    admin(&format!("DROP DATABASE {restored} WITH (FORCE)")).await;
    assert_success(&output);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains(&format!("restored {orders} orders")),
        "{said}"
    );
}

async fn append_only(app: &TestApp) {
    let mut connection = app.connection().await;
    for table in ["order_events", "order_events_p1", "order_events_p52000000"] {
        let delete = format!("DELETE FROM {table}");
        let refused = diesel_async::SimpleAsyncConnection::batch_execute(&mut connection, &delete);
        let refused = refused.await.unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{table}: {refused}");
    }
}

async fn archives(app: &mut TestApp, variables: &[(&str, &str)], old: &[i64], new: &[i64]) {
    let folder = Folder::new();
    let archive = |age: &'static str| {
        [
            "partitions",
            "archive",
            "--older-than",
            age,
            "--to",
            folder.path(),
        ]
    };
    fails(
        &["partitions", "archive", "--older-than=1s", "--to=/nowhere"],
        variables,
        &["--to /nowhere"],
    );
    let kept = run(&archive("1day"), variables).await;
    assert!(kept.starts_with("kept orders_p1: "), "{kept}");
    assert!(kept.contains("changed lately"), "{kept}");
    let kept = run(&archive("0s"), variables).await;
    assert!(kept.contains("events in the feed"), "{kept}");
    assert!(!kept.contains("changed lately"), "{kept}");

    app.stop();
    let prunes = [variables[0], ("ORDERS__FEED__RETENTION", "1s")];
    let serving = Process::start("serve", app, &prunes);
    let api = serving.api().await;
    app.until_count(
        "the feed is pruned",
        "SELECT position - pruned AS count FROM feed",
        0,
    )
    .await;
    let orders = app.count("SELECT count(*) FROM orders_p1").await;
    let events = app.count("SELECT count(*) FROM order_events_p1").await;
    let archived = run(&archive("0s"), variables).await;
    assert_eq!(archived.matches("archived ").count(), 2, "{archived}");
    let rows = folder.rows("orders_p1");
    assert_eq!(rows.len(), usize::try_from(orders).unwrap());
    assert_eq!(rows.len(), old.len() - 1);
    assert!(rows.iter().all(|row| row["total_amount"] == 19.95));
    let rows = folder.rows("order_events_p1");
    assert_eq!(rows.len(), usize::try_from(events).unwrap());
    let status = async |id: i64| {
        let read = Client::new().get(format!("{api}/orders/{id}")).send();
        read.await.unwrap().status()
    };
    assert_eq!(status(old[1]).await, 404);
    assert_eq!(status(new[0]).await, 200);
    let nothing = run(&archive("0s"), variables).await;
    assert!(nothing.contains("nothing to archive"), "{nothing}");

    // Killed after the tables were detached.
    let next = format!(
        "ALTER TABLE orders ALTER COLUMN id RESTART WITH {THIRD};
         ALTER TABLE orders DETACH PARTITION orders_p{SECOND};
         ALTER TABLE order_events DETACH PARTITION order_events_p{SECOND};
         COMMENT ON TABLE orders_p{SECOND} IS 'being archived since 20261129T000000Z'"
    );
    app.sql(&next).await;
    let completed = run(&archive("0s"), variables).await;
    assert_eq!(completed.matches("archived ").count(), 2, "{completed}");
    assert_eq!(folder.rows("orders_p52000000").len(), new.len());
    // As after a restore: beyond all partitions.
    app.orders_from(10 * THIRD).await;
    eventually("an order is created", async || {
        let created = Client::new().post(format!("{api}/orders"));
        let created = created.json(&json!({ "customer_id": 1, "total_amount": 1 }));
        (created.send().await.unwrap().status() == 201).then_some(())
    })
    .await;
    let last = listed(variables).pop().unwrap();
    assert_eq!(last["last_id"], 10 * THIRD + 3_000_000 - 1);
    serving.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_interrupted_creation_leaves_rejects_no_order() {
    let app = TestApp::start().await;
    app.sql(
        "ALTER TABLE orders ADD CONSTRAINT orders_partition CHECK (id < 2);
         ALTER TABLE order_events ADD CONSTRAINT order_events_partition CHECK (order_id < 2)",
    )
    .await;
    let database = Database::new(&app.settings.database, "orders-test").unwrap();
    let checks = "SELECT count(*) FROM pg_constraint WHERE conname LIKE '%_partition'";
    eventually("the checks are dropped", async || {
        partitions::extend(&database).await.unwrap();
        (app.count(checks).await == 0).then_some(())
    })
    .await;
    app.create(1, "1.00").await;
    app.create(1, "1.00").await;
}
