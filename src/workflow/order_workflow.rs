//! The workflow of an order. It is replayed from history, so it must be deterministic: no clock, no I/O.

#![allow(missing_docs)] // the macros generate items that cannot have any

use crate::domain::OrderId;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use temporalio_common::{ActivityDefinition, RetryPolicy};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{
    ActivityExecutionError, ActivityOptions, LocalActivityOptions, TimerResult,
    WorkflowCancellationToken, WorkflowContext, WorkflowResult, WorkflowTermination,
};

use super::activities::OrderActivities;

/// The patch id of the change from [`StepExecution::Regular`] to [`StepExecution::Local`].
const LOCAL_STEPS: &str = "local-steps";
/// An activity is one small update of one row.
const UPDATE_TIMEOUT: Duration = Duration::from_secs(10);

/// The input of a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderInput {
    /// The id of the order.
    pub order_id: OrderId,
    /// The processing time in milliseconds. Part of the input, so that a changed setting affects
    /// new orders only.
    pub processing_delay_ms: u64,
}

/// The state of an order after an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The order is in processing.
    Processing,
    /// The order is completed.
    Completed,
    /// The order is cancelled.
    Cancelled,
    /// The order does not exist: it was deleted, or was never in this database, which may have another
    /// order with its id.
    Deleted,
}

impl Outcome {
    pub(super) const ALL: [Self; 4] = [
        Self::Processing,
        Self::Completed,
        Self::Cancelled,
        Self::Deleted,
    ];

    /// The name in metrics and traces.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Deleted => "deleted",
        }
    }
}

/// Processes one order.
#[workflow]
#[derive(Default)]
pub struct OrderWorkflow;

#[workflow_methods]
impl OrderWorkflow {
    /// Marks the order as processing, waits, and completes it. When the workflow is cancelled, at any
    /// point, the order is cancelled too, unless it has already ended.
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
        let steps = StepExecution::of(ctx);
        let id = input.order_id;
        let outcome = steps.execute(ctx, OrderActivities::begin, id, None).await?;
        if outcome != Outcome::Processing {
            return Ok(outcome);
        }
        let delay = Duration::from_millis(input.processing_delay_ms);
        if steps.has_timer(delay) && ctx.timer(delay).await == TimerResult::Cancelled {
            return steps
                .execute(ctx, OrderActivities::cancel, id, detached())
                .await;
        }
        steps
            .execute(ctx, OrderActivities::complete, id, None)
            .await
    }

    async fn cancel(
        ctx: &mut WorkflowContext<Self>,
        input: &OrderInput,
    ) -> WorkflowResult<Outcome> {
        let outcome = StepExecution::of(ctx)
            .execute(ctx, OrderActivities::cancel, input.order_id, detached())
            .await?;
        match outcome {
            Outcome::Cancelled => Err(WorkflowTermination::cancelled()),
            ended => Ok(ended),
        }
    }
}

/// A token for clean-up, which runs although the workflow is cancelled.
fn detached() -> Option<WorkflowCancellationToken> {
    Some(WorkflowCancellationToken::new())
}

/// How the activities of a workflow are executed.
#[derive(Clone, Copy)]
enum StepExecution {
    /// As local activities, within the workflow task, which saves Temporal a task and two polls
    /// each.
    Local,
    /// As regular activities, in workflows that were started before local activities were
    /// introduced.
    Regular,
}

impl StepExecution {
    fn of(ctx: &WorkflowContext<OrderWorkflow>) -> Self {
        if ctx.patched(LOCAL_STEPS) {
            Self::Local
        } else {
            Self::Regular
        }
    }

    /// Whether there is a timer: workflows with regular activities have one even without a delay.
    fn has_timer(self, delay: Duration) -> bool {
        matches!(self, Self::Regular) || !delay.is_zero()
    }

    /// Executes an activity. A failed local activity is scheduled again as a regular one, which
    /// Temporal retries until it succeeds; meanwhile the workflow does not occupy a worker slot.
    async fn execute<Activity>(
        self,
        ctx: &WorkflowContext<OrderWorkflow>,
        activity: Activity,
        order_id: OrderId,
        cancellation: Option<WorkflowCancellationToken>,
    ) -> Result<Outcome, ActivityExecutionError>
    where
        Activity: ActivityDefinition<Input = OrderId, Output = Outcome>,
    {
        let activity = ByName(activity.name());
        if matches!(self, Self::Local) {
            let options = local_options(cancellation.clone());
            match ctx
                .execute_local_activity(activity, order_id, options)
                .await
            {
                Ok(outcome) => return Ok(outcome),
                Err(cancelled @ ActivityExecutionError::Cancelled(_)) => return Err(cancelled),
                Err(_) => {}
            }
        }
        ctx.execute_activity(
            activity,
            order_id,
            regular_options(UPDATE_TIMEOUT, cancellation),
        )
        .await
    }
}

/// An activity that can be scheduled twice, because the definitions that the macro generates are
/// not `Copy`.
#[derive(Clone, Copy)]
struct ByName<'a>(&'a str);

impl ActivityDefinition for ByName<'_> {
    type Input = OrderId;
    type Output = Outcome;

    fn name(&self) -> &str {
        self.0
    }
}

/// Each activity is one small update of one row.
pub(super) fn local_options(
    cancellation: Option<WorkflowCancellationToken>,
) -> LocalActivityOptions {
    LocalActivityOptions::builder()
        .start_to_close_timeout(Duration::from_secs(2))
        // Well below the time-out of the workflow task.
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

pub(super) fn regular_options(
    start_to_close: Duration,
    cancellation: Option<WorkflowCancellationToken>,
) -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(start_to_close)
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
