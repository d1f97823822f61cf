//! How a step is executed, repeated and interrupted.

use std::time::Duration;

use futures::{FutureExt, pin_mut};
use temporalio_common::ActivityDefinition;
use temporalio_sdk::workflows::select;
use temporalio_sdk::{
    TimerOptions, WaitConditionOptions, WorkflowCancellationToken, WorkflowContext,
};

use super::activities::FulfilmentActivities;
use super::messages::{Next, StepInput, StepResult};
use super::saga::{Flow, Saga, Stop};
use super::workflow::FulfilmentWorkflow;
use crate::config::LONGEST_CALL;
use crate::workflow::order_workflow::{local_options, regular_options};
use crate::workflow::search;

impl Saga<'_> {
    /// Repeats a step until it is done, or until everything is undone instead.
    pub(super) async fn until_done<Activity>(&mut self, step: Activity) -> Result<Flow, Stop>
    where
        Activity: ActivityDefinition<Input = StepInput, Output = StepResult>,
    {
        let mut repeats = 0;
        loop {
            match self.step_named(step.name()).await? {
                Next::Continue | Next::TooLate => return Ok(Flow::Continue),
                Next::Undo => return Ok(Flow::Undo),
                Next::Ended(outcome) => return Ok(Flow::Ended(outcome)),
                Next::Again => {
                    let attempts = self.expired.reservations + self.expired.authorizations;
                    // What expires at once is not attempted all the time.
                    if attempts > 1 {
                        self.sleep(FIRST_PAUSE * 2_u32.pow(attempts.min(10)))
                            .await?;
                    }
                    return Ok(Flow::Again);
                }
                Next::Blocked => {
                    self.show(
                        step.name(),
                        ", refused: waits for an operator, at most for a day",
                    );
                    // What else wakes it does not resolve it.
                    while self.sleep(LONGEST_BLOCK).await?
                        && self.step(FulfilmentActivities::load).await? == Next::Blocked
                    {
                    }
                    self.step(FulfilmentActivities::give_up_authorization)
                        .await?;
                    return Ok(Flow::Again);
                }
                Next::Wait(milliseconds) => {
                    if self.ctx.continue_as_new_suggested() {
                        let changed = changed(self.ctx, self.seen, self.cancellation_stored);
                        let Some(cancelled) = changed.now_or_never() else {
                            return Err(Stop::ContinueAsNew);
                        };
                        // The next run would not know that this one was cancelled.
                        self.look(cancelled).await?;
                        continue;
                    }
                    self.show(step.name(), ": waits until the order changes");
                    // Less and less often, unless it is woken.
                    let wait = Duration::from_millis(milliseconds) * 2_u32.pow(repeats);
                    repeats = if self.sleep(wait).await? {
                        0
                    } else {
                        (repeats + 1).min(5)
                    };
                }
            }
        }
    }

    pub(super) async fn step<Activity>(&mut self, step: Activity) -> Result<Next, Stop>
    where
        Activity: ActivityDefinition<Input = StepInput, Output = StepResult>,
    {
        self.step_named(step.name()).await
    }

    /// Executes a step: as a local activity, and if that fails, as a regular one, which is retried
    /// until it succeeds, until an operator wants it to be retried now, or until the order is
    /// cancelled.
    async fn step_named(&mut self, name: &str) -> Result<Next, Stop> {
        let step = StepByName(name);
        self.show(name, "");
        let input = StepInput {
            order_id: self.input.order_id,
            expired: self.expired,
            completes: !self.input.completes_on_delivery,
        };
        // The row is read after this, so that an earlier change is seen there.
        self.seen = self.ctx.state(|workflow| workflow.wakes);
        let options = local_options(Some(WorkflowCancellationToken::new()));
        let local = self.ctx.execute_local_activity(step, input, options).await;
        if let Ok(result) = local {
            return Ok(self.note(result));
        }
        self.show(name, ", which fails and is repeated");
        loop {
            let token = WorkflowCancellationToken::new();
            let options = regular_options(STEP_TIMEOUT, Some(token.clone()));
            let activity = self.ctx.execute_activity(step, input, options);
            let changed = changed(self.ctx, self.seen, self.cancellation_stored).fuse();
            pin_mut!(activity, changed);
            let cancelled = select! {
                result = activity => return Ok(self.note(result?)),
                cancelled = changed => cancelled,
            };
            token.cancel();
            // An effect that still arrives is undone by its id.
            let _ = activity.await;
            self.look(cancelled).await?;
            if name != LOAD && !self.is_determined {
                let now = Box::pin(self.step_named(LOAD)).await?;
                if matches!(now, Next::Undo | Next::Ended(_)) {
                    return Ok(now);
                }
            }
        }
    }

    fn note(&mut self, result: StepResult) -> Next {
        self.expired = result.expired;
        let status = search::status_after(result.next).unwrap_or(self.status);
        if self.input.search_attributes && status != self.status {
            self.status = status;
            let update = search::status_is(status);
            self.ctx.upsert_search_attributes([update]);
        }
        result.next
    }

    /// Shows in Temporal's web UI what the workflow does; not a part of its history.
    fn show(&self, step: &str, how: &str) {
        let step = step.rsplit(':').next().unwrap_or(step);
        self.ctx.set_current_details(format!("Step `{step}`{how}."));
    }

    /// The order has changed, or the workflow was cancelled, which is stored in the row.
    async fn look(&mut self, cancelled: bool) -> Result<(), Stop> {
        self.seen = self.ctx.state(|workflow| workflow.wakes);
        if cancelled {
            self.cancellation_stored = true;
            Box::pin(self.step(FulfilmentActivities::request_cancellation)).await?;
        }
        Ok(())
    }

    /// Waits for this time, or until the order changes: then `true`.
    pub(super) async fn sleep(&mut self, time: Duration) -> Result<bool, Stop> {
        let token = WorkflowCancellationToken::new();
        let timer = self.ctx.timer(
            TimerOptions::builder(time)
                .cancellation_token(token.clone())
                .build(),
        );
        let changed = changed(self.ctx, self.seen, self.cancellation_stored).fuse();
        pin_mut!(timer, changed);
        let cancelled = select! {
            _ = timer => return Ok(false),
            cancelled = changed => cancelled,
        };
        token.cancel();
        self.look(cancelled).await?;
        Ok(true)
    }
}

