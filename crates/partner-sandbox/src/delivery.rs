//! Sends the announcements of changed shipments, from the outbox in the database.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use contract_runtime::client::http::header::HeaderValue;
use contract_runtime::client::http::{Request, Response};
use contract_runtime::client::{
    Body, Client, Error, ErrorKind, Transport, TransportError, reqwest,
};
use contract_runtime::json;
use futures::future::BoxFuture;
use futures::{StreamExt, stream};
use tokio::time::sleep;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::db::{Db, StoreError};
use crate::faults::{FaultKind, Faults, Partner, WEBHOOK};
use crate::generated::shipping::webhooks::WebhooksClient;
use crate::webhook::{ID, SIGNATURE, TIMESTAMP, sign};

const PERIOD: Duration = Duration::from_millis(50);
const BATCH: i32 = 64;
const IN_FLIGHT: usize = 16;
const DEADLINE: Duration = Duration::from_secs(10);
/// The pause after the first failure; twice as long after each other, up to [`LONGEST`].
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// Runs until it is dropped.
pub(crate) async fn run(db: Db, faults: Faults) {
    let http = reqwest::Client::new();
    let claim =
        "SELECT seq, id, shipment, payload, attempts, url, secret FROM partners.claim_messages($1)";
    loop {
        match db.rows(claim, &[(&BATCH, Type::INT4)]).await {
            Ok(rows) if rows.is_empty() => sleep(PERIOD).await,
            Ok(rows) => {
                let messages = stream::iter(rows);
                messages
                    .for_each_concurrent(IN_FLIGHT, |row| handle(&db, &faults, &http, row))
                    .await;
            }
            Err(error) => {
                tracing::warn!(error.message = %error, "webhooks are late");
                sleep(PERIOD).await;
            }
        }
    }
}

/// One attempt. If its outcome cannot be stored, the claim ends by time and it is sent again.
async fn handle(db: &Db, faults: &Faults, http: &reqwest::Client, row: Row) {
    let stored = match Message::read(&row) {
        Ok(message) => message.attempt(db, faults, http).await,
        Err(error) => Err(error.into()),
    };
    if let Err(error) = stored {
        tracing::warn!(error.message = %error, "a webhook is late");
    }
}

struct Message<'r> {
    seq: i64,
    id: &'r str,
    shipment: &'r str,
    payload: &'r str,
    attempts: i32,
    url: &'r str,
    secret: &'r str,
}

impl<'r> Message<'r> {
    fn read(row: &'r Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            seq: row.try_get(0)?,
            id: row.try_get(1)?,
            shipment: row.try_get(2)?,
            payload: row.try_get(3)?,
            attempts: row.try_get(4)?,
            url: row.try_get(5)?,
            secret: row.try_get(6)?,
        })
    }

    async fn attempt(
        &self,
        db: &Db,
        faults: &Faults,
        http: &reqwest::Client,
    ) -> Result<(), StoreError> {
        let fault = match self.attempts {
            1 => faults.pick(Partner::Shipping, WEBHOOK, self.shipment),
            _ => None,
        };
        let kind = fault.as_ref().map(|fault| fault.kind);
        let delay = |default| {
            fault
                .as_ref()
                .and_then(|fault| fault.delay_ms)
                .unwrap_or(default)
        };
        match kind {
            Some(FaultKind::Never) => return self.done(db).await,
            Some(FaultKind::Late) => return self.postpone(db, delay(1000), false).await,
            Some(FaultKind::OutOfOrder) => return self.postpone(db, delay(500), true).await,
            Some(FaultKind::Twice) => drop(self.send(http).await),
            _ => {}
        }
        match self.send(http).await {
            Ok(()) => self.done(db).await,
            Err(error) => {
                tracing::debug!(webhook.id = self.id, error.message = %error, "a webhook is sent again later");
                let doubled = FIRST * (1 << (self.attempts - 1).clamp(0, 10));
                self.postpone(db, doubled.min(LONGEST).as_millis() as u64, false)
                    .await
            }
        }
    }

    async fn send(&self, http: &reqwest::Client) -> Result<(), String> {
        let transport = Signing {
            http: http.clone(),
            id: self.id.to_owned(),
            secret: self.secret.to_owned(),
        };
        let body = json::from_str(self.payload).map_err(|error| error.to_string())?;
        let client = Client::builder("http://localhost")
            .transport(transport)
            .deadline(DEADLINE);
        let client = WebhooksClient(client.build().map_err(|error| error.to_string())?);
        match client.shipment_changed(self.url, body).await {
            Ok(_) => Ok(()),
            // Any 2xx is success, whatever the contract names.
            Err(Error::Undeclared(response)) if (200..300).contains(&response.status) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    async fn done(&self, db: &Db) -> Result<(), StoreError> {
        let delete = "DELETE FROM partners.messages WHERE seq = $1";
        db.rows(delete, &[(&self.seq, Type::INT8)]).await.map(drop)
    }

    async fn postpone(&self, db: &Db, delay_ms: u64, held: bool) -> Result<(), StoreError> {
        let update = "UPDATE partners.messages SET held = held OR $3, \
            next_at = now() + make_interval(secs => $2) WHERE seq = $1";
        let seconds = delay_ms as f64 / 1000.0;
        let parameters: [crate::db::Parameter<'_>; 3] = [
            (&self.seq, Type::INT8),
            (&seconds, Type::FLOAT8),
            (&held, Type::BOOL),
        ];
        db.rows(update, &parameters).await.map(drop)
    }
}

/// Signs what it sends, with the time of the attempt.
struct Signing {
    http: reqwest::Client,
    id: String,
    secret: String,
}

impl Transport for Signing {
    fn send(
        &self,
        mut request: Request<bytes::Bytes>,
    ) -> BoxFuture<'static, Result<Response<Body>, TransportError>> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs() as i64;
        let signature = match sign(&self.secret, &self.id, now, request.body()) {
            Ok(signature) => signature,
            Err(error) => return refused(error.to_string()),
        };
        for (name, value) in [
            (ID, &self.id),
            (TIMESTAMP, &now.to_string()),
            (SIGNATURE, &signature),
        ] {
            let Ok(value) = HeaderValue::from_str(value) else {
                return refused(format!("`{name}` is not valid as a header"));
            };
            request.headers_mut().insert(name, value);
        }
        Transport::send(&self.http, request)
    }
}

fn refused(detail: String) -> BoxFuture<'static, Result<Response<Body>, TransportError>> {
    let error = TransportError::new(ErrorKind::InvalidRequest, detail);
    Box::pin(std::future::ready(Err(error)))
}
