//! The operations tagged `Administration`. Apart from `getCaller`, they concern the whole service: the
//! credentials of a customer cannot use them, whatever their scopes.

use std::time::Duration;

use chrono::{TimeDelta, Utc};

use super::failures::write_failed;
use super::{fresh, problem, statistics};
use crate::auth::FreshKey;
use crate::db::{
    ApiKey, ApiKeyRepository, BookRepository, Database, DeliveryFilter, DeliveryRepository,
    EndpointRepository, IntentRepository, MeasurementRepository, NewApiKey,
    ReconciliationRepository, StuckOrder, stuck_orders,
};
use crate::domain::{Caller, DeliveryStatus, Scopes};
use crate::error::StoreError;
use crate::generated::administration::*;
use crate::generated::models;

/// The maximum number of entries of each kind that need attention, as in the contract.
const SHOWN: i64 = 100;

/// Implements the operations.
pub struct Administration {
    database: Database,
    keys: ApiKeyRepository,
    intents: IntentRepository,
    deliveries: DeliveryRepository,
    endpoints: EndpointRepository,
    rounds: ReconciliationRepository,
    books: BookRepository,
    measurements: MeasurementRepository,
}

impl Administration {
    /// Of the service with this database.
    pub fn new(database: &Database) -> Self {
        Self {
            keys: ApiKeyRepository::new(database.clone()),
            intents: IntentRepository::new(database.clone()),
            deliveries: DeliveryRepository::new(database.clone()),
            endpoints: EndpointRepository::new(database.clone()),
            rounds: ReconciliationRepository::new(database.clone()),
            books: BookRepository::new(database.clone()),
            measurements: MeasurementRepository::new(database.clone()),
            database: database.clone(),
        }
    }
}

impl AdministrationApi for Administration {
    type Caller = Caller;

    async fn get_caller(&self, caller: Caller) -> Result<GetCallerSuccess, GetCallerFailure> {
        Ok(GetCallerSuccess::Ok(models::CallerInfo {
            name: caller.principal.to_string(),
            scopes: caller.scopes.iter().collect(),
            customer_id: caller.access.customer(),
        }))
    }

    async fn get_attention_report(
        &self,
        caller: Caller,
    ) -> Result<GetAttentionReportSuccess, GetAttentionReportFailure> {
        if let Some(problem) = not_all(&caller) {
            return Err(GetAttentionReportFailure::Forbidden(problem));
        }
        let failed = DeliveryFilter {
            endpoint_id: None,
            statuses: vec![DeliveryStatus::Failed],
            order_id: None,
            access: caller.access,
            before: None,
        };
        let orders = stuck_orders(&self.database, SHOWN).await?;
        let orders: Result<_, StoreError> = orders.into_iter().map(TryInto::try_into).collect();
        let deliveries = self.deliveries.list(&failed, SHOWN).await?.into_iter();
        let deliveries: Result<_, StoreError> = deliveries.map(TryInto::try_into).collect();
        let intents = self.intents.failing(SHOWN).await?.into_iter();
        let webhooks = self.endpoints.disabled(SHOWN).await?;
        let round = self.rounds.report().await?;
        let books = self.books.reports().await?.into_iter();
        Ok(GetAttentionReportSuccess::Ok(models::AttentionReport {
            orders: orders?,
            intents: intents.map(Into::into).collect(),
            deliveries: deliveries?,
            webhooks: webhooks
                .into_iter()
                .map(|endpoint| super::webhooks::shown(endpoint, None))
                .collect(),
            drift: models::Drift {
                orders: round.drift,
                compared: round.compared,
                finished_at: round.finished_at,
            },
            books: books
                .map(|book| models::BookDrift {
                    partner: book.partner,
                    drift: book.drift,
                    passed_at: book.passed_at,
                })
                .collect(),
        }))
    }

    async fn get_statistics(
        &self,
        caller: Caller,
    ) -> Result<GetStatisticsSuccess, GetStatisticsFailure> {
        if let Some(problem) = not_all(&caller) {
            return Err(GetStatisticsFailure::Forbidden(problem));
        }
        let now = Utc::now();
        let stored = self.measurements.since(now - statistics::SHOWN).await?;
        Ok(GetStatisticsSuccess::Ok(statistics::of(&stored, now)))
    }

    async fn list_api_keys(
        &self,
        caller: Caller,
    ) -> Result<ListApiKeysSuccess, ListApiKeysFailure> {
        if let Some(problem) = not_all(&caller) {
            return Err(ListApiKeysFailure::Forbidden(problem));
        }
        let keys = self.keys.list().await?.into_iter();
        let keys: Result<_, StoreError> = keys.map(TryInto::try_into).collect();
        Ok(ListApiKeysSuccess::Ok(keys?))
    }

