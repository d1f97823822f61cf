//! The workflow of an order with items. It is replayed from history, so it must be deterministic: no
//! clock, no I/O. The order's row is the truth; the workflow knows only which step comes next.

#![allow(missing_docs)] // the macros generate items that cannot have any

use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{
    ContinueAsNewOptions, SyncWorkflowContext, WorkflowContext, WorkflowResult, WorkflowTermination,
};

use super::messages::FulfilmentInput;
use super::saga::{Saga, Stop};
use crate::workflow::order_workflow::Outcome;

/// Fulfils one order with items.
#[workflow]
#[derive(Default)]
pub struct FulfilmentWorkflow {
    /// How often it was woken up.
    pub(super) wakes: u64,
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
