//! Whether the books of an order close.

use rust_decimal::Decimal;

use crate::client::Book;
use crate::{AuthorizationStatus, ReservationStatus, ReservedItemStatus, ShipmentStatus};

/// What the order service says of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The price of what the customer keeps: of the items that were dispatched and did not come back.
    pub due: Decimal,
    /// How far the order is.
    pub stage: Stage,
}

/// How far an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Something may still be done for it.
    Open,
    /// Nothing more is done for it. A parcel that comes back after this stays shipped.
    Completed,
    /// Nothing more is done for it.
    Cancelled,
}

impl Stage {
    /// The stage of an order with this status.
    pub fn of(status: &str) -> Self {
        match status {
            "completed" => Self::Completed,
            "cancelled" => Self::Cancelled,
            _ => Self::Open,
        }
    }
}

impl Book {
    /// Everything that contradicts the claim or the rules of the partners; empty if the books close.
    ///
    /// Always: every effect happened once, nothing is captured before the dispatch, and no more is
    /// refunded than was captured. After the end: no stock and no money is held, what was taken from
    /// the stock is what was shipped, and what was captured and not refunded is what is due.
    pub fn imbalances(&self, claim: Claim) -> Vec<String> {
        let mut found = Vec::new();
        for effect in self.effects.iter().filter(|effect| effect.count != 1) {
            let (kind, id, count) = (&effect.kind, &effect.id, effect.count);
            found.push(format!("{kind} {id} happened {count} times"));
        }
        let first = |kind: &str| self.effects.iter().position(|effect| effect.kind == kind);
        if let Some(captured) = first("capture")
            && first("dispatch").is_none_or(|dispatched| captured < dispatched)
        {
            found.push("the payment was captured before the dispatch".into());
        }
        if self.refunded() > self.captured() {
            found.push("more is refunded than was captured".into());
        }
        if claim.stage != Stage::Open {
            self.after_the_end(claim, &mut found);
        }
        found
    }

    fn after_the_end(&self, claim: Claim, found: &mut Vec<String>) {
        let Claim { due, stage } = claim;
        for one in &self.reservations {
            if one.status == ReservationStatus::Held {
                found.push(format!("reservation {} still holds stock", one.id));
            }
        }
        for one in &self.authorizations {
            if one.status == AuthorizationStatus::Authorized {
                found.push(format!("authorization {} still holds money", one.id));
            }
        }
        for one in &self.shipments {
            if one.status == ShipmentStatus::Created {
                found.push(format!("shipment {} can still be dispatched", one.id));
            }
        }
        let (taken, shipped) = (self.taken(), self.shipped(stage));
        if !self.reservations.is_empty() && !self.shipments.is_empty() && taken != shipped {
            found.push(format!("{taken:?} was taken, but {shipped:?} was shipped"));
        }
        if self.shipments.is_empty() && !taken.is_empty() {
            found.push(format!("{taken:?} was taken, but nothing was shipped"));
        }
        let kept = self.captured() - self.refunded();
        if !self.authorizations.is_empty() && kept != due {
            found.push(format!("{kept} was taken, but {due} is due"));
        }
        if self.authorizations.is_empty() && !due.is_zero() {
            found.push(format!("{due} is due, but nothing was authorized"));
        }
    }

    fn captured(&self) -> Decimal {
        self.authorizations.iter().map(|one| one.captured).sum()
    }

    fn refunded(&self) -> Decimal {
        self.authorizations.iter().map(|one| one.refunded).sum()
    }

    /// Lines and quantities that are out of the stock for good.
    fn taken(&self) -> Vec<(i32, i32)> {
        let committed = self
            .reservations
            .iter()
            .filter(|one| one.status == ReservationStatus::Committed);
        let mut taken: Vec<_> = committed
            .flat_map(|one| &one.items)
            .filter(|item| item.status == ReservedItemStatus::Reserved)
            .map(|item| (item.line, item.quantity))
            .collect();
        taken.sort_unstable();
        taken
    }

