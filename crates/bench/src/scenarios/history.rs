//! The size of a workflow's history.

use std::time::Duration;

use anyhow::Result;
use dev_servers::TemporalServer;
use order_processing::config::Settings;
use order_processing::domain::OrderId;
use order_processing::workflow::Temporal;
use temporalio_client::{UntypedWorkflow, WorkflowFetchHistoryOptions};
use temporalio_common::protos::temporal::api::enums::v1::EventType;

use tokio::time::sleep;

use super::Context;

/// The number of inspected orders.
const LOOKED_AT: i64 = 5;
/// Time limit for the workflow, which completes a little after its order.
const TO_CLOSE: Duration = Duration::from_secs(1);

/// Records the numbers of events and of workflow tasks of the last few orders.
pub async fn note_histories(
    context: &mut Context<'_>,
    server: &TemporalServer,
    scenario: &str,
    subject: &str,
    workflow_id: fn(OrderId) -> String,
    last_order: i64,
) -> Result<()> {
    let mut settings = Settings::load(None)?.temporal;
    settings.address = server.address();
    let temporal = Temporal::new(settings);
    sleep(TO_CLOSE).await;
    let client = temporal.client().await?;
    for order in (last_order - LOOKED_AT + 1)..=last_order {
        let handle = client.get_workflow_handle::<UntypedWorkflow>(workflow_id(OrderId(order)));
        let history = handle.fetch_history(WorkflowFetchHistoryOptions::default());
        let events = history.into_events().await?;
        let tasks = events
            .iter()
            .filter(|event| event.event_type() == EventType::WorkflowTaskCompleted)
            .count();
        let mut add = |measure: &str, value: usize| {
            #[allow(clippy::cast_precision_loss)] // dozens
            let value = value as f64;
            context.figures.add(scenario, subject, measure, "", value);
        };
        add("events in a history", events.len());
        add("workflow tasks in a history", tasks);
    }
    Ok(())
}
