//! The steps at the payment service.

use temporalio_sdk::activities::ActivityError;

use super::activities::FulfilmentActivities;
use super::messages::{Next, StepResult};
use super::subject::{Subject, call, partner, result};
use crate::domain::{Order, OrderStep};
use crate::partners::{Authorized, Captured, Voided};

impl FulfilmentActivities {
    /// Authorizes the price of what is to be delivered.
    pub(super) async fn authorize_payment(
        &self,
        subject: &Subject,
    ) -> Result<StepResult, ActivityError> {
        let dispatched = subject.must_be_paid();
        if let Some(stop) = subject.stop()
            && !dispatched
        {
            return Ok(stop);
        }
        let payment = partner!(self.payment, subject);
        let (Some(order), Some(fulfilment)) = (&subject.order, subject.fulfilment()) else {
            return Ok(subject.result(Next::Undo));
        };
        let round = subject.input.expired.authorizations;
        let amount = fulfilment.amount();
        let authorized = call!(
            self,
            subject,
            Authorize,
            payment.authorize(subject.ids, round, order.customer_id, amount)
        );
        match authorized {
            Authorized::Yes => {
                self.advance(subject, OrderStep::Authorize, Next::Continue, |order| {
                    order.authorized(amount)
                })
                .await
            }
            Authorized::Declined if dispatched => {
                self.blocked(subject, OrderStep::Capture, "declined").await
            }
            Authorized::Declined => {
                self.advance(subject, OrderStep::Authorize, Next::Undo, Order::declined)
                    .await
            }
            Authorized::Ended => {
                self.advance(subject, OrderStep::Authorize, Next::Again, |order| {
                    order.authorization_ended(round)
                })
                .await
            }
        }
    }

    /// Takes the payment of a dispatched order.
    pub(super) async fn capture_payment(
        &self,
        subject: &Subject,
    ) -> Result<StepResult, ActivityError> {
        let Some(fulfilment) = subject.fulfilment() else {
            return Ok(subject.result(Next::Undo));
        };
        if let Some(stop) = subject.stop()
            && !subject.must_be_paid()
        {
            return Ok(stop);
        }
        let payment = partner!(self.payment, subject);
        // Noted by a task whose result Temporal did not get: the next authorization is not there yet.
        if fulfilment.is_unauthorized() {
            return Ok(subject.result(Next::Again));
        }
        let round = subject.input.expired.authorizations;
        let amount = fulfilment.amount();
        let result = call!(
            self,
            subject,
            Capture,
            payment.capture(subject.ids, round, amount)
        );
        match result {
            Captured::Yes => {
                self.advance(subject, OrderStep::Capture, Next::Continue, |order| {
                    order.captured(amount, subject.input.completes)
                })
                .await
            }
            Captured::Ended => {
                self.advance(subject, OrderStep::Capture, Next::Again, |order| {
                    order.authorization_ended(round)
                })
                .await
            }
            Captured::OverCapture => {
                self.blocked(subject, OrderStep::Capture, "over_capture")
                    .await
            }
        }
    }

    /// Gives up the authorization, or refunds what was taken.
    pub(super) async fn void_payment(
        &self,
        subject: &Subject,
    ) -> Result<StepResult, ActivityError> {
        let payment = partner!(self.payment, subject);
        let round = subject.input.expired.authorizations;
        match call!(self, subject, Void, payment.void(subject.ids, round)) {
            Voided::Yes => {
                self.record(subject, OrderStep::Void, Order::voided).await?;
                Ok(subject.result(Next::Continue))
            }
            Voided::Captured => self.refund(subject).await,
        }
    }

    /// Gives up an authorization that cannot be used: the next one has another id.
    pub(super) async fn give_up_payment(
        &self,
        subject: &Subject,
    ) -> Result<StepResult, ActivityError> {
        let payment = partner!(self.payment, subject);
        let round = subject.input.expired.authorizations;
        match call!(self, subject, Void, payment.void(subject.ids, round)) {
            Voided::Yes => {
                let order = self
                    .apply(subject, |order| order.authorization_ended(round))
                    .await?;
                Ok(result(order.as_ref(), subject.input, Next::Continue))
            }
            // It was used after all.
            Voided::Captured => Ok(subject.result(Next::Continue)),
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
