//! An order, and how it may be changed.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{CustomerId, OrderStatus};

/// An order as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Given by the database, 1 or more.
    pub id: i64,
    /// Its customer.
    pub customer_id: CustomerId,
    /// Its status.
    pub status: OrderStatus,
    /// 0 … 99999999.99, with two decimals.
    pub total_amount: Decimal,
    /// Grows by one with every change, from 1.
    pub version: i64,
    /// When it was accepted.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// An order to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrder {
    /// Its customer.
    pub customer_id: CustomerId,
    /// 0 … 99999999.99, with at most two decimals.
    pub total_amount: Decimal,
}

/// What to change of an order; `None` leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderChange {
    /// The status to go to.
    pub status: Option<OrderStatus>,
    /// The amount to set.
    pub total_amount: Option<Decimal>,
}

/// A change that the order's current status does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// The status cannot be reached from here.
    #[error("an order that is {from} cannot become {to}")]
    TransitionNotAllowed {
        /// The current status.
        from: OrderStatus,
        /// The requested status.
        to: OrderStatus,
    },
    /// The amount is settled once the order is no longer pending.
    #[error("total_amount may change only while the order is pending, and it is {status}")]
    AmountIsSettled {
        /// The current status.
        status: OrderStatus,
    },
}

impl Order {
    /// The status and amount after a change, or `None` when it changes nothing.
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
        Ok((!same).then_some((status, amount)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(status: OrderStatus) -> Order {
        Order {
            id: 1,
            customer_id: CustomerId(1),
            status,
            total_amount: Decimal::new(1000, 2),
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_same_again_is_no_change() {
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
    fn the_amount_changes_while_pending_only() {
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
    fn an_ended_order_stays_as_it_is() {
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
