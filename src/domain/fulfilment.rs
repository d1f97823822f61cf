//! The state of an order with items: its stock, payment and parcel.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use crate::generated::models::{
    Address, Attention, CancellationReason, Decision, DecisionAnswer, ItemStatus, OrderItem,
    OrderStep, Payment, PaymentStatus, Shipment, ShipmentStatus,
};

/// The state of an order with items, as stored: in the contract's format, with what only the
/// workflow needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fulfilment {
    /// What was ordered.
    pub items: Vec<OrderItem>,
    /// The payment, once it was attempted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<Payment>,
    /// The parcel, once it was requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipment: Option<Shipment>,
    /// The question to the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// The customer's answer to the last question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<DecisionAnswer>,
    /// Set when the order is being cancelled: everything is undone, and nothing is begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancellation_reason: Option<CancellationReason>,
    /// The step that has failed for a long time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attention: Option<Attention>,
    /// The number of reservations and authorizations that expired: part of the next one's id.
    #[serde(default)]
    pub expired: Expired,
}

/// How many attempts expired at the partners.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expired {
    /// Reservations.
    pub reservations: u32,
    /// Authorizations.
    pub authorizations: u32,
}

impl Fulfilment {
    /// An order of these items; nothing is done yet.
    pub fn new(items: Vec<OrderItem>) -> Self {
        Self {
            items,
            payment: None,
            shipment: None,
            decision: None,
            answer: None,
            cancellation_reason: None,
            attention: None,
            expired: Expired::default(),
        }
    }

    /// The price of everything that is to be delivered.
    pub fn amount(&self) -> Decimal {
        self.wanted().map(|(_, item)| item.price()).sum()
    }

    /// Whether everything is undone instead of continued.
    pub fn is_cancelling(&self) -> bool {
        self.cancellation_reason.is_some()
    }

    /// Whether the carrier has taken the parcel.
    pub fn is_dispatched(&self) -> bool {
        self.shipment
            .as_ref()
            .is_some_and(|shipment| shipment.status.is_dispatched())
    }

    /// Whether the payment was given up, and is to be authorized anew.
    pub fn is_unauthorized(&self) -> bool {
        let payment = self.payment.as_ref();
        payment.is_some_and(|payment| payment.status == PaymentStatus::Voided)
    }

    /// Whether items are still to be reserved, or are to be reserved anew.
    pub fn is_unreserved(&self) -> bool {
        let mut wanted = self.wanted();
        wanted.any(|(_, item)| item.status == ItemStatus::Pending)
    }

    /// What is still to be delivered, with its positions.
    pub fn wanted(&self) -> impl Iterator<Item = (usize, &OrderItem)> {
        let items = self.items.iter().enumerate();
        items.filter(|(_, item)| item.status.is_wanted())
    }

    /// Moves every item whose status is one of `from`.
    pub(super) fn move_items(&mut self, from: &[ItemStatus], to: ItemStatus) {
        for item in &mut self.items {
            if from.contains(&item.status) {
                item.status = to;
            }
        }
    }
}

impl OrderItem {
    /// The price of all its pieces.
    pub fn price(&self) -> Decimal {
        self.unit_price * Decimal::from(self.quantity)
    }
}

impl ItemStatus {
    /// Whether the item is still to be delivered, or is delivered.
    pub fn is_wanted(self) -> bool {
        !matches!(self, Self::Unavailable | Self::Cancelled)
    }
}

impl ShipmentStatus {
    /// Whether the carrier has, or had, the parcel.
    pub fn is_dispatched(self) -> bool {
        matches!(self, Self::Dispatched | Self::Delivered | Self::Returned)
    }
}
