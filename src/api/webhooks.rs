//! The operations tagged `WebhookEndpoints`.

use chrono::Utc;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::failures::write_failed;
use super::pages::{Link, cut, with_next};
use super::{RESPONSE_TIME, fresh, problem, wait_until};
use crate::config;
use crate::db::{
    Database, Delivery, DeliveryFilter, DeliveryRepository, Endpoint, EndpointChange,
    EndpointRepository, FeedRepository, NewEndpoint, Retried, Target,
};
use crate::domain::{Caller, SignatureKind, WebhookKey, WebhookPayload};
use crate::error::StoreError;
use crate::feed::reset;
use crate::generated::models;
use crate::generated::webhook_endpoints::*;
use crate::webhooks::{Answer, Message, Sender, fresh_key, payload, public_key, secret_text};

/// The keys of an endpoint that may be valid at the same time; with more, the header of the
/// signatures would be longer than the contract says.
const MAX_KEYS: i64 = 5;
/// The test events that a process sends at the same time.
const MAX_TESTS: usize = 32;

/// Implements the operations.
pub struct Webhooks {
    endpoints: EndpointRepository,
    deliveries: DeliveryRepository,
    feed: FeedRepository,
    sender: Sender,
    settings: config::Webhooks,
    tests: Semaphore,
}

impl Webhooks {
    /// Endpoints in this database.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(
        database: &Database,
        feed: &FeedRepository,
        settings: &config::Webhooks,
    ) -> Result<Self, String> {
        Ok(Self {
            endpoints: EndpointRepository::new(database.clone()),
            deliveries: DeliveryRepository::new(database.clone()),
            feed: feed.clone(),
            sender: Sender::new(settings)?,
            settings: settings.clone(),
            tests: Semaphore::new(MAX_TESTS),
        })
    }

    /// The violation of a URL that cannot be called.
    fn fault(&self, url: &str) -> Option<models::Problem> {
        let fault = self.sender.addresses().parse(url).err()?;
        Some(problem::invalid_parameter("/url", fault))
    }
}

impl WebhookEndpointsApi for Webhooks {
    type Caller = Caller;

    async fn list_webhooks(
        &self,
        caller: Caller,
        parameters: ListWebhooksParameters,
    ) -> Result<ListWebhooksSuccess, ListWebhooksFailure> {
        let ListWebhooksParameters { limit, after } = parameters;
        let page = self.endpoints.list(caller.access, after, with_next(limit));
        let mut page = page.await?;
        let last = cut(&mut page, limit).map(|last| last.id);
        Ok(ListWebhooksSuccess::Ok {
            link: last
                .map(|after| format!("</webhooks?limit={limit}&after={after}>; rel=\"next\"")),
            body: page.into_iter().map(|one| shown(one, None)).collect(),
        })
    }

    async fn create_webhook(
        &self,
        caller: Caller,
        body: models::CreateWebhookRequest,
    ) -> Result<CreateWebhookSuccess, CreateWebhookFailure> {
        let Some(wanted) = caller.access.narrowed(body.customer_id) else {
            let problem = problem::customer_not_allowed();
            return Err(CreateWebhookFailure::Forbidden(problem));
        };
        if let Some(problem) = self.fault(&body.url) {
            return Err(CreateWebhookFailure::BadRequest(problem));
        }
        let Some(key) = fresh(fresh_key()) else {
            let problem = problem::internal();
            return Err(CreateWebhookFailure::InternalServerError(problem));
        };
        let new = NewEndpoint {
            client: caller.client.to_string(),
            access: caller.access,
            url: body.url,
            description: body.description,
            customer_id: wanted.customer(),
            event_types: body.event_types.unwrap_or_default(),
            signature: body.signature.unwrap_or(SignatureKind::HmacSha256),
            key,
            from_earliest: body.start == models::WebhookStart::Earliest,
        };
        let limit = self.settings.max_endpoints;
        let created = self.endpoints.create(&new, limit.into()).await;
        let created =
            created.map_err(|error| -> CreateWebhookFailure { write_failed(error, false) })?;
        let Some(endpoint) = created else {
            let detail = format!("there are {limit} endpoints already; delete one first");
            let problem = problem::conflict("too_many_webhooks", detail);
            return Err(CreateWebhookFailure::Conflict(problem));
        };
        Ok(CreateWebhookSuccess::Created {
            location: format!("/webhooks/{}", endpoint.id),
            body: shown(endpoint, Some(&new.key)),
        })
    }

    async fn get_webhook(
        &self,
        caller: Caller,
        parameters: GetWebhookParameters,
    ) -> Result<GetWebhookSuccess, GetWebhookFailure> {
        let id = parameters.id;
        match self.endpoints.get(id, caller.access).await? {
            Some(endpoint) => Ok(GetWebhookSuccess::Ok(shown(endpoint, None))),
            None => Err(GetWebhookFailure::NotFound(problem::webhook_not_found(id))),
        }
    }

