//! The scenarios of operators: filters of the list, processing, and API keys.

use std::time::{Duration, Instant};

use order_processing_sdk::apis::{administration_api, orders_api, webhook_endpoints_api};
use order_processing_sdk::models::{
    CreateApiKeyRequest, CreateWebhookRequest, OrderEventType, OrderWorkflowStatus, PaymentStatus,
    RotateApiKeyRequest, Scope, ShipmentStatus,
};
use order_processing_sdk::{Credentials, Error, Options, OrdersClient, OrdersFilter};

use crate::items::{until, with_items};
use crate::{Checked, amount, check_equal, create, found, refused};

/// An address where nothing listens.
const NOWHERE: &str = "http://127.0.0.1:1/";

async fn pause() {
    tokio::time::sleep(Duration::from_millis(100)).await;
}

pub async fn every_filter(client: &OrdersClient, customer: i64) -> Checked {
    let plain = create(client, customer).await?.order.id;
    let request = with_items(customer, "CUP-1", "93", "Exampleville");
    let stuck = client.create_order(&request).await?.order;
    until(client, stuck.id, |order| order.attention.is_some()).await?;
    let all = OrdersFilter {
        customer_id: Some(customer),
        ..OrdersFilter::default()
    };
    let filters = [
        OrdersFilter {
            payment_status: vec![PaymentStatus::Authorized],
            ..all.clone()
        },
        OrdersFilter {
            shipment_status: vec![ShipmentStatus::Dispatched],
            ..all.clone()
        },
        OrdersFilter {
            needs_attention: Some(true),
            ..all.clone()
        },
        OrdersFilter {
            created_from: Some(stuck.created_at),
            ..all.clone()
        },
        OrdersFilter {
            max_amount: Some(amount("99.93")),
            ..all.clone()
        },
        OrdersFilter {
            payment_status: vec![PaymentStatus::Authorized],
            shipment_status: vec![ShipmentStatus::Dispatched],
            needs_attention: Some(true),
            created_from: Some(stuck.created_at),
            min_amount: Some(amount("99.93")),
            max_amount: Some(amount("99.93")),
            ..all.clone()
        },
    ];
    for filter in filters {
        equal!(found(client, filter).await?, [stuck.id]);
    }
    let filters = [
        OrdersFilter {
            needs_attention: Some(false),
            ..all.clone()
        },
        OrdersFilter {
            created_before: Some(stuck.created_at),
            ..all.clone()
        },
        OrdersFilter {
            min_amount: Some(amount("99.94")),
            ..all
        },
    ];
    for filter in filters {
        equal!(found(client, filter).await?, [plain]);
    }

    let page = async |cursor: Option<&str>| {
        orders_api::list_orders(
            client.transport(),
            Some(1),
            cursor,
            None,
            Some(customer),
            None,
            None,
            None,
            None,
            None,
            None,
            None,
        )
        .await
    };
    let first = page(None).await?;
    equal!(first.linked_page("prev"), None);
    let next = first.linked_page("next").unwrap_or_default();
    let second = page(next.get("cursor").map(String::as_str)).await?;
    equal!(second.value[0].id, plain);
    let previous = second.linked_page("prev").unwrap_or_default();
    let back = page(previous.get("cursor").map(String::as_str)).await?;
    equal!(back.value[0].id, stuck.id);
    Ok(())
}

