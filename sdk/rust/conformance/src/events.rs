//! The scenarios that follow events and receive webhooks.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use order_processing_sdk::apis::events_api;
use order_processing_sdk::models::{
    Event, FeedStart, OrderEventActor, OrderEventType, WebhookPayload,
};
use order_processing_sdk::{Error, FollowOptions, OrdersClient, WebhookError, WebhookVerifier};
use serde_json::Value;

use crate::{Checked, MISSING, amount, check_equal, create, refused, total};

async fn first(client: &OrdersClient, options: FollowOptions) -> Result<Event, Error> {
    client.follow(options).next().await
}

async fn created(client: &OrdersClient, customer: i64) -> Result<i64, Error> {
    Ok(create(client, customer).await?.order.id)
}

pub async fn check(name: &str, client: &OrdersClient, customer: i64) -> Checked {
    let all = FollowOptions::default();
    match name {
        "follow_feed" => {
            let mut made = vec![
                created(client, customer).await?,
                created(client, customer).await?,
            ];
            client.update_order(made[0], &total("12.34"), None).await?;
            let mut feed = client.follow(all);
            let mut seen: Vec<Event> = Vec::new();
            while seen.len() < 4 {
                // Calls that are dropped lose nothing.
                let limit = Duration::from_millis(50);
                match tokio::time::timeout(limit, feed.next()).await {
                    Ok(event) => seen.push(event?),
                    Err(_) => continue,
                }
                if seen.len() == 3 {
                    made.push(created(client, customer).await?);
                }
            }
            let told: Vec<_> = seen
                .iter()
                .map(|event| (event.r#type.clone(), event.order_id, event.sequence))
                .collect();
            let expected = [
                (OrderEventType::Created, made[0], 1),
                (OrderEventType::Created, made[1], 1),
                (OrderEventType::Updated, made[0], 2),
                (OrderEventType::Created, made[2], 1),
            ];
            equal!(told, expected);
            let positions: Vec<_> = seen.iter().map(|event| event.position).collect();
            let sorted: BTreeSet<_> = positions.iter().copied().collect();
            equal!(sorted.into_iter().collect::<Vec<_>>(), positions);
            equal!(seen[1].data.total_amount, Some(amount("99.95")));
            equal!(seen[2].data.total_amount, Some(amount("12.34")));
            let by = (seen[3].customer_id, seen[3].actor.clone());
            equal!(by, (customer, OrderEventActor::Client));
        }
        "follow_latest" => {
            created(client, customer).await?;
            first(client, all.clone()).await?;
            let later = async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                created(client, customer).await
            };
            let start = Some(FeedStart::Latest);
            let following = first(client, FollowOptions { start, ..all });
            let (event, made) = tokio::join!(following, later);
            equal!(event?.order_id, made?);
        }
        "follow_filtered" => {
            let id = created(client, customer).await?;
            let other = created(client, customer).await?;
            client.update_order(other, &total("3"), None).await?;
            client.update_order(id, &total("4"), None).await?;
            let options = FollowOptions {
                types: vec![OrderEventType::Updated],
                order_id: Some(id),
                customer_id: Some(customer),
                ..all
            };
            let event = first(client, options.clone()).await?;
            equal!((event.order_id, event.sequence), (id, 2));
            client.update_order(id, &total("5"), None).await?;
            let after = Some(event.position);
            let event = first(client, FollowOptions { after, ..options }).await?;
            equal!((event.order_id, event.sequence), (id, 3));
        }
        "follow_later" => {
            let id = created(client, customer).await?;
            let other = created(client, customer).await?;
            client.update_order(id, &total("3"), None).await?;
            let mut feed = client.follow(all);
            for expected in [("imported", id), ("imported", other), ("updated", id)] {
                let event = feed.next().await?;
                equal!(
                    (event.r#type.to_string().as_str(), event.order_id),
                    expected
                );
            }
        }
        "follow_silent" => {
            let id = created(client, customer).await?;
            let silence = Duration::from_millis(1500);
            let event = first(client, FollowOptions { silence, ..all }).await?;
            equal!(event.order_id, id);
        }
        "follow_reset" => {
            let after = Some(MISSING);
            let missing = FollowOptions {
                after,
                ..all.clone()
            };
            let result = first(client, missing).await;
            let Err(Error::EventsReset { position }) = result else {
                return Err(format!("expected EventsReset, got {result:?}").into());
            };
            let id = created(client, customer).await?;
            let after = Some(position);
            let event = first(client, FollowOptions { after, ..all }).await?;
            equal!((event.order_id, event.position > position), (id, true));
        }
        "follow_refused" => {
            let others = FollowOptions {
                customer_id: Some(customer + 1),
                ..all.clone()
            };
            let error = refused(first(client, others).await)?;
            let said = (error.status, error.code.as_deref(), error.attempts);
            equal!(said, (403, Some("customer_not_allowed"), 1));
            let error = refused(first(client, all).await)?;
            let said = (error.status, error.code.as_deref(), error.attempts);
            equal!(said, (410, Some("injected"), 1));
            let after = Some(MISSING);
            let page = events_api::list_events(
                client.transport(),
                after,
                None,
                None,
                None,
                None,
                None,
                None,
                None,
            );
            let error = refused(page.await)?;
            let said = (error.status, error.code.as_deref());
            equal!(said, (410, Some("position_unknown")));
        }
        _ => return Err("there is no such check".into()),
    }
    Ok(())
}

fn text<'a>(webhook: &'a Value, name: &str) -> &'a str {
    webhook[name].as_str().unwrap()
}

