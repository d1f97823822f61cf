//! Runs the scenarios of sdk/conformance/scenarios.json, by name, with the packaged crate.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use chrono::Utc;
use order_processing_sdk::apis::orders_api;
use order_processing_sdk::models::{
    CreateOrderRequest, OrderEventActor, OrderEventType, OrderStatus, UpdateOrderRequest,
};
use order_processing_sdk::{
    Amount, ApiError, CreatedOrder, Credentials, Error, Options, OrdersClient, OrdersFilter,
};
use serde_json::Value;
use uuid::Uuid;

type Checked = Result<(), Box<dyn std::error::Error + Send + Sync>>;

const MISSING: i64 = 4_000_000_000_000;

macro_rules! equal {
    ($actual:expr, $expected:expr $(,)?) => {
        check_equal(&$actual, &$expected)?
    };
}

#[path = "../administration.rs"]
mod administration;
#[path = "../events.rs"]
mod events;
#[path = "../items.rs"]
mod items;

fn check_equal<A: Debug + PartialEq<E>, E: Debug>(actual: &A, expected: &E) -> Checked {
    match actual == expected {
        true => Ok(()),
        false => Err(format!("expected {expected:?}, got {actual:?}").into()),
    }
}

/// Expects an error response from the service.
fn refused<T: Debug>(result: Result<T, Error>) -> Result<ApiError, String> {
    match result {
        Err(Error::Api(error)) => Ok(*error),
        other => Err(format!("expected an ApiError, got {other:?}")),
    }
}

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

fn status(status: OrderStatus) -> UpdateOrderRequest {
    UpdateOrderRequest {
        status: Some(status),
        total_amount: None,
    }
}

fn total(text: &str) -> UpdateOrderRequest {
    UpdateOrderRequest {
        status: None,
        total_amount: Some(amount(text)),
    }
}

async fn create(client: &OrdersClient, customer: i64) -> Result<CreatedOrder, Error> {
    let request = CreateOrderRequest::new(customer, amount("99.95"));
    client.create_order(&request).await
}