pub async fn processing(client: &OrdersClient, customer: i64) -> Checked {
    let transport = client.transport();
    let caller = administration_api::get_caller(transport).await?.value;
    equal!(caller.name.starts_with("key:"), true);
    equal!(
        (caller.scopes, caller.customer_id),
        (vec![Scope::OrdersAdmin], None)
    );
    let request = CreateWebhookRequest {
        customer_id: Some(customer),
        ..CreateWebhookRequest::new(NOWHERE.into())
    };
    let endpoint = webhook_endpoints_api::create_webhook(transport, &request)
        .await?
        .value
        .id;
    let request = with_items(customer, "CUP-1", "93", "Exampleville");
    let id = client.create_order(&request).await?.order.id;
    let begun = Instant::now();
    let oldest = loop {
        let page = orders_api::list_order_deliveries(transport, id, None, None).await?;
        match page.value.into_iter().last() {
            Some(oldest) => break oldest,
            None if begun.elapsed() > Duration::from_secs(60) => {
                return Err("there are no deliveries".into());
            }
            None => pause().await,
        }
    };
    equal!((oldest.webhook_id, oldest.order_id), (endpoint, id));
    equal!(oldest.event_type, OrderEventType::Created);
    webhook_endpoints_api::delete_webhook(transport, endpoint).await?;
    until(client, id, |order| order.attention.is_some()).await?;
    let report = administration_api::get_attention_report(transport).await?;
    let mut stuck = report.value.orders.iter();
    let stuck = stuck.find(|stuck| stuck.order_id == id);
    equal!(
        stuck.map(|stuck| stuck.attention.code.as_str()),
        Some("over_capture")
    );
    let seen = orders_api::get_order_processing(transport, id).await?.value;
    let workflow = seen.workflow.unwrap_or_default();
    equal!(
        (seen.temporal_available, workflow.id),
        (true, format!("order-{id}"))
    );
    equal!(workflow.status, OrderWorkflowStatus::Running);
    let statistics = administration_api::get_statistics(transport).await?.value;
    let partners = statistics.partners.into_iter().map(|each| each.partner);
    let mut partners: Vec<_> = partners.collect();
    partners.sort_unstable();
    equal!(partners, ["inventory", "payment", "shipping"]);
    Ok(())
}

fn with_key(url: &str, key: &str) -> Result<OrdersClient, Error> {
    let mut options = Options::default();
    options.credentials = Some(Credentials::api_key(key));
    OrdersClient::with_options(url, options)
}

pub async fn api_key(client: &OrdersClient, customer: i64, url: &str) -> Checked {
    let transport = client.transport();
    let scopes = vec![Scope::OrdersRead, Scope::OrdersWrite];
    let request = CreateApiKeyRequest {
        customer_id: Some(customer),
        ..CreateApiKeyRequest::new("shop".into(), scopes.clone())
    };
    let created = administration_api::create_api_key(transport, &request)
        .await?
        .value;
    let key = created.info.id;
    let shop = with_key(url, &created.key)?;
    let id = create(&shop, customer).await?.order.id;
    let caller = administration_api::get_caller(shop.transport())
        .await?
        .value;
    equal!(caller.name, format!("key:{key}"));
    equal!(
        (caller.scopes, caller.customer_id),
        (scopes, Some(customer))
    );
    let listed = administration_api::list_api_keys(shop.transport()).await;
    equal!(refused(listed)?.status, 403);

    let request = RotateApiKeyRequest::new();
    let replacement = administration_api::rotate_api_key(transport, key, &request)
        .await?
        .value;
    equal!(replacement.info.client_id, created.info.client_id);
    let renewed = with_key(url, &replacement.key)?;
    equal!(renewed.get_order(id).await?.order.id, id);

    let revoked = administration_api::revoke_api_key(transport, key).await?;
    equal!(revoked.value.revoked_at.is_some(), true);
    let begun = Instant::now();
    while shop.get_order(id).await.is_ok() && begun.elapsed() < Duration::from_secs(60) {
        pause().await;
    }
    let error = refused(shop.get_order(id).await)?;
    equal!(
        (error.status, error.code.as_deref()),
        (401, Some("unauthorized"))
    );
    equal!(renewed.get_order(id).await?.order.id, id);
    let keys = administration_api::list_api_keys(transport).await?.value;
    let valid = keys.iter().filter(|each| each.revoked_at.is_none());
    let valid: Vec<i64> = valid.map(|each| each.id).collect();
    equal!(valid.contains(&key), false);
    equal!(valid.contains(&replacement.info.id), true);
    Ok(())
}
