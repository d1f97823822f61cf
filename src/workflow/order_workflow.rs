//! The way of an order, from accepted to ended. Replayed from history: no clock, no I/O, no chance.

#![allow(missing_docs)] // the macros make items that cannot carry any

use std::time::Duration;

use serde::{Deserialize, Serialize};
use temporalio_common::RetryPolicy;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{
    ActivityExecutionError, ActivityOptions, TimerResult, WorkflowCancellationToken,
    WorkflowContext, WorkflowResult, WorkflowTermination,
};

use super::activities::OrderActivities;

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
    /// It was deleted.
    Deleted,
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
        let id = input.order_id;
        let outcome = ctx
            .execute_activity(OrderActivities::begin, id, step())
            .await?;
        if outcome != Outcome::Processing {
            return Ok(outcome);
        }
        let delay = Duration::from_millis(input.processing_delay_ms);
        if ctx.timer(delay).await == TimerResult::Cancelled {
            return ctx
                .execute_activity(OrderActivities::cancel, id, cleanup())
                .await;
        }
        ctx.execute_activity(OrderActivities::complete, id, step())
            .await
    }

    async fn cancel(
        ctx: &mut WorkflowContext<Self>,
        input: &OrderInput,
    ) -> WorkflowResult<Outcome> {
        let outcome = ctx
            .execute_activity(OrderActivities::cancel, input.order_id, cleanup())
            .await?;
        match outcome {
            Outcome::Cancelled => Err(WorkflowTermination::cancelled()),
            ended => Ok(ended),
        }
    }
}

/// A step is one small update of one row. It is tried until the database takes it.
fn step() -> ActivityOptions {
    options(None)
}

/// Cleaning up goes on although the workflow is cancelled.
fn cleanup() -> ActivityOptions {
    options(Some(WorkflowCancellationToken::new()))
}

fn options(cancellation: Option<WorkflowCancellationToken>) -> ActivityOptions {
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
