//! A client: creates one order and changes it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::Rng;
use rand::rngs::StdRng;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;
use uuid::Uuid;

use super::api::{Api, Request};
use super::basket::Basket;
use super::response::{Outcome, Response};
use super::{Accepted, Change, ClientRecords, Keyless, money};

/// The share of clients that send no Idempotency-Key.
const WITHOUT_KEY: f64 = 0.15;
/// The share of orders with items.
const WITH_ITEMS: f64 = 0.5;
/// Each client without a key is a separate customer, numbered from here; the others are below.
const CUSTOMERS_WITHOUT_KEY: i64 = 1_000_000;

/// An order to create.
struct New {
    key: Option<String>,
    customer_id: i64,
    cents: i64,
    basket: Option<Basket>,
}

pub(super) struct Customer {
    number: u32,
    pub(super) random: StdRng,
    pub(super) api: Arc<Api>,
}

impl Customer {
    pub fn new(number: u32, random: StdRng, api: Arc<Api>) -> Self {
        Self {
            number,
            random,
            api,
        }
    }

    /// Runs the client, and returns its record.
    pub async fn order(&mut self) -> ClientRecords {
        if self.random.random_bool(WITHOUT_KEY) {
            self.order_without_key().await
        } else {
            ClientRecords {
                accepted: self.order_with_key().await.into_iter().collect(),
                keyless: Vec::new(),
            }
        }
    }

    fn random_order(&mut self, key: Option<String>, customer_id: i64) -> New {
        let world = self.api.world();
        let returns = world.completes_on_delivery();
        let has_items = world.has_items() && self.random.random_bool(WITH_ITEMS);
        let basket = has_items.then(|| Basket::random(&mut self.random, returns));
        let cents = match &basket {
            Some(basket) => basket.cents(),
            None => self.random.random_range(0..1_000_000),
        };
        New {
            key,
            customer_id,
            cents,
            basket,
        }
    }

    async fn order_with_key(&mut self) -> Option<Accepted> {
        let customer_id = self.random.random_range(1..1000);
        let new = self.random_order(Some(Uuid::new_v4().to_string()), customer_id);
        let started = Instant::now();
        let response = if self.random.random_bool(0.1) {
            self.post_twice_at_once(&new).await?
        } else {
            self.post(&new).await?
        };
        let took = started.elapsed();
        let Some(id) = response.id() else {
            self.finding("a 201 without an id", response.body);
            return None;
        };
        let accepted = self.use_order(&new, id, took).await;
        if self.random.random_bool(0.1) {
            // As if the response had been lost, whatever became of the order since.
            self.same(&new, &response, self.post(&new).await);
        }
        Some(accepted)
    }

    /// Sends it once, whatever the response is.
    async fn order_without_key(&mut self) -> ClientRecords {
        let customer_id = CUSTOMERS_WITHOUT_KEY + i64::from(self.number);
        let new = self.random_order(None, customer_id);
        let started = Instant::now();
        let response = self.api.send_once(&post_request(&new)).await;
        let took = started.elapsed();
        let outcome = match &response {
            Some(response) => response.outcome(),
            None => Outcome::Unknown("no response"),
        };
        if let Some(response) = response.filter(|response| !is_allowed(response)) {
            self.unexpected("POST without a key", &response);
        }
        let mut record = ClientRecords {
            accepted: Vec::new(),
            keyless: vec![Keyless {
                customer_id: new.customer_id,
                cents: new.cents,
                basket: new.basket.clone(),
                outcome,
            }],
        };
        if let Outcome::Accepted(id) = outcome {
            record.accepted.push(self.use_order(&new, id, took).await);
        }
        record
    }

    /// Reads and changes an accepted order.
    async fn use_order(&mut self, new: &New, id: i64, took: Duration) -> Accepted {
        self.api.progress().accepted();
        self.check_exists(id).await;
        let pause = self.random.random_range(0..600);
        sleep(Duration::from_millis(pause)).await;
        let [requested, confirmed] = match &new.basket {
            Some(basket) => self.follow(id, basket).await,
            None => {
                let requested = self.random_changes();
                let confirmed = self.change_at_once(id, &requested).await;
                [requested, confirmed]
            }
        };
        if self.random.random_bool(0.05) {
            self.history(id).await;
        }
        Accepted {
            key: new.key.clone(),
            id,
            customer_id: new.customer_id,
            cents: new.cents,
            basket: new.basket.clone(),
            requested,
            confirmed,
            took,
        }
    }

    /// Sends the order until the 201.
    async fn post(&self, new: &New) -> Option<Response> {
        let response = self.api.send_until_final(&post_request(new)).await?;
        if response.status == 201 {
            return Some(response);
        }
        self.unexpected("POST with a key", &response);
        None
    }

    async fn post_twice_at_once(&self, new: &New) -> Option<Response> {
        let (one, other) = tokio::join!(self.post(new), self.post(new));
        let one = one?;
        self.same(new, &one, other);
        Some(one)
    }

