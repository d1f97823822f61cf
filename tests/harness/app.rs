//! The service under test, built as in production.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use order_processing::commands;
use order_processing::config::{Auth, AuthMode, SecretUrl, Settings};
use order_processing::db::Database;
use order_processing::domain::OrderId;
use order_processing::partners::{Partners, SHIPPING_WEBHOOK};
use order_processing::server::Server;
use order_processing::telemetry::Metrics;
use order_processing::telemetry::Telemetry;
use order_processing::workflow::{Temporal, run_worker, workflow_id};
use partner_sandbox::{Sandbox, SandboxClient, SandboxOptions, Webhook};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use temporalio_client::{UntypedWorkflow, WorkflowHandle};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::eventually;
use super::services::{TEMPLATE, database_url, temporal_address};

/// How a test's service differs from that of other tests.
#[derive(Clone)]
pub struct Options {
    pub processing_delay: Duration,
    pub request_timeout: Duration,
    pub temporal_address: Option<String>,
    /// A queue shared with another app; by default, its own.
    pub task_queue: Option<String>,
    pub worker: bool,
    /// Authentication; disabled by default.
    pub auth: Option<Auth>,
    /// The partners, with their books in the test's database; by default, none.
    pub carrier: Option<Carrier>,
    /// Any other setting.
    pub adjust: fn(&mut Settings),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            processing_delay: Duration::from_secs(3600),
            request_timeout: Duration::from_secs(10),
            temporal_address: None,
            task_queue: None,
            worker: false,
            auth: None,
            carrier: None,
            adjust: |_| {},
        }
    }
}

/// What the carrier of the sandbox does without a command.
#[derive(Clone, Copy, Default)]
pub struct Carrier {
    /// From the order of a parcel until its dispatch.
    pub dispatch_after: Option<Duration>,
    /// From the dispatch until the delivery.
    pub deliver_after: Option<Duration>,
}

