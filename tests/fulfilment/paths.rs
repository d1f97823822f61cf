//! What happens to an order, by what its customer and the partners answer.

use std::time::Duration;

use partner_sandbox::{FaultKind, Partner};
use reqwest::Method;
use serde_json::{Value, json};

use super::shop::{ON_COMMAND, PROMPT, Shop, amount, item_statuses, new_order};
use crate::harness::{Carrier, Options, TestApp, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_reserved_paid_and_shipped() {
    let shop = Shop::open(400_000, PROMPT).await;
    let id = shop
        .order(&[("TEA-1", 2, "40"), ("CUP-1", 1, "19.95")])
        .await;
    let order = shop.ends(id, "completed").await;
    assert_eq!(item_statuses(&order), ["shipped", "shipped"]);
    assert_eq!(order["payment"]["status"], "captured");
    assert_eq!(amount(&order["payment"]["authorized_amount"]), "99.95");
    assert_eq!(amount(&order["payment"]["captured_amount"]), "99.95");
    assert_eq!(order["shipment"]["status"], "dispatched");
    assert!(order["shipment"]["tracking"].is_string());
    for absent in ["decision", "attention", "cancellation_reason"] {
        assert_eq!(order.get(absent), None, "{absent}");
    }
    assert_eq!(
        shop.event_types(id).await,
        [
            "created",
            "items_reserved",
            "payment_authorized",
            "shipment_dispatched",
            "payment_captured"
        ]
    );
    assert_eq!(
        shop.effects(id).await,
        [
            "reserve",
            "authorize",
            "commit",
            "ship",
            "dispatch",
            "capture"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_customer_accepts_what_is_available() {
    let shop = Shop::open(401_000, PROMPT).await;
    let id = shop
        .order(&[("TEA-1", 1, "40"), ("SOLD-OUT-CUP", 1, "10")])
        .await;
    let order = shop
        .until(id, "asks", |order| order.get("decision").is_some())
        .await;
    assert_eq!(item_statuses(&order), ["reserved", "unavailable"]);
    assert_eq!(order["decision"]["unavailable_items"], json!([1]));
    assert_eq!(
        order["decision"]["options"],
        json!(["accept_available", "cancel"])
    );
    assert_eq!(
        shop.effects(id).await,
        ["reserve"],
        "nothing goes on without an answer"
    );
    let answered = shop.decide(id, "accept_available").await;
    assert_eq!(answered.status(), 200);
    let order = shop.ends(id, "completed").await;
    assert_eq!(item_statuses(&order), ["shipped", "cancelled"]);
    assert_eq!(amount(&order["payment"]["captured_amount"]), "40");
    // The answer is given once.
    assert_eq!(shop.decide(id, "accept_available").await.status(), 200);
    assert_eq!(shop.decide(id, "cancel").await.status(), 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_customer_cancels_instead() {
    let shop = Shop::open(402_000, PROMPT).await;
    let id = shop
        .order(&[("TEA-1", 1, "40"), ("UNKNOWN-CUP", 1, "10")])
        .await;
    shop.until(id, "asks", |order| order.get("decision").is_some())
        .await;
    assert_eq!(shop.decide(id, "cancel").await.status(), 200);
    let order = shop.ends(id, "cancelled").await;
    assert_eq!(order["cancellation_reason"], "decision_cancel");
    assert_eq!(item_statuses(&order), ["cancelled", "cancelled"]);
    assert_eq!(shop.effects(id).await, ["reserve", "release"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_is_not_made_cancels() {
    let shop = Shop::with(403_000, PROMPT, |settings| {
        settings.partners.decision_time = Duration::from_millis(300);
    })
    .await;
    let id = shop
        .order(&[("TEA-1", 1, "40"), ("SOLD-OUT-CUP", 1, "10")])
        .await;
    let order = shop.ends(id, "cancelled").await;
    assert_eq!(order["cancellation_reason"], "decision_deadline");
    assert_eq!(order.get("decision"), None);
    assert_eq!(shop.decide(id, "accept_available").await.status(), 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_without_any_available_item_is_cancelled() {
    let shop = Shop::open(404_000, PROMPT).await;
    let id = shop
        .order(&[("SOLD-OUT-TEA", 1, "40"), ("UNKNOWN-CUP", 1, "10")])
        .await;
    let order = shop.ends(id, "cancelled").await;
    assert_eq!(order["cancellation_reason"], "items_unavailable");
    assert_eq!(order.get("payment"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_payment_gives_the_stock_back() {
    let shop = Shop::open(405_000, PROMPT).await;
    let id = shop.order(&[("TEA-1", 1, "40.91")]).await;
    let order = shop.ends(id, "cancelled").await;
    assert_eq!(order["cancellation_reason"], "payment_declined");
    assert_eq!(order["payment"]["status"], "declined");
    assert_eq!(shop.effects(id).await, ["reserve", "decline", "release"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_authorization_is_replaced() {
    let shop = Shop::open(406_000, PROMPT).await;
    let id = shop.order(&[("TEA-1", 1, "40.92")]).await;
    let order = shop.ends(id, "completed").await;
    assert_eq!(amount(&order["payment"]["captured_amount"]), "40.92");
    assert_eq!(
        shop.effects(id).await,
        [
            "reserve",
            "authorize",
            "commit",
            "ship",
            "dispatch",
            "expire",
            "authorize",
            "capture"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_reservation_is_replaced() {
    let shop = Shop::open(407_000, PROMPT).await;
    // It expires while its customer decides.
    let id = shop
        .order(&[("EXPIRES-TEA", 1, "40"), ("SOLD-OUT-CUP", 1, "10")])
        .await;
    shop.until(id, "asks", |order| order.get("decision").is_some())
        .await;
    eventually("the reservation expires", async || {
        shop.effects(id)
            .await
            .contains(&"expire".into())
            .then_some(())
    })
    .await;
    assert_eq!(shop.decide(id, "accept_available").await.status(), 200);
    let order = shop.ends(id, "completed").await;
    assert_eq!(amount(&order["payment"]["captured_amount"]), "40");
    assert_eq!(amount(&order["payment"]["authorized_amount"]), "40");
}

/// The payment service does not give what it has authorized: only a person can find out why.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_capture_needs_attention_and_is_retried() {
    let shop = Shop::open(408_000, PROMPT).await;
    let id = shop.order(&[("TEA-1", 1, "40.93")]).await;
    let order = shop
        .until(id, "needs attention", |order| {
            order.get("attention").is_some()
        })
        .await;
    assert_eq!(order["attention"]["step"], "capture");
    assert_eq!(order["attention"]["code"], "over_capture");
    assert_eq!(order["status"], "processing");
    assert_eq!(shop.post(id, "retry", Value::Null).await.status(), 200);
    let order = shop.ends(id, "completed").await;
    assert_eq!(order.get("attention"), None);
    let types = shop.event_types(id).await;
    for expected in ["attention_required", "retry_requested"] {
        assert!(
            types.iter().any(|one| one == expected),
            "{expected}: {types:?}"
        );
    }
    assert_eq!(shop.post(id, "retry", Value::Null).await.status(), 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_not_served_undoes_everything() {
    let shop = Shop::open(409_000, PROMPT).await;
    let id = shop.order_to(&[("TEA-1", 1, "40")], "Nowhere", "XX").await;
    let order = shop.ends(id, "cancelled").await;
    assert_eq!(order["cancellation_reason"], "address_not_served");
    assert_eq!(order["payment"]["status"], "voided");
    assert_eq!(
        shop.effects(id).await,
        ["reserve", "authorize", "commit", "void", "release"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parcel_that_was_not_dispatched_is_cancelled() {
    let shop = Shop::open(410_000, ON_COMMAND).await;
    let id = shop.order(&[("TEA-1", 1, "40")]).await;
    shop.until(id, "has a parcel", |order| {
        order["shipment"]["status"] == "created"
    })
    .await;
    let response = shop.cancel(id).await;
    assert_eq!(response.status(), 200);
    let outcome: Value = response.json().await.unwrap();
    assert_eq!(outcome["outcome"], "requested");
    assert_eq!(outcome["order"]["cancellation_reason"], "customer_request");
    let order = shop.ends(id, "cancelled").await;
    assert_eq!(order["shipment"]["status"], "cancelled");
    assert_eq!(order["payment"]["status"], "voided");
    assert_eq!(
        shop.effects(id).await,
        [
            "reserve",
            "authorize",
            "commit",
            "ship",
            "cancel",
            "void",
            "release"
        ]
    );
    // Repeating it changes nothing.
    assert_eq!(shop.cancel(id).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispatched_order_cannot_be_cancelled() {
    let shop = Shop::with(411_000, PROMPT, |settings| {
        settings.partners.complete_on = order_processing::config::CompleteOn::Delivery;
    })
    .await;
    let id = shop.order(&[("TEA-1", 1, "40")]).await;
    shop.until(id, "is paid", |order| {
        order["payment"]["status"] == "captured"
    })
    .await;
    let refused = shop.cancel(id).await;
    assert_eq!(refused.status(), 409);
    let shipment = shop.ids(id).await.shipment();
    shop.partners.deliver(&shipment).await.unwrap();
    let order = shop.ends(id, "completed").await;
    assert_eq!(item_statuses(&order), ["delivered"]);
    assert_eq!(shop.cancel(id).await.status(), 409);
}

/// The carrier took the parcel before the cancellation reached it, and nobody has told us yet.
#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_that_comes_too_late_is_refused() {
    let shop = Shop::open(412_000, ON_COMMAND).await;
    shop.partners.set_webhook(None).await.unwrap();
    let id = shop.order(&[("TEA-1", 1, "40")]).await;
    shop.until(id, "has a parcel", |order| {
        order["shipment"]["status"] == "created"
    })
    .await;
    shop.dispatch(id).await;
    assert_eq!(shop.cancel(id).await.status(), 200);
    let order = shop.ends(id, "completed").await;
    assert_eq!(order.get("cancellation_reason"), None);
    assert_eq!(order["payment"]["status"], "captured");
    let types = shop.event_types(id).await;
    assert!(types.contains(&"cancellation_refused".into()), "{types:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_returned_parcel_is_refunded() {
    let shop = Shop::with(413_000, PROMPT, |settings| {
        settings.partners.complete_on = order_processing::config::CompleteOn::Delivery;
    })
    .await;
    let id = shop.order(&[("TEA-1", 1, "40")]).await;
    shop.until(id, "is paid", |order| {
        order["payment"]["status"] == "captured"
    })
    .await;
    let shipment = shop.ids(id).await.shipment();
    shop.partners.return_to_sender(&shipment).await.unwrap();
    let order = shop.ends(id, "cancelled").await;
    assert_eq!(order["cancellation_reason"], "parcel_returned");
    assert_eq!(order["payment"]["status"], "refunded");
    assert_eq!(amount(&order["payment"]["refunded_amount"]), "40");
}

/// However many parcels the carrier has not taken yet.
#[tokio::test(flavor = "multi_thread")]
async fn orders_that_wait_for_the_carrier_hold_back_no_others() {
    let options = Options {
        carrier: Some(ON_COMMAND),
        worker: true,
        processing_delay: Duration::ZERO,
        ..Options::default()
    };
    let shop = Shop::with_options(419_500, options).await;
    for _ in 0..40 {
        shop.order(&[("TEA-1", 1, "40")]).await;
    }
    eventually("all orders have parcels", async || {
        let orders = shop
            .app
            .get("/orders?shipment_status=created&limit=50")
            .await;
        let orders: Value = orders.json().await.unwrap();
        (orders.as_array().unwrap().len() == 40).then_some(())
    })
    .await;
}

/// Webhooks only make it faster.
#[tokio::test(flavor = "multi_thread")]
async fn a_parcel_is_asked_for_when_its_webhooks_are_lost() {
    let shop = Shop::with(414_000, ON_COMMAND, |settings| {
        settings.partners.shipping.poll_interval = Duration::from_millis(200);
    })
    .await;
    shop.partners.set_webhook(None).await.unwrap();
    let id = shop.order(&[("TEA-1", 1, "40")]).await;
    shop.until(id, "has a parcel", |order| {
        order["shipment"]["status"] == "created"
    })
    .await;
    shop.dispatch(id).await;
    shop.ends(id, "completed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_may_come_twice_late_and_out_of_order() {
    let shop = Shop::with(
        415_000,
        Carrier {
            dispatch_after: Some(Duration::from_millis(100)),
            deliver_after: Some(Duration::from_millis(100)),
        },
        |settings| settings.partners.complete_on = order_processing::config::CompleteOn::Delivery,
    )
    .await;
    for kind in [FaultKind::Twice, FaultKind::OutOfOrder, FaultKind::Late] {
        shop.break_down(Partner::Shipping, kind).await;
        let id = shop.order(&[("TEA-1", 1, "40")]).await;
        let order = shop.ends(id, "completed").await;
        assert_eq!(order["shipment"]["status"], "delivered", "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsigned_webhook_is_refused() {
    let shop = Shop::open(416_000, ON_COMMAND).await;
    let id = shop.order(&[("TEA-1", 1, "40")]).await;
    let shipment = shop.ids(id).await.shipment();
    let forged = json!({
        "type": "shipment.dispatched", "timestamp": "2026-01-15T09:30:00Z",
        "data": { "shipment": { "id": shipment } }
    });
    for signature in [
        None,
        Some("v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    ] {
        let mut request = shop
            .app
            .request(Method::POST, order_processing::partners::SHIPPING_WEBHOOK)
            .header("webhook-id", "msg_1")
            .header(
                "webhook-timestamp",
                chrono::Utc::now().timestamp().to_string(),
            );
        if let Some(signature) = signature {
            request = request.header("webhook-signature", signature);
        }
        let response = request.json(&forged).send().await.unwrap();
        assert_eq!(response.status(), 401);
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["code"], "invalid_signature");
    }
}

/// A client cannot end such an order by itself: what was done for it would stay.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_with_items_cannot_be_overwritten_or_deleted() {
    let shop = Shop::open(417_000, ON_COMMAND).await;
    let id = shop.order(&[("TEA-1", 1, "40")]).await;
    let path = format!("/orders/{id}");
    assert_eq!(shop.app.put_status(id, "cancelled").await.status(), 409);
    let amount = json!({ "total_amount": 1 }).to_string();
    assert_eq!(
        shop.app.send(Method::PUT, &path, amount).await.status(),
        409
    );
    let delete = async || {
        shop.app
            .request(Method::DELETE, &path)
            .send()
            .await
            .unwrap()
    };
    assert_eq!(delete().await.status(), 409);
    shop.cancel(id).await;
    shop.ends(id, "cancelled").await;
    assert_eq!(delete().await.status(), 204, "it has ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn contradictions_are_named() {
    let app = TestApp::start().await;
    let complete: Value = serde_json::from_str(&new_order(&[("A", 2, "5")], "City", "DE")).unwrap();
    type Change = fn(&mut Value);
    let cases: [(&str, Change); 6] = [
        ("/total_amount", |order| order["total_amount"] = json!(11)),
        ("/shipping_address", |order| {
            drop(order.as_object_mut().unwrap().remove("shipping_address"))
        }),
        ("/shipping_address", |order| {
            drop(order.as_object_mut().unwrap().remove("items"))
        }),
        ("/items", |order| order["items"] = json!([])),
        ("/items/0/quantity", |order| {
            order["items"][0]["quantity"] = json!(0)
        }),
        ("/shipping_address/country", |order| {
            order["shipping_address"]["country"] = json!("de")
        }),
    ];
    for (pointer, change) in cases {
        let mut order = complete.clone();
        change(&mut order);
        let response = app.send(Method::POST, "/orders", order.to_string()).await;
        assert_eq!(response.status(), 400, "{pointer}");
        let problem: Value = response.json().await.unwrap();
        let errors = problem["errors"].to_string();
        assert!(errors.contains(pointer), "{pointer}: {problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_has_preconditions_and_a_key() {
    let shop = Shop::open(418_000, PROMPT).await;
    let id = shop
        .order(&[("TEA-1", 1, "40"), ("SOLD-OUT-CUP", 1, "10")])
        .await;
    assert_eq!(shop.decide(id + 1, "cancel").await.status(), 404);
    shop.until(id, "asks", |order| order.get("decision").is_some())
        .await;
    let decide = async |answer: &str, etag: &str, key: &str| {
        let path = format!("/orders/{id}/decision");
        let request = shop.app.request(Method::POST, &path);
        request
            .header("if-match", etag)
            .header("idempotency-key", key)
            .json(&json!({ "answer": answer }))
            .send()
            .await
            .unwrap()
    };
    assert_eq!(
        decide("accept_available", "\"1\"", "k1").await.status(),
        412
    );
    let etag = shop.app.get(&format!("/orders/{id}")).await.headers()["etag"].clone();
    let etag = etag.to_str().unwrap();
    let first = decide("accept_available", etag, "k2").await;
    assert_eq!(first.status(), 200);
    assert_eq!(first.headers().get("idempotent-replayed"), None);
    let again = decide("accept_available", etag, "k2").await;
    assert_eq!(again.status(), 200);
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(decide("cancel", etag, "k2").await.status(), 422);
    shop.ends(id, "completed").await;
}

/// Without partners, orders with items are processed like others.
#[tokio::test(flavor = "multi_thread")]
async fn without_partners_an_order_with_items_is_in_processing_for_a_while() {
    let app = TestApp::with_worker(Duration::from_millis(200)).await;
    app.orders_from(419_000).await;
    let body = new_order(&[("A", 2, "5")], "City", "DE");
    let created: Value = app
        .send(Method::POST, "/orders", body)
        .await
        .json()
        .await
        .unwrap();
    let id = created["id"].as_i64().unwrap();
    app.becomes(id, "completed").await;
}

/// A step whose partner has no URL is left out.
#[tokio::test(flavor = "multi_thread")]
async fn a_missing_partner_is_left_out() {
    let shop = Shop::with(420_000, PROMPT, |settings| {
        settings.partners.payment.url = String::new();
    })
    .await;
    let id = shop.order(&[("TEA-1", 1, "40")]).await;
    shop.app.becomes(id, "completed").await;
    assert_eq!(
        shop.effects(id).await,
        ["reserve", "commit", "ship", "dispatch"]
    );
}

/// Nobody else may see, decide or cancel it; only an administrator may retry.
#[tokio::test(flavor = "multi_thread")]
async fn the_new_operations_are_authorized() {
    let app = TestApp::with(Options {
        auth: Some(crate::harness::api_key_auth()),
        ..Options::default()
    })
    .await;
    for what in ["decision", "cancellation", "retry"] {
        let path = format!("/orders/1/{what}");
        let body = json!({ "answer": "cancel" }).to_string();
        let response = app.send(Method::POST, &path, body).await;
        assert_eq!(response.status(), 401, "{what}");
    }
}
