//! The activities of orders with items: each calls a partner and records the result in the order's
//! row. Each is idempotent, by the ids of its operations. Inputs, results and errors are part of the
//! workflow's history, so they contain no personal data, no amounts and nothing that a partner said.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use temporalio_macros::activities;
use temporalio_sdk::ApplicationFailure;
use temporalio_sdk::activities::{ActivityContext, ActivityError};

use super::activities::failure;
use super::fulfilment_workflow::{Next, StepInput, StepResult};
use super::order_workflow::Outcome;
use super::ownership;
use crate::config;
use crate::db::{Effect, OrderRepository, Precondition, Rejection};
use crate::domain::{
    Access, Actor, Attention, CancellationReason, Fulfilment, ItemStatus, Order, OrderEventType,
    OrderStatus, OrderStep, PaymentStatus, Shipment, ShipmentStatus,
};
use crate::error::StoreError;
use crate::partners::{
    Authorized, Cancelled, Captured, Failure, OperationIds, Partners, Reserved, Shipped, Voided,
};

/// The activities and their dependencies.
pub struct FulfilmentActivities {
    orders: OrderRepository,
    partners: Partners,
    settings: config::Partners,
}

/// The order of an activity.
struct Subject {
    input: StepInput,
    /// `None` if the order does not exist, or is another one with the same id.
    order: Option<Order>,
    ids: OperationIds,
    since: DateTime<Utc>,
}

impl Subject {
    fn fulfilment(&self) -> Option<&Fulfilment> {
        self.order.as_ref()?.fulfilment.as_deref()
    }

    fn result(&self, next: Next) -> StepResult {
        result(self.order.as_ref(), self.input, next)
    }

    /// What comes next instead of a step that goes forward; `None` if the step is to be made.
    fn stop(&self) -> Option<StepResult> {
        let completed = |order: &Order| order.status == OrderStatus::Completed;
        if self.order.as_ref().is_some_and(completed) {
            // An earlier attempt has completed it, and its result is lost.
            return Some(self.result(Next::Ended(Outcome::Completed)));
        }
        match (&self.order, self.fulfilment()) {
            (Some(order), Some(fulfilment))
                if !order.status.is_final() && !fulfilment.is_cancelling() =>
            {
                None
            }
            _ => Some(self.result(Next::Undo)),
        }
    }
}

fn result(order: Option<&Order>, input: StepInput, next: Next) -> StepResult {
    let fulfilment = order.and_then(|order| order.fulfilment.as_deref());
    StepResult {
        next,
        expired: fulfilment.map_or(input.expired, |fulfilment| fulfilment.expired),
    }
}