/// A running service with its own database. Dropping it removes both.
pub struct TestApp {
    pub address: SocketAddr,
    pub client: Client,
    pub settings: Arc<Settings>,
    pub database: String,
    sandbox: Option<Sandbox>,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl TestApp {
    /// Runs the API and the dispatcher; orders stay pending unless a worker runs.
    pub async fn start() -> Self {
        Self::with(Options::default()).await
    }

    /// Also runs a worker; orders complete after `processing_delay`.
    pub async fn with_worker(processing_delay: Duration) -> Self {
        Self::with(Options {
            processing_delay,
            worker: true,
            ..Options::default()
        })
        .await
    }

    /// With other settings; orders stay pending.
    pub async fn adjusted(adjust: fn(&mut Settings)) -> Self {
        Self::with(Options {
            adjust,
            ..Options::default()
        })
        .await
    }

    /// With authentication; orders stay pending.
    pub async fn with_auth(auth: Auth) -> Self {
        Self::with(Options {
            auth: Some(auth),
            ..Options::default()
        })
        .await
    }

    /// For tests that run the program as processes: without a dispatcher, and with order ids from `first`.
    pub async fn for_processes(first: i64) -> Self {
        let app = Self::adjusted(|settings| settings.dispatcher.enabled = false).await;
        app.orders_from(first).await;
        app
    }

    /// Sets the next order id: workflows are named after orders, and all tests share one Temporal.
    pub async fn orders_from(&self, first: i64) {
        let statement = format!("ALTER TABLE orders ALTER COLUMN id RESTART WITH {first}");
        self.sql(&statement).await;
    }

    pub async fn with(options: Options) -> Self {
        order_processing::tls::install_provider();
        let database = format!("test_{}", Uuid::new_v4().simple());
        admin(&format!("CREATE DATABASE {database} TEMPLATE {TEMPLATE}")).await;

        let mut settings = Settings::load(None).unwrap();
        settings.http.listen = "127.0.0.1:0".into();
        settings.http.workers = 1;
        settings.http.check_answers = true;
        settings.http.request_timeout = options.request_timeout;
        settings.http.shutdown_timeout = Duration::from_secs(5);
        settings.auth.mode = AuthMode::Disabled;
        if let Some(auth) = options.auth {
            settings.auth = auth;
        }
        settings.rate_limit.requests_per_second = 0;
        settings.database.url = SecretUrl::try_from(database_url(&database).as_str()).unwrap();
        settings.database.pool_size = 4;
        settings.temporal.address = options.temporal_address.unwrap_or_else(temporal_address);
        settings.temporal.task_queue = options.task_queue.unwrap_or_else(|| database.clone());
        settings.workflow.processing_delay = options.processing_delay;
        settings.monitoring.listen = String::new();
        settings.dispatcher.max_backoff = Duration::from_secs(1);
        let mut sandbox = None;
        if let Some(carrier) = options.carrier {
            let started = start_sandbox(&database, carrier).await;
            settings
                .partners
                .use_sandbox(&started.url(), TOKEN, WEBHOOK_SECRET);
            sandbox = Some(started);
        }
        (options.adjust)(&mut settings);
        let settings = Arc::new(settings);

        let stop = CancellationToken::new();
        let (sender, receiver) = std::sync::mpsc::channel();
        let (shared, stopped) = (settings.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let database = Database::new(&shared.database, "orders-test").unwrap();
                let temporal = Temporal::new(shared.temporal.clone());
                let server = Server::bind(
                    &shared,
                    database.clone(),
                    temporal.clone(),
                    &Telemetry::default(),
                )
                .await
                .unwrap();
                sender.send(server.address()).unwrap();
                let metrics = Metrics::default();
                let partners = Partners::new(&shared.partners, &metrics).unwrap();
                let serving = commands::serve_until(
                    &shared,
                    server,
                    database.clone(),
                    temporal.clone(),
                    partners.clone(),
                    &metrics,
                    stopped.clone(),
                );
                let working = async {
                    if options.worker {
                        run_worker(database, temporal, partners, &shared, stopped.clone()).await
                    } else {
                        Ok(())
                    }
                };
                tokio::try_join!(serving, working).unwrap();
            });
        });
        let address: SocketAddr = receiver.recv().expect("the service did not start");
        if let Some(sandbox) = &sandbox {
            let webhook = Webhook {
                url: format!("http://{address}{SHIPPING_WEBHOOK}"),
                secret: WEBHOOK_SECRET.into(),
            };
            sandbox.client().set_webhook(Some(&webhook)).await.unwrap();
        }
        Self {
            address,
            client: Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            settings,
            database,
            sandbox,
            stop,
            thread: Some(thread),
        }
    }

    /// The control of the partners' sandbox.
    pub fn partners(&self) -> SandboxClient {
        self.sandbox.as_ref().expect("no `carrier`").client()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path))
    }

    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    /// Sends this text as a JSON body.
    pub async fn send(&self, method: Method, path: &str, body: impl Into<String>) -> Response {
        self.request(method, path)
            .header("content-type", "application/json")
            .body(body.into())
            .send()
            .await
            .unwrap()
    }

    /// Creates an order, and returns its id.
    pub async fn create(&self, customer_id: i64, total_amount: &str) -> i64 {
        let body = format!(r#"{{"customer_id":{customer_id},"total_amount":{total_amount}}}"#);
        let response = self.send(Method::POST, "/orders", body).await;
        assert_eq!(response.status(), 201);
        response.json::<Value>().await.unwrap()["id"]
            .as_i64()
            .unwrap()
    }

    /// Sets the status of an order, and returns the response.
    pub async fn put_status(&self, id: i64, status: &str) -> Response {
        self.send(
            Method::PUT,
            &format!("/orders/{id}"),
            json!({ "status": status }).to_string(),
        )
        .await
    }

    pub async fn status_of(&self, id: i64) -> String {
        let order: Value = self
            .get(&format!("/orders/{id}"))
            .await
            .json()
            .await
            .unwrap();
        order["status"].as_str().unwrap().to_owned()
    }

    pub async fn becomes(&self, id: i64, status: &str) {
        eventually(&format!("order {id} becomes {status}"), async || {
            (self.status_of(id).await == status).then_some(())
        })
        .await;
    }

    /// The complete history of an order.
    pub async fn events(&self, id: i64) -> Vec<Value> {
        let response = self.get(&format!("/orders/{id}/events?limit=1000")).await;
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }

    /// The number that a query returns in its column `count`.
    pub async fn count(&self, query: &str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            count: i64,
        }
        let row: Row = diesel::sql_query(query)
            .get_result(&mut self.connection().await)
            .await
            .unwrap();
        row.count
    }

    /// Waits until a query returns this number.
    pub async fn until_count(&self, what: &str, query: &str, expected: i64) {
        eventually(what, async || {
            (self.count(query).await == expected).then_some(())
        })
        .await;
    }

    /// The number of statements that wait for a lock.
    pub async fn blocked_statements(&self) -> i64 {
        let waiting = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        self.count(waiting).await
    }

    /// Inserts orders without an intent, as a restored database may contain.
    pub async fn insert_orders_without_intents(&self, count: u32) {
        self.sql(&format!(
            "WITH accepted AS (
                INSERT INTO orders (customer_id, total_amount)
                SELECT 1, 1 FROM generate_series(1, {count}) RETURNING id, created_at)
             INSERT INTO order_events (order_id, sequence, type, actor, occurred_at)
             SELECT id, 1, 'created', 'client', created_at FROM accepted"
        ))
        .await;
    }

    /// Stops the service as SIGTERM does, and keeps its database.
    pub fn stop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the service failed");
        }
    }

    /// Runs SQL in this test's database.
    pub async fn sql(&self, statement: &str) {
        let mut connection = self.connection().await;
        connection.batch_execute(statement).await.unwrap();
    }

    pub async fn connection(&self) -> AsyncPgConnection {
        AsyncPgConnection::establish(&database_url(&self.database))
            .await
            .unwrap()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop.cancel();
        let ended = self.thread.take().map(JoinHandle::join);
        drop(self.sandbox.take());
        let database = self.database.clone();
        std::thread::spawn(move || {
            tokio::runtime::Runtime::new()
                .unwrap()
                .block_on(admin(&format!("DROP DATABASE {database} WITH (FORCE)")));
        })
        .join()
        .unwrap();
        if let Some(ended) = ended
            && !std::thread::panicking()
        {
            ended.expect("the service failed");
        }
    }
}