    async fn create_api_key(
        &self,
        caller: Caller,
        body: models::CreateApiKeyRequest,
    ) -> Result<CreateApiKeySuccess, CreateApiKeyFailure> {
        if let Some(problem) = not_all(&caller) {
            return Err(CreateApiKeyFailure::Forbidden(problem));
        }
        let Some(fresh) = fresh(FreshKey::make()) else {
            let problem = problem::internal();
            return Err(CreateApiKeyFailure::InternalServerError(problem));
        };
        let lifetime = body.expires_in_seconds.map(TimeDelta::seconds);
        let scopes: Scopes = body.scopes.into_iter().collect();
        let new = NewApiKey {
            hash: fresh.hash.to_vec(),
            hint: fresh.hint,
            name: body.name,
            scopes: scopes.to_string(),
            customer_id: body.customer_id,
            expires_at: lifetime.and_then(|lifetime| Utc::now().checked_add_signed(lifetime)),
        };
        let created = self.keys.create(&new).await;
        let created =
            created.map_err(|error| -> CreateApiKeyFailure { write_failed(error, false) })?;
        Ok(CreateApiKeySuccess::Created(models::CreatedApiKey {
            key: fresh.text,
            info: created.try_into()?,
        }))
    }

    async fn revoke_api_key(
        &self,
        caller: Caller,
        parameters: RevokeApiKeyParameters,
    ) -> Result<RevokeApiKeySuccess, RevokeApiKeyFailure> {
        if let Some(problem) = not_all(&caller) {
            return Err(RevokeApiKeyFailure::Forbidden(problem));
        }
        let id = parameters.id;
        let revoked = self.keys.revoke(id).await;
        let revoked =
            revoked.map_err(|error| -> RevokeApiKeyFailure { write_failed(error, true) })?;
        match revoked {
            Some(key) => Ok(RevokeApiKeySuccess::Ok(key.try_into()?)),
            None => Err(RevokeApiKeyFailure::NotFound(problem::api_key_not_found(
                id,
            ))),
        }
    }

    async fn rotate_api_key(
        &self,
        caller: Caller,
        parameters: RotateApiKeyParameters,
        body: models::RotateApiKeyRequest,
    ) -> Result<RotateApiKeySuccess, RotateApiKeyFailure> {
        if let Some(problem) = not_all(&caller) {
            return Err(RotateApiKeyFailure::Forbidden(problem));
        }
        let id = parameters.id;
        let Some(fresh) = fresh(FreshKey::make()) else {
            let problem = problem::internal();
            return Err(RotateApiKeyFailure::InternalServerError(problem));
        };
        let overlap = u64::try_from(body.overlap_seconds).unwrap_or_default();
        let overlap = Duration::from_secs(overlap);
        let rotated = self
            .keys
            .rotate(id, &fresh.hash, &fresh.hint, overlap)
            .await;
        let rotated =
            rotated.map_err(|error| -> RotateApiKeyFailure { write_failed(error, false) })?;
        match rotated {
            Some(key) => Ok(RotateApiKeySuccess::Created(models::CreatedApiKey {
                key: fresh.text,
                info: key.try_into()?,
            })),
            None => Err(RotateApiKeyFailure::NotFound(problem::api_key_not_found(
                id,
            ))),
        }
    }
}

/// Why this caller cannot administer the service, if it is bound to a customer.
fn not_all(caller: &Caller) -> Option<models::Problem> {
    let customer = caller.access.customer();
    customer.map(|_| problem::all_customers_required())
}

impl TryFrom<StuckOrder> for models::StuckOrder {
    type Error = StoreError;

    fn try_from(order: StuckOrder) -> Result<Self, StoreError> {
        let id = order.id;
        let unknown = |error| StoreError::Corrupt(format!("order {id}, attention: {error}"));
        Ok(Self {
            order_id: id,
            customer_id: order.customer_id,
            attention: serde_json::from_value(order.attention).map_err(unknown)?,
        })
    }
}

impl TryFrom<ApiKey> for models::ApiKeyInfo {
    type Error = StoreError;

    fn try_from(key: ApiKey) -> Result<Self, StoreError> {
        let unknown = || StoreError::Corrupt(format!("key {} has an unknown scope", key.id));
        let scopes = key.scopes.split(' ').map(|name| name.parse().ok());
        let scopes: Option<_> = scopes.collect();
        Ok(Self {
            scopes: scopes.ok_or_else(unknown)?,
            client_id: key.client(),
            id: key.id,
            name: key.name,
            hint: key.hint,
            customer_id: key.customer_id,
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            last_used_at: key.last_used_at,
        })
    }
}
