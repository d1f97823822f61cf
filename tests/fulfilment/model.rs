//! Random orders against a model: whatever the partners answer and the customer does, an order ends as
//! the model says, every change follows the state machines of the contract, and the books close.

use std::collections::HashMap;
use std::time::Duration;

use futures::future::join_all;
use order_processing::config::CompleteOn;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

use super::shop::{Shop, item_statuses};
use crate::harness::{Carrier, eventually};

/// Orders that are processed at the same time.
const ORDERS: usize = 20;

#[derive(Debug, Clone, Copy)]
enum Stock {
    There,
    SoldOut,
    Unknown,
    Expires,
}

#[derive(Debug, Clone, Copy)]
enum Payment {
    Taken,
    Declined,
    Expires,
    Refused,
}

#[derive(Debug, Clone, Copy)]
enum Parcel {
    Delivered,
    Returned,
    NotServed,
}

#[derive(Debug, Clone)]
struct Script {
    items: Vec<Stock>,
    payment: Payment,
    parcel: Parcel,
    answer: Option<&'static str>,
    /// The event after which the customer asks for a cancellation.
    cancels_after: Option<&'static str>,
}

fn script() -> impl Strategy<Value = Script> {
    let stock = prop_oneof![
        5 => Just(Stock::There),
        1 => Just(Stock::SoldOut),
        1 => Just(Stock::Unknown),
        1 => Just(Stock::Expires),
    ];
    let payment = prop_oneof![
        4 => Just(Payment::Taken),
        1 => Just(Payment::Declined),
        1 => Just(Payment::Expires),
        1 => Just(Payment::Refused),
    ];
    let parcel = prop_oneof![
        4 => Just(Parcel::Delivered),
        1 => Just(Parcel::Returned),
        1 => Just(Parcel::NotServed),
    ];
    let answer = prop_oneof![
        Just(Some("accept_available")),
        Just(Some("cancel")),
        Just(None)
    ];
    let cancels_after = prop_oneof![
        3 => Just(None),
        1 => Just(Some("created")),
        1 => Just(Some("items_reserved")),
        1 => Just(Some("decision_requested")),
        1 => Just(Some("payment_authorized")),
        1 => Just(Some("shipment_created")),
        1 => Just(Some("shipment_dispatched")),
    ];
    let items = proptest::collection::vec(stock, 1..4);
    (items, payment, parcel, answer, cancels_after).prop_map(
        |(items, payment, parcel, answer, cancels_after)| Script {
            items,
            payment,
            parcel,
            answer,
            cancels_after,
        },
    )
}

impl Script {
    /// The status and the reason at the end, if the customer does not cancel.
    fn outcomes(&self, complete_on: CompleteOn) -> Vec<(&'static str, Option<&'static str>)> {
        let there = |stock: &Stock| matches!(stock, Stock::There | Stock::Expires);
        if !self.items.iter().any(there) {
            return vec![("cancelled", Some("items_unavailable"))];
        }
        if !self.items.iter().all(there) {
            match self.answer {
                Some("cancel") => return vec![("cancelled", Some("decision_cancel"))],
                None => return vec![("cancelled", Some("decision_deadline"))],
                Some(_) => {}
            }
        }
        let completed = ("completed", None);
        let returned = ("cancelled", Some("parcel_returned"));
        match (self.payment, self.parcel, complete_on) {
            (Payment::Declined, _, _) => vec![("cancelled", Some("payment_declined"))],
            (_, Parcel::NotServed, _) => vec![("cancelled", Some("address_not_served"))],
            (_, Parcel::Delivered, _) => vec![completed],
            (_, Parcel::Returned, CompleteOn::Delivery) => vec![returned],
            // It may be back before anybody has asked for it.
            (_, Parcel::Returned, CompleteOn::Dispatch) => vec![completed, returned],
        }
    }

    /// What is available costs an amount that provokes the answer of the payment service.
    fn order(&self) -> Vec<(String, i32, &'static str)> {
        let mut price = match self.payment {
            Payment::Taken => "10.50",
            Payment::Declined => "10.91",
            Payment::Expires => "10.92",
            Payment::Refused => "10.93",
        };
        let item = |(index, stock): (usize, &Stock)| {
            let prefix = match stock {
                Stock::There => "MODEL",
                Stock::SoldOut => "SOLD-OUT",
                Stock::Unknown => "UNKNOWN",
                Stock::Expires => "EXPIRES",
            };
            let is_there = matches!(stock, Stock::There | Stock::Expires);
            let price = if is_there {
                std::mem::replace(&mut price, "7")
            } else {
                "7"
            };
            (format!("{prefix}-{index}"), 1, price)
        };
        self.items.iter().enumerate().map(item).collect()
    }

