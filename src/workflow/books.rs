//! Compares the books of the partners with the orders: nothing is held for an order that is
//! cancelled or deleted, and nothing is charged without a shipment.
//!
//! What is left of a cancelled order is undone by the id of its operation. Anything else is only
//! reported. Operations of other databases, and of orders that may still be processed, are left
//! alone.

use std::collections::HashMap;
use std::time::Duration;

use futures::{StreamExt, stream};

use super::client::Temporal;
use crate::db::{BookRepository, Database, Findings, OrderOfOperation};
use crate::domain::{OrderId, OrderStatus, PaymentStatus, ShipmentStatus};
use crate::partners::{Effect, FailureCode, OpenOperation, PartnerName, Partners, Undone};

/// Operations that are read at a time.
const PAGE: i32 = 1000;
/// Operations that are undone at a time. All may time out within the lease of a round.
const MOST_UNDONE: usize = 50;
/// Operations that are undone concurrently.
const CONCURRENCY: usize = 8;

/// Compares the partners' books with the orders in one database.
pub(super) struct Books {
    partners: Partners,
    repository: BookRepository,
    temporal: Temporal,
    /// How long an order must have been unchanged before anything of it is undone.
    grace: Duration,
}

/// What an operation says about its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judgement {
    /// Nothing is wrong, or nothing is known.
    Agrees,
    /// The order is cancelled, so that nothing may be held for it.
    Held,
    /// They contradict each other, and only an operator can tell which one is right.
    Contradicts(&'static str),
}

/// The result for what seems to be held for a cancelled order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// Its workflow may still undo it.
    Agrees,
    /// It is undone.
    Undone,
    /// It cannot be undone.
    Drift,
    /// The partner is away.
    Away,
}

impl Books {
    pub(super) fn new(
        partners: Partners,
        database: Database,
        temporal: Temporal,
        grace: Duration,
    ) -> Self {
        Self {
            partners,
            repository: BookRepository::new(database),
            temporal,
            grace,
        }
    }

    /// Compares the next page of a partner's books; `false` if there is no other one, or the partner
    /// is away.
    pub(super) async fn page(
        &self,
        partner: PartnerName,
        found: &mut Findings,
    ) -> anyhow::Result<bool> {
        let name = partner.as_str();
        let mut mark = self.repository.bookmark(name).await?;
        let operations = match self.partners.open(partner, mark.after.take(), PAGE).await {
            None => return Ok(false),
            Some(Ok(operations)) => operations,
            Some(Err(failure)) => {
                tracing::warn!(partner = name, error = %failure, "cannot read the partner's books; retrying in the next round");
                return Ok(false);
            }
        };
        let orders = self.orders(&operations).await?;
        let mut compared = 0;
        let mut held = Vec::new();
        for operation in &operations {
            compared += 1;
            let Some(order) = order_of(operation, &orders) else {
                continue;
            };
            match judge(operation.effect, order, self.partners.shipping.is_some()) {
                Judgement::Agrees => {}
                Judgement::Contradicts(what) => {
                    mark.found += 1;
                    report(operation, order, what);
                }
                Judgement::Held => held.push((operation.clone(), *order)),
            }
            if held.len() == MOST_UNDONE {
                break;
            }
        }
        let results: Vec<_> = stream::iter(held)
            .map(async |(operation, order)| self.undo(&operation, &order).await)
            .buffer_unordered(CONCURRENCY)
            .collect()
            .await;
        let mut is_away = false;
        for result in results {
            match result? {
                Found::Agrees => {}
                Found::Undone => {
                    found.drift += 1;
                    found.repaired += 1;
                }
                Found::Drift => mark.found += 1,
                Found::Away => is_away = true,
            }
        }
        if is_away {
            // The page is compared again in the next round.
            return Ok(false);
        }
        found.compared += i64::try_from(compared).unwrap_or(i64::MAX);
        let is_last = compared == operations.len() && compared < usize::try_from(PAGE)?;
        let last = operations.get(compared.saturating_sub(1));
        mark.after = last.filter(|_| !is_last).map(|last| last.id.clone());
        self.repository.turn(name, &mark).await?;
        Ok(!is_last)
    }

