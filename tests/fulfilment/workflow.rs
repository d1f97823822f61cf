//! What Temporal sees and does: its history, its signals, and the end of a workflow by an operator.

use std::path::Path;
use std::time::Duration;

use order_processing::workflow::FulfilmentWorkflow;
use partner_sandbox::{AuthorizationStatus, FaultKind, Partner};
use prost::Message;
use serde_json::Value;
use temporalio_client::{
    WorkflowCancelOptions, WorkflowFetchHistoryOptions, WorkflowTerminateOptions,
};
use temporalio_common::protos::temporal::api::enums::v1::EventType;
use temporalio_common::protos::temporal::api::history::v1::history_event::Attributes;
use temporalio_common::protos::temporal::api::history::v1::{History, HistoryEvent};
use temporalio_sdk::workflow_replayer::{WorkflowReplayer, WorkflowReplayerOptions};

use super::shop::{ON_COMMAND, PROMPT, Shop};
use crate::harness::{Options, OwnTemporal, TOKEN, eager_reconciler, eventually, workflow_of};

async fn history_of(shop: &Shop, id: i64) -> Vec<HistoryEvent> {
    let handle = workflow_of(&shop.app, id).await;
    let history = handle.fetch_history(WorkflowFetchHistoryOptions::default());
    history.into_events().await.unwrap()
}

pub async fn workflow_ends(shop: &Shop, id: i64) -> Vec<HistoryEvent> {
    let ends = [
        EventType::WorkflowExecutionCompleted,
        EventType::WorkflowExecutionCanceled,
    ];
    eventually("the workflow ends", async || {
        let history = history_of(shop, id).await;
        let last = history.last()?.event_type();
        ends.contains(&last).then_some(history)
    })
    .await
}

/// All steps of an order are local activities of one workflow task.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_with_items_needs_few_temporal_tasks() {
    let shop = Shop::open(440_000, PROMPT).await;
    let id = shop.order(&[("TEA-1", 1, "40")]).await;
    shop.ends(id, "completed").await;
    let history = workflow_ends(&shop, id).await;
    let count = |wanted| {
        let events = history.iter().filter(|event| event.event_type() == wanted);
        events.count()
    };
    let kinds: Vec<_> = history.iter().map(HistoryEvent::event_type).collect();
    assert_eq!(count(EventType::WorkflowTaskCompleted), 1, "{kinds:?}");
    assert_eq!(count(EventType::ActivityTaskScheduled), 0, "{kinds:?}");
}

/// The row may be ahead of the workflow: a task whose result Temporal did not get has noted that the
/// authorization ended, and the workflow has not authorized the next one.
#[tokio::test(flavor = "multi_thread")]
async fn an_authorization_that_ended_in_a_lost_task_is_replaced() {
    let shop = Shop::open(449_500, ON_COMMAND).await;
    let id = shop.order(&[("TEA-1", 1, "40")]).await;
    shop.until(id, "waits for the carrier", |order| {
        order["shipment"]["status"] == "created"
    })
    .await;
    let payment = &shop.app.settings.partners.payment;
    let authorization = shop.ids(id).await.authorization(0);
    let void = format!("{}/authorizations/{authorization}/void", payment.url);
    let void = shop.app.client.post(void).bearer_auth(TOKEN);
    assert_eq!(void.send().await.unwrap().status(), 200);
    shop.app
        .sql(&format!(
            "UPDATE orders
                SET fulfilment = jsonb_set(jsonb_set(jsonb_set(fulfilment,
                        '{{expired,authorizations}}', '1'),
                        '{{payment,status}}', '\"voided\"'),
                        '{{payment,authorized_amount}}', '0')
              WHERE id = {id}"
        ))
        .await;
    shop.dispatch(id).await;
    shop.ends(id, "completed").await;
    let captured = shop.book(id).await.authorizations;
    let captured: Vec<bool> = captured
        .iter()
        .map(|one| one.status == AuthorizationStatus::Captured)
        .collect();
    assert_eq!(captured, [false, true]);
}

