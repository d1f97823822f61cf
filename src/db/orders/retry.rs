//! Retries of steps that need attention.

use super::{Effect, OrderRepository, Precondition, Rejection};
use crate::domain::{Access, Actor, Order, OrderId};

impl OrderRepository {
    /// Asks the order's workflow to retry the step in attention now.
    pub async fn retry(
        &self,
        id: OrderId,
        access: Access,
        precondition: &Precondition,
    ) -> Result<Order, Rejection> {
        self.apply(id, access, precondition, Actor::Client.into(), |order| {
            Ok(Some(Effect::wake(order.retry_requested()?)))
        })
        .await
    }
}
