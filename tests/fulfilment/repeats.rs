//! Steps that are made again although they were done: Temporal repeats a workflow task whose result
//! it did not get, because the worker died or was too slow.

use order_processing::domain::OrderKey;
use order_processing::partners::OperationIds;
use order_processing::workflow::{FulfilmentInput, Steps, Temporal, WorkflowInput};
use reqwest::Method;

use super::shop::{PROMPT, Shop};
use super::workflow::workflow_ends;

#[tokio::test(flavor = "multi_thread")]
async fn the_steps_of_an_ended_order_that_are_made_again_change_nothing() {
    let shop = Shop::open(449_000, PROMPT).await;
    for (price, status) in [("40", "completed"), ("40.91", "cancelled")] {
        let id = shop.order(&[("TEA-1", 1, price)]).await;
        shop.ends(id, status).await;
        workflow_ends(&shop, id).await;
        let before = (shop.view(id).await, shop.effects(id).await);
        make_again(&shop, shop.ids(id).await).await;
        workflow_ends(&shop, id).await;
        assert_eq!((shop.view(id).await, shop.effects(id).await), before);
    }
}

/// Its order was completed: nothing of a deleted order may be undone.
#[tokio::test(flavor = "multi_thread")]
async fn the_steps_of_a_deleted_order_that_are_made_again_undo_nothing() {
    let shop = Shop::open(450_000, PROMPT).await;
    let id = shop.order(&[("TEA-1", 1, "40")]).await;
    shop.ends(id, "completed").await;
    workflow_ends(&shop, id).await;
    let (ids, effects) = (shop.ids(id).await, shop.effects(id).await);
    let path = format!("/orders/{id}");
    let deleted = shop
        .app
        .request(Method::DELETE, &path)
        .send()
        .await
        .unwrap();
    assert_eq!(deleted.status(), 204);
    make_again(&shop, ids).await;
    workflow_ends(&shop, id).await;
    let book = shop.partners.book(&ids.reference()).await.unwrap();
    let after: Vec<_> = book.effects.into_iter().map(|one| one.kind).collect();
    assert_eq!(after, effects);
}

async fn make_again(shop: &Shop, ids: OperationIds) {
    let input = FulfilmentInput {
        order_id: ids.order_id,
        resumed: false,
        steps: Steps {
            reserve: true,
            pay: true,
            ship: true,
        },
        completes_on_delivery: false,
        processing_delay_ms: 0,
        search_attributes: false,
    };
    let input = WorkflowInput::Fulfilment {
        input,
        customer: None,
    };
    let order = OrderKey {
        id: ids.order_id,
        created_at: Some(ids.created_at),
    };
    let temporal = Temporal::new(shop.app.settings.temporal.clone());
    let started = temporal.start(order, input, true);
    started.await.unwrap();
}
