//! Checks the books of the partners against what the service says of its orders.

use std::collections::BTreeMap;

use partner_sandbox::{AuthorizationStatus, Book, ReservationStatus, ShipmentStatus, StockLevel};

use super::Audit;
use crate::books::{Books, OrderClaim};

/// What the sandbox has of an article at its first use, unless its name says that it is sold out.
const FIRST_STOCK: u64 = 1_000_000;

/// Checks every book, owned by an order or not, and the stock.
pub(super) fn check(books: &Books, audit: &mut Audit) {
    let mut of: BTreeMap<&str, &Book> = BTreeMap::new();
    of.extend(
        books
            .books
            .iter()
            .map(|book| (book.reference.as_str(), book)),
    );
    for claim in &books.claims {
        let known = of.remove(claim.reference.as_str());
        for what in known.map_or_else(|| without_book(claim), |book| book.imbalances(claim.claim)) {
            let id = claim.order_id;
            audit.books.push(format!("order {id}: {what}: {known:?}"));
        }
    }
    for book in of.values().filter(|book| holds(book)) {
        let reference = &book.reference;
        let what = format!("{reference} belongs to no order, but holds or has taken: {book:?}");
        audit.books.push(what);
    }
    let mut kept: BTreeMap<&str, u64> = BTreeMap::new();
    for (sku, quantity) in books.claims.iter().flat_map(|claim| &claim.kept) {
        *kept.entry(sku).or_default() += quantity;
    }
    for level in &books.stock {
        let kept = kept.remove(level.sku.as_str()).unwrap_or_default();
        if let Some(what) = wrong_stock(level, kept) {
            audit.books.push(format!("{what}: {level:?}"));
        }
    }
    for (sku, quantity) in kept {
        let what = format!("{quantity} of {sku} were delivered, which was never in stock");
        audit.books.push(what);
    }
}

/// An order whose partners do not know it has had no effect.
fn without_book(claim: &OrderClaim) -> Vec<String> {
    let empty = Book {
        reference: claim.reference.clone(),
        reservations: Vec::new(),
        authorizations: Vec::new(),
        shipments: Vec::new(),
        effects: Vec::new(),
    };
    empty.imbalances(claim.claim)
}

/// Whether something is held or was taken and not given back.
fn holds(book: &Book) -> bool {
    let stock = book.reservations.iter().any(|one| {
        !matches!(
            one.status,
            ReservationStatus::Released | ReservationStatus::Expired
        )
    });
    let money = book
        .authorizations
        .iter()
        .any(|one| one.status == AuthorizationStatus::Authorized || one.captured != one.refunded);
    let mut parcels = book.shipments.iter();
    stock || money || parcels.any(|one| one.status != ShipmentStatus::Cancelled)
}

fn wrong_stock(level: &StockLevel, kept: u64) -> Option<String> {
    let first = if level.sku.starts_with("SOLD-OUT-") {
        0
    } else {
        FIRST_STOCK
    };
    if level.available + level.held + level.committed != first {
        return Some(format!("the stock does not add up to {first}"));
    }
    if level.held > 0 {
        return Some("stock is still held".into());
    }
    (level.committed != kept).then(|| format!("{kept} were delivered"))
}