/// What comes next after a step was recorded in this order.
fn after(order: &Order, next: Next) -> Next {
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
    /// Activities on these orders, with these partners.
    pub fn new(orders: OrderRepository, partners: Partners, settings: config::Partners) -> Self {
        Self {
            orders,
            partners,
            settings,
        }
    }

    async fn subject(
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
        Ok(Subject {
            input,
            order,
            ids: OperationIds {
                order_id,
                created_at,
            },
            since: ctx.info().scheduled_time.map_or_else(Utc::now, Into::into),
        })
    }

    /// Records the result of a step, and that it no longer needs attention.
    async fn record(
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
    async fn apply(
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
    async fn advance(
        &self,
        subject: &Subject,
        step: OrderStep,
        next: Next,
        change: impl Fn(&mut Order) -> Option<OrderEventType>,
    ) -> Result<StepResult, ActivityError> {
        let order = self.record(subject, step, change).await?;
        let next = order
            .as_ref()
            .map_or(Next::Undo, |order| after(order, next));
        Ok(result(order.as_ref(), subject.input, next))
    }

    /// A call of a partner has failed: the activity is retried. After a while, the order says so.
    async fn failed(&self, subject: &Subject, step: OrderStep, error: Failure) -> ActivityError {
        let late = TimeDelta::from_std(self.settings.attention_after).unwrap_or(TimeDelta::MAX);
        let code = error.code.as_str();
        if Utc::now() - subject.since >= late {
            self.ask_for_attention(subject, step, code).await;
        }
        let cause = anyhow::anyhow!("{step}: {code}");
        ActivityError::application(match error.retry_after {
            Some(delay) => ApplicationFailure::builder(cause)
                .next_retry_delay(delay.max(Duration::from_millis(1)))
                .build(),
            None => ApplicationFailure::new(cause),
        })
    }

    async fn ask_for_attention(&self, subject: &Subject, step: OrderStep, code: &str) {
        let attention = Attention {
            step,
            code: code.into(),
            since: subject.since,
        };
        let change = |order: &mut Order| order.needs_attention(attention.clone());
        let id = subject.ids.order_id;
        match self.apply(subject, change).await {
            Ok(_) => tracing::error!(order.id = id, step = %step, code, "a step needs attention"),
            Err(error) => {
                tracing::warn!(order.id = id, error = ?error, "cannot note that a step needs attention");
            }
        }
    }

    /// A refusal that only an operator can resolve.
    async fn blocked(&self, subject: &Subject, step: OrderStep, code: &str) -> StepResult {
        self.ask_for_attention(subject, step, code).await;
        subject.result(Next::Blocked)
    }

    /// How the parcel goes on.
    fn parcel(&self, order: &Order, parcel: &Shipment, completes: bool) -> Next {
        let poll = u64::try_from(self.settings.shipping.poll_interval.as_millis());
        let wait = Next::Wait(poll.unwrap_or(u64::MAX));
        match parcel.status {
            ShipmentStatus::Created => after(order, wait),
            ShipmentStatus::Cancelled => Next::Undo,
            ShipmentStatus::Delivered => Next::Continue,
            ShipmentStatus::Dispatched | ShipmentStatus::Returned if completes => Next::Continue,
            ShipmentStatus::Dispatched => wait,
            ShipmentStatus::Returned => Next::Returned,
        }
    }

    async fn refund(&self, subject: &Subject) -> Result<StepResult, ActivityError> {
        let Some(payment) = &self.partners.payment else {
            return Ok(subject.result(Next::Continue));
        };
        let round = subject.input.expired.authorizations;
        let amount = match payment.refund(subject.ids, round).await {
            Ok(amount) => amount,
            Err(error) => return Err(self.failed(subject, OrderStep::Refund, error).await),
        };
        self.record(subject, OrderStep::Refund, |order| order.refunded(amount))
            .await?;
        Ok(subject.result(Next::Continue))
    }
}

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
            Err(error) => return Err($self.failed(&$subject, OrderStep::$step, error).await),
        }
    };
}

#[activities]
impl FulfilmentActivities {
    /// Reads the order.
    #[activity]
    pub async fn load(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        let subject = self.subject(&ctx, input).await?;
        Ok(subject.stop().unwrap_or(subject.result(Next::Continue)))
    }

    /// Marks an order whose steps have no partner as processing.
    #[activity]
    pub async fn begin(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        let subject = self.subject(&ctx, input).await?;
        if let Some(stop) = subject.stop() {
            return Ok(stop);
        }
        let order = self.apply(&subject, Order::begun).await?;
        let next = order
            .as_ref()
            .map_or(Next::Undo, |order| after(order, Next::Continue));
        Ok(result(order.as_ref(), input, next))
    }

