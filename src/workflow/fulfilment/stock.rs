//! The steps at the inventory.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use temporalio_sdk::activities::ActivityError;

use super::activities::FulfilmentActivities;
use super::messages::{Next, StepResult};
use super::subject::{Subject, call, partner};
use crate::domain::{Expired, Fulfilment, ItemStatus, Order, OrderStep};
use crate::partners::{Inventory, Reserved};

impl FulfilmentActivities {
    /// Holds the stock, or waits for the customer's decision about what is not there.
    pub(super) async fn hold_stock(&self, subject: &Subject) -> Result<StepResult, ActivityError> {
        if let Some(stop) = subject.stop() {
            return Ok(stop);
        }
        let inventory = partner!(self.inventory, subject);
        if let Some(next) = self.undecided(subject).await? {
            return Ok(next);
        }
        let Some(fulfilment) = subject.fulfilment() else {
            return Ok(subject.result(Next::Undo));
        };
        let round = subject.input.expired.reservations;
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
                .reservation_expired(subject, inventory, OrderStep::Reserve)
                .await;
        };
        let time = TimeDelta::from_std(self.settings.decision_time).unwrap_or(TimeDelta::MAX);
        let deadline = Utc::now().trunc_subsecs(6).checked_add_signed(time);
        let deadline = deadline.unwrap_or(DateTime::<Utc>::MAX_UTC);
        let recorded = self
            .record(subject, OrderStep::Reserve, |order| {
                order.reserved(&held, deadline)
            })
            .await?;
        let next = match recorded.as_ref().and_then(|one| one.fulfilment.as_deref()) {
            Some(Fulfilment {
                decision: Some(decision),
                ..
            }) => Next::Wait(until(decision.deadline)),
            _ => Next::Continue,
        };
        Ok(subject.recorded(recorded.as_ref(), next))
    }

    /// Takes what is held out of the stock, so that it no longer expires.
    pub(super) async fn take_stock(&self, subject: &Subject) -> Result<StepResult, ActivityError> {
        if let Some(stop) = subject.stop() {
            return Ok(stop);
        }
        let inventory = partner!(self.inventory, subject);
        // Noted by a task whose result Temporal did not get: the next reservation is not there yet.
        if subject.fulfilment().is_some_and(Fulfilment::is_unreserved) {
            return Ok(subject.result(Next::Again));
        }
        let round = subject.input.expired.reservations;
        let committed = call!(self, subject, Commit, inventory.commit(subject.ids, round));
        if committed {
            return self
                .advance(subject, OrderStep::Commit, Next::Continue, |_| None)
                .await;
        }
        self.reservation_expired(subject, inventory, OrderStep::Commit)
            .await
    }

    /// Gives back the stock.
    pub(super) async fn release_stock(
        &self,
        subject: &Subject,
    ) -> Result<StepResult, ActivityError> {
        let inventory = partner!(self.inventory, subject);
        let round = subject.input.expired.reservations;
        call!(
            self,
            subject,
            Release,
            inventory.release(subject.ids, round)
        );
        self.record(subject, OrderStep::Release, Order::released)
            .await?;
        Ok(subject.result(Next::Continue))
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
        Ok(Some(subject.recorded(order.as_ref(), Next::Wait(1))))
    }

    /// A reservation has expired before its stock was taken. The items are reserved anew, and an
    /// authorization is given up first: the price of what is available may be another one.
    async fn reservation_expired(
        &self,
        subject: &Subject,
        inventory: &Inventory,
        step: OrderStep,
    ) -> Result<StepResult, ActivityError> {
        let Expired {
            reservations,
            authorizations,
        } = subject.input.expired;
        if let Some(payment) = &self.partners.payment {
            call!(
                self,
                subject,
                Void,
                payment.void(subject.ids, authorizations)
            );
        }
        // An earlier attempt may still be on its way to the inventory: released, it takes nothing.
        call!(
            self,
            subject,
            Release,
            inventory.release(subject.ids, reservations)
        );
        self.advance(subject, step, Next::Again, |order| {
            order.reservation_expired(reservations, authorizations)
        })
        .await
    }
}

/// Milliseconds until this time, 0 if it has passed.
fn until(time: DateTime<Utc>) -> u64 {
    u64::try_from((time - Utc::now()).num_milliseconds()).unwrap_or(0)
}