    /// The orders of these operations, read after them: so they are not older.
    async fn orders(
        &self,
        operations: &[OpenOperation],
    ) -> anyhow::Result<HashMap<OrderId, OrderOfOperation>> {
        let origins = operations.iter().filter_map(OpenOperation::origin);
        let mut ids: Vec<OrderId> = origins.map(|(ids, _)| ids.order_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let orders = self.repository.orders(&ids).await?;
        Ok(orders.into_iter().map(|order| (order.id, order)).collect())
    }

    /// Undoes an operation of a cancelled order, unless its workflow may still do that itself.
    async fn undo(
        &self,
        operation: &OpenOperation,
        order: &OrderOfOperation,
    ) -> anyhow::Result<Found> {
        if order.unchanged_for < self.grace || order.has_intent {
            return Ok(Found::Agrees);
        }
        let workflow = self.temporal.describe(order.id).await?;
        if workflow.is_some_and(|workflow| workflow.is_running()) {
            return Ok(Found::Agrees);
        }
        let undone = self.partners.undo(operation).await;
        match undone.map_err(|failure| failure.code) {
            Ok(Undone::Yes) => {
                tracing::warn!(
                    order.id = order.id.0,
                    operation = operation.id,
                    "undid what a partner held for a cancelled order"
                );
                return Ok(Found::Undone);
            }
            Err(FailureCode::Unavailable | FailureCode::RateLimited) => return Ok(Found::Away),
            Ok(Undone::TooLate) | Err(_) => {}
        }
        let what = "something is held for a cancelled order, and cannot be undone";
        report(operation, order, what);
        Ok(Found::Drift)
    }
}

/// The order of an operation; `None` if it belongs to another client of the partner, or to another
/// database.
fn order_of<'a>(
    operation: &OpenOperation,
    orders: &'a HashMap<OrderId, OrderOfOperation>,
) -> Option<&'a OrderOfOperation> {
    let (ids, _) = operation.origin()?;
    orders
        .get(&ids.order_id)
        .filter(|order| order.created_at == ids.created_at)
}

fn report(operation: &OpenOperation, order: &OrderOfOperation, what: &str) {
    tracing::error!(order.id = order.id.0, operation = operation.id, effect = ?operation.effect, what, "a partner's books contradict an order");
}

