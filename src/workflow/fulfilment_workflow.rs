//! The workflow of an order with items. It is replayed from history, so it must be deterministic: no
//! clock, no I/O. The order's row is the truth; the workflow knows only which step comes next.

#![allow(missing_docs)] // the macros generate items that cannot have any

use std::time::Duration;

use futures::{FutureExt, pin_mut};
use serde::{Deserialize, Serialize};
use temporalio_common::ActivityDefinition;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::workflows::select;
use temporalio_sdk::{
    ActivityExecutionError, ContinueAsNewOptions, SyncWorkflowContext, TimerOptions,
    WaitConditionOptions, WorkflowCancellationToken, WorkflowContext, WorkflowResult,
    WorkflowTermination,
};

use super::fulfilment_activities::FulfilmentActivities;
use super::order_workflow::{Outcome, local_options, regular_options};
use super::search;
use crate::domain::{Expired, OrderStatus};

/// The input of a workflow. The settings are a part, so that a changed one affects new workflows
/// only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FulfilmentInput {
    /// The id of the order.
    pub order_id: i64,
    /// Whether an earlier workflow of the order may have begun.
    pub resumed: bool,
    /// The steps that are not left out.
    pub steps: Steps,
    /// Whether the order is completed on delivery instead of on dispatch.
    pub completes_on_delivery: bool,
    /// The processing time of an order without any step.
    pub processing_delay_ms: u64,
    /// Whether the order's status is a search attribute, which the namespace must know.
    #[serde(default)]
    pub search_attributes: bool,
}

/// The steps that have a partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steps {
    /// Stock is reserved.
    pub reserve: bool,
    /// The payment is taken.
    pub pay: bool,
    /// A parcel is shipped.
    pub ship: bool,
}

/// The input of an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepInput {
    /// The id of the order.
    pub order_id: i64,
    /// The attempts that expired before.
    pub expired: Expired,
    /// Whether the order is completed by its capture.
    pub completes: bool,
}

/// The result of an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepResult {
    /// What comes next.
    pub next: Next,
    /// The attempts that have expired by now.
    pub expired: Expired,
}

/// What comes after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// The next step.
    Continue,
    /// The same step, after this time or when the order changes.
    Wait(u64),
    /// What was held has expired: it is attempted again, with another id.
    Again,
    /// An operator must decide; then the step is attempted again, with another id.
    Blocked,
    /// Everything is undone.
    Undo,
    /// The parcel is on its way and can no longer be cancelled.
    TooLate,
    /// Nothing: the order has ended in this way.
    Ended(Outcome),
}

impl Next {
    /// The name in metrics and traces.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Continue => "done",
            Self::Wait(_) => "waiting",
            Self::Again => "expired",
            Self::Blocked => "blocked",
            Self::Undo => "cancelling",
            Self::TooLate => "too_late",
            Self::Ended(outcome) => outcome.as_str(),
        }
    }
}

/// Fulfils one order with items.
#[workflow]
#[derive(Default)]
pub struct FulfilmentWorkflow {
    /// How often it was woken up.
    wakes: u64,
}

#[workflow_methods]
impl FulfilmentWorkflow {
    /// Reserves, authorizes and ships the order, takes the payment when the parcel is dispatched,
    /// and undoes everything if it is cancelled before.
    #[run]
    pub async fn run(
        ctx: &mut WorkflowContext<Self>,
        input: FulfilmentInput,
    ) -> WorkflowResult<Outcome> {
        let mut saga = Saga::new(ctx, input);
        match saga.run().await {
            Ok(Outcome::Cancelled) => Err(WorkflowTermination::cancelled()),
            Ok(outcome) => Ok(outcome),
            Err(Stop::ContinueAsNew) => {
                let resumed = FulfilmentInput {
                    resumed: true,
                    ..input
                };
                ctx.continue_as_new(resumed, ContinueAsNewOptions::default())?;
                Ok(Outcome::Processing)
            }
            Err(Stop::Failed(failure)) => Err((*failure).into()),
        }
    }

    /// The order has changed: a decision, a cancellation, a retry, or its parcel.
    #[signal(name = "wake")]
    pub fn wake(&mut self, _: &mut SyncWorkflowContext<Self>, _intent_id: i64) {
        self.wakes += 1;
    }
}

/// Why a workflow stops before its order has ended.
enum Stop {
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
enum Flow {
    Continue,
    Again,
    Undo,
    Ended(Outcome),
}

/// One run of the workflow.
struct Saga<'a> {
    ctx: &'a WorkflowContext<FulfilmentWorkflow>,
    input: FulfilmentInput,
    expired: Expired,
    /// The wake-ups before the row was last read.
    seen: u64,
    /// Whether the cancellation of the workflow is stored in the row.
    cancellation_stored: bool,
    /// Whether the order no longer stops for a cancellation: its parcel is on its way, or
    /// everything is being undone.
    is_determined: bool,
    /// The status in the search attributes.
    status: OrderStatus,
}

impl<'a> Saga<'a> {
    fn new(ctx: &'a WorkflowContext<FulfilmentWorkflow>, input: FulfilmentInput) -> Self {
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

    async fn run(&mut self) -> Result<Outcome, Stop> {
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
        match self.step(FulfilmentActivities::begin).await? {
            Next::Undo => return Ok(Flow::Undo),
            Next::Ended(outcome) => return Ok(Flow::Ended(outcome)),
            _ => {}
        }
        let delay = Duration::from_millis(self.input.processing_delay_ms);
        if !delay.is_zero() && self.sleep(delay).await? {
            return self.until_done(FulfilmentActivities::load).await;
        }
        Ok(Flow::Continue)
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

    /// Repeats a step until it is done, or until everything is undone instead.
    async fn until_done<Activity>(&mut self, step: Activity) -> Result<Flow, Stop>
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
                        return Err(Stop::ContinueAsNew);
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

    async fn step<Activity>(&mut self, step: Activity) -> Result<Next, Stop>
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
            let options = regular_options(Some(token.clone()));
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

    /// Says on Temporal's own page what the workflow does; not a part of its history.
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
    async fn sleep(&mut self, time: Duration) -> Result<bool, Stop> {
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