    /// Holds the stock, or waits for the customer's decision about what is not there.
    #[activity]
    pub async fn reserve(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        let subject = self.subject(&ctx, input).await?;
        if let Some(stop) = subject.stop() {
            return Ok(stop);
        }
        let inventory = partner!(self.inventory, subject);
        if let Some(next) = self.undecided(&subject).await? {
            return Ok(next);
        }
        let Some(fulfilment) = subject.fulfilment() else {
            return Ok(subject.result(Next::Undo));
        };
        let round = input.expired.reservations;
        let pending: Vec<_> = fulfilment
            .wanted()
            .filter(|(_, item)| item.status == ItemStatus::Pending)
            .collect();
        if pending.is_empty() {
            return Ok(subject.result(Next::Continue));
        }
        let hold = self.settings.reservation_lifetime;
        let reserved = call!(
            self,
            subject,
            Reserve,
            inventory.reserve(subject.ids, round, pending.into_iter(), hold)
        );
        let Reserved::Held(held) = reserved else {
            return self
                .advance(&subject, OrderStep::Reserve, Next::Again, |order| {
                    order.reservation_expired(round)
                })
                .await;
        };
        let time = TimeDelta::from_std(self.settings.decision_time).unwrap_or(TimeDelta::MAX);
        let deadline = Utc::now().checked_add_signed(time);
        let deadline = deadline.unwrap_or(DateTime::<Utc>::MAX_UTC);
        let recorded = self
            .record(&subject, OrderStep::Reserve, |order| {
                order.reserved(&held, deadline)
            })
            .await?;
        let next = recorded.as_ref().map_or(Next::Undo, |order| {
            let next = match order.fulfilment.as_deref() {
                Some(Fulfilment {
                    decision: Some(decision),
                    ..
                }) => Next::Wait(until(decision.deadline)),
                _ => Next::Continue,
            };
            after(order, next)
        });
        Ok(result(recorded.as_ref(), input, next))
    }

    /// Authorizes the price of what is to be delivered.
    #[activity]
    pub async fn authorize(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        let subject = self.subject(&ctx, input).await?;
        let dispatched = subject.fulfilment().is_some_and(Fulfilment::is_dispatched);
        if let Some(stop) = subject.stop()
            && !dispatched
        {
            return Ok(stop);
        }
        let payment = partner!(self.payment, subject);
        let (Some(order), Some(fulfilment)) = (&subject.order, subject.fulfilment()) else {
            return Ok(subject.result(Next::Undo));
        };
        let round = input.expired.authorizations;
        let amount = fulfilment.amount();
        let authorized = call!(
            self,
            subject,
            Authorize,
            payment.authorize(subject.ids, round, order.customer_id, amount)
        );
        match authorized {
            Authorized::Yes => {
                self.advance(&subject, OrderStep::Authorize, Next::Continue, |order| {
                    order.authorized(amount)
                })
                .await
            }
            Authorized::Declined if dispatched => {
                Ok(self.blocked(&subject, OrderStep::Capture, "declined").await)
            }
            Authorized::Declined => {
                self.advance(&subject, OrderStep::Authorize, Next::Undo, Order::declined)
                    .await
            }
            Authorized::Ended => {
                self.advance(&subject, OrderStep::Authorize, Next::Again, |order| {
                    order.authorization_ended(round)
                })
                .await
            }
        }
    }

    /// Takes what is held out of the stock, so that it no longer expires.
    #[activity]
    pub async fn commit(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        let subject = self.subject(&ctx, input).await?;
        if let Some(stop) = subject.stop() {
            return Ok(stop);
        }
        let inventory = partner!(self.inventory, subject);
        let round = input.expired.reservations;
        let committed = call!(self, subject, Commit, inventory.commit(subject.ids, round));
        if committed {
            return self
                .advance(&subject, OrderStep::Commit, Next::Continue, |_| None)
                .await;
        }
        self.advance(&subject, OrderStep::Commit, Next::Again, |order| {
            order.reservation_expired(round)
        })
        .await
    }