/// Compares an effect with its order; `ships` if there is a carrier, so that only what is dispatched
/// is paid.
fn judge(effect: Effect, order: &OrderOfOperation, ships: bool) -> Judgement {
    use Judgement::{Agrees, Contradicts, Held};
    let Some(status) = order.status else {
        return Agrees;
    };
    let is_dispatched = order.shipment.is_some_and(ShipmentStatus::is_dispatched);
    let is_charged = matches!(
        order.payment,
        Some(PaymentStatus::Captured | PaymentStatus::Refunded)
    );
    match (status, effect) {
        (_, Effect::Charge(amount)) if amount.is_zero() => Agrees,
        (OrderStatus::Cancelled, Effect::Charge(_)) => {
            Contradicts("money is kept, but the order is cancelled")
        }
        (OrderStatus::Cancelled, Effect::Parcel(ShipmentStatus::Returned)) => Agrees,
        (
            OrderStatus::Cancelled,
            Effect::Parcel(ShipmentStatus::Dispatched | ShipmentStatus::Delivered),
        ) => Contradicts("the parcel is shipped, but the order is cancelled"),
        (OrderStatus::Cancelled, _) => Held,
        _ if order.is_deleted => Agrees,
        (_, Effect::Charge(_)) if ships && !is_dispatched => {
            Contradicts("money is taken, but nothing is dispatched")
        }
        (OrderStatus::Completed, Effect::Authorization) => {
            Contradicts("money is held and not taken, but the order is completed")
        }
        (OrderStatus::Completed, Effect::Parcel(_)) if order.payment.is_some() && !is_charged => {
            Contradicts("the parcel is shipped, but not paid")
        }
        _ => Agrees,
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use rust_decimal::Decimal;

    use super::*;

    fn order(
        status: OrderStatus,
        payment: Option<PaymentStatus>,
        shipment: Option<ShipmentStatus>,
    ) -> OrderOfOperation {
        OrderOfOperation {
            id: OrderId(1),
            created_at: DateTime::UNIX_EPOCH,
            status: Some(status),
            is_deleted: false,
            payment,
            shipment,
            unchanged_for: Duration::ZERO,
            has_intent: false,
        }
    }

    const CHARGE: Effect = Effect::Charge(Decimal::ONE);
    const PARCEL: Effect = Effect::Parcel(ShipmentStatus::Dispatched);

    #[test]
    fn an_order_in_progress_may_hold_everything_but_no_money_before_its_dispatch() {
        for status in [OrderStatus::Pending, OrderStatus::Processing] {
            let created = order(
                status,
                Some(PaymentStatus::Authorized),
                Some(ShipmentStatus::Created),
            );
            for effect in [Effect::Stock, Effect::Authorization, PARCEL] {
                assert_eq!(judge(effect, &created, true), Judgement::Agrees);
            }
            let early = judge(CHARGE, &created, true);
            assert!(matches!(early, Judgement::Contradicts(_)));
            assert_eq!(judge(CHARGE, &created, false), Judgement::Agrees);
            let dispatched = OrderOfOperation {
                shipment: Some(ShipmentStatus::Dispatched),
                ..created
            };
            assert_eq!(judge(CHARGE, &dispatched, true), Judgement::Agrees);
        }
    }

    #[test]
    fn a_completed_order_is_charged_for_what_was_dispatched() {
        let paid = order(
            OrderStatus::Completed,
            Some(PaymentStatus::Captured),
            Some(ShipmentStatus::Delivered),
        );
        for effect in [Effect::Stock, CHARGE, PARCEL] {
            assert_eq!(judge(effect, &paid, true), Judgement::Agrees);
        }
        let held = judge(Effect::Authorization, &paid, true);
        assert!(matches!(held, Judgement::Contradicts(_)));
        let unpaid = OrderOfOperation {
            payment: Some(PaymentStatus::Authorized),
            ..paid
        };
        assert!(matches!(
            judge(PARCEL, &unpaid, true),
            Judgement::Contradicts(_)
        ));
        let without_payments = OrderOfOperation {
            payment: None,
            ..paid
        };
        assert_eq!(judge(PARCEL, &without_payments, true), Judgement::Agrees);
        let never_sent = OrderOfOperation {
            shipment: None,
            ..paid
        };
        assert!(matches!(
            judge(CHARGE, &never_sent, true),
            Judgement::Contradicts(_)
        ));
        let deleted = OrderOfOperation {
            is_deleted: true,
            ..never_sent
        };
        for effect in [Effect::Stock, Effect::Authorization, CHARGE, PARCEL] {
            assert_eq!(judge(effect, &deleted, true), Judgement::Agrees);
        }
    }

    #[test]
    fn nothing_is_held_for_a_cancelled_order() {
        for is_deleted in [false, true] {
            let cancelled = OrderOfOperation {
                is_deleted,
                ..order(OrderStatus::Cancelled, None, None)
            };
            let created = Effect::Parcel(ShipmentStatus::Created);
            for effect in [Effect::Stock, Effect::Authorization, created] {
                assert_eq!(judge(effect, &cancelled, true), Judgement::Held);
            }
            for effect in [CHARGE, PARCEL] {
                let judged = judge(effect, &cancelled, true);
                assert!(matches!(judged, Judgement::Contradicts(_)));
            }
            let refunded = Effect::Charge(Decimal::ZERO);
            let returned = Effect::Parcel(ShipmentStatus::Returned);
            for effect in [refunded, returned] {
                assert_eq!(judge(effect, &cancelled, true), Judgement::Agrees);
            }
        }
        let unknown = OrderOfOperation {
            status: None,
            ..order(OrderStatus::Cancelled, None, None)
        };
        assert_eq!(judge(Effect::Stock, &unknown, true), Judgement::Agrees);
    }
}
