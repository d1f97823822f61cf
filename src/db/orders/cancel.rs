//! Cancellations by clients.

use super::{Effect, OrderRepository, Precondition, Rejection};
use crate::db::intents::Action;
use crate::domain::{
    Access, Actor, CancellationReason, Order, OrderChange, OrderEventType, OrderId, OrderStatus,
};

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
            Ok(order.after(&change)?.map(|(status, _)| {
                order.status = status;
                Effect {
                    event: OrderEventType::Updated,
                    intent: Some(Action::End),
                }
            }))
        })
        .await
    }
}
