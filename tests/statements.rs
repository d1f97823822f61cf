//! Statements that the database rejects or delays, or whose result is lost, and other requests meanwhile.

use std::time::{Duration, Instant};

use diesel::sql_types::Text;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use futures::future::join_all;
use order_processing::db::{Action, Created, Database, IntentRepository, OrderRepository};
use order_processing::domain::{CustomerId, NewOrder};
use order_processing::error::StoreError;
use reqwest::{Method, StatusCode};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::harness::{Options, TestApp, database_url, eventually};

const NEW: &str = r#"{"customer_id":1,"total_amount":1}"#;

/// The duration of a slow commit: longer than a request waits for it.
const SLOW_COMMIT: Duration = Duration::from_secs(6);

impl TestApp {
    async fn post_with(&self, headers: &[(&str, &str)]) -> reqwest::Response {
        let request = self.request(Method::POST, "/orders").body(NEW);
        let request = request.header("content-type", "application/json");
        let with_headers = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        with_headers.send().await.unwrap()
    }

    /// Executes every statement of requests and workflow steps several times, so that every connection has
    /// prepared them. All must succeed.
    async fn use_every_statement(&self) {
        let traced = [(
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        )];
        for _ in 0..6 {
            let key = uuid::Uuid::new_v4().to_string();
            let keyed = [("idempotency-key", key.as_str())];
            let id = self.create(1, "1").await;
            for headers in [&traced[..], &keyed[..], &keyed[..]] {
                let created = self.post_with(headers).await;
                assert_eq!(created.status(), 201, "{}", created.text().await.unwrap());
            }
            let path = format!("/orders/{id}");
            for path in [
                &path,
                "/orders?limit=5",
                "/orders?limit=5&status=pending",
                "/orders?limit=5&status=pending&status=processing&status=completed",
                "/orders?limit=5&status=pending&status=processing&customer_id=1",
                &format!("{path}/events"),
                &format!("{path}/events?after=1"),
            ] {
                let response = self.get(path).await;
                assert_eq!(
                    response.status(),
                    200,
                    "{path}: {}",
                    response.text().await.unwrap()
                );
            }
            let changed = self.put_status(id, "processing").await;
            assert_eq!(changed.status(), 200, "{}", changed.text().await.unwrap());
            let deleted = self.request(Method::DELETE, &path).send().await.unwrap();
            assert_eq!(deleted.status(), 204, "{}", deleted.text().await.unwrap());
            let last = self.create(1, "1").await;
            self.becomes(last, "completed").await;
        }
    }
}

#[derive(diesel::QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
}

