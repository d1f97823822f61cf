//! How much Temporal writes for an order.

use std::time::Duration;

use anyhow::Result;
use dev_servers::TemporalServer;
use order_processing::config::Settings;
use order_processing::workflow::Temporal;
use temporalio_client::{UntypedWorkflow, WorkflowFetchHistoryOptions};
use temporalio_common::protos::temporal::api::enums::v1::EventType;

use tokio::time::sleep;

use super::Context;

/// Orders that are looked at.
const LOOKED_AT: i64 = 5;
/// An order is completed a little before its workflow is.
const TO_CLOSE: Duration = Duration::from_secs(1);

/// Notes the events, and the workflow tasks among them, of the last few orders.
pub async fn note_histories(
    context: &mut Context<'_>,
    server: &TemporalServer,
    scenario: &str,
    subject: &str,
    workflow_id: fn(i64) -> String,
    last_order: i64,
) -> Result<()> {
    let mut settings = Settings::load(None)?.temporal;
    settings.address = server.address();
    let temporal = Temporal::new(settings);
    sleep(TO_CLOSE).await;
    let client = temporal.client().await?;
    for order in (last_order - LOOKED_AT + 1)..=last_order {
        let handle = client.get_workflow_handle::<UntypedWorkflow>(workflow_id(order));
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
