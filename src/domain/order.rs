//! An order and its possible changes.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{Address, CustomerId, Fulfilment, OrderEventData, OrderId, OrderItem, OrderStatus};

/// A stored order.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Assigned by the database, 1 or more.
    pub id: OrderId,
    /// The customer.
    pub customer_id: CustomerId,
    /// The status.
    pub status: OrderStatus,
    /// 0 … 99999999.99, with two decimal places.
    pub total_amount: Decimal,
    /// Starts at 1 and grows by one with every change.
    pub version: i64,
    /// When it was accepted.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// What is done for its items; `None` for an order without items.
    pub fulfilment: Option<Box<Fulfilment>>,
}

/// A new order.
#[derive(Debug, Clone, PartialEq)]
pub struct NewOrder {
    /// The customer.
    pub customer_id: CustomerId,
    /// 0 … 99999999.99, with at most two decimal places.
    pub total_amount: Decimal,
    /// What to deliver; empty for an order that only has an amount.
    pub items: Vec<OrderItem>,
    /// Where to deliver it.
    pub shipping_address: Option<Address>,
}

impl NewOrder {
    /// An order without items.
    pub fn of_amount(customer_id: CustomerId, total_amount: Decimal) -> Self {
        Self {
            customer_id,
            total_amount,
            items: Vec::new(),
            shipping_address: None,
        }
    }

    /// What the schemas of the contract cannot say: where this order contradicts itself, as a JSON
    /// pointer, and how.
    pub fn contradiction(&self) -> Option<(&'static str, String)> {
        if self.items.is_empty() {
            return self.shipping_address.as_ref().map(|_| {
                let detail = "is allowed only together with items";
                ("/shipping_address", detail.into())
            });
        }
        if self.shipping_address.is_none() {
            return Some(("/shipping_address", "is required for items".into()));
        }
        let sum: Decimal = self.items.iter().map(OrderItem::price).sum();
        (sum != self.total_amount).then(|| {
            let detail = format!("{} is not the sum of the items, {sum}", self.total_amount);
            ("/total_amount", detail)
        })
    }
}

/// A change of an order; `None` leaves a field unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderChange {
    /// The new status.
    pub status: Option<OrderStatus>,
    /// The new amount.
    pub total_amount: Option<Decimal>,
}

/// A change that the order's current status does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// There is no transition to the requested status.
    #[error("an order that is {from} cannot become {to}")]
    TransitionNotAllowed {
        /// The current status.
        from: OrderStatus,
        /// The requested status.
        to: OrderStatus,
    },
    /// The amount can only change while the order is pending.
    #[error("total_amount can change only while the order is pending, but it is {status}")]
    AmountIsSettled {
        /// The current status.
        status: OrderStatus,
    },
    /// Its steps decide about an order with items.
    #[error(
        "an order with items is changed by its workflow; cancel it with POST /orders/ID/cancellation"
    )]
    HasItems,
    /// Something may still be held for an order with items.
    #[error("an order with items that has not ended cannot be deleted; cancel it first")]
    InProgress,
}

impl Order {
    /// The status and amount after a change, or `None` if nothing changes.
    pub fn after(
        &self,
        change: &OrderChange,
    ) -> Result<Option<(OrderStatus, Decimal)>, ChangeError> {
        let status = change.status.unwrap_or(self.status);
        let amount = change.total_amount.unwrap_or(self.total_amount);
        if status != self.status && !self.status.can_become(status) {
            return Err(ChangeError::TransitionNotAllowed {
                from: self.status,
                to: status,
            });
        }
        if amount != self.total_amount && self.status != OrderStatus::Pending {
            return Err(ChangeError::AmountIsSettled {
                status: self.status,
            });
        }
        let same = status == self.status && amount == self.total_amount;
        if !same && self.fulfilment.is_some() {
            return Err(ChangeError::HasItems);
        }
        Ok((!same).then_some((status, amount)))
    }

    /// The fields that changed since `before`, with their new values.
    pub fn difference(&self, before: &Self) -> OrderEventData {
        let (new, old) = (self.fulfilment.as_deref(), before.fulfilment.as_deref());
        /// The new value of a field, if it is set and has changed.
        fn changed<F, T: Clone + PartialEq>(
            (new, old): (Option<&F>, Option<&F>),
            field: impl Fn(&F) -> Option<&T>,
        ) -> Option<T> {
            let (new, old) = (new.and_then(&field), old.and_then(&field));
            new.filter(|new| Some(*new) != old).cloned()
        }
        let both = (new, old);
        OrderEventData {
            status: (self.status != before.status).then_some(self.status),
            total_amount: (self.total_amount != before.total_amount).then_some(self.total_amount),
            items: changed(both, |state| Some(&state.items)),
            payment: changed(both, |state| state.payment.as_ref()),
            shipment: changed(both, |state| state.shipment.as_ref()),
            decision: changed(both, |state| state.decision.as_ref()),
            answer: changed(both, |state| state.answer.as_ref()),
            cancellation_reason: changed(both, |state| state.cancellation_reason.as_ref()),
            attention: changed(both, |state| state.attention.as_ref()),
            ..super::event::no_data()
        }
    }

    /// Whether it may be deleted.
    pub fn deletable(&self) -> Result<(), ChangeError> {
        if self.fulfilment.is_some() && !self.status.is_final() {
            return Err(ChangeError::InProgress);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(status: OrderStatus) -> Order {
        Order {
            id: OrderId(1),
            customer_id: CustomerId(1),
            status,
            total_amount: Decimal::new(1000, 2),
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
            fulfilment: None,
        }
    }

    #[test]
    fn setting_the_current_values_is_not_a_change() {
        for &status in OrderStatus::ALL {
            let change = OrderChange {
                status: Some(status),
                total_amount: Some(Decimal::new(10, 0)),
            };
            assert_eq!(order(status).after(&change), Ok(None));
        }
        assert_eq!(
            order(OrderStatus::Completed).after(&OrderChange::default()),
            Ok(None)
        );
    }

    #[test]
    fn the_amount_can_change_only_while_pending() {
        let change = OrderChange {
            status: None,
            total_amount: Some(Decimal::ONE),
        };
        assert_eq!(
            order(OrderStatus::Pending).after(&change),
            Ok(Some((OrderStatus::Pending, Decimal::ONE)))
        );
        let status = OrderStatus::Processing;
        assert_eq!(
            order(status).after(&change),
            Err(ChangeError::AmountIsSettled { status })
        );
    }

    #[test]
    fn an_ended_order_cannot_change() {
        let change = OrderChange {
            status: Some(OrderStatus::Pending),
            total_amount: None,
        };
        assert_eq!(
            order(OrderStatus::Completed).after(&change),
            Err(ChangeError::TransitionNotAllowed {
                from: OrderStatus::Completed,
                to: OrderStatus::Pending
            })
        );
    }
}