/// Ends when the order has changed since `seen` wake-ups; `true` when the workflow was cancelled,
/// unless that is stored already.
async fn changed(
    ctx: &WorkflowContext<FulfilmentWorkflow>,
    seen: u64,
    cancellation_stored: bool,
) -> bool {
    let woken = ctx.wait_condition_with_options(
        |workflow| workflow.wakes != seen,
        WaitConditionOptions::builder()
            .cancellation_token(WorkflowCancellationToken::new())
            .build(),
    );
    if cancellation_stored {
        let _ = woken.await;
        return false;
    }
    let cancelled = ctx.cancelled();
    pin_mut!(woken, cancelled);
    select! {
        _ = woken => false,
        _ = cancelled => true,
    }
}

/// The name of the activity that only reads the order.
const LOAD: &str = "FulfilmentActivities::load";
/// The first pause before something that has expired is attempted again.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// How long a blocked step waits for an operator before it is attempted again anyway.
const LONGEST_BLOCK: Duration = Duration::from_secs(24 * 60 * 60);
/// A step makes up to three calls, of at most [`LONGEST_CALL`] each, and records the result.
const STEP_TIMEOUT: Duration = Duration::from_secs(3 * LONGEST_CALL.as_secs() + 5);

/// An activity that can be scheduled twice, because the definitions that the macro generates are
/// not `Copy`.
#[derive(Clone, Copy)]
struct StepByName<'a>(&'a str);

impl ActivityDefinition for StepByName<'_> {
    type Input = StepInput;
    type Output = StepResult;

    fn name(&self) -> &str {
        self.0
    }
}
