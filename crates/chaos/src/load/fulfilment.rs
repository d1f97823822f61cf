//! A client of an order with items: it decides about what is not available, cancels at any time,
//! and repeats itself.

use std::time::{Duration, Instant};

use rand::Rng;
use rand::seq::IndexedRandom;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;
use uuid::Uuid;

use super::Change;
use super::api::Request;
use super::basket::Basket;
use super::customer::{Customer, plain};

/// The share of clients that cancel, within this time.
const CANCELLING: f64 = 0.25;
const CANCELS_WITHIN_MS: u64 = 3000;
/// The share of clients that send a request twice at once.
const TWICE: f64 = 0.3;
/// How often and how long a client looks for a question.
const PAUSE: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_secs(60);
/// The possible answers; some clients give none.
const ANSWERS: [Option<&str>; 4] = [
    Some("accept_available"),
    Some("accept_available"),
    Some("cancel"),
    None,
];

/// What a client does with its order.
struct Intentions {
    cancels_after: Option<Duration>,
    answer: Option<&'static str>,
    twice: bool,
}

impl Customer {
    /// Returns the changes that were requested, and those that were confirmed.
    pub(super) async fn follow(&mut self, id: i64, basket: &Basket) -> [Vec<Change>; 2] {
        let intentions = self.intentions(basket);
        let mut requested = Vec::new();
        requested.extend(intentions.cancels_after.map(|_| Change::Cancelled));
        requested.extend(intentions.answer.map(Change::Decided));
        let (cancelled, decided) =
            tokio::join!(self.cancel(id, &intentions), self.decide(id, &intentions));
        [requested, cancelled.into_iter().chain(decided).collect()]
    }

    fn intentions(&mut self, basket: &Basket) -> Intentions {
        let random = &mut self.random;
        let cancels = random.random_bool(CANCELLING);
        let after = Duration::from_millis(random.random_range(0..CANCELS_WITHIN_MS));
        let answer = ANSWERS.choose(random).copied().flatten();
        Intentions {
            cancels_after: cancels.then_some(after),
            answer: answer.filter(|_| basket.asks()),
            twice: random.random_bool(TWICE),
        }
    }

    async fn cancel(&self, id: i64, intentions: &Intentions) -> Option<Change> {
        sleep(intentions.cancels_after?).await;
        let confirmed = if intentions.twice {
            let both = tokio::join!(self.request_cancellation(id), self.request_cancellation(id));
            both.0 || both.1
        } else {
            self.request_cancellation(id).await
        };
        confirmed.then_some(Change::Cancelled)
    }

    async fn request_cancellation(&self, id: i64) -> bool {
        let path = format!("/orders/{id}/cancellation");
        let sent = self.api.send_until_final(&plain(Method::POST, &path)).await;
        let Some(response) = sent else { return false };
        match response.status {
            200 => true,
            // It is dispatched, or has ended.
            409 => false,
            _ => {
                self.unexpected(&format!("the cancellation of order {id}"), &response);
                false
            }
        }
    }

    async fn decide(&self, id: i64, intentions: &Intentions) -> Option<Change> {
        let answer = intentions.answer?;
        self.asked(id).await.then_some(())?;
        let key = Uuid::new_v4().to_string();
        let confirmed = if intentions.twice {
            let both = tokio::join!(self.answer(id, answer, &key), self.answer(id, answer, &key));
            both.0 == 200 || both.1 == 200
        } else {
            self.answer(id, answer, &key).await == 200
        };
        confirmed.then_some(())?;
        // As if the response had been lost, whatever became of the order since.
        let again = self.answer(id, answer, &key).await;
        let other = if answer == "cancel" {
            "accept_available"
        } else {
            "cancel"
        };
        let reused = self.answer(id, other, &key).await;
        // 0 is no response, which is a finding already.
        if !matches!((again, reused), (0 | 200, 0 | 422)) {
            let what = format!(
                "order {id}: the same answer again got {again}, another one with its key {reused}"
            );
            self.finding("a different response for the same key", what);
        }
        Some(Change::Decided(answer))
    }

    /// The status of the response.
    async fn answer(&self, id: i64, answer: &str, key: &str) -> u16 {
        let path = format!("/orders/{id}/decision");
        let request = Request {
            key: Some(key),
            body: Some(json!({ "answer": answer }).to_string()),
            ..plain(Method::POST, &path)
        };
        let Some(response) = self.api.send_until_final(&request).await else {
            return 0;
        };
        if !matches!(response.status, 200 | 409 | 422) {
            self.unexpected(&format!("the decision of order {id}"), &response);
        }
        response.status
    }

    /// Waits for the question. `false` if there is none any more, or not yet.
    async fn asked(&self, id: i64) -> bool {
        let begun = Instant::now();
        let path = format!("/orders/{id}");
        while begun.elapsed() < PATIENCE {
            let sent = self.api.send_until_final(&plain(Method::GET, &path)).await;
            let Some(response) = sent else { return false };
            let order: Value = serde_json::from_str(&response.body).unwrap_or_default();
            if order["decision"].is_object() {
                return true;
            }
            let status = order["status"].as_str().unwrap_or_default();
            if crate::state::is_end(status) || order["cancellation_reason"].is_string() {
                return false;
            }
            sleep(PAUSE).await;
        }
        false
    }
}