/// No personal data, no article and no amount reaches Temporal, whatever happens to the order.
#[tokio::test(flavor = "multi_thread")]
async fn histories_contain_no_data_of_the_order() {
    let shop = Shop::with(441_000, PROMPT, |settings| {
        settings.partners.attention_after = Duration::from_millis(1);
    })
    .await;
    let mut ids = Vec::new();
    for (price, country) in [
        ("4711.17", "DE"),
        ("4711.91", "DE"),
        ("4711.93", "DE"),
        ("4711.17", "XX"),
    ] {
        ids.push(
            shop.order_to(&[("PLANTED-SKU", 1, price)], "Planted-City", country)
                .await,
        );
    }
    ids.push(
        shop.order_to(
            &[("PLANTED-SKU", 1, "4711.17"), ("SOLD-OUT-CUP", 1, "1")],
            "Planted-City",
            "DE",
        )
        .await,
    );
    // A partner that repeats what it was sent, in a response that no contract has.
    shop.break_down(Partner::Shipping, FaultKind::Malformed)
        .await;
    ids.push(
        shop.order_to(&[("PLANTED-SKU", 1, "4711.17")], "Planted-City", "DE")
            .await,
    );
    let broken = ids[5];
    shop.until(broken, "needs attention", |order| {
        order.get("attention").is_some()
    })
    .await;
    shop.partners.clear_faults().await.unwrap();
    // Not at an earlier step, which the broken carrier may hold up.
    shop.until(ids[2], "needs attention", |order| {
        order["attention"]["code"] == "over_capture"
    })
    .await;
    shop.until(ids[4], "asks", |order| order.get("decision").is_some())
        .await;
    assert_eq!(shop.decide(ids[4], "cancel").await.status(), 200);
    assert_eq!(shop.post(ids[2], "retry", Value::Null).await.status(), 200);
    for id in ids {
        let history = workflow_ends(&shop, id).await;
        let text = format!("{history:?}") + &payloads(&history);
        for planted in [
            "PLANTED",
            "4711.",
            "Planted",
            "Ada Example",
            "Example Street",
            "\"12345\"",
        ] {
            assert!(
                !text.contains(planted),
                "order {id}: {planted} is in {text}"
            );
        }
    }
}

