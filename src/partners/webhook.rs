//! Receives the webhooks of the shipping service (Standard Webhooks 1.0.0). They only say that there
//! is something to look at: the workflow asks for the parcel itself.

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Bytes, Data, ServiceConfig};
use contract_runtime::client::http::{HeaderMap, HeaderValue};
use standardwebhooks::Webhook;

use super::OperationIds;
use super::contracts::shipping::models::{Problem, ShipmentChanged};
use super::contracts::shipping::webhooks::{
    self, ShipmentChangedFailure, ShipmentChangedSuccess, WebhooksApi,
};
use crate::config;
use crate::db::OrderRepository;

/// The path below which they are received.
const SCOPE: &str = "/partners/shipping";
/// The path of the only one: the scope and the name of the webhook in its contract.
pub const SHIPPING_WEBHOOK: &str = "/partners/shipping/shipment_changed";

/// Wakes the workflows of orders whose parcels have changed.
pub struct ShippingWebhook {
    orders: OrderRepository,
    secrets: Vec<Webhook>,
}

impl ShippingWebhook {
    /// Webhooks that are signed with one of the secrets.
    ///
    /// # Errors
    /// If a secret has another form.
    pub fn new(settings: &config::Shipping, orders: OrderRepository) -> Result<Self, String> {
        let secret = |secret: &config::Secret| {
            Webhook::new(secret.expose()).map_err(|error| {
                format!("partners.shipping.webhook_secrets: not a whsec_ secret: {error}")
            })
        };
        let secrets: Result<_, _> = settings.webhook_secrets.iter().map(secret).collect();
        Ok(Self {
            orders,
            secrets: secrets?,
        })
    }

    fn accepts(&self, request: &ServiceRequest, body: &[u8]) -> bool {
        let mut headers = HeaderMap::new();
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            let value = request.headers().get(name).map(|value| value.as_bytes());
            let value = value.and_then(|value| HeaderValue::from_bytes(value).ok());
            let Some(value) = value else { return false };
            headers.insert(name, value);
        }
        self.secrets
            .iter()
            .any(|secret| secret.verify(body, &headers).is_ok())
    }
}

impl WebhooksApi for ShippingWebhook {
    async fn shipment_changed(
        &self,
        body: ShipmentChanged,
    ) -> Result<ShipmentChangedSuccess, ShipmentChangedFailure> {
        let Some(ids) = OperationIds::parse(&body.shipment.id) else {
            // Of another client of the shipping service.
            return Ok(ShipmentChangedSuccess::NoContent);
        };
        match self.orders.wake(ids.order_id, ids.created_at).await {
            Ok(_) => Ok(ShipmentChangedSuccess::NoContent),
            Err(error) => {
                tracing::warn!(order.id = ids.order_id.0, error = %error, "cannot note that a parcel has changed; the webhook is sent again");
                Err(ShipmentChangedFailure::ServiceUnavailable {
                    body: problem("Service Unavailable", 503, "service_unavailable"),
                    retry_after: 1,
                })
            }
        }
    }
}

/// Adds the route.
pub fn configure(service: &mut ServiceConfig, api: &Data<ShippingWebhook>) {
    let receiver = web::scope(SCOPE)
        .wrap(from_fn(verify))
        .configure(|scope| webhooks::configure(scope, api));
    service.app_data(api.clone()).service(receiver);
}

/// Lets only signed requests through.
async fn verify(
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let body = request.extract::<Bytes>().await?;
    let accepted = request
        .app_data::<Data<ShippingWebhook>>()
        .is_some_and(|webhook| webhook.accepts(&request, &body));
    if !accepted {
        return Ok(request.into_response(
            HttpResponse::Unauthorized()
                .content_type("application/problem+json")
                .json(problem("Unauthorized", 401, "invalid_signature")),
        ));
    }
    request.set_payload(body.into());
    next.call(request).await
}

fn problem(title: &str, status: i32, code: &str) -> Problem {
    Problem {
        title: title.into(),
        status,
        code: code.into(),
        detail: None,
    }
}
