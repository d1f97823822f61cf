//! Webhook endpoints, with real receivers.

mod deliveries;
mod hostile;
mod operations;
mod processes;
mod races;
pub mod receiver;

use std::time::Duration;

use order_processing::config::Settings;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::harness::{TestApp, eventually};

/// Receivers on loopback, and short delays.
pub fn quick(settings: &mut Settings) {
    let webhooks = &mut settings.webhooks;
    webhooks.allow_http = true;
    webhooks.allowed_targets = vec!["127.0.0.0/8".into()];
    webhooks.timeout = Duration::from_secs(2);
    webhooks.poll_interval = Duration::from_millis(20);
    webhooks.first_delay = Duration::from_millis(40);
    webhooks.longest_delay = Duration::from_millis(300);
}

impl TestApp {
    pub async fn call(&self, method: Method, path: &str, body: Value) -> Response {
        self.send(method, path, body.to_string()).await
    }

    /// Creates an endpoint, and returns it.
    pub async fn webhook(&self, body: Value) -> Value {
        let created = self.call(Method::POST, "/webhooks", body).await;
        assert_eq!(created.status(), 201, "{}", created.text().await.unwrap());
        created.json().await.unwrap()
    }

    /// Creates an endpoint with this URL, and returns its id.
    pub async fn webhook_to(&self, url: &str) -> i64 {
        let endpoint = self.webhook(json!({ "url": url })).await;
        endpoint["id"].as_i64().unwrap()
    }

    pub async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    pub async fn deliveries(&self, endpoint: i64, filter: &str) -> Vec<Value> {
        let path = format!("/webhooks/{endpoint}/deliveries?limit=100&{filter}");
        self.json(&path).await.as_array().unwrap().clone()
    }

    /// Waits until an endpoint has this number of deliveries with a status.
    pub async fn until_deliveries(&self, endpoint: i64, status: &str, number: usize) -> Vec<Value> {
        let filter = format!("status={status}");
        eventually(&format!("{number} deliveries are {status}"), async || {
            let found = self.deliveries(endpoint, &filter).await;
            (found.len() == number).then_some(found)
        })
        .await
    }

    /// Changes the amount of a pending order, which is an event.
    pub async fn touch(&self, order: i64, amount: i64) {
        let body = json!({ "total_amount": amount });
        let changed = self
            .call(Method::PUT, &format!("/orders/{order}"), body)
            .await;
        assert_eq!(changed.status(), 200);
    }
}

/// Asserts the status and the code of a problem response, and returns the problem.
pub async fn problem(response: Response, status: u16, code: &str) -> Value {
    assert_eq!(
        response.status(),
        status,
        "{}",
        response.text().await.unwrap()
    );
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["code"], code, "{problem}");
    problem
}