    async fn update_webhook(
        &self,
        caller: Caller,
        parameters: UpdateWebhookParameters,
        body: models::UpdateWebhookRequest,
    ) -> Result<UpdateWebhookSuccess, UpdateWebhookFailure> {
        let id = parameters.id;
        if let Some(problem) = body.url.as_ref().and_then(|url| self.fault(url)) {
            return Err(UpdateWebhookFailure::BadRequest(problem));
        }
        let change = EndpointChange {
            url: body.url,
            description: body.description,
            event_types: body.event_types,
            enabled: body.enabled,
        };
        let changed = self.endpoints.update(id, caller.access, &change).await;
        let changed =
            changed.map_err(|error| -> UpdateWebhookFailure { write_failed(error, true) })?;
        match changed {
            Some(endpoint) => Ok(UpdateWebhookSuccess::Ok(shown(endpoint, None))),
            None => Err(UpdateWebhookFailure::NotFound(problem::webhook_not_found(
                id,
            ))),
        }
    }

    async fn delete_webhook(
        &self,
        caller: Caller,
        parameters: DeleteWebhookParameters,
    ) -> Result<DeleteWebhookSuccess, DeleteWebhookFailure> {
        let id = parameters.id;
        let deleted = self.endpoints.delete(id, caller.access).await;
        if deleted.map_err(|error| -> DeleteWebhookFailure { write_failed(error, true) })? {
            return Ok(DeleteWebhookSuccess::NoContent);
        }
        Err(DeleteWebhookFailure::NotFound(problem::webhook_not_found(
            id,
        )))
    }

    async fn rotate_webhook_secret(
        &self,
        caller: Caller,
        parameters: RotateWebhookSecretParameters,
    ) -> Result<RotateWebhookSecretSuccess, RotateWebhookSecretFailure> {
        let (id, access) = (parameters.id, caller.access);
        let Some(fresh) = fresh(fresh_key()) else {
            let problem = problem::internal();
            return Err(RotateWebhookSecretFailure::InternalServerError(problem));
        };
        let overlap = self.settings.secret_overlap;
        let rotated = self
            .endpoints
            .rotate(id, access, &fresh, overlap, MAX_KEYS)
            .await;
        let rotated = rotated
            .map_err(|error| -> RotateWebhookSecretFailure { write_failed(error, false) })?;
        let Some(mut endpoint) = self.endpoints.get(id, access).await? else {
            let problem = problem::webhook_not_found(id);
            return Err(RotateWebhookSecretFailure::NotFound(problem));
        };
        if !rotated {
            let detail = format!("{MAX_KEYS} secrets are valid; wait until one has expired");
            let problem = problem::conflict("too_many_secrets", detail);
            return Err(RotateWebhookSecretFailure::Conflict(problem));
        }
        endpoint.key = fresh.clone();
        Ok(RotateWebhookSecretSuccess::Ok(shown(
            endpoint,
            Some(&fresh),
        )))
    }

