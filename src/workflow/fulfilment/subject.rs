//! The order that an activity is about, and how the result of a step is recorded in it.

use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use temporalio_sdk::ApplicationFailure;
use temporalio_sdk::activities::{ActivityContext, ActivityError};

use super::activities::FulfilmentActivities;
use super::messages::{Next, StepInput, StepResult};
use crate::db::{Effect, Precondition, Rejection};
use crate::domain::{
    Access, Actor, Attention, CancellationReason, Fulfilment, Order, OrderEventType, OrderKey,
    OrderStatus, OrderStep,
};
use crate::error::StoreError;
use crate::partners::{Failure, OperationIds};
use crate::workflow::activities::failure;
use crate::workflow::order_workflow::Outcome;
use crate::workflow::ownership;

/// A step without its partner is left out: its setting was removed meanwhile.
macro_rules! partner {
    ($self:ident.$name:ident, $subject:ident) => {
        match &$self.partners.$name {
            Some(partner) => partner,
            None => return Ok($subject.result(Next::Continue)),
        }
    };
}

/// The result of a call, or the activity's failure.
macro_rules! call {
    ($self:ident, $subject:ident, $step:ident, $call:expr) => {
        match $call.await {
            Ok(response) => response,
            Err(error) => return Err($self.failed($subject, OrderStep::$step, error).await),
        }
    };
}

pub(super) use {call, partner};

/// The order of an activity.
pub(super) struct Subject {
    pub(super) input: StepInput,
    /// `None` if the order does not exist, or is another one with the same id.
    pub(super) order: Option<Order>,
    /// Whether the order was deleted; otherwise this database never had it, or no longer has it.
    is_deleted: bool,
    pub(super) ids: OperationIds,
    since: DateTime<Utc>,
}

impl Subject {
    pub(super) fn fulfilment(&self) -> Option<&Fulfilment> {
        self.order.as_ref()?.fulfilment.as_deref()
    }

    pub(super) fn result(&self, next: Next) -> StepResult {
        result(self.order.as_ref(), self.input, next)
    }

    /// The result of a step that was recorded in this order; `None` if the order no longer exists.
    pub(super) fn recorded(&self, order: Option<&Order>, next: Next) -> StepResult {
        let next = order.map_or(Next::Undo, |order| after(order, next));
        result(order, self.input, next)
    }

    /// What comes next instead of a step that goes forward; `None` if the step is to be made. A step
    /// is made again when Temporal did not get its result, also after later ones have ended the
    /// order: then nothing is left to do, and nothing may be undone.
    pub(super) fn stop(&self) -> Option<StepResult> {
        if self.is_deleted {
            // Only an order that has ended is deleted.
            return Some(self.result(Next::Ended(Outcome::Deleted)));
        }
        let (Some(order), Some(fulfilment)) = (&self.order, self.fulfilment()) else {
            return Some(self.result(Next::Undo));
        };
        match order.status {
            OrderStatus::Completed => Some(self.result(Next::Ended(Outcome::Completed))),
            OrderStatus::Cancelled => Some(self.result(Next::Ended(Outcome::Cancelled))),
            OrderStatus::Pending | OrderStatus::Processing => {
                fulfilment.is_cancelling().then(|| self.result(Next::Undo))
            }
        }
    }

    /// Whether the parcel came back, and everything is undone.
    pub(super) fn is_returned(&self) -> bool {
        let reason = self
            .fulfilment()
            .and_then(|fulfilment| fulfilment.cancellation_reason);
        reason == Some(CancellationReason::ParcelReturned)
    }

    /// Whether the carrier has the parcel of an open order, so that it must be paid, whoever has
    /// asked for the cancellation.
    pub(super) fn must_be_paid(&self) -> bool {
        let open = |order: &Order| !order.status.is_final();
        self.order.as_ref().is_some_and(open)
            && self.fulfilment().is_some_and(Fulfilment::is_dispatched)
            && !self.is_returned()
    }
}

pub(super) fn result(order: Option<&Order>, input: StepInput, next: Next) -> StepResult {
    let fulfilment = order.and_then(|order| order.fulfilment.as_deref());
    StepResult {
        next,
        expired: fulfilment.map_or(input.expired, |fulfilment| fulfilment.expired),
    }
}

/// What comes next after a step was recorded in this order.
pub(super) fn after(order: &Order, next: Next) -> Next {
    let cancelling = order
        .fulfilment
        .as_deref()
        .is_some_and(Fulfilment::is_cancelling);
    match order.status {
        _ if cancelling => Next::Undo,
        OrderStatus::Cancelled => Next::Undo,
        _ => next,
    }
}

