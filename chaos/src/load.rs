//! Clients: they order, try again with the same key until they are told 201, change, cancel and
//! delete, and remember what they were told.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep};
use uuid::Uuid;

use crate::report::Progress;
use crate::world::World;

/// How long a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a client goes on trying to be told 201.
const GIVE_UP: Duration = Duration::from_secs(180);
/// Pauses before another try, in milliseconds.
const PAUSE_MS: std::ops::Range<u64> = 50..500;

/// An order that was accepted, and what its client was told afterwards.
#[derive(Debug, Clone)]
pub struct Accepted {
    pub key: String,
    pub id: i64,
    pub customer_id: i64,
    pub cents: i64,
    pub changes: Vec<Told>,
    /// From the first request to the 201.
    pub took: Duration,
}

/// A change that a client was told is made, or asked for without hearing what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Status(&'static str),
    Cents(i64),
    Deleted,
}

/// What all clients have.
pub struct Load {
    pub world: Arc<World>,
    pub progress: Arc<Progress>,
    pub client: Client,
}

impl Load {
    pub fn new(world: Arc<World>, progress: Arc<Progress>) -> reqwest::Result<Self> {
        Ok(Self {
            world,
            progress,
            client: Client::builder().timeout(PATIENCE).build()?,
        })
    }

    /// Orders at a steady pace until told to stop; gives all that was accepted.
    pub async fn run(
        self: Arc<Self>,
        seed: u64,
        per_second: f64,
        mut stop: watch::Receiver<bool>,
    ) -> Vec<Accepted> {
        let mut ticks = interval(Duration::from_secs_f64(1.0 / per_second));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut customers = tokio::task::JoinSet::new();
        let mut number = 0;
        loop {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                _ = ticks.tick() => {}
            }
            number += 1;
            let load = self.clone();
            customers.spawn(async move {
                let mut customer = Customer {
                    random: StdRng::seed_from_u64(seed ^ (number << 20)),
                    load,
                };
                customer.order().await
            });
        }
        let mut accepted = Vec::new();
        while let Some(order) = customers.join_next().await {
            match order {
                Ok(order) => accepted.extend(order),
                Err(error) => self.progress.finding(format!("a client ended: {error}")),
            }
        }
        accepted
    }
}

struct Customer {
    random: StdRng,
    load: Arc<Load>,
}

impl Customer {
    /// One order from its beginning on.
    async fn order(&mut self) -> Option<Accepted> {
        let customer_id = self.random.random_range(1..1000);
        let cents = self.random.random_range(0..1_000_000);
        let key = Uuid::new_v4().to_string();
        let started = Instant::now();
        let id = self.accepted(&key, customer_id, cents).await?;
        let took = started.elapsed();
        self.load.progress.accepted();
        let mut order = Accepted {
            key,
            id,
            customer_id,
            cents,
            changes: Vec::new(),
            took,
        };
        self.is_there(&order).await;
        if self.random.random_bool(0.1) {
            // As if the answer had been lost.
            let again = self
                .accepted(&order.key.clone(), customer_id, cents)
                .await?;
            if again != id {
                let what = format!("key {} made orders {id} and {again}", order.key);
                self.load.progress.finding(what);
            }
        }
        let pause = self.random.random_range(0..600);
        sleep(Duration::from_millis(pause)).await;
        match self.random.random_range(0..100) {
            0..15 => self.put_status(&mut order, "cancelled").await,
            15..20 => self.put_status(&mut order, "completed").await,
            20..30 => self.put_cents(&mut order).await,
            30..35 => self.delete(&mut order).await,
            35..40 => self.history(&order).await,
            _ => {}
        }
        Some(order)
    }