/// Everything in a history that is readable, payloads included.
fn payloads(history: &[HistoryEvent]) -> String {
    let bytes = history.iter().flat_map(Message::encode_to_vec);
    bytes.map(char::from).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_workflow_undoes_everything() {
    let shop = Shop::open(442_000, ON_COMMAND).await;
    let id = shop.order(&[("TEA-1", 1, "40")]).await;
    shop.until(id, "has a parcel", |order| {
        order["shipment"]["status"] == "created"
    })
    .await;
    cancelled_workflow_undoes_everything(&shop, id).await;
}

/// Cancels the workflow of an order, as an operator can in Temporal.
async fn cancelled_workflow_undoes_everything(shop: &Shop, id: i64) {
    let workflow = workflow_of(&shop.app, id).await;
    workflow
        .cancel(WorkflowCancelOptions::default())
        .await
        .unwrap();
    let order = shop.ends(id, "cancelled").await;
    assert_eq!(order["cancellation_reason"], "workflow_cancelled");
    workflow_ends(shop, id).await;
}

/// The next run knows which order is its own, and who has cancelled it.
#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_with_a_long_history_goes_on_in_another_run() {
    let temporal = OwnTemporal::with(&[("limit.historyCount.suggestContinueAsNew", "30")]).await;
    let options = Options {
        carrier: Some(ON_COMMAND),
        worker: true,
        temporal_address: Some(temporal.address.clone()),
        adjust: |settings| {
            settings.partners.shipping.poll_interval = Duration::from_millis(50);
        },
        ..Options::default()
    };
    let shop = Shop::with_options(449_700, options).await;
    let id = shop.order(&[("TEA-1", 1, "40")]).await;
    shop.until(id, "has a parcel", |order| {
        order["shipment"]["status"] == "created"
    })
    .await;
    let fields = eventually("another run", async || {
        let history = history_of(&shop, id).await;
        let Some(Attributes::WorkflowExecutionStartedEventAttributes(start)) =
            history.into_iter().next()?.attributes
        else {
            panic!("a history begins with the start");
        };
        let is_next = !start.continued_execution_run_id.is_empty();
        is_next.then(|| start.header.unwrap_or_default().fields)
    })
    .await;
    assert!(fields.contains_key("order-created-at"), "{fields:?}");
    cancelled_workflow_undoes_everything(&shop, id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminated_workflow_is_replaced_by_one_that_undoes_everything() {
    let shop = Shop::with(443_000, ON_COMMAND, eager_reconciler).await;
    let id = shop.order(&[("TEA-1", 1, "40")]).await;
    shop.until(id, "has a parcel", |order| {
        order["shipment"]["status"] == "created"
    })
    .await;
    let workflow = workflow_of(&shop.app, id).await;
    workflow
        .terminate(WorkflowTerminateOptions::default())
        .await
        .unwrap();
    let order = shop.ends(id, "cancelled").await;
    assert_eq!(order["cancellation_reason"], "workflow_cancelled");
}

/// The parcel is gone: the order is paid.
#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_that_is_terminated_after_the_dispatch_is_replaced_by_one_that_goes_on() {
    let shop = Shop::with(444_000, PROMPT, eager_reconciler).await;
    shop.break_down(Partner::Payment, FaultKind::ServiceUnavailable)
        .await;
    let id = shop.order(&[("TEA-1", 1, "40")]).await;
    shop.until(id, "is reserved", |order| {
        order["items"][0]["status"] == "reserved"
    })
    .await;
    // The authorization succeeds, the capture does not.
    let fault = partner_sandbox::Fault {
        operation: Some("capture".into()),
        ..partner_sandbox::Fault::new(FaultKind::ErrorBefore)
    };
    shop.partners.set_faults(&[fault]).await.unwrap();
    shop.until(id, "is dispatched", |order| {
        order["shipment"]["status"] == "dispatched"
    })
    .await;
    let workflow = workflow_of(&shop.app, id).await;
    workflow
        .terminate(WorkflowTerminateOptions::default())
        .await
        .unwrap();
    shop.partners.clear_faults().await.unwrap();
    let order = shop.ends(id, "completed").await;
    assert_eq!(order["payment"]["status"], "captured");
}

/// Neither the decision nor the cancellation is lost with its signal.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_signal_is_sent_again() {
    let shop = Shop::with(445_000, PROMPT, eager_reconciler).await;
    let id = shop
        .order(&[("TEA-1", 1, "40"), ("SOLD-OUT-CUP", 1, "10")])
        .await;
    shop.until(id, "asks", |order| order.get("decision").is_some())
        .await;
    shop.app
        .sql(
            "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
             CREATE TRIGGER lose BEFORE INSERT ON workflow_intents FOR EACH ROW
                WHEN (NEW.action = 'wake') EXECUTE FUNCTION lose()",
        )
        .await;
    assert_eq!(shop.decide(id, "accept_available").await.status(), 200);
    shop.app.sql("DROP TRIGGER lose ON workflow_intents").await;
    shop.ends(id, "completed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_that_is_away_needs_attention_and_delays_no_cancellation() {
    let shop = Shop::with(446_000, PROMPT, |settings| {
        settings.partners.attention_after = Duration::from_secs(1);
    })
    .await;
    shop.break_down(Partner::Payment, FaultKind::Refuse).await;
    let waiting = shop.order(&[("TEA-1", 1, "40")]).await;
    let cancelled = shop.order(&[("TEA-1", 1, "40")]).await;
    for id in [waiting, cancelled] {
        let order = shop
            .until(id, "needs attention", |order| {
                order.get("attention").is_some()
            })
            .await;
        assert_eq!(order["attention"]["step"], "authorize");
        assert_eq!(order["attention"]["code"], "unavailable");
    }
    assert_eq!(shop.cancel(cancelled).await.status(), 200);
    // Whether the authorization has had an effect is not known: it is voided by its id.
    shop.until(cancelled, "is being undone", |order| {
        order["attention"]["step"] == "void"
    })
    .await;
    shop.partners.clear_faults().await.unwrap();
    let order = shop.ends(cancelled, "cancelled").await;
    assert_eq!(order["cancellation_reason"], "customer_request");
    assert_eq!(order.get("attention"), None);
    shop.ends(waiting, "completed").await;
}

/// Run `cargo test --test integration record_fulfilment -- --ignored` after an intended change of the
/// workflow; keep the old recordings as long as such workflows may be running.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes tests/histories/"]
async fn record_fulfilment() {
    for (name, history) in every_path(447_000).await {
        let version = env!("CARGO_PKG_VERSION");
        let file = format!("{version}-fulfilment-{name}.pb");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories");
        std::fs::write(folder.join(file), history.encode_to_vec()).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_path_replays() {
    for (name, history) in every_path(448_000).await {
        let options = WorkflowReplayerOptions::new()
            .register_workflow::<FulfilmentWorkflow>()
            .unwrap()
            .build();
        let replayer = WorkflowReplayer::new(options).unwrap();
        if let Err(error) = replayer.replay_workflow(history.into()).await {
            panic!("{name} does not replay: {error}");
        }
    }
}

/// A history of each way through the workflow.
async fn every_path(first: i64) -> Vec<(&'static str, History)> {
    let shop = Shop::with_options(
        first,
        Options {
            carrier: Some(ON_COMMAND),
            worker: true,
            adjust: |settings| {
                settings.partners.attention_after = Duration::from_millis(500);
                settings.partners.complete_on = order_processing::config::CompleteOn::Delivery;
            },
            ..Options::default()
        },
    )
    .await;
    let mut ids = Vec::new();
    let has_parcel = |order: &Value| order["shipment"]["status"] == "created";

    for (name, price) in [
        ("completed", "40"),
        ("expired", "40.92"),
        ("refused-capture", "40.93"),
    ] {
        let id = shop.order(&[("TEA-1", 1, price)]).await;
        shop.until(id, "has a parcel", has_parcel).await;
        shop.dispatch(id).await;
        if name == "refused-capture" {
            shop.until(id, "needs attention", |order| {
                order.get("attention").is_some()
            })
            .await;
            shop.post(id, "retry", Value::Null).await;
        }
        shop.until(id, "is paid", |order| {
            order["payment"]["status"] == "captured"
        })
        .await;
        shop.partners
            .deliver(&shop.ids(id).await.shipment())
            .await
            .unwrap();
        ids.push((name, id));
    }

    let returned = shop.order(&[("TEA-1", 1, "40")]).await;
    shop.until(returned, "has a parcel", has_parcel).await;
    shop.dispatch(returned).await;
    shop.until(returned, "is paid", |order| {
        order["payment"]["status"] == "captured"
    })
    .await;
    let shipment = shop.ids(returned).await.shipment();
    shop.partners.return_to_sender(&shipment).await.unwrap();
    ids.push(("returned", returned));

    ids.push(("declined", shop.order(&[("TEA-1", 1, "40.91")]).await));
    ids.push((
        "address",
        shop.order_to(&[("TEA-1", 1, "40")], "Nowhere", "XX").await,
    ));
    ids.push((
        "unavailable",
        shop.order(&[("SOLD-OUT-TEA", 1, "40")]).await,
    ));

    for (name, answer) in [("accepted", "accept_available"), ("refused", "cancel")] {
        let id = shop
            .order(&[("TEA-1", 1, "40"), ("SOLD-OUT-CUP", 1, "10")])
            .await;
        shop.until(id, "asks", |order| order.get("decision").is_some())
            .await;
        assert_eq!(shop.decide(id, answer).await.status(), 200);
        if name == "accepted" {
            shop.until(id, "has a parcel", has_parcel).await;
            shop.dispatch(id).await;
            shop.until(id, "is paid", |order| {
                order["payment"]["status"] == "captured"
            })
            .await;
            shop.partners
                .deliver(&shop.ids(id).await.shipment())
                .await
                .unwrap();
        }
        ids.push((name, id));
    }

    for (name, by_operator) in [("cancelled", false), ("workflow-cancelled", true)] {
        let id = shop.order(&[("TEA-1", 1, "40")]).await;
        shop.until(id, "has a parcel", has_parcel).await;
        if by_operator {
            let workflow = workflow_of(&shop.app, id).await;
            workflow
                .cancel(WorkflowCancelOptions::default())
                .await
                .unwrap();
        } else {
            shop.cancel(id).await;
        }
        ids.push((name, id));
    }

    shop.break_down(Partner::Payment, FaultKind::ErrorAfter)
        .await;
    let away = shop.order(&[("TEA-1", 1, "40")]).await;
    shop.until(away, "needs attention", |order| {
        order.get("attention").is_some()
    })
    .await;
    shop.cancel(away).await;
    shop.until(away, "is being undone", |order| {
        order["attention"]["step"] == "void"
    })
    .await;
    shop.partners.clear_faults().await.unwrap();
    ids.push(("cancelled-while-away", away));

    let mut histories = Vec::new();
    for (name, id) in ids {
        let events = workflow_ends(&shop, id).await;
        assert_eq!(shop.imbalances(id).await, Vec::<String>::new(), "{name}");
        histories.push((name, History { events }));
    }
    histories
}