    /// Requests the parcel, and waits until the carrier takes it.
    #[activity]
    pub async fn ship(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        let subject = self.subject(&ctx, input).await?;
        if let Some(stop) = subject.stop() {
            return Ok(stop);
        }
        let shipping = partner!(self.shipping, subject);
        let Some(fulfilment) = subject.fulfilment() else {
            return Ok(subject.result(Next::Undo));
        };
        if fulfilment.shipment.is_some() {
            return self.track(&subject, OrderStep::Track, true).await;
        }
        let address = self.orders.shipping_address(input.order_id).await;
        let Some(address) = address.map_err(failure)? else {
            return self
                .advance(
                    &subject,
                    OrderStep::Ship,
                    Next::Undo,
                    Order::address_refused,
                )
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
                self.record_parcel(&subject, OrderStep::Ship, &parcel, true)
                    .await
            }
            Shipped::AddressNotServed => {
                self.advance(
                    &subject,
                    OrderStep::Ship,
                    Next::Undo,
                    Order::address_refused,
                )
                .await
            }
        }
    }

    /// Takes the payment of a dispatched order.
    #[activity]
    pub async fn capture(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        let subject = self.subject(&ctx, input).await?;
        let Some(fulfilment) = subject.fulfilment() else {
            return Ok(subject.result(Next::Undo));
        };
        let dispatched = fulfilment.is_dispatched();
        let captured = fulfilment
            .payment
            .as_ref()
            .is_some_and(|payment| payment.status == PaymentStatus::Captured);
        if let Some(stop) = subject.stop()
            && !dispatched
            && !captured
        {
            return Ok(stop);
        }
        let payment = partner!(self.payment, subject);
        let round = input.expired.authorizations;
        let amount = fulfilment.amount();
        let result = call!(
            self,
            subject,
            Capture,
            payment.capture(subject.ids, round, amount)
        );
        match result {
            Captured::Yes => {
                self.advance(&subject, OrderStep::Capture, Next::Continue, |order| {
                    order.captured(amount, input.completes)
                })
                .await
            }
            Captured::Ended => {
                self.advance(&subject, OrderStep::Capture, Next::Again, |order| {
                    order.authorization_ended(round)
                })
                .await
            }
            Captured::OverCapture => Ok(self
                .blocked(&subject, OrderStep::Capture, "over_capture")
                .await),
        }
    }

    /// Waits until the parcel is delivered, or has come back.
    #[activity]
    pub async fn deliver(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        let subject = self.subject(&ctx, input).await?;
        let result = self.track(&subject, OrderStep::Track, false).await?;
        if result.next == Next::Returned {
            self.apply(&subject, Order::returned).await?;
        }
        Ok(result)
    }

    /// Cancels the parcel, unless the carrier has it.
    #[activity]
    pub async fn cancel_shipment(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        let subject = self.subject(&ctx, input).await?;
        let shipping = partner!(self.shipping, subject);
        let cancelled = call!(self, subject, CancelShipment, shipping.cancel(subject.ids));
        match cancelled {
            Cancelled::Yes => {
                self.record(&subject, OrderStep::CancelShipment, Order::parcel_cancelled)
                    .await?;
                Ok(subject.result(Next::Continue))
            }
            Cancelled::TooLate(parcel) => {
                self.record(&subject, OrderStep::CancelShipment, |order| {
                    order.shipment_is(&parcel)
                })
                .await?;
                let order = self.apply(&subject, Order::cancellation_refused).await?;
                Ok(result(order.as_ref(), input, Next::TooLate))
            }
        }
    }

    /// Gives up the authorization, or refunds what was taken.
    #[activity]
    pub async fn void(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        let subject = self.subject(&ctx, input).await?;
        let payment = partner!(self.payment, subject);
        let round = input.expired.authorizations;
        match call!(self, subject, Void, payment.void(subject.ids, round)) {
            Voided::Yes => {
                self.record(&subject, OrderStep::Void, Order::voided)
                    .await?;
                Ok(subject.result(Next::Continue))
            }
            Voided::Captured => self.refund(&subject).await,
        }
    }

    /// Gives up an authorization that cannot be used: the next one has another id.
    #[activity]
    pub async fn give_up_authorization(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        let subject = self.subject(&ctx, input).await?;
        let payment = partner!(self.payment, subject);
        let round = input.expired.authorizations;
        match call!(self, subject, Void, payment.void(subject.ids, round)) {
            Voided::Yes => {
                let order = self
                    .apply(&subject, |order| order.authorization_ended(round))
                    .await?;
                Ok(result(order.as_ref(), input, Next::Continue))
            }
            // It was used after all.
            Voided::Captured => Ok(subject.result(Next::Continue)),
        }
    }

    /// Gives back the stock.
    #[activity]
    pub async fn release(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        let subject = self.subject(&ctx, input).await?;
        let inventory = partner!(self.inventory, subject);
        let round = input.expired.reservations;
        call!(
            self,
            subject,
            Release,
            inventory.release(subject.ids, round)
        );
        self.record(&subject, OrderStep::Release, Order::released)
            .await?;
        Ok(subject.result(Next::Continue))
    }

    /// The workflow itself was cancelled, by an operator.
    #[activity]
    pub async fn request_cancellation(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        let subject = self.subject(&ctx, input).await?;
        let order = self
            .apply(&subject, |order| {
                // A dispatched order goes on.
                order
                    .cancellation_requested(CancellationReason::WorkflowCancelled)
                    .unwrap_or_default()
            })
            .await?;
        let next = order
            .as_ref()
            .map_or(Next::Undo, |order| after(order, Next::Continue));
        Ok(result(order.as_ref(), input, next))
    }

    /// Ends the order when everything is undone.
    #[activity]
    pub async fn finish_undone(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        let subject = self.subject(&ctx, input).await?;
        self.end(&subject, Order::undone).await
    }

    /// Completes the order.
    #[activity]
    pub async fn finish(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: StepInput,
    ) -> Result<StepResult, ActivityError> {
        let subject = self.subject(&ctx, input).await?;
        self.end(&subject, Order::finished).await
    }
}