pub const TOKEN: &str = "token-of-the-partners";
const WEBHOOK_SECRET: &str = "whsec_dGVzdHMgb2YgdGhlIG9yZGVyIHNlcnZpY2UuLi4u";

async fn start_sandbox(database: &str, carrier: Carrier) -> Sandbox {
    let options = SandboxOptions {
        listen: "127.0.0.1:0".parse().unwrap(),
        database_url: database_url(database),
        token: TOKEN.into(),
        webhook: None,
        dispatch_after: carrier.dispatch_after,
        deliver_after: carrier.deliver_after,
    };
    Sandbox::start(options).await.unwrap()
}

/// Authentication with API keys.
pub fn api_key_auth() -> Auth {
    let mut auth = Settings::load(None).unwrap().auth;
    auth.api_keys = true;
    auth
}

/// Makes the reconciler run and repair at once.
pub fn eager_reconciler(settings: &mut Settings) {
    settings.reconciler.interval = Duration::from_millis(200);
    settings.reconciler.grace = Duration::from_millis(200);
}

/// The newest workflow of an order.
pub async fn workflow_of(
    app: &TestApp,
    order_id: i64,
) -> WorkflowHandle<temporalio_client::Client, UntypedWorkflow> {
    let temporal = Temporal::new(app.settings.temporal.clone());
    let client = temporal.client().await.unwrap();
    client.get_workflow_handle(workflow_id(OrderId(order_id)))
}

/// Runs SQL outside of any test's database.
pub async fn admin(statement: &str) {
    let mut connection = AsyncPgConnection::establish(&database_url("postgres"))
        .await
        .unwrap();
    connection.batch_execute(statement).await.unwrap();
}
