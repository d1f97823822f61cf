//! Sends requests to the instances, and checks every response.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::{Client, Method, RequestBuilder};
use tokio::time::sleep;

use super::response::Response;
use crate::app::App;
use crate::locked_rows::Rows;
use crate::report::Progress;
use crate::world::World;

/// Request time-out of a client with a key.
const PATIENCE: Duration = Duration::from_secs(5);
/// Request time-out of a client without a key: longer than the service ever takes, since it does
/// not retry.
const LONG_PATIENCE: Duration = Duration::from_secs(15);
/// How long a client retries.
const GIVE_UP: Duration = Duration::from_secs(180);
/// The longest pause before the first retry, in milliseconds. It doubles with every retry.
const FIRST_PAUSE_MS: u64 = 400;
const LONGEST_PAUSE_MS: u64 = 3200;
/// How long an idle connection is kept: shorter than in the service, since a request on a
/// connection that the service closes would get no response.
const KEEP_ALIVE: Duration = Duration::from_secs(3);

/// The API client that all clients share.
pub struct Api {
    world: Arc<World>,
    progress: Arc<Progress>,
    client: Client,
}

/// A request.
pub struct Request<'a> {
    pub method: Method,
    pub path: &'a str,
    /// The Idempotency-Key.
    pub key: Option<&'a str>,
    /// JSON.
    pub body: Option<String>,
}

impl Request<'_> {
    /// The order in its path; `None` for a new one.
    fn order(&self) -> Option<i64> {
        let (_, rest) = self.path.split_once("/orders/")?;
        rest.split('/').next()?.parse().ok()
    }

    /// Whether it has no further effect when it is repeated: every change of an order, and a new
    /// order with a key.
    fn is_repeatable(&self) -> bool {
        self.order().is_some() || self.key.is_some()
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

    /// The system under test.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The progress of the run.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Records a finding of this kind.
    pub fn finding(&self, kind: &'static str, what: String) {
        self.progress.finding(kind, what);
    }

    /// A `GET` at a random instance.
    pub fn get(&self, path: &str) -> RequestBuilder {
        let servers = self.world.servers();
        let (_, url) = servers[rand::random_range(0..servers.len())];
        let request = self.client.get(format!("{url}{path}"));
        request.header("x-api-key", self.world.api_key())
    }

    /// Sends a request once, to a random instance. `None` if the connection failed or timed out.
    pub async fn send_once(&self, request: &Request<'_>) -> Option<Response> {
        let servers = self.world.servers();
        let turn = rand::random_range(0..servers.len());
        self.send(servers[turn], request, LONG_PATIENCE).await
    }

    /// Sends a request to one instance after the other until a response is not retryable.
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
                let what = format!("{method} {path} had no final response in {GIVE_UP:?}");
                self.finding("no response", what);
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
                    let what = format!(
                        "{name}: {method} {path} got {response:?} while {orders:?} were locked"
                    );
                    self.finding("failed because of unrelated locked rows", what);
                }
                // The key of a repeated order may be one of the locked ones.
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
        // Read before sending: the process that responds started before this, or is of a later
        // release.
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
            // A truncated response counts as none.
            body: received.text().await.ok()?,
        };
        match response.violation(&request.method, request.is_repeatable()) {
            Some(_) if response.status == 500 && fails_after_ddl => self.progress.known_failure(),
            Some(fault) => {
                let (method, path) = (&request.method, request.path);
                let (name, status, body) = (&app.name, response.status, &response.body);
                let what = format!("{name}: {method} {path} got {status}: {body}");
                self.finding(fault, what);
            }
            None => {}
        }
        Some(response)
    }
}
