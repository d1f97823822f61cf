//! The way of an order, from accepted to ended. Replayed from history: no clock, no I/O, no chance.

#![allow(missing_docs)] // the macros make items that cannot carry any

use std::time::Duration;

use serde::{Deserialize, Serialize};
use temporalio_common::{ActivityDefinition, RetryPolicy};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{
    ActivityExecutionError, ActivityOptions, LocalActivityOptions, TimerResult,
    WorkflowCancellationToken, WorkflowContext, WorkflowResult, WorkflowTermination,
};

use super::activities::OrderActivities;

/// The name, in histories, of the change from [`Way::Remote`] to [`Way::Local`].
const LOCAL_STEPS: &str = "local-steps";

/// What a workflow is started with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderInput {
    /// The order.
    pub order_id: i64,
    /// How long it is processed, in milliseconds. Given at the start, so that a new setting changes
    /// new orders only.
    pub processing_delay_ms: u64,
}

/// Where an order is after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// On its way.
    Processing,
    /// Ended well.
    Completed,
    /// Ended early.
    Cancelled,
    /// It is not there: it was deleted, or this database never had it, though it may have another one
    /// of the same id.
    Deleted,
}

impl Outcome {
    /// Its name in metrics and traces.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Deleted => "deleted",
        }
    }
}

/// Carries one order to its end.
#[workflow]
#[derive(Default)]
pub struct OrderWorkflow;

#[workflow_methods]
impl OrderWorkflow {
    /// Marks the order as processing, waits, and completes it. When the workflow is cancelled, on
    /// whatever step, the order is cancelled too, unless it has already ended.
    #[run]
    pub async fn run(
        ctx: &mut WorkflowContext<Self>,
        input: OrderInput,
    ) -> WorkflowResult<Outcome> {
        match Self::process(ctx, &input).await {
            Ok(Outcome::Cancelled) => Err(WorkflowTermination::cancelled()),
            Ok(outcome) => Ok(outcome),
            Err(ActivityExecutionError::Cancelled(_)) => Self::cancel(ctx, &input).await,
            Err(failure) => Err(failure.into()),
        }
    }

    async fn process(
        ctx: &mut WorkflowContext<Self>,
        input: &OrderInput,
    ) -> Result<Outcome, ActivityExecutionError> {
        let way = Way::of(ctx);
        let id = input.order_id;
        let outcome = way.take(ctx, OrderActivities::begin, id, None).await?;
        if outcome != Outcome::Processing {
            return Ok(outcome);
        }
        let delay = Duration::from_millis(input.processing_delay_ms);
        if way.waits(delay) && ctx.timer(delay).await == TimerResult::Cancelled {
            return way
                .take(ctx, OrderActivities::cancel, id, cleaning_up())
                .await;
        }
        way.take(ctx, OrderActivities::complete, id, None).await
    }

    async fn cancel(
        ctx: &mut WorkflowContext<Self>,
        input: &OrderInput,
    ) -> WorkflowResult<Outcome> {
        let id = input.order_id;
        let outcome = Way::of(ctx)
            .take(ctx, OrderActivities::cancel, id, cleaning_up())
            .await?;
        match outcome {
            Outcome::Cancelled => Err(WorkflowTermination::cancelled()),
            ended => Ok(ended),
        }
    }
}

/// Cleaning up goes on although the workflow is cancelled.
fn cleaning_up() -> Option<WorkflowCancellationToken> {
    Some(WorkflowCancellationToken::new())
}

/// How steps are taken. A workflow that began one way goes on that way.
#[derive(Clone, Copy)]
enum Way {
    /// Within the workflow's own task: Temporal hears of the step when it is done. It saves Temporal a
    /// task, and two polls, for each step.
    Local,
    /// As tasks of their own; what began before there was the other way.
    Remote,
}

impl Way {
    fn of(ctx: &WorkflowContext<OrderWorkflow>) -> Self {
        match ctx.patched(LOCAL_STEPS) {
            true => Self::Local,
            false => Self::Remote,
        }
    }

    /// Whether a timer is worth its while.
    fn waits(self, delay: Duration) -> bool {
        match self {
            Self::Local => !delay.is_zero(),
            Self::Remote => true,
        }
    }

    /// Takes a step. One that does not succeed soon is left to Temporal, which tries it until the
    /// database takes it; meanwhile the workflow holds no place in a worker.
    async fn take<Step>(
        self,
        ctx: &WorkflowContext<OrderWorkflow>,
        step: Step,
        order_id: i64,
        cancellation: Option<WorkflowCancellationToken>,
    ) -> Result<Outcome, ActivityExecutionError>
    where
        Step: ActivityDefinition<Input = i64, Output = Outcome>,
    {
        let step = Named(step.name());
        if matches!(self, Self::Local) {
            let soon = soon(cancellation.clone());
            match ctx.execute_local_activity(step, order_id, soon).await {
                Ok(outcome) => return Ok(outcome),
                Err(cancelled @ ActivityExecutionError::Cancelled(_)) => return Err(cancelled),
                Err(_) => {}
            }
        }
        ctx.execute_activity(step, order_id, at_last(cancellation))
            .await
    }
}

/// A step that can be asked for twice, which what the macro makes cannot.
#[derive(Clone, Copy)]
struct Named<'a>(&'a str);

impl ActivityDefinition for Named<'_> {
    type Input = i64;
    type Output = Outcome;

    fn name(&self) -> &str {
        self.0
    }
}

/// A step is one small update of one row.
fn soon(cancellation: Option<WorkflowCancellationToken>) -> LocalActivityOptions {
    LocalActivityOptions::builder()
        .start_to_close_timeout(Duration::from_secs(2))
        // Well below the time after which Temporal gives the workflow's task to another worker.
        .schedule_to_close_timeout(Duration::from_secs(4))
        .retry_policy(
            RetryPolicy::builder()
                .initial_interval(Duration::from_millis(100))
                .maximum_attempts(3)
                .build(),
        )
        .maybe_cancellation_token(cancellation)
        .build()
}

fn at_last(cancellation: Option<WorkflowCancellationToken>) -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(Duration::from_secs(10))
        .retry_policy(
            RetryPolicy::builder()
                .initial_interval(Duration::from_millis(200))
                .backoff_coefficient(2.0)
                .maximum_interval(Duration::from_secs(30))
                .build(),
        )
        .maybe_cancellation_token(cancellation)
        .build()
}
