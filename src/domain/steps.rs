//! The results of the steps of an order with items. Each method returns the event to record, or
//! nothing when the result is already recorded or comes too late to count.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::fulfilment::{
    Attention, CancellationReason, Decision, DecisionAnswer, Fulfilment, ItemStatus, Payment,
    PaymentStatus, Shipment, ShipmentStatus,
};
use super::{Order, OrderEventType, OrderStatus};

/// All do nothing for an order without items.
impl Order {
    /// The state of the steps, while they are not being undone.
    fn advancing(&mut self) -> Option<&mut Fulfilment> {
        if self.status.is_final() {
            return None;
        }
        self.fulfilment
            .as_deref_mut()
            .filter(|fulfilment| !fulfilment.is_cancelling())
    }

    /// Processing begins.
    pub fn begun(&mut self) -> Option<OrderEventType> {
        self.advancing()?;
        if self.status != OrderStatus::Pending {
            return None;
        }
        self.status = OrderStatus::Processing;
        Some(OrderEventType::Updated)
    }

    /// The stock of the items from 0 on is held, or not. Asks for a decision until `deadline` when
    /// only a part is.
    pub fn reserved(&mut self, held: &[usize], deadline: DateTime<Utc>) -> Option<OrderEventType> {
        let fulfilment = self.advancing()?;
        let mut unavailable = Vec::new();
        let mut changed = false;
        for (index, item) in fulfilment.items.iter_mut().enumerate() {
            if item.status == ItemStatus::Pending {
                changed = true;
                item.status = if held.contains(&index) {
                    ItemStatus::Reserved
                } else {
                    unavailable.push(i32::try_from(index).unwrap_or(i32::MAX));
                    ItemStatus::Unavailable
                };
            }
        }
        if !changed {
            return None;
        }
        let has_stock = fulfilment
            .items
            .iter()
            .any(|item| item.status == ItemStatus::Reserved);
        let event = if unavailable.is_empty() {
            OrderEventType::ItemsReserved
        } else if has_stock {
            fulfilment.answer = None;
            fulfilment.decision = Some(Decision {
                options: DecisionAnswer::ALL.to_vec(),
                unavailable_items: unavailable,
                deadline,
            });
            OrderEventType::DecisionRequested
        } else {
            fulfilment.cancellation_reason = Some(CancellationReason::ItemsUnavailable);
            OrderEventType::ItemsUnavailable
        };
        self.status = OrderStatus::Processing;
        Some(event)
    }

    /// A reservation expired before its stock was taken, and the authorization of its price was given
    /// up: the items are reserved anew, and what is available is authorized.
    pub fn reservation_expired(
        &mut self,
        reservation: u32,
        authorization: u32,
    ) -> Option<OrderEventType> {
        let fulfilment = self.advancing()?;
        if fulfilment.expired.reservations != reservation {
            return None;
        }
        fulfilment.expired.reservations += 1;
        fulfilment.move_items(&[ItemStatus::Reserved], ItemStatus::Pending);
        self.authorization_ended(authorization);
        Some(OrderEventType::ItemsReleased)
    }

    /// An authorization was given up, or expired before its capture: the next one has another id.
    pub fn authorization_ended(&mut self, round: u32) -> Option<OrderEventType> {
        let fulfilment = self.fulfilment.as_deref_mut()?;
        if fulfilment.expired.authorizations != round {
            return None;
        }
        fulfilment.expired.authorizations += 1;
        if let Some(payment) = &mut fulfilment.payment
            && payment.status == PaymentStatus::Authorized
        {
            payment.status = PaymentStatus::Voided;
            payment.authorized_amount = Decimal::ZERO;
        }
        Some(OrderEventType::PaymentVoided)
    }

    /// The deadline of the decision has passed.
    pub fn decision_expired(&mut self) -> Option<OrderEventType> {
        let fulfilment = self.advancing()?;
        fulfilment.decision.take()?;
        fulfilment.cancellation_reason = Some(CancellationReason::DecisionDeadline);
        Some(OrderEventType::CancellationRequested)
    }

