//! The steps at the shipping service.

use temporalio_sdk::activities::ActivityError;

use super::activities::FulfilmentActivities;
use super::messages::{Next, StepResult};
use super::subject::{Subject, after, call, partner, result};
use crate::domain::{Order, OrderStep, Shipment, ShipmentStatus};
use crate::partners::{Cancelled, Shipped};
use crate::workflow::activities::failure;

impl FulfilmentActivities {
    /// Requests the parcel, and waits until the carrier takes it.
    pub(super) async fn request_parcel(
        &self,
        subject: &Subject,
    ) -> Result<StepResult, ActivityError> {
        if let Some(stop) = subject.stop() {
            return Ok(stop);
        }
        let shipping = partner!(self.shipping, subject);
        let Some(fulfilment) = subject.fulfilment() else {
            return Ok(subject.result(Next::Undo));
        };
        if fulfilment.shipment.is_some() {
            return self.track(subject, true).await;
        }
        let address = self.orders.shipping_address(subject.input.order_id).await;
        let Some(address) = address.map_err(failure)? else {
            return self
                .advance(subject, OrderStep::Ship, Next::Undo, Order::address_refused)
                .await;
        };
        let items = fulfilment.wanted().collect::<Vec<_>>().into_iter();
        let shipped = call!(
            self,
            subject,
            Ship,
            shipping.ship(subject.ids, items, address)
        );
        match shipped {
            Shipped::Parcel(parcel) => {
                self.record_parcel(subject, OrderStep::Ship, &parcel, true)
                    .await
            }
            Shipped::AddressNotServed => {
                self.advance(subject, OrderStep::Ship, Next::Undo, Order::address_refused)
                    .await
            }
        }
    }

    /// Cancels the parcel, unless the carrier has it.
    pub(super) async fn cancel_parcel(
        &self,
        subject: &Subject,
    ) -> Result<StepResult, ActivityError> {
        let shipping = partner!(self.shipping, subject);
        let parcel = subject.fulfilment().and_then(|one| one.shipment.as_ref());
        if parcel.is_some_and(|parcel| parcel.status == ShipmentStatus::Returned) {
            return Ok(subject.result(Next::Continue));
        }
        let cancelled = call!(self, subject, CancelShipment, shipping.cancel(subject.ids));
        match cancelled {
            Cancelled::TooLate(parcel) if parcel.status == ShipmentStatus::Returned => {
                self.record(subject, OrderStep::CancelShipment, |order| {
                    order.shipment_is(&parcel)
                })
                .await?;
                Ok(subject.result(Next::Continue))
            }
            Cancelled::Yes => {
                self.record(subject, OrderStep::CancelShipment, Order::parcel_cancelled)
                    .await?;
                Ok(subject.result(Next::Continue))
            }
            Cancelled::TooLate(_) if subject.is_returned() => Ok(subject.result(Next::Continue)),
            Cancelled::TooLate(parcel) => {
                self.record(subject, OrderStep::CancelShipment, |order| {
                    order.shipment_is(&parcel)
                })
                .await?;
                let order = self.apply(subject, Order::cancellation_refused).await?;
                Ok(result(order.as_ref(), subject.input, Next::TooLate))
            }
        }
    }

    pub(super) async fn track(
        &self,
        subject: &Subject,
        dispatch_suffices: bool,
    ) -> Result<StepResult, ActivityError> {
        let shipping = partner!(self.shipping, subject);
        let parcel = call!(self, subject, Track, shipping.parcel(subject.ids));
        self.record_parcel(subject, OrderStep::Track, &parcel, dispatch_suffices)
            .await
    }

    async fn record_parcel(
        &self,
        subject: &Subject,
        step: OrderStep,
        parcel: &Shipment,
        dispatch_suffices: bool,
    ) -> Result<StepResult, ActivityError> {
        let mut order = self
            .record(subject, step, |order| order.shipment_is(parcel))
            .await?;
        if parcel.status == ShipmentStatus::Returned {
            order = self.apply(subject, Order::returned).await?;
        } else if parcel.status.is_dispatched() {
            // The carrier was faster than a cancellation.
            order = self.apply(subject, Order::cancellation_refused).await?;
        }
        let next = order.as_ref().map_or(Next::Undo, |order| {
            self.parcel(order, parcel, dispatch_suffices)
        });
        Ok(result(order.as_ref(), subject.input, next))
    }

    /// How the parcel goes on.
    fn parcel(&self, order: &Order, parcel: &Shipment, completes: bool) -> Next {
        let poll = u64::try_from(self.settings.shipping.poll_interval.as_millis());
        let wait = Next::Wait(poll.unwrap_or(u64::MAX));
        match parcel.status {
            ShipmentStatus::Created => after(order, wait),
            ShipmentStatus::Cancelled | ShipmentStatus::Returned => Next::Undo,
            ShipmentStatus::Delivered => Next::Continue,
            ShipmentStatus::Dispatched if completes => Next::Continue,
            ShipmentStatus::Dispatched => wait,
        }
    }
}
