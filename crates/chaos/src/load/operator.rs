//! An operator, who retries the steps of orders that need attention.

use std::time::Duration;

use reqwest::Method;
use tokio::time::sleep;

use super::api::Api;
use super::customer::plain;
use crate::state::Attention;

/// The pause between two looks.
const PERIOD: Duration = Duration::from_secs(3);
/// A refusal that only an operator can resolve.
const REFUSED: &str = "over_capture";

/// Looks for orders that need attention until it is dropped. Every other order must get over the
/// faults of its partners by itself.
pub async fn operate(api: &Api) {
    loop {
        sleep(PERIOD).await;
        // The database is among what is broken.
        let Ok(waiting) = Attention::read(api.world()).await else {
            continue;
        };
        for one in waiting {
            if one.code == REFUSED || one.order_id % 2 == 0 {
                retry(api, one.order_id).await;
            }
        }
    }
}

async fn retry(api: &Api, id: i64) {
    let path = format!("/orders/{id}/retry");
    let response = api.send_until_final(&plain(Method::POST, &path)).await;
    // 409: the step has succeeded meanwhile.
    if let Some(response) = response.filter(|one| !matches!(one.status, 200 | 409)) {
        let (status, body) = (response.status, &response.body);
        let what = format!("the retry of order {id} got {status}: {body}");
        api.finding("an unexpected response", what);
    }
}