async fn check(name: &str, client: &OrdersClient, customer: i64, url: &str) -> Checked {
    let begun = Instant::now();
    match name {
        "create_and_read" => {
            let created = create(client, customer).await?;
            equal!(created.order.customer_id, customer);
            equal!(created.order.status, OrderStatus::Pending);
            equal!(created.order.total_amount, amount("99.95"));
            equal!((created.replayed, created.etag.as_str()), (false, "\"1\""));
            let age = Utc::now().signed_duration_since(created.order.created_at);
            equal!(age.num_seconds().abs() < 60, true);
            let read = client.get_order(created.order.id).await?;
            equal!((read.order, read.etag), (created.order, created.etag));
        }
        "exact_amounts" => {
            for text in [
                "0.00",
                "0.01",
                "0.10",
                "0.29",
                "19.99",
                "1234567.89",
                "99999999.99",
            ] {
                let request = CreateOrderRequest::new(customer, amount(text));
                let order = client.create_order(&request).await?.order;
                equal!(order.total_amount, amount(text));
                equal!(format!("{:.2}", order.total_amount), text);
            }
        }
        "not_found" => {
            let error = refused(client.get_order(MISSING).await)?;
            equal!((error.status, error.title.as_str()), (404, "Not Found"));
            equal!(error.code.as_deref(), Some("order_not_found"));
            equal!(
                (error.attempts, error.violations.len(), error.retry_after),
                (1, 0, None)
            );
            equal!(
                error.detail.unwrap_or_default().contains("4000000000000"),
                true
            );
            equal!(error.request_id.unwrap_or_default().len() > 8, true);
        }
        "every_violation" => {
            let request = CreateOrderRequest::new(0, amount("0.001"));
            let error = refused(client.create_order(&request).await)?;
            equal!(
                (error.status, error.code.as_deref()),
                (400, Some("invalid_request"))
            );
            let pointers: Vec<_> = error
                .violations
                .iter()
                .map(|each| each.pointer.as_str())
                .collect();
            equal!(pointers, ["/customer_id", "/total_amount"]);
            equal!(
                error.violations[0].detail,
                "0 is less than the minimum of 1"
            );
        }
        "conflict" => {
            let id = create(client, customer).await?.order.id;
            let changed = client
                .update_order(id, &status(OrderStatus::Cancelled), None)
                .await?;
            equal!(changed.order.status, OrderStatus::Cancelled);
            let result = client
                .update_order(id, &status(OrderStatus::Completed), None)
                .await;
            let error = refused(result)?;
            equal!(
                (error.status, error.code.as_deref()),
                (409, Some("transition_not_allowed"))
            );
        }
        "stale_version" => {
            let first = create(client, customer).await?;
            let id = first.order.id;
            let second = client
                .update_order(id, &total("2.5"), Some(&first.etag))
                .await?;
            equal!(second.order.total_amount, amount("2.5"));
            let error = refused(
                client
                    .update_order(id, &total("3"), Some(&first.etag))
                    .await,
            )?;
            equal!(
                (error.status, error.code.as_deref()),
                (412, Some("version_mismatch"))
            );
            let change = status(OrderStatus::Processing);
            let third = client.update_order(id, &change, Some(&second.etag)).await?;
            let read = client.get_order_if_changed(id, &third.etag).await?;
            equal!(read.is_none(), true);
        }
        "own_key" => {
            let key = format!("own-{}", Uuid::new_v4());
            let request = CreateOrderRequest::new(customer, amount("7"));
            let first = client.create_order_with_key(&request, &key).await?;
            let second = client.create_order_with_key(&request, &key).await?;
            equal!((first.replayed, second.replayed), (false, true));
            equal!(first.order, second.order);
        }
        "key_reused" => {
            let key = format!("own-{}", Uuid::new_v4());
            let request = CreateOrderRequest::new(customer, amount("7"));
            client.create_order_with_key(&request, &key).await?;
            let request = CreateOrderRequest::new(customer, amount("8"));
            let error = refused(client.create_order_with_key(&request, &key).await)?;
            equal!(
                (error.status, error.code.as_deref()),
                (422, Some("idempotency_key_reused"))
            );
        }
        "not_a_problem" => {
            let error = refused(client.get_order(1).await)?;
            equal!((error.status, error.code, error.attempts), (502, None, 1));
        }
        "unreadable" => {
            let result = client.get_order(1).await;
            equal!(matches!(result, Err(Error::Unreadable(_))), true);
        }
        "retry_503" | "dropped_before" => {
            create(client, customer).await?;
        }
        "retry_429" | "retry_without_hint" => {
            let id = create(client, customer).await?.order.id;
            client.get_order(id).await?;
        }
        "unkeyed_post" => {
            let request = CreateOrderRequest::new(customer, amount("1"));
            let result = orders_api::create_order(client.transport(), &request, None).await;
            let error = refused(result)?;
            equal!((error.status, error.attempts), (503, 1));
        }
        "dropped_after" | "cut_answer" | "slow_answer" | "slow_body" => {
            equal!(create(client, customer).await?.replayed, true);
        }
        "attempts_end" => {
            let error = refused(client.get_order(1).await)?;
            equal!(
                (error.status, error.code.as_deref()),
                (503, Some("injected"))
            );
            equal!(
                (error.retry_after, error.attempts),
                (Some(Duration::from_secs(1)), 3)
            );
            equal!(error.request_id.as_deref(), Some("request-of-the-proxy"));
        }
        "hint_too_late" => {
            let error = refused(client.get_order(1).await)?;
            let said = (error.status, error.retry_after, error.attempts);
            equal!(said, (503, Some(Duration::from_secs(60)), 1));
            equal!(begun.elapsed() < Duration::from_secs(3), true);
        }
        "total_timeout" => {
            let result = client.get_order(1).await;
            equal!(matches!(result, Err(Error::TimedOut { attempts: 2 })), true);
            equal!((3900..7000).contains(&begun.elapsed().as_millis()), true);
        }
        "access_token" => {
            create(client, customer).await?;
        }
        "wrong_key" => {
            let error = refused(client.get_order(1).await)?;
            let said = (error.status, error.code.as_deref(), error.attempts);
            equal!(said, (401, Some("unauthorized"), 1));
        }
        "another_customer" => {
            let error = refused(create(client, customer + 1).await)?;
            let said = (error.status, error.code.as_deref());
            equal!(said, (403, Some("customer_not_allowed")));
        }
        "nobody_there" => {
            let result = client.get_order(1).await;
            let failed = matches!(result, Err(Error::ConnectionFailed { attempts: 2, .. }));
            equal!(failed, true);
        }
        "update_retried" => {
            let id = create(client, customer).await?.order.id;
            let changed = client
                .update_order(id, &status(OrderStatus::Cancelled), None)
                .await?;
            equal!(changed.order.status, OrderStatus::Cancelled);
        }
        "update_ambiguous" => {
            let created = create(client, customer).await?;
            let change = status(OrderStatus::Cancelled);
            let etag = Some(created.etag.as_str());
            let error = refused(client.update_order(created.order.id, &change, etag).await)?;
            equal!((error.status, error.attempts), (412, 2));
        }
        "delete_retried" => {
            let id = create(client, customer).await?.order.id;
            client.delete_order(id, None).await?;
        }
        "delete_missing" => {
            equal!(
                refused(client.delete_order(MISSING, None).await)?.status,
                404
            );
        }
        "pages" | "gateway" => {
            let mut made = Vec::new();
            for _ in 0..5 {
                made.insert(0, create(client, customer).await?.order.id);
            }
            equal!(listed(client, customer, &[], Some(2)).await?, made);
        }
        "filtered" => {
            let mut made = Vec::new();
            for _ in 0..3 {
                made.push(create(client, customer).await?.order.id);
            }
            client
                .update_order(made[1], &status(OrderStatus::Cancelled), None)
                .await?;
            client
                .update_order(made[2], &status(OrderStatus::Completed), None)
                .await?;
            let both = [OrderStatus::Pending, OrderStatus::Cancelled];
            equal!(
                listed(client, customer, &both, None).await?,
                [made[1], made[0]]
            );
            let completed = [OrderStatus::Completed];
            equal!(listed(client, customer, &completed, None).await?, [made[2]]);
        }
        "history" => {
            let id = create(client, customer).await?.order.id;
            client.update_order(id, &total("12.34"), None).await?;
            let mut events = client.events(id, Some(1));
            let mut told = Vec::new();
            while let Some(event) = events.next().await? {
                told.push((
                    event.sequence,
                    event.r#type,
                    event.actor,
                    event.data.total_amount,
                ));
            }
            let expected = [
                (
                    1,
                    OrderEventType::Created,
                    OrderEventActor::Client,
                    Some(amount("99.95")),
                ),
                (
                    2,
                    OrderEventType::Updated,
                    OrderEventActor::Client,
                    Some(amount("12.34")),
                ),
            ];
            equal!(told, expected);
        }
        "wait" | "wait_through" => {
            let id = create(client, customer).await?.order.id;
            let finished = client
                .wait_until_finished(id, Duration::from_secs(60))
                .await?;
            equal!(finished.order.status, OrderStatus::Completed);
        }
        "wait_in_vain" => in_vain(client, customer, 1500, 5000).await?,
        "wait_slow" => in_vain(client, customer, 2500, 6000).await?,
        "new_enum_values" => {
            let order = create(client, customer).await?.order;
            let unknown = OrderStatus::Unrecognized("on_hold".to_owned());
            equal!(order.status, unknown);
            equal!(order.status.to_string(), "on_hold");
            // Does not compile unless every known status has an arm.
            let known = match &order.status {
                OrderStatus::Pending
                | OrderStatus::Processing
                | OrderStatus::Completed
                | OrderStatus::Cancelled => true,
                OrderStatus::Unrecognized(_) => false,
            };
            equal!(known, false);
            let same = std::slice::from_ref(&unknown);
            equal!(listed(client, customer, same, None).await?, [order.id]);
            let changed = client
                .update_order(order.id, &status(order.status), None)
                .await?;
            equal!(changed.order.status, unknown);
            let event = client.events(order.id, None).next().await?.unwrap();
            let imported = OrderEventType::Unrecognized("imported".to_owned());
            equal!(
                (event.r#type, event.actor),
                (imported, OrderEventActor::Client)
            );
        }
        "new_field" => {
            let id = create(client, customer).await?.order.id;
            equal!(client.get_order(id).await?.order.customer_id, customer);
        }
        "every_filter" => administration::every_filter(client, customer).await?,
        "processing" => administration::processing(client, customer).await?,
        "api_key" => administration::api_key(client, customer, url).await?,
        _ if name.starts_with("follow_") => events::check(name, client, customer).await?,
        _ if name.starts_with("webhook_") => events::check_webhooks(name)?,
        _ => items::check(name, client, customer).await?,
    }
    Ok(())
}

async fn listed(
    client: &OrdersClient,
    customer: i64,
    status: &[OrderStatus],
    page_size: Option<i32>,
) -> Result<Vec<i64>, Error> {
    let filter = OrdersFilter {
        status: status.to_vec(),
        customer_id: Some(customer),
        page_size,
        ..OrdersFilter::default()
    };
    found(client, filter).await
}

/// The ids of the orders that the filter selects.
async fn found(client: &OrdersClient, filter: OrdersFilter) -> Result<Vec<i64>, Error> {
    let mut orders = client.orders(filter);
    let mut ids = Vec::new();
    while let Some(order) = orders.next().await? {
        ids.push(order.id);
    }
    Ok(ids)
}

async fn in_vain(client: &OrdersClient, customer: i64, timeout: u64, limit: u64) -> Checked {
    let id = create(client, customer).await?.order.id;
    let begun = Instant::now();
    let result = client
        .wait_until_finished(id, Duration::from_millis(timeout))
        .await;
    let Err(Error::NotFinished {
        last_seen: Some(seen),
        ..
    }) = result
    else {
        return Err(format!("expected NotFinished, got {result:?}").into());
    };
    equal!(seen.order.status, OrderStatus::Pending);
    equal!(begun.elapsed() < Duration::from_millis(limit), true);
    Ok(())
}

async fn run(scenario: &Value) -> String {
    let name = scenario["name"].as_str().unwrap();
    let setting = |name: &str, default| scenario["client"][name].as_u64().unwrap_or(default);
    let mut options = Options::default();
    options.timeout = Duration::from_millis(setting("timeout_ms", 10_000));
    options.total_timeout = Duration::from_millis(setting("total_timeout_ms", 30_000));
    options.max_attempts = setting("max_attempts", 5).try_into().unwrap();
    options.first_pause = Duration::from_millis(50);
    let text = |name: &str| scenario["client"][name].as_str().map(str::to_owned);
    options.credentials = match (text("api_key"), text("access_token")) {
        (_, Some(token)) => Some(Credentials::access_token(move || {
            let token = token.clone();
            async move { Ok(token) }
        })),
        (key, None) => key.map(Credentials::api_key),
    };
    let url = scenario["url"].as_str().unwrap();
    let client = OrdersClient::with_options(url, options).unwrap();
    let customer = scenario["customer_id"].as_i64().unwrap();
    match check(name, &client, customer, url).await {
        Ok(()) => format!("ok {name}"),
        Err(error) => format!("failed {name}: {error} {error:?}").replace('\n', " "),
    }
}

#[tokio::main]
async fn main() {
    let file = std::env::args().nth(1).unwrap();
    let scenarios: Vec<Value> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let scenarios = scenarios
        .iter()
        .filter(|scenario| scenario["snippet"] == false);
    // Concurrently: they spend most of their time waiting.
    for said in futures::future::join_all(scenarios.map(run)).await {
        println!("{said}");
    }
}
