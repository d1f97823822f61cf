//! Starts and stops the sandbox.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::web::{Data, scope};
use actix_web::{App, HttpServer};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::client::SandboxClient;
use crate::db::{Db, StoreError};
use crate::faults::Faults;
use crate::generated;
use crate::inventory::Inventory;
use crate::payment::Payment;
use crate::shipping::Shipping;
use crate::token::Token;
use crate::{control, delivery, fault_injection, timers, webhook};

const WORKERS: usize = 2;

/// How to run the sandbox.
#[derive(Clone)]
pub struct SandboxOptions {
    /// Where it listens; port 0 is any free one.
    pub listen: SocketAddr,
    /// A PostgreSQL database without TLS; the schema `partners` is created in it.
    pub database_url: String,
    /// The bearer token of all three partners.
    pub token: String,
    /// Where changes of shipments are announced; `None` leaves what is stored.
    pub webhook: Option<Webhook>,
    /// From the order of a shipment until its dispatch; zero: at once, in the same answer; `None`:
    /// on command. A shipment keeps what was set when it was ordered.
    pub dispatch_after: Option<Duration>,
    /// From the dispatch until the delivery; `None`: on command.
    pub deliver_after: Option<Duration>,
}

/// The receiver of webhooks.
#[derive(Clone, Serialize, Deserialize)]
pub struct Webhook {
    /// An absolute URL.
    pub url: String,
    /// `whsec_` and base64 of 24 to 64 bytes.
    pub secret: String,
}

/// Why the sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be used.
    #[error("the database of the partners cannot be used: {0}")]
    Database(String),
    /// The address is taken, or not ours.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// The secret of the webhook is not valid.
    #[error(transparent)]
    Secret(#[from] webhook::SignatureError),
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Database(error.to_string())
    }
}

/// The running partners. Dropping it stops it.
pub struct Sandbox {
    address: SocketAddr,
    server: ServerHandle,
    tasks: JoinSet<()>,
}

impl Sandbox {
    /// Starts it; it serves as soon as this returns. Must be called on a Tokio runtime.
    ///
    /// # Errors
    /// If the database cannot be used, the address cannot be listened on or the webhook's secret is
    /// not valid.
    pub async fn start(options: SandboxOptions) -> Result<Self, Error> {
        if let Some(webhook) = &options.webhook {
            webhook::sign(&webhook.secret, "", 0, b"")?;
        }
        let db = Db::open(&options.database_url).await?;
        if let Some(webhook) = &options.webhook {
            control::store_webhook(&db, webhook).await?;
        }
        let faults = Faults::none();
        let inventory = Data::new(Inventory(db.clone()));
        let payment = Data::new(Payment::new(db.clone()));
        let shipping = Data::new(Shipping {
            db: db.clone(),
            dispatch_after: options.dispatch_after,
            deliver_after: options.deliver_after,
        });
        let inventory_token = Data::new(Token::new(&options.token));
        let payment_token = Data::new(Token::new(&options.token));
        let shipping_token = Data::new(Token::new(&options.token));
        let shared = (Data::new(faults.clone()), Data::new(db.clone()));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(shared.0.clone())
                .app_data(shared.1.clone())
                .service(scope("/sandbox").configure(control::configure))
                .service(
                    scope("/inventory")
                        .wrap(from_fn(fault_injection::inject))
                        .configure(|service| {
                            generated::inventory::configure(service, &inventory_token, &inventory)
                        }),
                )
                .service(
                    scope("/payment")
                        .wrap(from_fn(fault_injection::inject))
                        .configure(|service| {
                            generated::payment::configure(service, &payment_token, &payment)
                        }),
                )
                .service(
                    scope("/shipping")
                        .wrap(from_fn(fault_injection::inject))
                        .configure(|service| {
                            generated::shipping::configure(service, &shipping_token, &shipping)
                        }),
                )
        });
        let refused = |error| Error::Listen(options.listen, error);
        let server = server
            .workers(WORKERS)
            .disable_signals()
            .bind(options.listen)
            .map_err(refused)?;
        let address = server.addrs().first().copied().unwrap_or(options.listen);
        let running = server.run();
        let handle = running.handle();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            if let Err(error) = running.await {
                tracing::error!(error.message = %error, "the server of the partners ended");
            }
        });
        tasks.spawn(timers::run(db.clone()));
        tasks.spawn(delivery::run(db, faults));
        Ok(Self {
            address,
            server: handle,
            tasks,
        })
    }

    /// The URL of the partners, without a path: `{url}/inventory` is that of the inventory.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client of its control API.
    pub fn client(&self) -> SandboxClient {
        SandboxClient::new(self.url())
    }

    /// Stops it at once; requests in progress get no answer.
    pub async fn stop(mut self) {
        self.server.stop(false).await;
        self.tasks.shutdown().await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // The command is sent here; the future only waits for its end.
        drop(self.server.stop(false));
    }
}