impl FulfilmentActivities {
    pub(super) async fn subject(
        &self,
        ctx: &ActivityContext,
        input: StepInput,
    ) -> Result<Subject, ActivityError> {
        let StepInput { order_id, .. } = input;
        let created_at = ownership::of_header(ctx.headers());
        let order = self.orders.get(order_id, Access::All).await;
        let order = order.map_err(failure)?.filter(|order| {
            order.fulfilment.is_some() && created_at.is_none_or(|time| time == order.created_at)
        });
        let known = order.as_ref().map(|order| order.created_at).or(created_at);
        let Some(created_at) = known else {
            return Err(ActivityError::application(
                ApplicationFailure::non_retryable(anyhow::anyhow!(
                    "the workflow does not say which order it belongs to"
                )),
            ));
        };
        let key = OrderKey {
            id: order_id,
            created_at: Some(created_at),
        };
        let is_deleted = order.is_none() && self.orders.is_deleted(key).await.map_err(failure)?;
        let since: DateTime<Utc> = ctx.info().scheduled_time.map_or_else(Utc::now, Into::into);
        Ok(Subject {
            input,
            order,
            is_deleted,
            ids: OperationIds {
                order_id,
                created_at,
            },
            since: since.trunc_subsecs(6),
        })
    }

    /// Records the result of a step, and that it no longer needs attention.
    pub(super) async fn record(
        &self,
        subject: &Subject,
        step: OrderStep,
        change: impl Fn(&mut Order) -> Option<OrderEventType>,
    ) -> Result<Option<Order>, ActivityError> {
        let attention = subject
            .fulfilment()
            .and_then(|fulfilment| fulfilment.attention.as_ref());
        if attention.is_some_and(|attention| attention.step == step) {
            self.apply(subject, Order::attention_resolved).await?;
        }
        self.apply(subject, change).await
    }

    /// Stores a change of the order, if it still exists.
    pub(super) async fn apply(
        &self,
        subject: &Subject,
        change: impl Fn(&mut Order) -> Option<OrderEventType>,
    ) -> Result<Option<Order>, ActivityError> {
        let OperationIds {
            order_id,
            created_at,
        } = subject.ids;
        let applied = self
            .orders
            .apply(
                order_id,
                Access::All,
                &Precondition::CreatedAt(created_at),
                Actor::Workflow.into(),
                |order| Ok(change(order).map(Effect::from)),
            )
            .await;
        match applied {
            Ok(order) => Ok(Some(order)),
            Err(Rejection::NotFound | Rejection::VersionMismatch) => Ok(None),
            Err(Rejection::Store(error)) => Err(failure(error)),
            Err(error) => Err(failure(StoreError::Corrupt(error.to_string()))),
        }
    }

    /// The result of a step that goes forward, after it is recorded.
    pub(super) async fn advance(
        &self,
        subject: &Subject,
        step: OrderStep,
        next: Next,
        change: impl Fn(&mut Order) -> Option<OrderEventType>,
    ) -> Result<StepResult, ActivityError> {
        let order = self.record(subject, step, change).await?;
        Ok(subject.recorded(order.as_ref(), next))
    }

    /// A call to a partner has failed: the activity is retried. After a while, the order says so.
    pub(super) async fn failed(
        &self,
        subject: &Subject,
        step: OrderStep,
        error: Failure,
    ) -> ActivityError {
        let late = TimeDelta::from_std(self.settings.attention_after).unwrap_or(TimeDelta::MAX);
        let code = error.code.as_str();
        if Utc::now() - subject.since >= late {
            // The next attempt asks again.
            if let Err(error) = self.ask_for_attention(subject, step, code).await {
                let id = subject.ids.order_id.0;
                tracing::warn!(order.id = id, error = ?error, "cannot note that a step needs attention");
            }
        }
        let cause = anyhow::anyhow!("{step}: {code}");
        ActivityError::application(match error.retry_after {
            Some(delay) => ApplicationFailure::builder(cause)
                .next_retry_delay(delay.max(Duration::from_millis(1)))
                .build(),
            None => ApplicationFailure::new(cause),
        })
    }

    async fn ask_for_attention(
        &self,
        subject: &Subject,
        step: OrderStep,
        code: &str,
    ) -> Result<(), ActivityError> {
        let attention = Attention {
            step,
            code: code.into(),
            since: subject.since,
        };
        let change = |order: &mut Order| order.needs_attention(attention.clone());
        let id = subject.ids.order_id;
        self.apply(subject, change).await?;
        tracing::error!(order.id = id.0, step = %step, code, "a step needs attention");
        Ok(())
    }

    /// A refusal that only an operator can resolve. Without the order's attention nobody would learn
    /// of it, so the activity fails if that cannot be stored.
    pub(super) async fn blocked(
        &self,
        subject: &Subject,
        step: OrderStep,
        code: &str,
    ) -> Result<StepResult, ActivityError> {
        self.ask_for_attention(subject, step, code).await?;
        Ok(subject.result(Next::Blocked))
    }
}