    /// Orders, and does what the customer and an operator do until the order has ended.
    async fn play(&self, shop: &Shop, complete_on: CompleteOn) {
        let items = self.order();
        let items: Vec<_> = items
            .iter()
            .map(|(sku, quantity, price)| (sku.as_str(), *quantity, *price))
            .collect();
        let (city, country) = match self.parcel {
            Parcel::Delivered => ("Exampleville", "DE"),
            Parcel::Returned => ("Returned", "DE"),
            Parcel::NotServed => ("Nowhere", "XX"),
        };
        let id = shop.order_to(&items, city, country).await;
        let mut cancelled = false;
        let order = eventually(&format!("order {id} ends: {self:?}"), async || {
            let order = shop.view(id).await;
            if ["completed", "cancelled"].contains(&order["status"].as_str()?) {
                return Some(order);
            }
            if let (Some(_), Some(answer)) = (order.get("decision"), self.answer) {
                let response = shop.decide(id, answer).await;
                assert!([200, 409].contains(&response.status().as_u16()));
            }
            if order.get("attention").is_some() {
                let response = shop.post(id, "retry", Value::Null).await;
                assert!([200, 409].contains(&response.status().as_u16()));
            }
            if let (Some(event), false) = (self.cancels_after, cancelled)
                && shop.event_types(id).await.iter().any(|one| one == event)
            {
                let response = shop.cancel(id).await;
                assert!([200, 409].contains(&response.status().as_u16()));
                cancelled = response.status() == 200;
            }
            None
        })
        .await;
        let mut expected = self.outcomes(complete_on);
        if cancelled {
            expected.push(("cancelled", Some("customer_request")));
        }
        let reason = order.get("cancellation_reason").and_then(Value::as_str);
        let outcome = (order["status"].as_str().unwrap(), reason);
        assert!(
            expected.contains(&outcome),
            "order {id}: {self:?}: {outcome:?} is not one of {expected:?}"
        );
        let events = shop.app.events(id).await;
        if cancelled && outcome.0 == "completed" {
            let refused = events
                .iter()
                .any(|event| event["type"] == "cancellation_refused");
            assert!(refused, "order {id}: its cancellation was forgotten");
        }
        follows_the_state_machines(id, &events);
        shop.ends(id, outcome.0).await;
    }
}

/// The state machines of the contract, by the name of their schema.
fn machines() -> HashMap<&'static str, HashMap<String, Vec<String>>> {
    let contract: Value =
        serde_json::from_str(include_str!("../../generated/server/openapi.json")).unwrap();
    ["ItemStatus", "PaymentStatus", "ShipmentStatus"]
        .into_iter()
        .map(|name| {
            let machine = &contract["components"]["schemas"][name]["x-transitions"];
            (name, serde_json::from_value(machine.clone()).unwrap())
        })
        .collect()
}

fn follows_the_state_machines(id: i64, events: &[Value]) {
    let machines = machines();
    let mut known: HashMap<String, String> = HashMap::new();
    for event in events {
        let data = &event["data"];
        let mut now = Vec::new();
        if data.get("items").is_some() {
            for (index, status) in item_statuses(data).into_iter().enumerate() {
                now.push(("ItemStatus", format!("item {index}"), status));
            }
        }
        for (machine, name) in [("PaymentStatus", "payment"), ("ShipmentStatus", "shipment")] {
            if let Some(status) = data[name]["status"].as_str() {
                now.push((machine, name.to_owned(), status));
            }
        }
        for (machine, name, status) in now {
            if let Some(before) = known.insert(name.clone(), status.to_owned())
                && before != status
            {
                let allowed = &machines[machine][&before];
                assert!(
                    allowed.iter().any(|one| one == status),
                    "order {id}: {name} went from {before} to {status}: {events:?}"
                );
            }
        }
    }
}

async fn random_orders_end_as_the_model_says(first: i64, complete_on: CompleteOn) {
    let carrier = Carrier {
        dispatch_after: Some(Duration::from_millis(150)),
        deliver_after: Some(Duration::from_millis(150)),
    };
    let shop = Shop::with(
        first,
        carrier,
        match complete_on {
            CompleteOn::Dispatch => |settings| {
                settings.partners.decision_time = Duration::from_secs(3);
            },
            CompleteOn::Delivery => |settings| {
                settings.partners.decision_time = Duration::from_secs(3);
                settings.partners.complete_on = CompleteOn::Delivery;
            },
        },
    )
    .await;
    let mut runner = TestRunner::new(Config::default());
    let scripts = proptest::collection::vec(script(), ORDERS);
    let scripts = scripts.new_tree(&mut runner).unwrap().current();
    join_all(scripts.iter().map(|script| script.play(&shop, complete_on))).await;
    let levels = shop.partners.stock().await.unwrap();
    assert!(levels.iter().all(|level| level.held == 0), "{levels:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn random_orders_that_complete_on_dispatch() {
    random_orders_end_as_the_model_says(433_000, CompleteOn::Dispatch).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_orders_that_complete_on_delivery() {
    random_orders_end_as_the_model_says(434_000, CompleteOn::Delivery).await;
}
