//! Which step comes next.

use std::time::Duration;

use temporalio_common::ActivityDefinition;
use temporalio_sdk::{ActivityExecutionError, WorkflowContext};

use super::activities::FulfilmentActivities;
use super::messages::{FulfilmentInput, Next, StepInput, StepResult, Steps};
use super::workflow::FulfilmentWorkflow;
use crate::domain::{Expired, OrderStatus};
use crate::workflow::order_workflow::Outcome;

/// Why a workflow stops before its order has ended.
pub(super) enum Stop {
    /// Its history is long.
    ContinueAsNew,
    /// An activity failed for good.
    Failed(Box<ActivityExecutionError>),
}

impl From<ActivityExecutionError> for Stop {
    fn from(error: ActivityExecutionError) -> Self {
        Self::Failed(Box::new(error))
    }
}

/// How a step went on.
pub(super) enum Flow {
    Continue,
    Again,
    Undo,
    Ended(Outcome),
}

/// One run of the workflow.
pub(super) struct Saga<'a> {
    pub(super) ctx: &'a WorkflowContext<FulfilmentWorkflow>,
    pub(super) input: FulfilmentInput,
    pub(super) expired: Expired,
    /// The wake-ups before the row was last read.
    pub(super) seen: u64,
    /// Whether the cancellation of the workflow is stored in the row.
    pub(super) cancellation_stored: bool,
    /// Whether the order no longer stops for a cancellation: its parcel is on its way, or
    /// everything is being undone.
    pub(super) is_determined: bool,
    /// The status in the search attributes.
    pub(super) status: OrderStatus,
}

impl<'a> Saga<'a> {
    pub(super) fn new(
        ctx: &'a WorkflowContext<FulfilmentWorkflow>,
        input: FulfilmentInput,
    ) -> Self {
        Self {
            ctx,
            input,
            expired: Expired::default(),
            seen: 0,
            cancellation_stored: false,
            is_determined: false,
            status: OrderStatus::Pending,
        }
    }

    pub(super) async fn run(&mut self) -> Result<Outcome, Stop> {
        if self.input.resumed {
            match self.step(FulfilmentActivities::load).await? {
                Next::Ended(outcome) => return Ok(outcome),
                Next::Undo => return self.undo().await,
                _ => {}
            }
        }
        loop {
            match self.forward().await? {
                Flow::Continue => return self.finish(FulfilmentActivities::finish).await,
                Flow::Again => {}
                Flow::Ended(outcome) => return Ok(outcome),
                Flow::Undo => return self.undo().await,
            }
        }
    }

    /// All steps of an order that is not cancelled.
    async fn forward(&mut self) -> Result<Flow, Stop> {
        let Steps { reserve, pay, ship } = self.input.steps;
        if !(reserve || pay || ship) {
            return self.only_wait().await;
        }
        if reserve {
            match self.until_done(FulfilmentActivities::reserve).await? {
                Flow::Continue => {}
                other => return Ok(other),
            }
        }
        if pay {
            match self.until_done(FulfilmentActivities::authorize).await? {
                Flow::Continue => {}
                other => return Ok(other),
            }
        }
        if reserve {
            match self.until_done(FulfilmentActivities::commit).await? {
                Flow::Continue => {}
                other => return Ok(other),
            }
        }
        if ship {
            match self.until_done(FulfilmentActivities::ship).await? {
                Flow::Continue => {}
                other => return Ok(other),
            }
            self.is_determined = true;
        }
        self.after_dispatch().await
    }

    /// The parcel is on its way: from here on everything goes forward.
    async fn after_dispatch(&mut self) -> Result<Flow, Stop> {
        if self.input.steps.pay {
            loop {
                match self.until_done(FulfilmentActivities::capture).await? {
                    Flow::Again => {}
                    Flow::Continue => break,
                    other => return Ok(other),
                }
                while let Flow::Again = self.until_done(FulfilmentActivities::authorize).await? {}
            }
        }
        if self.input.steps.ship && self.input.completes_on_delivery {
            return self.until_done(FulfilmentActivities::deliver).await;
        }
        Ok(Flow::Continue)
    }

    /// Without partners: an order is in processing for a while.
    async fn only_wait(&mut self) -> Result<Flow, Stop> {
        let mut next = self.step(FulfilmentActivities::begin).await?;
        let delay = Duration::from_millis(self.input.processing_delay_ms);
        if next == Next::Continue && !delay.is_zero() && self.sleep(delay).await? {
            next = self.step(FulfilmentActivities::load).await?;
        }
        Ok(match next {
            Next::Undo => Flow::Undo,
            Next::Ended(outcome) => Flow::Ended(outcome),
            _ => Flow::Continue,
        })
    }

    /// Undoes everything, the last step first. Each operation is undone by its id, whatever is known
    /// of it: a workflow task whose result Temporal did not get may have begun it, or an earlier
    /// workflow, which may have had other partners.
    async fn undo(&mut self) -> Result<Outcome, Stop> {
        self.is_determined = true;
        let Steps { reserve, pay, ship } = self.input.steps;
        let resumed = self.input.resumed;
        if (ship || resumed)
            && self.step(FulfilmentActivities::cancel_shipment).await? == Next::TooLate
        {
            match self.after_dispatch().await? {
                Flow::Undo => {}
                _ => return self.finish(FulfilmentActivities::finish).await,
            }
        }
        if pay || resumed {
            self.step(FulfilmentActivities::void).await?;
        }
        if reserve || resumed {
            self.step(FulfilmentActivities::release).await?;
        }
        self.finish(FulfilmentActivities::finish_undone).await
    }

    async fn finish<Activity>(&mut self, step: Activity) -> Result<Outcome, Stop>
    where
        Activity: ActivityDefinition<Input = StepInput, Output = StepResult>,
    {
        match self.step(step).await? {
            Next::Ended(outcome) => Ok(outcome),
            _ => Ok(Outcome::Deleted),
        }
    }
}
