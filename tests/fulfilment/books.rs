//! The reconciler compares the partners' books with the orders.

use std::time::Duration;

use chrono::TimeDelta;
use order_processing::domain::{CustomerId, ItemStatus, OrderId, OrderItem, ShipmentStatus};
use order_processing::partners::{
    Authorized, Captured, OperationIds, Partners, Reserved, Shipped, Undone,
};
use order_processing::telemetry::Metrics;
use order_processing::workflow::Temporal;
use partner_sandbox::{AuthorizationStatus, Partner, ReservationStatus};
use reqwest::Method;
use rust_decimal::Decimal;

use super::shop::{ON_COMMAND, PROMPT, Shop};
use crate::harness::{eager_reconciler, eventually};

/// An attempt that no order of these tests reaches.
const ATTEMPT: u32 = 7;

/// The partners, as a delayed request of the service reaches them.
fn partners(shop: &Shop) -> Partners {
    Partners::new(&shop.app.settings.partners, &Metrics::default()).unwrap()
}

fn item() -> OrderItem {
    OrderItem {
        sku: "CUP-1".into(),
        quantity: 3,
        unit_price: Decimal::TEN,
        status: ItemStatus::Pending,
    }
}

/// Holds stock and money.
async fn hold(partners: &Partners, ids: OperationIds) {
    let inventory = partners.inventory.as_ref().unwrap();
    let items = [item()];
    let hold = Duration::from_secs(3600);
    let reserved = inventory.reserve(ids, ATTEMPT, items.iter().enumerate(), hold);
    assert_eq!(reserved.await.unwrap(), Reserved::Held(vec![0]));
    let payment = partners.payment.as_ref().unwrap();
    let authorized = payment.authorize(ids, ATTEMPT, CustomerId(7), Decimal::TEN);
    assert_eq!(authorized.await.unwrap(), Authorized::Yes);
}

/// What the reservation and the authorization of [`hold`] have become.
async fn held(shop: &Shop, ids: OperationIds) -> (ReservationStatus, AuthorizationStatus) {
    let book = shop.partners.book(&ids.reference()).await.unwrap();
    let reservation = ids.reservation(ATTEMPT);
    let mut reservations = book.reservations.into_iter();
    let reservation = reservations.find(|one| one.id == reservation).unwrap();
    let authorization = ids.authorization(ATTEMPT);
    let mut authorizations = book.authorizations.into_iter();
    let authorization = authorizations.find(|one| one.id == authorization).unwrap();
    (reservation.status, authorization.status)
}

const HELD: (ReservationStatus, AuthorizationStatus) =
    (ReservationStatus::Held, AuthorizationStatus::Authorized);
const UNDONE: (ReservationStatus, AuthorizationStatus) =
    (ReservationStatus::Released, AuthorizationStatus::Voided);

async fn is_undone(shop: &Shop, ids: OperationIds) {
    let what = format!("what is held for {} is undone", ids.reference());
    eventually(&what, async || {
        (held(shop, ids).await == UNDONE).then_some(())
    })
    .await;
}

/// Waits until all books were compared from the first to the last page, twice: the pass in progress
/// may have begun before.
async fn books_are_compared(shop: &Shop) {
    shop.app
        .sql("UPDATE partner_books SET after = NULL, passed_at = NULL")
        .await;
    for _ in 0..2 {
        let passed = "SELECT count(*) FROM partner_books WHERE passed_at IS NOT NULL";
        shop.app.until_count("a pass", passed, 3).await;
        shop.app
            .sql("UPDATE partner_books SET passed_at = NULL")
            .await;
    }
}

