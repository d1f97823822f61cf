//! What Temporal's own page shows of an order: its search attributes and current details.

use order_processing::workflow::Temporal;
use serde_json::Value;
use temporalio_client::{UntypedQuery, WorkflowQueryOptions};
use temporalio_common::data_converters::RawValue;
use temporalio_common::protos::temporal::api::workflowservice::v1::ListWorkflowExecutionsRequest;

use super::shop::{ON_COMMAND, Shop, new_order};
use crate::harness::{eventually, workflow_of};

/// The workflow ids of a list query on the tests' namespace.
async fn listed(shop: &Shop, query: &str) -> Vec<String> {
    let temporal = Temporal::new(shop.app.settings.temporal.clone());
    let mut service = temporal
        .client()
        .await
        .unwrap()
        .connection()
        .workflow_service();
    let queue = &shop.app.settings.temporal.task_queue;
    let request = ListWorkflowExecutionsRequest {
        namespace: shop.app.settings.temporal.namespace.clone(),
        page_size: 10,
        query: format!("{query} AND TaskQueue = '{queue}'"),
        ..Default::default()
    };
    let list = service.list_workflow_executions(tonic::Request::new(request));
    let executions = list.await.unwrap().into_inner().executions;
    let id =
        |info: temporalio_common::protos::temporal::api::workflow::v1::WorkflowExecutionInfo| {
            info.execution.unwrap().workflow_id
        };
    executions.into_iter().map(id).collect()
}

async fn finds(shop: &Shop, query: &str, id: i64) {
    eventually(&format!("{query} finds order {id}"), async || {
        (listed(shop, query).await == [format!("order-{id}")]).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn temporal_finds_orders_by_customer_and_status() {
    let shop = Shop::with(456_000, ON_COMMAND, |settings| {
        settings.temporal.search_attributes = true;
    })
    .await;
    let other = shop.order(&[("TEA-1", 1, "40")]).await;
    let body = new_order(&[("TEA-1", 1, "40")], "Exampleville", "DE");
    let body = body.replace(r#""customer_id":7,"#, r#""customer_id":456,"#);
    let created = shop.app.send(reqwest::Method::POST, "/orders", body).await;
    let created: Value = created.json().await.unwrap();
    let id = created["id"].as_i64().unwrap();
    finds(&shop, "OrderCustomer = 456", id).await;
    shop.until(id, "has a parcel", |order| {
        order["shipment"]["status"] == "created"
    })
    .await;
    finds(
        &shop,
        "OrderCustomer = 456 AND OrderStatus = 'processing'",
        id,
    )
    .await;
    shop.dispatch(id).await;
    shop.ends(id, "completed").await;
    finds(&shop, "OrderStatus = 'completed'", id).await;
    assert_eq!(shop.cancel(other).await.status(), 200);
    shop.ends(other, "cancelled").await;
    finds(&shop, "OrderStatus = 'cancelled'", other).await;
    finds(&shop, "OrderStatus = 'completed'", id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn temporal_shows_what_an_order_waits_for() {
    let shop = Shop::open(457_000, ON_COMMAND).await;
    let id = shop
        .order(&[("TEA-1", 1, "40"), ("SOLD-OUT-CUP", 1, "1")])
        .await;
    shop.until(id, "asks", |order| order.get("decision").is_some())
        .await;
    let workflow = workflow_of(&shop.app, id).await;
    eventually("the details are shown", async || {
        let answer = workflow.query(
            UntypedQuery::new("__temporal_workflow_metadata"),
            RawValue::empty(),
            WorkflowQueryOptions::default(),
        );
        let answer = answer.await.ok()?;
        let text: Value = serde_json::from_slice(&answer.payloads.first()?.data).ok()?;
        let details = text["currentDetails"].as_str()?;
        (details == "Step `reserve`: waits until the order changes.").then_some(())
    })
    .await;
}