fn headers(webhook: &Value) -> HashMap<&str, &str> {
    let headers = webhook["headers"].as_object().unwrap().iter();
    headers
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect()
}

fn verifier(webhook: &Value) -> Result<WebhookVerifier, WebhookError> {
    let secrets = webhook["secrets"].as_array().unwrap().iter();
    WebhookVerifier::new(secrets.map(|secret| secret.as_str().unwrap()))
}

fn verified(webhook: &Value) -> Result<WebhookPayload, WebhookError> {
    let now = UNIX_EPOCH + Duration::from_secs(webhook["now"].as_u64().unwrap());
    verifier(webhook)?.verify_at(now, text(webhook, "body").as_bytes(), headers(webhook))
}

fn given(webhook: &Value) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let payload = match verified(webhook) {
        Ok(payload) => payload,
        Err(error) => {
            let kind = match error {
                WebhookError::InvalidHeader => "invalid_header",
                WebhookError::InvalidSignature => "invalid_signature",
                WebhookError::TimestampTooOld => "timestamp_too_old",
                WebhookError::TimestampTooNew => "timestamp_too_new",
                WebhookError::InvalidPayload(_) => "invalid_payload",
                WebhookError::InvalidSecret => "invalid_secret",
                other => return Err(other.into()),
            };
            return Ok(kind.to_owned());
        }
    };
    let Some(event) = payload.data else {
        return Ok(payload.r#type);
    };
    equal_data(&event)?;
    Ok(format!(
        "{} {} {}",
        payload.r#type, event.position, event.r#type
    ))
}

fn equal_data(event: &Event) -> Checked {
    equal!(event.data.total_amount, Some(amount("1234567.89")));
    equal!(event.data.reason.as_deref(), Some("Größe geändert ✓"));
    Ok(())
}

/// What the README shows.
struct Receiver {
    verifier: WebhookVerifier,
    handled: HashSet<String>,
    positions: Vec<i64>,
}

impl Receiver {
    fn receive(
        &mut self,
        body: &[u8],
        headers: &HashMap<String, String>,
    ) -> Result<(), WebhookError> {
        let payload = self.verifier.verify(body, headers)?; // respond with 400
        // It is the same for each repetition.
        let id = &headers["webhook-id"];
        if !self.handled.contains(id) {
            self.handle(payload);
            self.handled.insert(id.clone());
        }
        Ok(())
    }

    fn handle(&mut self, payload: WebhookPayload) {
        self.positions
            .extend(payload.data.map(|event| event.position));
    }
}

pub fn check_webhooks(name: &str) -> Checked {
    let all: Value = serde_json::from_slice(&std::fs::read("webhooks.json")?)?;
    let webhooks = all[name].as_array().unwrap();
    if name != "webhook_repeated" {
        for webhook in webhooks {
            let what = text(webhook, "what");
            equal!(
                (what, given(webhook)?.as_str()),
                (what, text(webhook, "gives"))
            );
        }
        return Ok(());
    }
    let age = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let mut receiver = Receiver {
        verifier: verifier(&webhooks[0])?.tolerance(age),
        handled: HashSet::new(),
        positions: Vec::new(),
    };
    for webhook in webhooks {
        let headers = headers(webhook).into_iter();
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        receiver.receive(text(webhook, "body").as_bytes(), &headers.collect())?;
    }
    equal!(receiver.positions, [4711, 4713, 4712]);
    Ok(())
}
