//! Requests to the instances, each response looked at.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use tokio::time::sleep;

use super::response::Response;
use crate::app::App;
use crate::locked_rows::Rows;
use crate::report::Progress;
use crate::world::World;

/// How long a client with a key waits for a response.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a client without a key does: longer than the service takes for any, for it asks once.
const LONG_PATIENCE: Duration = Duration::from_secs(15);
/// How long a client goes on trying to be answered.
const GIVE_UP: Duration = Duration::from_secs(180);
/// The longest pause before the second try, in milliseconds. It doubles from try to try.
const FIRST_PAUSE_MS: u64 = 400;
const LONGEST_PAUSE_MS: u64 = 3200;
/// How long a connection is kept for the next request: less than the service keeps it, for a request
/// that meets its end would be one without a response.
const KEEP_ALIVE: Duration = Duration::from_secs(3);

/// What all clients have.
pub struct Api {
    world: Arc<World>,
    progress: Arc<Progress>,
    client: Client,
}

/// What is asked for.
pub struct Request<'a> {
    pub method: Method,
    pub path: &'a str,
    /// The Idempotency-Key.
    pub key: Option<&'a str>,
    /// JSON.
    pub body: Option<String>,
}

impl Request<'_> {
    /// The order that it is about; `None` for a new one.
    fn order(&self) -> Option<i64> {
        let (_, rest) = self.path.split_once("/orders/")?;
        rest.split('/').next()?.parse().ok()
    }
}

impl Api {
    pub fn new(world: Arc<World>, progress: Arc<Progress>) -> reqwest::Result<Self> {
        Ok(Self {
            world,
            progress,
            client: Client::builder().pool_idle_timeout(KEEP_ALIVE).build()?,
        })
    }

    /// How far the run is.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Notes something that must not be, by its kind.
    pub fn finding(&self, kind: &'static str, what: String) {
        self.progress.finding(kind, what);
    }

    /// Asks one of the instances, once. `None` when the connection broke or nothing came in time.
    pub async fn send_once(&self, request: &Request<'_>) -> Option<Response> {
        let servers = self.world.servers();
        let turn = rand::random_range(0..servers.len());
        self.send(servers[turn], request, LONG_PATIENCE).await
    }

    /// Asks one instance after the other until one responses with something else than "later".
    pub async fn send_until_final(&self, request: &Request<'_>) -> Option<Response> {
        let begun = Instant::now();
        let servers = self.world.servers();
        let mut longest = FIRST_PAUSE_MS;
        let mut turn = rand::random_range(0..servers.len());
        loop {
            let server = servers[turn % servers.len()];
            let why = match self.send(server, request, PATIENCE).await {
                Some(response) if !response.is_retryable() => return Some(response),
                Some(response) => Some(response.status),
                None => None,
            };
            if begun.elapsed() > GIVE_UP {
                let (method, path) = (&request.method, request.path);
                let what = format!("{method} {path} had no answer in {GIVE_UP:?}");
                self.finding("no answer", what);
                return None;
            }
            self.progress.retried(why);
            turn += 1;
            sleep(Duration::from_millis(rand::random_range(50..longest))).await;
            longest = (longest * 2).min(LONGEST_PAUSE_MS);
        }
    }

    async fn send(
        &self,
        (app, url): (&App, &str),
        request: &Request<'_>,
        patience: Duration,
    ) -> Option<Response> {
        let held = self.progress.held.now();
        let response = self.sent((app, url), request, patience).await;
        let failed = response
            .as_ref()
            .is_none_or(|response| matches!(response.status, 408 | 503 | 504));
        if let Some(rows) = self.progress.held.still(held).filter(|_| failed) {
            let (name, method, path) = (&app.name, &request.method, request.path);
            match (&*rows, request.order()) {
                (Rows::Orders(orders), Some(order)) if orders.contains(&order) => {}
                (Rows::Orders(orders), _) => {
                    let what =
                        format!("{name} gave {method} {path} {response:?} beside {orders:?}");
                    self.finding("failed because of rows that others lock", what);
                }
                // The key of an order that is made for the second time may be locked.
                (Rows::Keys, None) if request.key.is_some() => {}
                (Rows::Keys, _) => self.progress.failed_beside_keys(),
            }
        }
        response
    }

    async fn sent(
        &self,
        (app, url): (&App, &str),
        request: &Request<'_>,
        patience: Duration,
    ) -> Option<Response> {
        // Whoever responses was there already, or is of a later release.
        let fails_after_ddl = app.fails_after_ddl().await;
        let url = format!("{url}{}", request.path);
        let sent = self.client.request(request.method.clone(), url);
        let mut sent = sent.header("x-api-key", self.world.api_key());
        if let Some(key) = request.key {
            sent = sent.header("idempotency-key", key);
        }
        if let Some(body) = &request.body {
            sent = sent
                .header("content-type", "application/json")
                .body(body.clone());
        }
        let received = sent.timeout(patience).send().await.ok()?;
        let response = Response {
            status: received.status().as_u16(),
            retry_after: received.headers().contains_key("retry-after"),
            // A response that breaks off is none.
            body: received.text().await.ok()?,
        };
        match response.violation(&request.method, request.key.is_some()) {
            Some(_) if response.status == 500 && fails_after_ddl => self.progress.known_failure(),
            Some(fault) => {
                let (method, path) = (&request.method, request.path);
                let (name, status, body) = (&app.name, response.status, &response.body);
                let what = format!("{name} answered {method} {path} with {status}: {body}");
                self.finding(fault, what);
            }
            None => {}
        }
        Some(response)
    }
}