    async fn accepted(&mut self, key: &str, customer_id: i64, cents: i64) -> Option<i64> {
        let body = format!(
            r#"{{"customer_id":{customer_id},"total_amount":{}.{:02}}}"#,
            cents / 100,
            cents % 100
        );
        let headers = [
            ("idempotency-key", key),
            ("content-type", "application/json"),
        ];
        let answer = self.until_answered(Method::POST, "/orders", &headers, Some(body));
        let (status, text) = answer.await?;
        let id = serde_json::from_str::<Value>(&text)
            .ok()
            .and_then(|order| order["id"].as_i64());
        match (status, id) {
            (201, Some(id)) => Some(id),
            _ => {
                let what = format!("POST with key {key} was answered {status}: {text}");
                self.load.progress.finding(what);
                None
            }
        }
    }

    async fn is_there(&mut self, order: &Accepted) {
        let path = format!("/orders/{}", order.id);
        if let Some((status, _)) = self.until_answered(Method::GET, &path, &[], None).await
            && status != 200
        {
            let what = format!("order {} is lost: GET says {status}", order.id);
            self.load.progress.finding(what);
        }
    }

    async fn put_status(&mut self, order: &mut Accepted, status: &'static str) {
        let body = json!({ "status": status }).to_string();
        if self.put(order.id, body).await {
            order.changes.push(Told::Status(status));
        }
    }

    async fn put_cents(&mut self, order: &mut Accepted) {
        let cents = self.random.random_range(0..1_000_000);
        let body = format!(r#"{{"total_amount":{}.{:02}}}"#, cents / 100, cents % 100);
        if self.put(order.id, body).await {
            order.changes.push(Told::Cents(cents));
        }
    }

    /// Whether the order has what was asked for: a conflict says that it went another way.
    async fn put(&mut self, id: i64, body: String) -> bool {
        let path = format!("/orders/{id}");
        let headers = [("content-type", "application/json")];
        let answer = self.until_answered(Method::PUT, &path, &headers, Some(body));
        let Some((status, text)) = answer.await else {
            return false;
        };
        match status {
            200 => true,
            409 => false,
            other => {
                let what = format!("PUT of order {id} was answered {other}: {text}");
                self.load.progress.finding(what);
                false
            }
        }
    }

    async fn delete(&mut self, order: &mut Accepted) {
        let path = format!("/orders/{}", order.id);
        match self.until_answered(Method::DELETE, &path, &[], None).await {
            // The first answer may have been lost.
            Some((204 | 404, _)) => order.changes.push(Told::Deleted),
            Some((status, text)) => {
                let what = format!("DELETE of order {} was answered {status}: {text}", order.id);
                self.load.progress.finding(what);
            }
            None => {}
        }
    }

    async fn history(&mut self, order: &Accepted) {
        let path = format!("/orders/{}/events", order.id);
        if let Some((status, _)) = self.until_answered(Method::GET, &path, &[], None).await
            && status != 200
        {
            let what = format!("the history of order {} was answered {status}", order.id);
            self.load.progress.finding(what);
        }
    }

    /// Asks one instance after the other until one answers with something else than "later".
    async fn until_answered(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Option<(u16, String)> {
        let begun = Instant::now();
        let urls: Vec<String> = self
            .load
            .world
            .apps
            .iter()
            .filter_map(|app| app.url.clone())
            .collect();
        let mut turn = self.random.random_range(0..urls.len());
        loop {
            let url = format!("{}{path}", urls[turn % urls.len()]);
            let mut request = self.load.client.request(method.clone(), url);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            if let Some(body) = &body {
                request = request.body(body.clone());
            }
            if let Ok(response) = request.send().await {
                let status = response.status().as_u16();
                // An answer that breaks off is none.
                let text = response.text().await;
                if let (Ok(text), false) = (text, matches!(status, 408 | 429 | 503)) {
                    return Some((status, text));
                }
            }
            if begun.elapsed() > GIVE_UP {
                let what = format!("{method} {path} had no answer in {GIVE_UP:?}");
                self.load.progress.finding(what);
                return None;
            }
            self.load.progress.retried();
            turn += 1;
            sleep(Duration::from_millis(self.random.random_range(PAUSE_MS))).await;
        }
    }
}