async fn drift(shop: &Shop, partner: &str, expected: i64) {
    let drift = format!(
        "SELECT greatest(found, drift) AS count FROM partner_books WHERE partner = '{partner}'"
    );
    shop.app
        .until_count(&format!("the drift of {partner}"), &drift, expected)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_for_a_cancelled_order_is_undone() {
    let shop = Shop::with(450_000, ON_COMMAND, eager_reconciler).await;
    let partners = partners(&shop);
    let cancelled = shop.order(&[("TEA-1", 1, "40")]).await;
    let deleted = shop.order(&[("TEA-1", 1, "40")]).await;
    let mut all = Vec::new();
    for id in [cancelled, deleted] {
        assert_eq!(shop.cancel(id).await.status(), 200);
        shop.ends(id, "cancelled").await;
        all.push(shop.ids(id).await);
    }
    let path = format!("/orders/{deleted}");
    let delete = shop.app.request(Method::DELETE, &path).send().await;
    assert_eq!(delete.unwrap().status(), 204);
    let repaired = "SELECT repaired AS count FROM reconciliation";
    let before = shop.app.count(repaired).await;
    for ids in &all {
        hold(&partners, *ids).await;
    }
    for ids in &all {
        is_undone(&shop, *ids).await;
    }
    eventually("they count as repaired", async || {
        (shop.app.count(repaired).await >= before + 4).then_some(())
    })
    .await;
    for partner in ["inventory", "payment", "shipping"] {
        drift(&shop, partner, 0).await;
    }
    // Stock and money are free again, and each effect happened once.
    assert_eq!(shop.imbalances(cancelled).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_in_progress_and_one_of_another_database_are_left_alone() {
    let shop = Shop::with(451_000, ON_COMMAND, eager_reconciler).await;
    let partners = partners(&shop);
    let id = shop.order(&[("TEA-1", 1, "40")]).await;
    shop.until(id, "has a parcel", |order| {
        order["shipment"]["status"] == "created"
    })
    .await;
    let ours = shop.ids(id).await;
    // Cancelled here, so that only the time tells them apart.
    let cancelled = shop.order(&[("TEA-1", 1, "40")]).await;
    assert_eq!(shop.cancel(cancelled).await.status(), 200);
    shop.ends(cancelled, "cancelled").await;
    let ids = shop.ids(cancelled).await;
    let theirs = OperationIds {
        created_at: ids.created_at + TimeDelta::microseconds(1),
        ..ids
    };
    let unknown = OperationIds {
        order_id: OrderId(999_999_999),
        ..ids
    };
    for ids in [ours, theirs, unknown] {
        hold(&partners, ids).await;
    }
    books_are_compared(&shop).await;
    for ids in [ours, theirs, unknown] {
        assert_eq!(held(&shop, ids).await, HELD, "{}", ids.reference());
    }
    for partner in ["inventory", "payment", "shipping"] {
        drift(&shop, partner, 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn money_without_a_shipment_is_reported_and_kept() {
    let shop = Shop::with(452_000, ON_COMMAND, eager_reconciler).await;
    let partners = partners(&shop);
    let id = shop.order(&[("TEA-1", 1, "40")]).await;
    shop.until(id, "has a parcel", |order| {
        order["shipment"]["status"] == "created"
    })
    .await;
    let ids = shop.ids(id).await;
    let payment = partners.payment.as_ref().unwrap();
    let captured = payment.capture(ids, 0, Decimal::new(40, 0)).await;
    assert_eq!(captured.unwrap(), Captured::Yes);
    drift(&shop, "payment", 1).await;
    books_are_compared(&shop).await;
    let book = shop.book(id).await;
    assert_eq!(book.authorizations[0].captured, Decimal::new(40, 0));
    assert_eq!(book.authorizations[0].refunded, Decimal::ZERO);
    // The dispatch makes it right.
    shop.dispatch(id).await;
    shop.until(id, "is completed", |order| order["status"] == "completed")
        .await;
    drift(&shop, "payment", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completed_order_that_was_not_charged_is_reported() {
    let shop = Shop::with(453_000, PROMPT, eager_reconciler).await;
    let partners = partners(&shop);
    let id = shop.order(&[("TEA-1", 1, "40")]).await;
    shop.ends(id, "completed").await;
    let ids = shop.ids(id).await;
    let payment = partners.payment.as_ref().unwrap();
    let held = payment.authorize(ids, ATTEMPT, CustomerId(7), Decimal::TEN);
    assert_eq!(held.await.unwrap(), Authorized::Yes);
    drift(&shop, "payment", 1).await;
    books_are_compared(&shop).await;
    let status = shop.book(id).await.authorizations;
    let status = status
        .iter()
        .find(|one| one.id == ids.authorization(ATTEMPT));
    assert_eq!(status.unwrap().status, AuthorizationStatus::Authorized);
}

/// While the carrier has the parcel of a cancelled order, nothing of it is given back.
#[tokio::test(flavor = "multi_thread")]
async fn stock_of_a_parcel_that_is_on_its_way_is_not_released() {
    let shop = Shop::with(454_000, ON_COMMAND, |settings| {
        eager_reconciler(settings);
        // Here the test undoes it.
        settings.reconciler.interval = Duration::from_secs(3600);
    })
    .await;
    let partners = partners(&shop);
    let ids = OperationIds {
        order_id: OrderId(454_999),
        created_at: chrono::DateTime::UNIX_EPOCH,
    };
    hold(&partners, ids).await;
    let items = [item()];
    let address = order_processing::domain::Address {
        name: "Ada Example".into(),
        street: "Example Street 1".into(),
        postal_code: "12345".into(),
        city: "Exampleville".into(),
        country: "DE".into(),
    };
    let shipping = partners.shipping.as_ref().unwrap();
    let shipped = shipping.ship(ids, items.iter().enumerate(), address);
    let Shipped::Parcel(parcel) = shipped.await.unwrap() else {
        panic!("it is not shipped");
    };
    assert_eq!(parcel.status, ShipmentStatus::Created);
    shop.partners.dispatch(&ids.shipment()).await.unwrap();
    let open = partners.inventory.as_ref().unwrap().open(None, 10).await;
    let open = open.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(partners.undo(&open[0]).await.unwrap(), Undone::TooLate);
    assert_eq!(held(&shop, ids).await, HELD);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_that_is_away_is_compared_later() {
    let shop = Shop::with(455_000, ON_COMMAND, eager_reconciler).await;
    let partners = partners(&shop);
    let id = shop.order(&[("TEA-1", 1, "40")]).await;
    assert_eq!(shop.cancel(id).await.status(), 200);
    shop.ends(id, "cancelled").await;
    // Else it would undo everything itself, as soon as it can.
    let temporal = Temporal::new(shop.app.settings.temporal.clone());
    eventually("its workflow has ended", async || {
        let workflow = temporal.describe(OrderId(id)).await.ok()??;
        (!workflow.is_running()).then_some(())
    })
    .await;
    let ids = shop.ids(id).await;
    hold(&partners, ids).await;
    shop.break_down(Partner::Inventory, partner_sandbox::FaultKind::REQUESTS[0])
        .await;
    // Rounds go on, and so do the books of the others.
    eventually("the payment's books are compared", async || {
        (held(&shop, ids).await.1 == AuthorizationStatus::Voided).then_some(())
    })
    .await;
    shop.app
        .sql("UPDATE reconciliation SET finished_at = NULL")
        .await;
    let finished = "SELECT count(*) FROM reconciliation WHERE finished_at IS NOT NULL";
    shop.app.until_count("a round", finished, 1).await;
    shop.partners.clear_faults().await.unwrap();
    is_undone(&shop, ids).await;
}