    /// A repeated request with a key must get exactly the same response.
    fn same(&self, new: &New, first: &Response, again: Option<Response>) {
        if let Some(again) = again.filter(|again| again.body != first.body) {
            let (key, first, again) = (&new.key, &first.body, &again.body);
            let what = format!("key {key:?} got the response {first}, and then {again}");
            self.finding("a different response for the same key", what);
        }
    }

    async fn check_exists(&self, id: i64) {
        let path = format!("/orders/{id}");
        let response = self.api.send_until_final(&plain(Method::GET, &path)).await;
        if let Some(response) = response.filter(|response| response.status != 200) {
            self.unexpected(
                &format!("GET of order {id}, which was accepted,"),
                &response,
            );
        }
    }

    /// Mostly no change, often one, sometimes two concurrent ones.
    fn random_changes(&mut self) -> Vec<Change> {
        let count = match self.random.random_range(0..100) {
            0..55 => 0,
            55..90 => 1,
            _ => 2,
        };
        (0..count).map(|_| self.random_change()).collect()
    }

    fn random_change(&mut self) -> Change {
        match self.random.random_range(0..7) {
            0..3 => Change::Status("cancelled"),
            3 => Change::Status("completed"),
            4..6 => Change::Cents(self.random.random_range(0..1_000_000)),
            _ => Change::Deleted,
        }
    }

    /// Requests the changes concurrently, like independent clients. Returns those that succeeded.
    async fn change_at_once(&self, id: i64, requested: &[Change]) -> Vec<Change> {
        let confirmed = match requested {
            [] => vec![],
            [one] => vec![self.change(id, one, requested).await],
            [one, two, ..] => {
                let both = tokio::join!(
                    self.change(id, one, requested),
                    self.change(id, two, requested)
                );
                vec![both.0, both.1]
            }
        };
        let with = requested.iter().zip(confirmed);
        with.filter(|(_, confirmed)| *confirmed)
            .map(|(change, _)| change.clone())
            .collect()
    }

    /// Requests one change. Returns whether the order is as requested afterwards.
    async fn change(&self, id: i64, change: &Change, requested: &[Change]) -> bool {
        let path = format!("/orders/{id}");
        let body = match change {
            Change::Status(status) => Some(json!({ "status": status }).to_string()),
            Change::Cents(cents) => Some(format!(r#"{{"total_amount":{}}}"#, money(*cents))),
            Change::Deleted => None,
            // Of orders with items only.
            Change::Cancelled | Change::Decided(_) => return false,
        };
        let request = match body {
            Some(_) => Request {
                body,
                ..plain(Method::PUT, &path)
            },
            None => plain(Method::DELETE, &path),
        };
        let Some(response) = self.api.send_until_final(&request).await else {
            return false;
        };
        match (change, response.status) {
            // The first response may have been lost.
            (Change::Deleted, 204 | 404) => true,
            (Change::Status(_) | Change::Cents(_), 200) => true,
            // It changed to another status in the meantime.
            (Change::Status(_) | Change::Cents(_), 409) => false,
            (_, 404) if requested.contains(&Change::Deleted) => false,
            _ => {
                self.unexpected(&format!("{change:?} of order {id}"), &response);
                false
            }
        }
    }

    async fn history(&self, id: i64) {
        let path = format!("/orders/{id}/events");
        let Some(response) = self.api.send_until_final(&plain(Method::GET, &path)).await else {
            return;
        };
        let events: Vec<Value> = serde_json::from_str(&response.body).unwrap_or_default();
        let numbers = events.iter().map(|event| event["sequence"].as_u64());
        let whole = !events.is_empty() && numbers.eq((1..).take(events.len()).map(Some));
        if response.status != 200 || !whole {
            self.unexpected(&format!("the history of order {id}"), &response);
        }
    }

    pub(super) fn unexpected(&self, what: &str, response: &Response) {
        let (status, body) = (response.status, &response.body);
        let what = format!("{what} got {status}: {body}");
        self.finding("an unexpected response", what);
    }

    pub(super) fn finding(&self, kind: &'static str, what: String) {
        self.api.finding(kind, what);
    }
}

/// Whether the contract allows it; some of these are checked further for every request.
fn is_allowed(response: &Response) -> bool {
    matches!(response.status, 201 | 401 | 403 | 408 | 429 | 500..)
}

fn post_request(new: &New) -> Request<'_> {
    let total: Value = serde_json::from_str(&money(new.cents)).unwrap_or_default();
    let mut body = json!({ "customer_id": new.customer_id, "total_amount": total });
    if let Some(basket) = &new.basket {
        for (name, value) in basket.json() {
            body[name] = value;
        }
    }
    Request {
        method: Method::POST,
        path: "/orders",
        key: new.key.as_deref(),
        body: Some(body.to_string()),
    }
}

pub(super) fn plain(method: Method, path: &str) -> Request<'_> {
    Request {
        method,
        path,
        key: None,
        body: None,
    }
}
