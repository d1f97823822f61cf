//! Every fault at every call: the order ends as without it, and its books close.

use std::time::Duration;

use order_processing::config::{CompleteOn, Settings};
use partner_sandbox::{Fault, FaultKind, Partner};

use super::shop::{Shop, due};
use crate::harness::Carrier;

/// The faults hit each call so often.
const HITS: u32 = 2;

fn impatient(settings: &mut Settings) {
    settings.partners.inventory.timeout = Duration::from_millis(500);
    settings.partners.payment.timeout = Duration::from_millis(500);
    settings.partners.shipping.partner.timeout = Duration::from_millis(500);
    settings.partners.shipping.poll_interval = Duration::from_millis(500);
}

/// The fault for every call of these operations, each for an order of its own.
fn faults(first: i64, operations: &[(Partner, &str)]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut id = first;
    for (partner, operation) in operations {
        for kind in FaultKind::REQUESTS {
            faults.push(Fault {
                partner: Some(*partner),
                operation: Some((*operation).into()),
                contains: Some(format!("o{id}-")),
                count: Some(HITS),
                delay_ms: Some(if kind == FaultKind::Silent { 3000 } else { 300 }),
                ..Fault::new(kind)
            });
            id += 1;
        }
    }
    faults
}

async fn survives(
    shop: &Shop,
    first: i64,
    operations: &[(Partner, &str)],
    address: (&str, &str),
    status: &str,
) {
    let faults = faults(first, operations);
    shop.partners.set_faults(&faults).await.unwrap();
    for (index, _) in faults.iter().enumerate() {
        let id = shop
            .order_to(
                &[("TEA-1", 2, "40"), ("CUP-1", 1, "19.95")],
                address.0,
                address.1,
            )
            .await;
        assert_eq!(id, first + i64::try_from(index).unwrap());
    }
    for (index, fault) in faults.iter().enumerate() {
        let id = first + i64::try_from(index).unwrap();
        println!(
            "{:?} at {}",
            fault.kind,
            fault.operation.as_deref().unwrap()
        );
        let order = shop.ends(id, status).await;
        let paid = if status == "completed" { "99.95" } else { "0" };
        assert_eq!(due(&order).normalize().to_string(), paid, "{fault:?}");
    }
    // Each fault has happened: the operations are spelt as in the contracts.
    for fault in shop.partners.faults().await.unwrap() {
        assert!(fault.hits > 0, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_every_step_is_survived() {
    let carrier = Carrier {
        dispatch_after: Some(Duration::from_millis(100)),
        deliver_after: None,
    };
    let shop = Shop::with(430_000, carrier, impatient).await;
    let operations = [
        (Partner::Inventory, "reserve"),
        (Partner::Payment, "authorize"),
        (Partner::Inventory, "commitReservation"),
        (Partner::Shipping, "ship"),
        (Partner::Shipping, "getShipment"),
        (Partner::Payment, "capture"),
    ];
    survives(
        &shop,
        430_000,
        &operations,
        ("Exampleville", "DE"),
        "completed",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_every_compensation_is_survived() {
    let carrier = Carrier {
        dispatch_after: Some(Duration::from_secs(3600)),
        deliver_after: None,
    };
    let shop = Shop::with(431_000, carrier, impatient).await;
    let operations = [
        (Partner::Shipping, "cancelShipment"),
        (Partner::Payment, "voidAuthorization"),
        (Partner::Inventory, "release"),
    ];
    let count = i64::try_from(operations.len() * FaultKind::REQUESTS.len()).unwrap();
    let cancelling = async {
        for id in 431_000..431_000 + count {
            crate::harness::eventually("the order has a parcel", async || {
                let path = format!("/orders/{id}");
                let order: serde_json::Value = shop.app.get(&path).await.json().await.ok()?;
                (order["shipment"]["status"] == "created").then_some(())
            })
            .await;
            assert_eq!(shop.cancel(id).await.status(), 200);
        }
    };
    let surviving = survives(
        &shop,
        431_000,
        &operations,
        ("Exampleville", "DE"),
        "cancelled",
    );
    tokio::join!(cancelling, surviving);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_refund_is_survived() {
    let carrier = Carrier {
        dispatch_after: Some(Duration::ZERO),
        // The payment is captured by then.
        deliver_after: Some(Duration::from_secs(5)),
    };
    let shop = Shop::with(432_000, carrier, |settings| {
        impatient(settings);
        settings.partners.complete_on = CompleteOn::Delivery;
    })
    .await;
    let operations = [
        (Partner::Payment, "voidAuthorization"),
        (Partner::Payment, "getAuthorization"),
        (Partner::Payment, "refund"),
        (Partner::Inventory, "release"),
    ];
    survives(&shop, 432_000, &operations, ("Returned", "DE"), "cancelled").await;
}