    /// An amount is authorized.
    pub fn authorized(&mut self, amount: Decimal) -> Option<OrderEventType> {
        let dispatched = self
            .fulfilment
            .as_deref()
            .is_some_and(Fulfilment::is_dispatched);
        let fulfilment = if dispatched {
            self.fulfilment.as_deref_mut()
        } else {
            self.advancing()
        }?;
        let next = Payment {
            status: PaymentStatus::Authorized,
            authorized_amount: amount,
            captured_amount: Decimal::ZERO,
            refunded_amount: Decimal::ZERO,
        };
        let may = fulfilment
            .payment
            .as_ref()
            .is_none_or(|payment| payment.status.can_become(PaymentStatus::Authorized));
        if !may {
            return None;
        }
        fulfilment.payment = Some(next);
        self.status = OrderStatus::Processing;
        Some(OrderEventType::PaymentAuthorized)
    }

    /// The payment was declined, and nothing is dispatched.
    pub fn declined(&mut self) -> Option<OrderEventType> {
        let fulfilment = self.advancing()?;
        fulfilment.payment = Some(Payment {
            status: PaymentStatus::Declined,
            authorized_amount: Decimal::ZERO,
            captured_amount: Decimal::ZERO,
            refunded_amount: Decimal::ZERO,
        });
        fulfilment.cancellation_reason = Some(CancellationReason::PaymentDeclined);
        self.status = OrderStatus::Processing;
        Some(OrderEventType::PaymentDeclined)
    }

    /// The carrier does not serve the address.
    pub fn address_refused(&mut self) -> Option<OrderEventType> {
        let fulfilment = self.advancing()?;
        fulfilment.cancellation_reason = Some(CancellationReason::AddressNotServed);
        self.status = OrderStatus::Processing;
        Some(OrderEventType::ShipmentRefused)
    }

    /// The state of the parcel. A dispatched parcel can no longer be cancelled: the order goes on,
    /// whoever has asked for its cancellation meanwhile.
    pub fn shipment_is(&mut self, now: &Shipment) -> Option<OrderEventType> {
        let ended = self.status.is_final();
        let fulfilment = self.fulfilment.as_deref_mut()?;
        let before = fulfilment.shipment.as_ref().map(|shipment| shipment.status);
        let may = before.is_none_or(|before| before.can_become(now.status));
        // A parcel that is requested while everything is undone is cancelled next.
        let late = now.status == ShipmentStatus::Created && (fulfilment.is_cancelling() || ended);
        if !may || late {
            return None;
        }
        fulfilment.shipment = Some(now.clone());
        if now.status == ShipmentStatus::Cancelled {
            // By the carrier, unless the order is being cancelled.
            fulfilment
                .cancellation_reason
                .get_or_insert(CancellationReason::ParcelCancelled);
        }
        if now.status.is_dispatched() {
            fulfilment.move_items(
                &[ItemStatus::Reserved, ItemStatus::Pending],
                ItemStatus::Shipped,
            );
        }
        if !ended {
            self.status = OrderStatus::Processing;
        }
        Some(match now.status {
            ShipmentStatus::Created => OrderEventType::ShipmentCreated,
            ShipmentStatus::Dispatched => OrderEventType::ShipmentDispatched,
            ShipmentStatus::Delivered => {
                fulfilment.move_items(&[ItemStatus::Shipped], ItemStatus::Delivered);
                OrderEventType::ShipmentDelivered
            }
            ShipmentStatus::Returned => OrderEventType::ShipmentReturned,
            ShipmentStatus::Cancelled => OrderEventType::ShipmentCancelled,
        })
    }

    /// There will be no parcel.
    pub fn parcel_cancelled(&mut self) -> Option<OrderEventType> {
        let shipment = self.fulfilment.as_deref_mut()?.shipment.as_mut()?;
        if !shipment.status.can_become(ShipmentStatus::Cancelled) {
            return None;
        }
        shipment.status = ShipmentStatus::Cancelled;
        Some(OrderEventType::ShipmentCancelled)
    }

    /// The parcel was dispatched before the cancellation reached the carrier.
    pub fn cancellation_refused(&mut self) -> Option<OrderEventType> {
        let fulfilment = self.fulfilment.as_deref_mut()?;
        let parcel = fulfilment.shipment.as_ref().map(|parcel| parcel.status);
        if !matches!(
            parcel,
            Some(ShipmentStatus::Dispatched | ShipmentStatus::Delivered)
        ) {
            return None;
        }
        fulfilment.cancellation_reason.take()?;
        Some(OrderEventType::CancellationRefused)
    }