impl FulfilmentActivities {
    async fn end(
        &self,
        subject: &Subject,
        change: impl Fn(&mut Order) -> Option<OrderEventType>,
    ) -> Result<StepResult, ActivityError> {
        let attention = subject
            .fulfilment()
            .is_some_and(|fulfilment| fulfilment.attention.is_some());
        if attention {
            self.apply(subject, Order::attention_resolved).await?;
        }
        let order = self.apply(subject, change).await?;
        let outcome = match order.as_ref().map(|order| order.status) {
            Some(OrderStatus::Completed) => Outcome::Completed,
            Some(OrderStatus::Cancelled) => Outcome::Cancelled,
            Some(OrderStatus::Pending | OrderStatus::Processing) => Outcome::Processing,
            None => Outcome::Deleted,
        };
        tracing::info!(order.id = subject.ids.order_id, outcome = ?outcome, "order advanced");
        Ok(result(order.as_ref(), subject.input, Next::Ended(outcome)))
    }

    /// What comes next while a decision is open, or when its deadline has passed.
    async fn undecided(&self, subject: &Subject) -> Result<Option<StepResult>, ActivityError> {
        let Some(decision) = subject
            .fulfilment()
            .and_then(|fulfilment| fulfilment.decision.as_ref())
        else {
            return Ok(None);
        };
        let wait = until(decision.deadline);
        if wait > 0 {
            return Ok(Some(subject.result(Next::Wait(wait))));
        }
        let order = self.apply(subject, Order::decision_expired).await?;
        // The customer may have answered in the same moment.
        let next = order
            .as_ref()
            .map_or(Next::Undo, |order| after(order, Next::Wait(1)));
        Ok(Some(result(order.as_ref(), subject.input, next)))
    }

    async fn track(
        &self,
        subject: &Subject,
        step: OrderStep,
        dispatch_suffices: bool,
    ) -> Result<StepResult, ActivityError> {
        let shipping = partner!(self.shipping, subject);
        let parcel = match shipping.parcel(subject.ids).await {
            Ok(parcel) => parcel,
            Err(error) => return Err(self.failed(subject, step, error).await),
        };
        self.record_parcel(subject, step, &parcel, dispatch_suffices)
            .await
    }

    async fn record_parcel(
        &self,
        subject: &Subject,
        step: OrderStep,
        parcel: &Shipment,
        dispatch_suffices: bool,
    ) -> Result<StepResult, ActivityError> {
        let order = self
            .record(subject, step, |order| order.shipment_is(parcel))
            .await?;
        if parcel.status.is_dispatched()
            && order
                .as_ref()
                .and_then(|order| order.fulfilment.as_deref())
                .is_some_and(Fulfilment::is_cancelling)
            && dispatch_suffices
        {
            self.apply(subject, Order::cancellation_refused).await?;
        }
        let next = order.as_ref().map_or(Next::Undo, |order| {
            self.parcel(order, parcel, dispatch_suffices)
        });
        Ok(result(order.as_ref(), subject.input, next))
    }
}

/// Milliseconds until this time, 0 if it has passed.
fn until(time: DateTime<Utc>) -> u64 {
    u64::try_from((time - Utc::now()).num_milliseconds()).unwrap_or(0)
}