    /// Lines and quantities that are with the carrier or the customer.
    fn shipped(&self, stage: Stage) -> Vec<(i32, i32)> {
        let under_way = self.shipments.iter().filter(|one| match one.status {
            ShipmentStatus::Dispatched | ShipmentStatus::Delivered => true,
            ShipmentStatus::Returned => stage == Stage::Completed,
            _ => false,
        });
        let mut shipped: Vec<_> = under_way
            .flat_map(|one| &one.items)
            .map(|item| (item.line, item.quantity))
            .collect();
        shipped.sort_unstable();
        shipped
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn claim(due: &str) -> Claim {
        Claim {
            due: due.parse().unwrap(),
            stage: Stage::Completed,
        }
    }

    fn effect(partner: &str, kind: &str, count: u64) -> Value {
        json!({
            "partner": partner, "id": "x", "kind": kind, "count": count, "amount": 12, "pieces": 2
        })
    }

    /// An order of two pieces for 12, as it looks after its end.
    fn book(reservation: &str, authorization: &str, captured: u32, shipment: &str) -> Book {
        let item = json!({ "line": 1, "sku": "A", "quantity": 2, "status": "reserved" });
        serde_json::from_value(json!({
            "reference": "x",
            "reservations": [{
                "id": "r", "reference": "x", "status": reservation, "items": [item],
                "expires_at": "2026-01-15T09:30:00Z"
            }],
            "authorizations": [{
                "id": "a", "reference": "x", "status": authorization, "authorized": 12,
                "captured": captured, "refunded": 0
            }],
            "shipments": [{
                "id": "s", "reference": "x", "status": shipment, "version": 1,
                "items": [{ "line": 1, "sku": "A", "quantity": 2 }]
            }],
            "effects": [
                effect("shipping", "dispatch", 1), effect("payment", "capture", 1)
            ]
        }))
        .unwrap()
    }

    #[test]
    fn a_delivered_and_a_cancelled_order_balance() {
        let delivered = book("committed", "captured", 12, "delivered");
        assert_eq!(delivered.imbalances(claim("12")), Vec::<String>::new());
        let cancelled = book("released", "voided", 0, "cancelled");
        assert_eq!(cancelled.imbalances(claim("0")), Vec::<String>::new());
    }

    #[test]
    fn a_parcel_that_comes_back_after_the_completion_stays_shipped() {
        let returned = book("committed", "captured", 12, "returned");
        assert_eq!(returned.imbalances(claim("12")), Vec::<String>::new());
        let cancelled = Claim {
            stage: Stage::Cancelled,
            ..claim("12")
        };
        let found = returned.imbalances(cancelled);
        assert_eq!(found, ["[(1, 2)] was taken, but [] was shipped"]);
    }

    #[test]
    fn every_imbalance_is_found() {
        let cases = [
            (
                book("held", "captured", 12, "delivered"),
                "12",
                "still holds stock",
            ),
            (
                book("released", "captured", 12, "delivered"),
                "12",
                "was shipped",
            ),
            (
                book("committed", "captured", 12, "cancelled"),
                "12",
                "was shipped",
            ),
            (
                book("committed", "authorized", 0, "delivered"),
                "0",
                "still holds money",
            ),
            (
                book("committed", "captured", 11, "delivered"),
                "12",
                "is due",
            ),
            (book("released", "captured", 12, "returned"), "0", "is due"),
            (
                book("committed", "captured", 12, "created"),
                "12",
                "can still be dispatched",
            ),
        ];
        for (book, due, expected) in cases {
            let found = book.imbalances(claim(due));
            assert!(
                found.iter().any(|one| one.contains(expected)),
                "{expected}: {found:?}"
            );
        }
        let mut twice = book("committed", "captured", 12, "delivered");
        twice.effects[1].count = 2;
        assert_eq!(
            twice.imbalances(claim("12")),
            ["capture x happened 2 times"]
        );
        let mut early = book("committed", "captured", 12, "delivered");
        early.effects.swap(0, 1);
        assert_eq!(
            early.imbalances(claim("12")),
            ["the payment was captured before the dispatch"]
        );
    }

    #[test]
    fn an_order_that_goes_on_may_hold_stock_and_money() {
        let open = Claim {
            due: Decimal::ZERO,
            stage: Stage::Open,
        };
        let held = book("held", "authorized", 0, "created");
        assert_eq!(held.imbalances(open), Vec::<String>::new());
    }
}
