//! Cancellations by clients.

use super::update::changed;
use super::{Effect, OrderRepository, Precondition, Rejection};
use crate::domain::{Access, Actor, CancellationReason, Order, OrderChange, OrderId, OrderStatus};

impl OrderRepository {
    /// Cancels an order without items; asks the workflow of one with items to cancel it.
    pub async fn cancel(
        &self,
        id: OrderId,
        access: Access,
        precondition: &Precondition,
    ) -> Result<Order, Rejection> {
        self.apply(id, access, precondition, Actor::Client.into(), |order| {
            if order.fulfilment.is_some() {
                let event = order.cancellation_requested(CancellationReason::CustomerRequest)?;
                return Ok(event.map(Effect::wake));
            }
            let change = OrderChange {
                status: Some(OrderStatus::Cancelled),
                total_amount: None,
            };
            changed(order, &change, Actor::Client)
        })
        .await
    }
}
