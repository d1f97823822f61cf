//! Clients: they order, try again with the same key until they are told 201, change, cancel and
//! delete, and remember what they asked for and what they were told.

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
/// The longest pause before the second try, in milliseconds. It doubles from try to try.
const FIRST_PAUSE_MS: u64 = 400;
const LONGEST_PAUSE_MS: u64 = 3200;

/// An order that was accepted, and what its client was told afterwards.
#[derive(Debug, Clone)]
pub struct Accepted {
    pub key: String,
    pub id: i64,
    pub customer_id: i64,
    pub cents: i64,
    /// Changes that were asked for.
    pub asked: Vec<Change>,
    /// Those of them that the client was told are made.
    pub made: Vec<Change>,
    /// From the first request to the 201.
    pub took: Duration,
}

/// What a client may want of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
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

/// An order to be.
struct New {
    key: String,
    customer_id: i64,
    cents: i64,
}

fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

struct Customer {
    random: StdRng,
    load: Arc<Load>,
}

impl Customer {
    /// One order from its beginning on.
    async fn order(&mut self) -> Option<Accepted> {
        let new = New {
            key: Uuid::new_v4().to_string(),
            customer_id: self.random.random_range(1..1000),
            cents: self.random.random_range(0..1_000_000),
        };
        let started = Instant::now();
        let answer = match self.random.random_bool(0.1) {
            false => self.post(&new).await?,
            true => self.post_twice_at_once(&new).await?,
        };
        let took = started.elapsed();
        let id = serde_json::from_str::<Value>(&answer)
            .ok()
            .and_then(|order| order["id"].as_i64());
        let Some(id) = id else {
            self.finding(format!("a 201 without an id: {answer}"));
            return None;
        };
        self.load.progress.accepted();
        self.is_there(id).await;
        let pause = self.random.random_range(0..600);
        sleep(Duration::from_millis(pause)).await;
        let asked = self.wishes();
        let made = self.change_at_once(id, &asked).await;
        if self.random.random_bool(0.05) {
            self.history(id).await;
        }
        if self.random.random_bool(0.1) {
            // As if the answer had been lost, whatever became of the order since.
            self.same(&new, &answer, self.post(&new).await);
        }
        Some(Accepted {
            key: new.key,
            id,
            customer_id: new.customer_id,
            cents: new.cents,
            asked,
            made,
            took,
        })
    }

    /// The 201, word for word.
    async fn post(&self, new: &New) -> Option<String> {
        let key = &new.key;
        let body = format!(
            r#"{{"customer_id":{},"total_amount":{}}}"#,
            new.customer_id,
            money(new.cents)
        );
        let headers = [
            ("idempotency-key", key.as_str()),
            ("content-type", "application/json"),
        ];
        let answer = self.until_answered(Method::POST, "/orders", &headers, Some(body));
        let (status, text) = answer.await?;
        if status == 201 {
            return Some(text);
        }
        self.finding(format!("POST with key {key} was answered {status}: {text}"));
        None
    }

    async fn post_twice_at_once(&self, new: &New) -> Option<String> {
        let (one, other) = tokio::join!(self.post(new), self.post(new));
        let one = one?;
        self.same(new, &one, other);
        Some(one)
    }

    /// However often it is sent, a request with a key has one answer.
    fn same(&self, new: &New, first: &str, again: Option<String>) {
        if let Some(again) = again.filter(|again| again != first) {
            let key = &new.key;
            self.finding(format!("key {key} was answered {first}, and again {again}"));
        }
    }

    async fn is_there(&self, id: i64) {
        let path = format!("/orders/{id}");
        if let Some((status, _)) = self.until_answered(Method::GET, &path, &[], None).await
            && status != 200
        {
            self.finding(format!("order {id} is lost: GET says {status}"));
        }
    }

    /// No change mostly, one often, two that meet at times.
    fn wishes(&mut self) -> Vec<Change> {
        let count = match self.random.random_range(0..100) {
            0..55 => 0,
            55..90 => 1,
            _ => 2,
        };
        (0..count).map(|_| self.wish()).collect()
    }

    fn wish(&mut self) -> Change {
        match self.random.random_range(0..7) {
            0..3 => Change::Status("cancelled"),
            3 => Change::Status("completed"),
            4..6 => Change::Cents(self.random.random_range(0..1_000_000)),
            _ => Change::Deleted,
        }
    }

    /// Asks for all of them at the same time, as clients do that know nothing of each other; which of
    /// them are made.
    async fn change_at_once(&self, id: i64, asked: &[Change]) -> Vec<Change> {
        let made = match asked {
            [] => vec![],
            [one] => vec![self.change(id, one, asked).await],
            [one, two, ..] => {
                let both = tokio::join!(self.change(id, one, asked), self.change(id, two, asked));
                vec![both.0, both.1]
            }
        };
        let with = asked.iter().zip(made);
        with.filter(|(_, made)| *made)
            .map(|(change, _)| change.clone())
            .collect()
    }

    /// Whether the order has what was asked for.
    async fn change(&self, id: i64, change: &Change, asked: &[Change]) -> bool {
        let path = format!("/orders/{id}");
        let json = [("content-type", "application/json")];
        let answer = match change {
            Change::Status(status) => {
                let body = json!({ "status": status }).to_string();
                self.until_answered(Method::PUT, &path, &json, Some(body))
                    .await
            }
            Change::Cents(cents) => {
                let body = format!(r#"{{"total_amount":{}}}"#, money(*cents));
                self.until_answered(Method::PUT, &path, &json, Some(body))
                    .await
            }
            Change::Deleted => self.until_answered(Method::DELETE, &path, &[], None).await,
        };
        match (change, answer) {
            (_, None) => false,
            // The first answer may have been lost.
            (Change::Deleted, Some((204 | 404, _))) => true,
            (Change::Status(_) | Change::Cents(_), Some((200, _))) => true,
            // It went another way meanwhile.
            (Change::Status(_) | Change::Cents(_), Some((409, _))) => false,
            (_, Some((404, _))) if asked.contains(&Change::Deleted) => false,
            (_, Some((status, text))) => {
                self.finding(format!(
                    "{change:?} of order {id} was answered {status}: {text}"
                ));
                false
            }
        }
    }

    async fn history(&self, id: i64) {
        let path = format!("/orders/{id}/events");
        let answer = self.until_answered(Method::GET, &path, &[], None).await;
        let Some((status, text)) = answer else { return };
        let events: Vec<Value> = serde_json::from_str(&text).unwrap_or_default();
        let numbers = events.iter().map(|event| event["sequence"].as_u64());
        if status != 200 || events.is_empty() || !numbers.eq((1..).take(events.len()).map(Some)) {
            self.finding(format!(
                "the history of order {id} was answered {status}: {text}"
            ));
        }
    }

    fn finding(&self, what: String) {
        self.load.progress.finding(what);
    }

    /// Asks one instance after the other until one answers with something else than "later".
    async fn until_answered(
        &self,
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
        let mut longest = FIRST_PAUSE_MS;
        let mut turn = rand::random_range(0..urls.len());
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
                self.finding(format!("{method} {path} had no answer in {GIVE_UP:?}"));
                return None;
            }
            self.load.progress.retried();
            turn += 1;
            sleep(Duration::from_millis(rand::random_range(50..longest))).await;
            longest = (longest * 2).min(LONGEST_PAUSE_MS);
        }
    }
}
