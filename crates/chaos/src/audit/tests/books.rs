//! Every contradiction between the books of the partners and the orders is found.

use partner_sandbox::{Book, Claim, Stage, StockLevel};
use serde_json::json;

use super::finds;
use crate::books::{Books, OrderClaim};

const REFERENCE: &str = "o1-5";

/// A completed order of two pieces for 12, and its books.
fn closed() -> Books {
    let effect = |partner: &str, kind: &str| json!({ "partner": partner, "id": kind, "kind": kind, "count": 1, "amount": 12, "pieces": 2 });
    let item = json!({ "line": 1, "sku": "TEA-1", "quantity": 2 });
    let reserved = json!({ "line": 1, "sku": "TEA-1", "quantity": 2, "status": "reserved" });
    let book = json!({
        "reference": REFERENCE,
        "reservations": [{
            "id": "r", "reference": REFERENCE, "status": "committed", "items": [reserved],
            "expires_at": "2026-01-15T09:30:00Z"
        }],
        "authorizations": [{
            "id": "a", "reference": REFERENCE, "status": "captured", "authorized": 12,
            "captured": 12, "refunded": 0
        }],
        "shipments": [{
            "id": "s", "reference": REFERENCE, "status": "delivered", "version": 3, "items": [item]
        }],
        "effects": [effect("shipping", "dispatch"), effect("payment", "capture")],
    });
    let level = |sku: &str, available, committed| StockLevel {
        sku: sku.into(),
        available,
        held: 0,
        committed,
    };
    Books {
        books: vec![serde_json::from_value(book).unwrap()],
        stock: vec![level("TEA-1", 999_998, 2), level("SOLD-OUT-1", 0, 0)],
        claims: vec![OrderClaim {
            order_id: 1,
            reference: REFERENCE.into(),
            claim: Claim {
                due: 12.into(),
                stage: Stage::Completed,
            },
            kept: vec![("TEA-1".into(), 2)],
        }],
    }
}

/// The number of findings about the books; there are no others.
fn found(spoil: impl FnOnce(&mut Books)) -> usize {
    let [others @ .., books] = finds(|_, state| {
        state.books = closed();
        spoil(&mut state.books);
    });
    assert_eq!(others, [0; 6]);
    books
}

#[test]
fn books_that_close_have_no_findings() {
    assert_eq!(found(|_| {}), 0);
    // What was undone before it arrived, and what was given back.
    let given_back = found(|books| {
        let mut book = books.books[0].clone();
        book.reference = "-".into();
        book.reservations[0].status = partner_sandbox::ReservationStatus::Released;
        book.authorizations[0].refunded = 12.into();
        book.shipments[0].status = partner_sandbox::ShipmentStatus::Cancelled;
        books.books.push(book);
    });
    assert_eq!(given_back, 0);
}

#[test]
fn every_imbalance_of_an_order_is_found() {
    type Spoil = fn(&mut Book);
    let cases: [Spoil; 13] = [
        // Stock is still held, or was given back, or was lost.
        |book| book.reservations[0].status = partner_sandbox::ReservationStatus::Held,
        |book| book.reservations[0].status = partner_sandbox::ReservationStatus::Released,
        |book| book.reservations[0].items[0].quantity = 3,
        // Money is still held, is missing, was given back, or was taken twice.
        |book| book.authorizations[0].status = partner_sandbox::AuthorizationStatus::Authorized,
        |book| book.authorizations[0].captured = 11.into(),
        |book| book.authorizations[0].refunded = 12.into(),
        |book| book.authorizations.push(book.authorizations[0].clone()),
        |book| book.authorizations.clear(),
        // The parcel can still be dispatched, was never sent, or has other contents.
        |book| book.shipments[0].status = partner_sandbox::ShipmentStatus::Created,
        |book| book.shipments[0].status = partner_sandbox::ShipmentStatus::Cancelled,
        |book| book.shipments[0].items[0].quantity = 1,
        // An effect happened twice, or too early.
        |book| book.effects[1].count = 2,
        |book| book.effects.reverse(),
    ];
    for (index, case) in cases.into_iter().enumerate() {
        assert!(found(|books| case(&mut books.books[0])) > 0, "case {index}");
    }
}

#[test]
fn an_order_that_its_partners_do_not_know_is_found() {
    // The money, and the stock that nobody has taken.
    let unknown = found(|books| {
        books.books.clear();
        books.stock.clear();
    });
    assert_eq!(unknown, 2);
}

#[test]
fn books_without_an_order_are_found() {
    type Spoil = fn(&mut Book);
    let release: Spoil =
        |book| book.reservations[0].status = partner_sandbox::ReservationStatus::Released;
    let refund: Spoil = |book| book.authorizations[0].refunded = 12.into();
    let cancel: Spoil =
        |book| book.shipments[0].status = partner_sandbox::ShipmentStatus::Cancelled;
    // Each partner alone.
    for given_back in [[release, refund], [release, cancel], [refund, cancel]] {
        let orphan = found(|books| {
            let mut book = books.books[0].clone();
            book.reference = "o2-5".into();
            for one in given_back {
                one(&mut book);
            }
            books.books.push(book);
        });
        assert_eq!(orphan, 1);
    }
}

#[test]
fn stock_that_does_not_add_up_is_found() {
    type Spoil = fn(&mut StockLevel);
    let cases: [Spoil; 3] = [
        |level| level.available -= 1,
        |level| (level.available, level.held) = (level.available - 1, 1),
        |level| (level.available, level.committed) = (level.available - 1, 3),
    ];
    for (index, case) in cases.into_iter().enumerate() {
        assert_eq!(found(|books| case(&mut books.stock[0])), 1, "case {index}");
    }
    assert_eq!(found(|books| books.stock[1].available = 1), 1);
}
