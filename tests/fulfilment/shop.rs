//! The service with a worker and a sandbox of all partners.

use std::time::Duration;

use order_processing::config::Settings;
use order_processing::domain::OrderId;
use order_processing::partners::OperationIds;
use partner_sandbox::{Book, Claim, Fault, FaultKind, Partner, SandboxClient, Stage};
use reqwest::{Method, Response};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::harness::{Carrier, Options, TestApp, eventually};

/// Dispatches at once.
pub const PROMPT: Carrier = Carrier {
    dispatch_after: Some(Duration::ZERO),
    deliver_after: None,
};
/// Dispatches on command.
pub const ON_COMMAND: Carrier = Carrier {
    dispatch_after: None,
    deliver_after: None,
};

pub struct Shop {
    pub app: TestApp,
    pub partners: SandboxClient,
}

impl Shop {
    /// With order ids from `first`.
    pub async fn open(first: i64, carrier: Carrier) -> Self {
        Self::with(first, carrier, |_| {}).await
    }

    /// With other settings.
    pub async fn with(first: i64, carrier: Carrier, adjust: fn(&mut Settings)) -> Self {
        Self::with_options(
            first,
            Options {
                carrier: Some(carrier),
                worker: true,
                adjust,
                ..Options::default()
            },
        )
        .await
    }

    pub async fn with_options(first: i64, options: Options) -> Self {
        let app = TestApp::with(options).await;
        app.orders_from(first).await;
        let partners = app.partners();
        Self { app, partners }
    }

    /// Orders these articles with their quantities and prices.
    pub async fn order(&self, items: &[(&str, i32, &str)]) -> i64 {
        self.order_to(items, "Exampleville", "DE").await
    }

    pub async fn order_to(&self, items: &[(&str, i32, &str)], city: &str, country: &str) -> i64 {
        let body = new_order(items, city, country);
        let response = self.app.send(Method::POST, "/orders", body).await;
        let status = response.status();
        let order: Value = response.json().await.unwrap();
        assert_eq!(status, 201, "{order}");
        order["id"].as_i64().unwrap()
    }

    pub async fn view(&self, id: i64) -> Value {
        let response = self.app.get(&format!("/orders/{id}")).await;
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }

    /// Waits until the order is as `wanted`.
    pub async fn until(&self, id: i64, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        eventually(&format!("order {id} {what}"), async || {
            Some(self.view(id).await).filter(&wanted)
        })
        .await
    }

    /// Waits until the order has this status, and checks that its books close.
    pub async fn ends(&self, id: i64, status: &str) -> Value {
        self.until(id, &format!("becomes {status}"), |order| {
            order["status"] == status
        })
        .await;
        let faults = eventually("the books close", async || {
            let faults = self.imbalances(id).await;
            faults.is_empty().then_some(faults)
        });
        let in_time = tokio::time::timeout(Duration::from_secs(20), faults).await;
        if in_time.is_err() {
            let (faults, book) = (self.imbalances(id).await, self.book(id).await);
            panic!("the books of order {id} do not close: {faults:?}\n{book:?}");
        }
        self.view(id).await
    }

    /// What is wrong with the books of an order, by what the service says of it.
    pub async fn imbalances(&self, id: i64) -> Vec<String> {
        let order = self.view(id).await;
        let claim = Claim {
            due: due(&order),
            stage: Stage::of(order["status"].as_str().unwrap()),
        };
        self.book(id).await.imbalances(claim)
    }

    pub async fn ids(&self, id: i64) -> OperationIds {
        let order = self.view(id).await;
        OperationIds {
            order_id: OrderId(id),
            created_at: order["created_at"].as_str().unwrap().parse().unwrap(),
        }
    }

    pub async fn book(&self, id: i64) -> Book {
        let reference = self.ids(id).await.reference();
        self.partners.book(&reference).await.unwrap()
    }

    /// The kinds of all effects of an order, in their sequence.
    pub async fn effects(&self, id: i64) -> Vec<String> {
        let book = self.book(id).await;
        book.effects.into_iter().map(|one| one.kind).collect()
    }

    /// The types of all events of an order.
    pub async fn event_types(&self, id: i64) -> Vec<String> {
        let events = self.app.events(id).await;
        let kind = |event: &Value| event["type"].as_str().unwrap().to_owned();
        events.iter().map(kind).collect()
    }

    pub async fn dispatch(&self, id: i64) {
        let shipment = self.ids(id).await.shipment();
        self.partners.dispatch(&shipment).await.unwrap();
    }

    /// `POST /orders/{id}/{what}`
    pub async fn post(&self, id: i64, what: &str, body: Value) -> Response {
        let path = format!("/orders/{id}/{what}");
        self.app.send(Method::POST, &path, body.to_string()).await
    }

    pub async fn decide(&self, id: i64, answer: &str) -> Response {
        self.post(id, "decision", json!({ "answer": answer })).await
    }

    pub async fn cancel(&self, id: i64) -> Response {
        let path = format!("/orders/{id}/cancellation");
        let request = self.app.request(Method::POST, &path);
        request.send().await.unwrap()
    }

    /// A partner goes wrong in this way, until further notice.
    pub async fn break_down(&self, partner: Partner, kind: FaultKind) {
        let fault = Fault {
            partner: Some(partner),
            ..Fault::new(kind)
        };
        self.partners.set_faults(&[fault]).await.unwrap();
    }
}

pub fn new_order(items: &[(&str, i32, &str)], city: &str, country: &str) -> String {
    let price = |text: &str| text.parse::<Decimal>().unwrap();
    let total: Decimal = items
        .iter()
        .map(|(_, quantity, unit)| price(unit) * Decimal::from(*quantity))
        .sum();
    let items: Vec<_> = items
        .iter()
        .map(|(sku, quantity, unit)| {
            let unit: Value = serde_json::from_str(unit).unwrap();
            json!({ "sku": sku, "quantity": quantity, "unit_price": unit })
        })
        .collect();
    let total: Value = serde_json::from_str(&total.to_string()).unwrap();
    json!({
        "customer_id": 7,
        "total_amount": total,
        "items": items,
        "shipping_address": {
            "name": "Ada Example", "street": "Example Street 1", "postal_code": "12345",
            "city": city, "country": country,
        }
    })
    .to_string()
}

/// The price of what the customer keeps.
pub fn due(order: &Value) -> Decimal {
    let items = order["items"].as_array().unwrap().iter();
    items
        .filter(|item| ["shipped", "delivered"].contains(&item["status"].as_str().unwrap()))
        .map(|item| {
            let price: Decimal = item["unit_price"].to_string().parse().unwrap();
            price * Decimal::from(item["quantity"].as_i64().unwrap())
        })
        .sum()
}

/// The statuses of all items.
pub fn item_statuses(order: &Value) -> Vec<&str> {
    let items = order["items"].as_array().unwrap().iter();
    items.map(|item| item["status"].as_str().unwrap()).collect()
}

/// A number without zeros at its end.
pub fn amount(number: &Value) -> String {
    let number: Decimal = number.to_string().parse().unwrap();
    number.normalize().to_string()
}