    /// The parcel came back: the payment is refunded.
    pub fn returned(&mut self) -> Option<OrderEventType> {
        let fulfilment = self.advancing()?;
        fulfilment.cancellation_reason = Some(CancellationReason::ParcelReturned);
        Some(OrderEventType::CancellationRequested)
    }

    /// The authorized amount was taken. `completes` the order, unless it is being cancelled.
    pub fn captured(&mut self, amount: Decimal, completes: bool) -> Option<OrderEventType> {
        let fulfilment = self.fulfilment.as_deref_mut()?;
        let payment = fulfilment.payment.as_mut()?;
        if !payment.status.can_become(PaymentStatus::Captured) {
            return None;
        }
        payment.status = PaymentStatus::Captured;
        payment.captured_amount = amount;
        if completes && !fulfilment.is_cancelling() {
            self.complete();
        }
        Some(OrderEventType::PaymentCaptured)
    }

    /// The authorization was given up.
    pub fn voided(&mut self) -> Option<OrderEventType> {
        let payment = self.fulfilment.as_deref_mut()?.payment.as_mut()?;
        if !payment.status.can_become(PaymentStatus::Voided) {
            return None;
        }
        payment.status = PaymentStatus::Voided;
        Some(OrderEventType::PaymentVoided)
    }

    /// The captured amount was given back.
    pub fn refunded(&mut self, amount: Decimal) -> Option<OrderEventType> {
        let fulfilment = self.fulfilment.as_deref_mut()?;
        let payment = fulfilment.payment.as_mut()?;
        if payment.status == PaymentStatus::Refunded {
            return None;
        }
        payment.status = PaymentStatus::Refunded;
        payment.captured_amount = amount;
        payment.refunded_amount = amount;
        Some(OrderEventType::PaymentRefunded)
    }

    /// Nothing is held for the items any more.
    pub fn released(&mut self) -> Option<OrderEventType> {
        let fulfilment = self.fulfilment.as_deref_mut()?;
        let before = fulfilment.items.clone();
        fulfilment.move_items(
            &[
                ItemStatus::Pending,
                ItemStatus::Reserved,
                ItemStatus::Unavailable,
                ItemStatus::Shipped,
            ],
            ItemStatus::Cancelled,
        );
        (fulfilment.items != before).then_some(OrderEventType::ItemsReleased)
    }

    /// Everything is done.
    pub fn finished(&mut self) -> Option<OrderEventType> {
        self.advancing()?;
        self.complete();
        Some(OrderEventType::Updated)
    }

    /// Everything is undone.
    pub fn undone(&mut self) -> Option<OrderEventType> {
        let fulfilment = self.fulfilment.as_deref_mut()?;
        if self.status.is_final() {
            return None;
        }
        fulfilment
            .cancellation_reason
            .get_or_insert(CancellationReason::WorkflowCancelled);
        self.released();
        self.status = OrderStatus::Cancelled;
        Some(OrderEventType::Updated)
    }

    fn complete(&mut self) {
        if let Some(fulfilment) = self.fulfilment.as_deref_mut() {
            fulfilment.move_items(
                &[ItemStatus::Pending, ItemStatus::Reserved],
                ItemStatus::Shipped,
            );
        }
        self.status = OrderStatus::Completed;
    }

    /// A step has failed for a long time.
    pub fn needs_attention(&mut self, attention: Attention) -> Option<OrderEventType> {
        let fulfilment = self.fulfilment.as_deref_mut()?;
        if let Some(known) = &fulfilment.attention
            && (known.step, known.code.as_str()) == (attention.step, attention.code.as_str())
        {
            return None;
        }
        fulfilment.attention = Some(attention);
        Some(OrderEventType::AttentionRequired)
    }

    /// The step in attention has succeeded, or is no longer tried.
    pub fn attention_resolved(&mut self) -> Option<OrderEventType> {
        self.fulfilment.as_deref_mut()?.attention.take()?;
        Some(OrderEventType::AttentionResolved)
    }
}
