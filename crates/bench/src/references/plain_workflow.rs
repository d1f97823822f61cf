//! The straightforward workflow: two regular activities, with a timer between them if there is a
//! delay. Its activities use the service's own code.

#![allow(missing_docs)] // the macros generate items that cannot have any

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use order_processing::db::{OrderRepository, Precondition};
use order_processing::domain::{Access, Actor, OrderChange, OrderId, OrderStatus};
use order_processing::workflow::Temporal;
use serde::{Deserialize, Serialize};
use temporalio_client::WorkflowStartOptions;
use temporalio_common::RetryPolicy;
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::{ActivityOptions, ApplicationFailure, WorkflowContext, WorkflowResult};

use super::milliseconds;

/// The task queue.
pub const TASK_QUEUE: &str = "bench-plain";

/// The id of an order's plain workflow.
pub fn workflow_id(order_id: OrderId) -> String {
    format!("plain-{order_id}")
}

/// Starts the workflow.
pub async fn start(temporal: &Temporal, order_id: OrderId, delay: Duration) -> Result<()> {
    let options = WorkflowStartOptions::new(TASK_QUEUE, workflow_id(order_id)).build();
    let input = PlainInput {
        order_id,
        delay_ms: milliseconds(delay),
    };
    let client = temporal.client().await?;
    client
        .start_workflow(PlainOrderWorkflow::run, input, options)
        .await?;
    Ok(())
}

/// The input of the workflow.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct PlainInput {
    pub order_id: OrderId,
    pub delay_ms: u64,
}

/// Processes one order.
#[workflow]
#[derive(Default)]
pub struct PlainOrderWorkflow;

#[workflow_methods]
impl PlainOrderWorkflow {
    #[run]
    pub async fn run(ctx: &mut WorkflowContext<Self>, input: PlainInput) -> WorkflowResult<()> {
        ctx.execute_activity(PlainActivities::begin, input.order_id, step())
            .await?;
        if input.delay_ms > 0 {
            ctx.timer(Duration::from_millis(input.delay_ms)).await;
        }
        ctx.execute_activity(PlainActivities::complete, input.order_id, step())
            .await?;
        Ok(())
    }
}

/// The options of every activity.
pub fn step() -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(Duration::from_secs(10))
        .retry_policy(
            RetryPolicy::builder()
                .initial_interval(Duration::from_millis(200))
                .backoff_coefficient(2.0)
                .maximum_interval(Duration::from_secs(30))
                .build(),
        )
        .build()
}

/// The activities.
pub struct PlainActivities {
    orders: OrderRepository,
}

impl PlainActivities {
    /// Activities on these orders.
    pub fn new(orders: OrderRepository) -> Self {
        Self { orders }
    }

    async fn advance(&self, order_id: OrderId, to: OrderStatus) -> Result<(), ActivityError> {
        let change = OrderChange {
            status: Some(to),
            total_amount: None,
        };
        let actor = Actor::Workflow;
        self.orders
            .change(
                order_id,
                Access::All,
                &Precondition::None,
                &change,
                actor,
                None,
            )
            .await
            .map_err(|error| ActivityError::application(ApplicationFailure::new(error)))?;
        Ok(())
    }
}

#[activities]
impl PlainActivities {
    #[activity]
    pub async fn begin(
        self: Arc<Self>,
        _ctx: ActivityContext,
        order_id: OrderId,
    ) -> Result<(), ActivityError> {
        self.advance(order_id, OrderStatus::Processing).await
    }

    #[activity]
    pub async fn complete(
        self: Arc<Self>,
        _ctx: ActivityContext,
        order_id: OrderId,
    ) -> Result<(), ActivityError> {
        self.advance(order_id, OrderStatus::Completed).await
    }
}
