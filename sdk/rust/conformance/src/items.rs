//! The scenarios with items, decisions, cancellations and retries.

use std::time::{Duration, Instant};

use chrono::Utc;
use order_processing_sdk::models::{
    Address, CancellationOutcome, CancellationReason, CreateOrderRequest, DecisionAnswer,
    ItemStatus, NewOrderItem, Order, OrderStatus, OrderStep, PaymentStatus, ShipmentStatus,
};
use order_processing_sdk::{Error, OrderVersion, OrdersClient};
use uuid::Uuid;

use crate::{Checked, amount, check_equal, create, refused};

/// An order of TEA-100 twice and another article, for 99 and some cents.
pub fn with_items(customer: i64, sku: &str, cents: &str, city: &str) -> CreateOrderRequest {
    let price = amount(&format!("19.{cents}"));
    let items = vec![
        NewOrderItem::new("TEA-100".into(), 2, amount("40")),
        NewOrderItem::new(sku.into(), 1, price),
    ];
    let address = Address::new(
        "Ada Example".into(),
        "Example Street 1".into(),
        "12345".into(),
        city.into(),
        "DE".into(),
    );
    CreateOrderRequest {
        items: Some(items),
        shipping_address: Some(address),
        ..CreateOrderRequest::new(customer, amount(&format!("99.{cents}")))
    }
}

/// Reads the order until it is as wanted.
pub async fn until(
    client: &OrdersClient,
    id: i64,
    wanted: fn(&Order) -> bool,
) -> Result<OrderVersion, Box<dyn std::error::Error + Send + Sync>> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        let seen = client.get_order(id).await?;
        if wanted(&seen.order) {
            return Ok(seen);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(format!("order {id} does not get there").into())
}

async fn finish(client: &OrdersClient, id: i64) -> Result<Order, Error> {
    let minute = Duration::from_secs(60);
    Ok(client.wait_until_finished(id, minute).await?.order)
}

fn statuses(order: &Order) -> Vec<ItemStatus> {
    let items = order.items.iter().flatten();
    items.map(|item| item.status.clone()).collect()
}

