//! Steps that are made again although they were done: Temporal repeats a workflow task whose result
//! it did not get, because the worker died or was too slow.

use order_processing::domain::OrderKey;
use order_processing::workflow::{FulfilmentInput, Steps, Temporal, WorkflowInput};

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
        make_again(&shop, id).await;
        workflow_ends(&shop, id).await;
        assert_eq!((shop.view(id).await, shop.effects(id).await), before);
    }
}

async fn make_again(shop: &Shop, id: i64) {
    let input = FulfilmentInput {
        order_id: id,
        resumed: false,
        steps: Steps {
            reserve: true,
            pay: true,
            ship: true,
        },
        completes_on_delivery: false,
        processing_delay_ms: 0,
    };
    let order = OrderKey {
        id,
        created_at: Some(shop.ids(id).await.created_at),
    };
    let temporal = Temporal::new(shop.app.settings.temporal.clone());
    let started = temporal.start(order, WorkflowInput::Fulfilment(input), true);
    started.await.unwrap();
}
