//! A workflow task whose result is lost: its steps run again, on the order as they left it.

use order_processing::workflow::{Temporal, workflow_id};
use temporalio_common::protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_common::protos::temporal::api::enums::v1::EventType;
use temporalio_common::protos::temporal::api::workflowservice::v1::ResetWorkflowExecutionRequest;
use tonic::Request;
use uuid::Uuid;

use super::shop::{PROMPT, Shop, item_statuses};
use super::workflow::workflow_ends;

/// An operator resets the workflow to its first task, which is what the loss of a worker amounts to.
#[tokio::test(flavor = "multi_thread")]
async fn a_completed_order_is_not_undone_when_its_steps_run_again() {
    let shop = Shop::open(449_000, PROMPT).await;
    let id = shop.order(&[("TEA-1", 1, "40")]).await;
    shop.ends(id, "completed").await;
    let history = workflow_ends(&shop, id).await;
    let started = history
        .iter()
        .find(|event| event.event_type() == EventType::WorkflowTaskStarted)
        .unwrap();
    let settings = shop.app.settings.temporal.clone();
    let request = ResetWorkflowExecutionRequest {
        namespace: settings.namespace.clone(),
        workflow_execution: Some(WorkflowExecution {
            workflow_id: workflow_id(id),
            run_id: String::new(),
        }),
        reason: "test".into(),
        workflow_task_finish_event_id: started.event_id + 1,
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    };
    let temporal = Temporal::new(settings);
    let client = temporal.client().await.unwrap();
    let mut service = client.connection().workflow_service();
    let reset = service.reset_workflow_execution(Request::new(request));
    reset.await.unwrap();
    let history = workflow_ends(&shop, id).await;
    let last = history.last().unwrap().event_type();
    assert_eq!(last, EventType::WorkflowExecutionCompleted);
    let order = shop.ends(id, "completed").await;
    assert_eq!(item_statuses(&order), ["shipped"]);
    assert_eq!(order["payment"]["status"], "captured");
    let effects = [
        "reserve",
        "authorize",
        "commit",
        "ship",
        "dispatch",
        "capture",
    ];
    assert_eq!(shop.effects(id).await, effects);
}