pub async fn check(name: &str, client: &OrdersClient, customer: i64) -> Checked {
    let normal = with_items(customer, "CUP-1", "95", "Exampleville");
    let scarce = with_items(customer, "SOLD-OUT-1", "95", "Exampleville");
    match name {
        "items" => {
            let created = client.create_order(&normal).await?.order;
            equal!(
                statuses(&created),
                [ItemStatus::Pending, ItemStatus::Pending]
            );
            let items = created.items.unwrap_or_default();
            equal!((items[0].sku.as_str(), items[0].quantity), ("TEA-100", 2));
            equal!(items[1].unit_price, amount("19.95"));
            let done = finish(client, created.id).await?;
            equal!(done.status, OrderStatus::Completed);
            equal!(statuses(&done), [ItemStatus::Shipped, ItemStatus::Shipped]);
            let payment = done.payment.unwrap_or_default();
            equal!(payment.status, PaymentStatus::Captured);
            equal!(payment.captured_amount, amount("99.95"));
            let shipment = done.shipment.map(|shipment| shipment.status);
            equal!(shipment, Some(ShipmentStatus::Dispatched));
        }
        "contradiction" => {
            let wrong = CreateOrderRequest {
                total_amount: amount("100"),
                ..normal
            };
            let error = refused(client.create_order(&wrong).await)?;
            equal!(
                (error.status, error.code.as_deref()),
                (400, Some("invalid_request"))
            );
            let pointers: Vec<_> = error
                .violations
                .iter()
                .map(|each| each.pointer.as_str())
                .collect();
            equal!(pointers, ["/total_amount"]);
        }
        "decision" => {
            let id = client.create_order(&scarce).await?.order.id;
            let asking = until(client, id, |order| order.decision.is_some()).await?;
            let asked = asking.order.decision.unwrap_or_default();
            equal!(asked.unavailable_items, [1]);
            equal!(asked.options[0], DecisionAnswer::AcceptAvailable);
            equal!(asked.deadline > Utc::now(), true);
            let answer = DecisionAnswer::AcceptAvailable;
            let decided = client.decide_order(id, answer, Some(&asking.etag)).await?;
            equal!(
                (decided.replayed, decided.order.decision.is_none()),
                (true, true)
            );
            let done = finish(client, id).await?;
            equal!(done.status, OrderStatus::Completed);
            equal!(
                statuses(&done),
                [ItemStatus::Shipped, ItemStatus::Cancelled]
            );
            let captured = done.payment.unwrap_or_default().captured_amount;
            equal!(captured, amount("80"));
        }
        "decision_replayed" => {
            let id = client.create_order(&scarce).await?.order.id;
            until(client, id, |order| order.decision.is_some()).await?;
            let key = format!("decision-{}", Uuid::new_v4());
            let decide = |answer| client.decide_order_with_key(id, answer, None, &key);
            let first = decide(DecisionAnswer::Cancel).await?;
            let second = decide(DecisionAnswer::Cancel).await?;
            equal!((first.replayed, second.replayed), (false, true));
            let error = refused(decide(DecisionAnswer::AcceptAvailable).await)?;
            equal!(
                (error.status, error.code.as_deref()),
                (422, Some("idempotency_key_reused"))
            );
            let done = finish(client, id).await?;
            equal!(done.status, OrderStatus::Cancelled);
            let reason = Some(CancellationReason::DecisionCancel);
            equal!(done.cancellation_reason, reason);
        }
        "nothing_asked" => {
            let id = create(client, customer).await?.order.id;
            let result = client.decide_order(id, DecisionAnswer::Cancel, None).await;
            let error = refused(result)?;
            equal!(
                (error.status, error.code.as_deref()),
                (409, Some("nothing_asked"))
            );
        }
        "cancellation" => {
            let stuck = with_items(customer, "CUP-1", "95", "Stuck");
            let id = client.create_order(&stuck).await?.order.id;
            until(client, id, |order| order.shipment.is_some()).await?;
            let asked = client.cancel_order(id, None).await?;
            equal!(asked.outcome, CancellationOutcome::Requested);
            equal!((asked.order.id, asked.etag.len() > 2), (id, true));
            let done = finish(client, id).await?;
            equal!(done.status, OrderStatus::Cancelled);
            let reason = Some(CancellationReason::CustomerRequest);
            equal!(done.cancellation_reason, reason);
            let payment = done.payment.map(|payment| payment.status);
            equal!(payment, Some(PaymentStatus::Voided));
        }
        "cancellation_at_once" => {
            let id = create(client, customer).await?.order.id;
            let cancelled = client.cancel_order(id, None).await?;
            equal!(cancelled.outcome, CancellationOutcome::Cancelled);
            equal!(cancelled.order.status, OrderStatus::Cancelled);
        }
        "cancellation_too_late" => {
            let id = client.create_order(&normal).await?.order.id;
            equal!(finish(client, id).await?.status, OrderStatus::Completed);
            let error = refused(client.cancel_order(id, None).await)?;
            let said = (error.status, error.code.as_deref(), error.attempts);
            equal!(said, (409, Some("order_ended"), 1));
        }
        "retry" => {
            let fails = with_items(customer, "CUP-1", "93", "Exampleville");
            let id = client.create_order(&fails).await?.order.id;
            let stuck = until(client, id, |order| order.attention.is_some()).await?;
            let attention = stuck.order.attention.unwrap_or_default();
            equal!(
                (attention.step, attention.code.as_str()),
                (OrderStep::Capture, "over_capture")
            );
            equal!(client.retry_order(id, None).await?.order.id, id);
            equal!(finish(client, id).await?.status, OrderStatus::Completed);
            let error = refused(client.retry_order(id, None).await)?;
            equal!(
                (error.status, error.code.as_deref()),
                (409, Some("nothing_to_retry"))
            );
        }
        "retry_forbidden" => {
            equal!(refused(client.retry_order(1, None).await)?.status, 403);
        }
        _ => return Err("no such scenario".into()),
    }
    Ok(())
}
