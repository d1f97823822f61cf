//! Requests to change an order with items: decisions, cancellations, retries. Each method returns the
//! event to record; nothing when the request changes nothing.

use super::fulfilment::{CancellationReason, DecisionAnswer, ItemStatus};
use super::{Order, OrderEventType, OrderStatus};

/// A request of a client that the order's state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// No question is open.
    #[error("the order does not ask for a decision")]
    NothingAsked,
    /// The parcel is on its way.
    #[error("the order is dispatched and can no longer be cancelled")]
    Dispatched,
    /// The order has ended.
    #[error("the order is {0}")]
    Ended(OrderStatus),
    /// No step waits for attention.
    #[error("no step of the order needs attention")]
    NothingToRetry,
}

impl Order {
    /// The customer's answer.
    pub fn decided(
        &mut self,
        answer: DecisionAnswer,
    ) -> Result<Option<OrderEventType>, RequestError> {
        let ended = self.status.is_final();
        let fulfilment = self
            .fulfilment
            .as_deref_mut()
            .ok_or(RequestError::NothingAsked)?;
        if fulfilment.decision.is_none() {
            // A repeated answer is no change.
            return if fulfilment.answer == Some(answer) {
                Ok(None)
            } else {
                Err(RequestError::NothingAsked)
            };
        }
        if ended {
            return Err(RequestError::Ended(self.status));
        }
        fulfilment.decision = None;
        fulfilment.answer = Some(answer);
        match answer {
            DecisionAnswer::AcceptAvailable => {
                fulfilment.move_items(&[ItemStatus::Unavailable], ItemStatus::Cancelled);
            }
            DecisionAnswer::Cancel => {
                fulfilment.cancellation_reason = Some(CancellationReason::DecisionCancel);
            }
        }
        Ok(Some(OrderEventType::DecisionMade))
    }

    /// Someone asks for the cancellation of an order with items.
    pub fn cancellation_requested(
        &mut self,
        reason: CancellationReason,
    ) -> Result<Option<OrderEventType>, RequestError> {
        let Some(fulfilment) = self.fulfilment.as_deref_mut() else {
            return Ok(None);
        };
        if fulfilment.is_cancelling() {
            return Ok(None);
        }
        if self.status.is_final() {
            return Err(RequestError::Ended(self.status));
        }
        if fulfilment.is_dispatched() {
            return Err(RequestError::Dispatched);
        }
        fulfilment.decision = None;
        fulfilment.cancellation_reason = Some(reason);
        Ok(Some(OrderEventType::CancellationRequested))
    }

    /// An operator wants the step in attention to be retried now. It needs attention again if it
    /// goes on failing.
    pub fn retry_requested(&mut self) -> Result<OrderEventType, RequestError> {
        let attention = self
            .fulfilment
            .as_deref_mut()
            .and_then(|fulfilment| fulfilment.attention.take());
        attention
            .map(|_| OrderEventType::RetryRequested)
            .ok_or(RequestError::NothingToRetry)
    }
}