    async fn test_webhook(
        &self,
        caller: Caller,
        parameters: TestWebhookParameters,
    ) -> Result<TestWebhookSuccess, TestWebhookFailure> {
        let id = parameters.id;
        let Some(endpoint) = self.endpoints.get(id, caller.access).await? else {
            return Err(TestWebhookFailure::NotFound(problem::webhook_not_found(id)));
        };
        let Ok(_place) = self.tests.try_acquire() else {
            let detail = "too many test events are being sent; retry later";
            return Err(TestWebhookFailure::ServiceUnavailable {
                body: problem::unavailable(detail.into()),
                retry_after: problem::RETRY_AFTER_SECONDS,
            });
        };
        let target = Target {
            url: endpoint.url,
            signature: endpoint.signature,
            keys: self.endpoints.keys(id).await?,
        };
        let message = Message {
            id: format!("test_{}", Uuid::new_v4().simple()),
            payload: payload(&WebhookPayload {
                r#type: "test".into(),
                timestamp: Utc::now(),
                data: None,
            }),
        };
        let begun = Instant::now();
        let until = wait_until(begun + self.settings.timeout + RESPONSE_TIME);
        let sent = timeout_at(until, self.sender.send(&target, &message));
        let (answer, error) = match sent.await {
            Ok(Ok(answer)) => (Some(answer), None),
            Ok(Err(unsent)) => (None, Some(unsent.0)),
            Err(_) => (None, Some("no response in time".into())),
        };
        let delivered = answer.as_ref().is_some_and(Answer::is_success);
        let status = answer.map(|answer| answer.status);
        Ok(TestWebhookSuccess::Ok(models::WebhookTestResult {
            delivered,
            response_status: status.map(i32::from),
            error: match status {
                Some(status) if !delivered => Some(format!("the receiver responded with {status}")),
                _ => error,
            },
            duration_ms: i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX),
        }))
    }

    async fn replay_webhook(
        &self,
        caller: Caller,
        parameters: ReplayWebhookParameters,
        body: models::ReplayWebhookRequest,
    ) -> Result<ReplayWebhookSuccess, ReplayWebhookFailure> {
        let (id, access) = (parameters.id, caller.access);
        let not_found = || ReplayWebhookFailure::NotFound(problem::webhook_not_found(id));
        if self.endpoints.get(id, access).await?.is_none() {
            return Err(not_found());
        }
        let extent = self.feed.extent().await?;
        if reset(body.after, &extent).is_some() {
            let problem = problem::events_not_available(body.after, &extent);
            return Err(ReplayWebhookFailure::Gone(problem));
        }
        let replayed = self.endpoints.replay(id, access, body.after).await;
        let replayed =
            replayed.map_err(|error| -> ReplayWebhookFailure { write_failed(error, true) })?;
        let endpoint = replayed.ok_or_else(not_found)?;
        Ok(ReplayWebhookSuccess::Ok(shown(endpoint, None)))
    }

    async fn list_webhook_deliveries(
        &self,
        caller: Caller,
        parameters: ListWebhookDeliveriesParameters,
    ) -> Result<ListWebhookDeliveriesSuccess, ListWebhookDeliveriesFailure> {
        let id = parameters.id;
        if self.endpoints.get(id, caller.access).await?.is_none() {
            let problem = problem::webhook_not_found(id);
            return Err(ListWebhookDeliveriesFailure::NotFound(problem));
        }
        let filter = DeliveryFilter {
            endpoint_id: Some(id),
            statuses: parameters.status.clone().unwrap_or_default(),
            order_id: parameters.order_id,
            access: caller.access,
            before: parameters.before,
        };
        let limit = parameters.limit;
        let mut page = self.deliveries.list(&filter, with_next(limit)).await?;
        let last = cut(&mut page, limit).map(|last| last.id);
        let body: Result<_, StoreError> = page.into_iter().map(TryInto::try_into).collect();
        Ok(ListWebhookDeliveriesSuccess::Ok {
            link: last.map(|before| next_link(&parameters, before)),
            body: body?,
        })
    }

    async fn retry_webhook_delivery(
        &self,
        caller: Caller,
        parameters: RetryWebhookDeliveryParameters,
    ) -> Result<RetryWebhookDeliverySuccess, RetryWebhookDeliveryFailure> {
        let RetryWebhookDeliveryParameters { id, delivery_id } = parameters;
        if self.endpoints.get(id, caller.access).await?.is_none() {
            let problem = problem::webhook_not_found(id);
            return Err(RetryWebhookDeliveryFailure::NotFound(problem));
        }
        let retried = self.deliveries.retry(id, delivery_id, caller.access).await;
        let retried = retried
            .map_err(|error| -> RetryWebhookDeliveryFailure { write_failed(error, true) })?;
        match retried {
            Retried::Pending(pending) => Ok(RetryWebhookDeliverySuccess::Ok(pending.try_into()?)),
            Retried::NotFound => {
                let problem = problem::delivery_not_found(delivery_id);
                Err(RetryWebhookDeliveryFailure::NotFound(problem))
            }
            Retried::NotEnabled => {
                let detail = "nothing is sent to the endpoint; enable it first";
                let problem = problem::conflict("webhook_not_enabled", detail.into());
                Err(RetryWebhookDeliveryFailure::Conflict(problem))
            }
        }
    }
}

/// The endpoint as clients see it, with the key if it is new.
pub(super) fn shown(endpoint: Endpoint, fresh: Option<&WebhookKey>) -> models::WebhookEndpoint {
    let (secret, public) = match endpoint.signature {
        SignatureKind::HmacSha256 => (fresh.map(secret_text), None),
        SignatureKind::Ed25519 => (None, public_key(&endpoint.key)),
    };
    models::WebhookEndpoint {
        id: endpoint.id,
        url: endpoint.url,
        description: endpoint.description,
        event_types: endpoint.event_types,
        customer_id: endpoint.customer_id,
        enabled: endpoint.enabled,
        disabled_reason: endpoint.disabled_reason,
        signature: endpoint.signature,
        secret,
        public_key: public,
        position: endpoint.position,
        created_at: endpoint.created_at,
        updated_at: endpoint.updated_at,
    }
}

impl TryFrom<Delivery> for models::WebhookDelivery {
    type Error = StoreError;

    fn try_from(row: Delivery) -> Result<Self, StoreError> {
        let unknown =
            |what: &str| StoreError::Corrupt(format!("delivery {} has an unknown {what}", row.id));
        let status = row.status.parse().map_err(|_| unknown("status"))?;
        let number = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
        Ok(Self {
            event_type: row.event_type.parse().map_err(|_| unknown("type"))?,
            next_attempt_at: (status == models::WebhookDeliveryStatus::Pending)
                .then_some(row.next_attempt_at),
            status,
            id: row.id,
            webhook_id: row.endpoint_id,
            position: row.position,
            order_id: row.order_id,
            attempts: number(row.attempts),
            response_status: row.response_status.map(number),
            error: row.error,
            created_at: row.created_at,
            last_attempt_at: row.last_attempt_at,
        })
    }
}

/// The `Link` to the next page.
fn next_link(parameters: &ListWebhookDeliveriesParameters, before: i64) -> String {
    let statuses = parameters.status.iter().flatten();
    let path = format!("/webhooks/{}/deliveries", parameters.id);
    Link::to(path, parameters.limit)
        .with("status", statuses.map(|status| status.as_str()))
        .with("order_id", parameters.order_id)
        .with("before", [before])
        .relation("next")
}