async fn tables(app: &TestApp) -> Vec<String> {
    let tables: Vec<Table> = diesel::sql_query(
        "SELECT tablename::text AS name FROM pg_tables
          WHERE schemaname = 'public' AND tablename NOT LIKE '\\_\\_%'",
    )
    .load(&mut app.connection().await)
    .await
    .unwrap();
    tables.into_iter().map(|table| table.name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn adding_a_column_does_not_disturb_a_running_server() {
    let app = TestApp::with_worker(Duration::from_millis(400)).await;
    app.orders_from(310_000).await;
    app.use_every_statement().await;
    let tables = tables(&app).await;
    assert!(tables.len() >= 7, "{tables:?}");
    for table in &tables {
        app.sql(&format!("ALTER TABLE {table} ADD COLUMN note text"))
            .await;
    }
    app.use_every_statement().await;
}

/// PostgreSQL rejects a prepared statement whose result type has changed. The connection is replaced, the
/// statement is retried where that is possible, and no restart is needed.
#[tokio::test(flavor = "multi_thread")]
async fn changing_a_column_type_disturbs_only_briefly() {
    let app = TestApp::start().await;
    let id = app.create(1, "1").await;
    let path = format!("/orders/{id}");
    for _ in 0..8 {
        assert_eq!(app.get(&path).await.status(), 200);
        assert_eq!(app.get("/orders?limit=1").await.status(), 200);
        app.create(1, "1").await;
    }
    app.sql("ALTER TABLE orders ALTER COLUMN status TYPE varchar(20)")
        .await;
    // Batches are retried.
    assert_eq!(app.get(&path).await.status(), 200);
    app.create(1, "1").await;
    let responses = join_all((0..8).map(|_| app.get("/orders?limit=1"))).await;
    for response in responses {
        assert!(
            [200, 503].contains(&response.status().as_u16()),
            "{response:?}"
        );
    }
    for _ in 0..8 {
        assert_eq!(app.get("/orders?limit=1").await.status(), 200);
    }
}

/// Makes commits that change orders slow, like those that wait for a standby.
async fn slow_commits(app: &TestApp) {
    let seconds = SLOW_COMMIT.as_secs();
    app.sql(&format!(
        "CREATE FUNCTION slow_commit() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN PERFORM pg_sleep({seconds}); RETURN NULL; END $$;
         CREATE CONSTRAINT TRIGGER slow_commit AFTER INSERT OR UPDATE OR DELETE ON orders
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow_commit()"
    ))
    .await;
}

/// Asserts the problem `outcome_unknown`.
async fn assert_outcome_unknown(response: reqwest::Response, may_retry: bool) {
    assert_eq!(response.status(), 504);
    assert_eq!(response.headers().contains_key("retry-after"), may_retry);
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["code"], "outcome_unknown", "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unconfirmed_commit_gets_outcome_unknown() {
    let app = TestApp::start().await;
    let [changed, deleted] = [app.create(1, "1").await, app.create(1, "1").await];
    slow_commits(&app).await;
    let to_change = format!("/orders/{changed}");
    let change = app.send(Method::PUT, &to_change, r#"{"total_amount":2}"#);
    let path = format!("/orders/{deleted}");
    let delete = app.request(Method::DELETE, &path).send();
    let (created, keyed, changed_answer, deleted_answer) = futures::join!(
        app.post_with(&[]),
        app.post_with(&[("idempotency-key", "slow")]),
        change,
        delete
    );
    assert_outcome_unknown(created, false).await;
    assert_outcome_unknown(keyed, true).await;
    assert_outcome_unknown(changed_answer, true).await;
    assert_outcome_unknown(deleted_answer.unwrap(), true).await;
    // All changes are committed eventually.
    app.until_count(
        "all changes are committed",
        "SELECT count(*) FROM orders",
        3,
    )
    .await;
    app.sql("DROP TRIGGER slow_commit ON orders").await;
    let again = app.post_with(&[("idempotency-key", "slow")]).await;
    assert_eq!(again.status(), 201);
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    let order: Value = app
        .get(&format!("/orders/{changed}"))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(order["total_amount"].as_f64(), Some(2.0));
    assert_eq!(app.get(&path).await.status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_lost_after_sending_gets_outcome_unknown() {
    let app = TestApp::start().await;
    slow_commits(&app).await;
    let terminated = async {
        eventually("the commit waits", async || {
            let terminated = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event = 'PgSleep'";
            (app.count(terminated).await > 0).then_some(())
        })
        .await;
    };
    let (response, ()) = futures::join!(app.post_with(&[]), terminated);
    assert_outcome_unknown(response, false).await;
}

/// A 503 promises that nothing was stored: it is returned only if the statement was never sent, or was
/// rejected as a whole.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_rejected_with_503_is_never_stored() {
    let app = TestApp::adjusted(|settings| {
        settings.database.acquire_timeout = Duration::from_millis(500);
        settings.database.statement_timeout = Duration::from_millis(3400);
    })
    .await;
    app.sql(
        "CREATE FUNCTION slow_insert() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN PERFORM pg_sleep(0.5); RETURN NEW; END $$;
         CREATE TRIGGER slow_insert BEFORE INSERT ON orders
             FOR EACH ROW WHEN (NEW.customer_id >= 1000) EXECUTE FUNCTION slow_insert()",
    )
    .await;
    let database = Database::new(&app.settings.database, "orders-test").unwrap();
    let orders = OrderRepository::new(database);
    // The database rejects the last order, after the slow ones. Each order is then retried alone, which
    // takes longer than the requests wait.
    let customers: Vec<i64> = (1000..1006).chain([-1]).collect();
    let created = join_all(customers.iter().map(|&customer_id| {
        let new = NewOrder::of_amount(CustomerId(customer_id), Decimal::ONE);
        let orders = orders.clone();
        async move { orders.create(&new, None).await }
    }))
    .await;
    // The insert that is being executed may still succeed.
    tokio::time::sleep(Duration::from_secs(4)).await;
    let mut unknown_and_stored = 0;
    for (customer_id, created) in customers.iter().zip(created) {
        let count = format!("SELECT count(*) FROM orders WHERE customer_id = {customer_id}");
        let stored = app.count(&count).await;
        match created {
            Ok(Created::New(_)) => assert_eq!(stored, 1),
            Ok(other) => panic!("{other:?}"),
            Err(StoreError::Unavailable(_)) => assert_eq!(stored, 0, "customer {customer_id}"),
            Err(error) if *customer_id < 0 => {
                assert_eq!(stored, 0, "{error}");
            }
            Err(_) => unknown_and_stored += stored,
        }
    }
    assert!(
        unknown_and_stored <= 1,
        "{unknown_and_stored} orders with an unknown outcome are stored"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_row_delays_only_its_own_requests() {
    let app = TestApp::start().await;
    let ids = join_all((0..12).map(|_| app.create(1, "1"))).await;
    let (locked, others) = ids.split_first().unwrap();
    let mut holder = app.connection().await;
    let hold = format!("BEGIN; SELECT id FROM orders WHERE id = {locked} FOR UPDATE");
    holder.batch_execute(&hold).await.unwrap();
    let change = |id: &i64| {
        let path = format!("/orders/{id}");
        let app = &app;
        async move {
            let begun = Instant::now();
            let response = app.send(Method::PUT, &path, r#"{"total_amount":2}"#).await;
            (response.status(), begun.elapsed())
        }
    };
    let delete = async {
        let path = format!("/orders/{locked}");
        app.request(Method::DELETE, &path)
            .send()
            .await
            .unwrap()
            .status()
    };
    let (held, held_delete, changed) =
        futures::join!(change(locked), delete, join_all(others.iter().map(change)));
    for (status, took) in changed {
        assert_eq!(status, StatusCode::OK, "after {took:?}");
        assert!(took < Duration::from_secs(2), "{took:?}");
    }
    assert_eq!(held.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(held_delete, StatusCode::SERVICE_UNAVAILABLE);
    // The lock is released while a request waits for it.
    let release = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        holder.batch_execute("ROLLBACK").await.unwrap();
    };
    let (held, ()) = futures::join!(change(locked), release);
    assert_eq!(held.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_idempotency_key_delays_only_its_own_requests() {
    let app = TestApp::start().await;
    let mut holder = app.connection().await;
    holder
        .batch_execute(
            "BEGIN; INSERT INTO idempotency_keys (key, fingerprint, order_id, expires_at)
             VALUES ('held', sha256(''), 1, now() + interval '1 day')",
        )
        .await
        .unwrap();
    let keys: Vec<String> = (0..10).map(|number| format!("free-{number}")).collect();
    let free = join_all(keys.iter().map(async |key| {
        let begun = Instant::now();
        let response = app.post_with(&[("idempotency-key", key)]).await;
        (response.status(), begun.elapsed())
    }));
    let held_key = [("idempotency-key", "held")];
    let held = app.post_with(&held_key);
    let (held, free) = futures::join!(held, free);
    for (status, took) in free {
        assert_eq!(status, StatusCode::CREATED, "after {took:?}");
    }
    assert_eq!(held.status(), StatusCode::SERVICE_UNAVAILABLE);
    holder.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(
        app.post_with(&[("idempotency-key", "held")]).await.status(),
        201
    );
}

/// Time-outs are nested: every wait for the database ends before the request's own time-out.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_database_is_not_reported_as_a_slow_client() {
    let app = TestApp::with(Options {
        request_timeout: Duration::from_secs(2),
        adjust: |settings| settings.database.lock_timeout = Duration::from_secs(60),
        ..Options::default()
    })
    .await;
    let id = app.create(1, "1").await;
    let mut holder = app.connection().await;
    let lock = "BEGIN; LOCK TABLE orders, order_events, idempotency_keys";
    holder.batch_execute(lock).await.unwrap();
    let paths = [
        format!("/orders/{id}"),
        format!("/orders/{id}/events"),
        "/orders".into(),
    ];
    let reads = join_all(paths.iter().map(|path| app.get(path)));
    let path = format!("/orders/{id}");
    let change = app.send(Method::PUT, &path, r#"{"total_amount":2}"#);
    let (reads, created, keyed, changed) = futures::join!(
        reads,
        app.post_with(&[]),
        app.post_with(&[("idempotency-key", "late")]),
        change
    );
    for response in reads.into_iter().chain([changed]) {
        assert_eq!(response.status(), 503, "{}", response.url());
    }
    // One of the two was sent; the other may have waited in the queue.
    let created = [created.status(), keyed.status()];
    let either = [StatusCode::GATEWAY_TIMEOUT, StatusCode::SERVICE_UNAVAILABLE];
    assert!(
        created.iter().all(|status| either.contains(status)),
        "{created:?}"
    );
    assert!(
        created.contains(&StatusCode::GATEWAY_TIMEOUT),
        "{created:?}"
    );
    holder.batch_execute("ROLLBACK").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_reads_do_not_make_the_process_unready() {
    let app = TestApp::start().await;
    let mut holder = app.connection().await;
    holder
        .batch_execute("BEGIN; LOCK TABLE orders")
        .await
        .unwrap();
    let lists = join_all((0..40).map(|_| app.get("/orders")));
    let probes = async {
        eventually("the lists wait", async || {
            (app.blocked_statements().await >= 4).then_some(())
        })
        .await;
        for _ in 0..5 {
            let begun = Instant::now();
            let probe = app.get("/readyz").await;
            assert_eq!(probe.status(), 200, "after {:?}", begun.elapsed());
            assert!(
                begun.elapsed() < Duration::from_secs(1),
                "{:?}",
                begun.elapsed()
            );
        }
        holder.batch_execute("ROLLBACK").await.unwrap();
    };
    futures::join!(lists, probes);
}

/// A migration that waits for a lock does not delay writes, and completes once the lock is released.
#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_waits_for_a_lock_does_not_block_writes() {
    let mut app = TestApp::start().await;
    app.stop();
    let orders = |command: &str| {
        let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_orders"));
        program
            .args(["migrate", command])
            .env("ORDERS__DATABASE__URL", database_url(&app.database))
            .kill_on_drop(true);
        program
    };
    // Reverts migrations until the index of `orders` is gone.
    while app
        .count("SELECT count(*) FROM pg_class WHERE relname = 'orders_open'")
        .await
        > 0
    {
        assert!(orders("down").status().await.unwrap().success());
    }
    let insert = "INSERT INTO orders (customer_id, total_amount) VALUES (1, 1)";
    let mut holder = app.connection().await;
    holder
        .batch_execute(&format!("BEGIN; {insert}"))
        .await
        .unwrap();
    let migrating = orders("up")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let writing = async {
        eventually("the migration waits for a lock", async || {
            let waiting = "SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = 'orders-migrate'
                  AND wait_event_type = 'Lock'";
            (app.count(waiting).await > 0).then_some(())
        })
        .await;
        let mut writer = app.connection().await;
        let mut longest = Duration::ZERO;
        for _ in 0..100 {
            let begun = Instant::now();
            let quickly = format!("SET statement_timeout = '3s'; {insert}");
            writer.batch_execute(&quickly).await.unwrap();
            longest = longest.max(begun.elapsed());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        holder.batch_execute("COMMIT").await.unwrap();
        longest
    };
    let (output, longest) = futures::join!(migrating.wait_with_output(), writing);
    let output = output.unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(stderr.contains("is locked"), "{stderr}");
    assert!(
        longest < Duration::from_secs(1),
        "a write waited {longest:?}"
    );
    assert_eq!(
        app.count("SELECT count(*) FROM pg_class WHERE relname = 'orders_open'")
            .await,
        1
    );
}

/// An old snapshot keeps deleted intents in the index. `ORDERS_TEST_INTENTS=1800000 ./justw test
/// claims_stay_fast -- --nocapture` measures with more of them.
#[tokio::test(flavor = "multi_thread")]
async fn claims_stay_fast_with_an_old_snapshot() {
    let deleted: usize =
        std::env::var("ORDERS_TEST_INTENTS").map_or(300_000, |intents| intents.parse().unwrap());
    let app = TestApp::adjusted(|settings| settings.dispatcher.enabled = false).await;
    let mut holder = app.connection().await;
    let snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM workflow_intents";
    holder.batch_execute(snapshot).await.unwrap();
    app.sql(&format!(
        "INSERT INTO workflow_intents (order_id, action, available_at)
         SELECT number, 'start', now() - interval '1 hour' FROM generate_series(1, {deleted}) number;
         DELETE FROM workflow_intents; ANALYZE workflow_intents"
    ))
    .await;
    let settings = &app.settings.database;
    let intents = IntentRepository::new(Database::new(settings, "orders-test").unwrap());
    let mut claims = Vec::new();
    for _ in 0..10 {
        app.sql("INSERT INTO workflow_intents (order_id, action) VALUES (1, 'start')")
            .await;
        let begun = Instant::now();
        let claimed = intents
            .claim(&Action::ALL, 10, Duration::from_secs(60))
            .await
            .unwrap();
        claims.push(begun.elapsed());
        assert_eq!(claimed.len(), 1);
        intents.done(claimed[0].id).await.unwrap();
    }
    // The first claim scans the whole index, as every claim would without the low-water mark.
    let scan = claims[0];
    let rest = &mut claims[1..];
    rest.sort();
    let median = rest[rest.len() / 2];
    println!("{deleted} deleted intents: a scan of all {scan:?}, a claim {median:?}");
    assert!(median < scan / 4, "{median:?} against {scan:?}");
    holder.batch_execute("ROLLBACK").await.unwrap();
}
