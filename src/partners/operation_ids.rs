//! The ids of an order's operations at the partners: derived, so that every process finds the same.

use chrono::{DateTime, Utc};

use crate::domain::OrderId;

/// Derives ids from an order and the number of attempts that expired before. The time of the order
/// is a part, because another database may have an order with the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperationIds {
    /// The id of the order.
    pub order_id: OrderId,
    /// When the order was accepted, to the microsecond.
    pub created_at: DateTime<Utc>,
}

impl OperationIds {
    /// What the partners call the order: the start of every id.
    pub fn reference(&self) -> String {
        let (id, time) = (self.order_id, self.created_at.timestamp_micros());
        format!("o{id}-{time:x}")
    }

    /// A reservation.
    pub fn reservation(&self, expired: u32) -> String {
        format!("{}-r{expired}", self.reference())
    }

    /// An authorization.
    pub fn authorization(&self, expired: u32) -> String {
        format!("{}-a{expired}", self.reference())
    }

    /// The capture of an authorization.
    pub fn capture(&self, expired: u32) -> String {
        format!("{}-c{expired}", self.reference())
    }

    /// The refund of a capture.
    pub fn refund(&self, expired: u32) -> String {
        format!("{}-f{expired}", self.reference())
    }

    /// The parcel.
    pub fn shipment(&self) -> String {
        format!("{}-s", self.reference())
    }

    /// The order of a reference or an id; `None` if it has another form.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix('o')?.split('-');
        let order_id = parts.next()?.parse().ok()?;
        let micros = i64::from_str_radix(parts.next()?, 16).ok()?;
        Some(Self {
            order_id,
            created_at: DateTime::from_timestamp_micros(micros)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_names_its_order() {
        let created_at = DateTime::from_timestamp_micros(1_795_911_234_567_891).unwrap();
        let ids = OperationIds {
            order_id: OrderId(i64::MAX),
            created_at,
        };
        let all = [
            ids.reference(),
            ids.reservation(0),
            ids.reservation(u32::MAX),
            ids.authorization(0),
            ids.capture(0),
            ids.refund(0),
            ids.shipment(),
        ];
        for (index, id) in all.iter().enumerate() {
            assert_eq!(OperationIds::parse(id), Some(ids), "{id}");
            assert!(!all[index + 1..].contains(id), "{id} is there twice");
            assert!(id.len() <= 80, "{id} is too long for the contracts");
        }
        for other in ["", "o", "o1", "o1-", "x1-1", "o1-z", "o-1-"] {
            assert_eq!(OperationIds::parse(other), None, "{other}");
        }
    }
}
