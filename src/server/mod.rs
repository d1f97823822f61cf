//! The HTTP server: routes, middleware, and the life of both.

pub mod answers;
pub mod context;
mod docs;
mod monitoring;
mod problem;
mod vitals;

pub use monitoring::Monitoring;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::{Data, PayloadConfig};
use actix_web::{App, HttpServer};
use anyhow::{Context, Result};
use tokio_util::sync::CancellationToken;

use crate::api::{Health, Orders};
use crate::config::{self, Settings};
use crate::db::Database;
use crate::generated;
use crate::generated::health::HealthApi;
use crate::generated::orders::OrdersApi;
use crate::telemetry::Telemetry;
use crate::telemetry::metrics::Observer;
use crate::workflow::Temporal;

/// A server that has its port and waits to run.
pub struct Server {
    address: SocketAddr,
    handle: ServerHandle,
    running: actix_web::dev::Server,
}

impl Server {
    /// Takes the port and builds everything behind it.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub fn bind(
        settings: &Arc<Settings>,
        database: Database,
        temporal: Temporal,
        telemetry: &Telemetry,
    ) -> Result<Self> {
        let idempotency = settings.idempotency.clone();
        let health = Health::new(database.clone(), temporal);
        let orders = move || Arc::new(Orders::new(&database, idempotency.clone()));
        Self::observed(&settings.http, telemetry, Data::new(health), orders)
    }

    /// Takes the port, for these implementations of the contract. `orders` gives each thread
    /// its own, and is called on that thread.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub fn with<O: OrdersApi>(
        http: &config::Http,
        health: Data<impl HealthApi + Send + Sync>,
        orders: impl Fn() -> Arc<O> + Clone + Send + 'static,
    ) -> Result<Self> {
        Self::observed(http, &Telemetry::default(), health, orders)
    }

    fn observed<O: OrdersApi>(
        http: &config::Http,
        telemetry: &Telemetry,
        health: Data<impl HealthApi + Send + Sync>,
        orders: impl Fn() -> Arc<O> + Clone + Send + 'static,
    ) -> Result<Self> {
        let listener = TcpListener::bind(&http.listen)
            .with_context(|| format!("cannot listen on {} (http.listen)", http.listen))?;
        let address = listener
            .local_addr()
            .context("the listening socket has no address")?;
        let limits = context::Limits {
            request_timeout: http.request_timeout,
            check_answers: http.check_answers,
        };
        let body_limit = http.body_limit_bytes;
        let telemetry = telemetry.clone();
        let mut server = HttpServer::new(move || {
            let orders = Data::from(orders());
            App::new()
                .app_data(PayloadConfig::new(body_limit))
                .app_data(Data::new(limits))
                .app_data(Data::new(Observer::new(&telemetry)))
                .configure(|service| generated::configure(service, &health, &orders))
                .configure(docs::configure)
                .default_service(actix_web::web::to(problem::unknown_route))
                // Innermost, so that what replaces a wrong answer is completed like any other.
                .wrap(from_fn(answers::check))
                .wrap(from_fn(context::around))
                // Outside of what completes the problem documents, which has to read them.
                .wrap(Compress::default())
        })
        .disable_signals()
        .shutdown_timeout(http.shutdown_timeout.as_secs())
        .client_request_timeout(http.request_timeout);
        if http.workers > 0 {
            server = server.workers(http.workers);
        }
        let running = server
            .listen(listener)
            .context("the server cannot start")?
            .run();
        Ok(Self {
            address,
            handle: running.handle(),
            running,
        })
    }

    /// Where it listens; the real port when 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop`, then lets the requests in flight finish.
    ///
    /// # Errors
    /// When the server itself fails.
    pub async fn run(self, stop: CancellationToken) -> Result<()> {
        let Self {
            handle, running, ..
        } = self;
        tokio::pin!(running);
        tokio::select! {
            result = &mut running => return result.context("the server failed"),
            () = stop.cancelled() => {}
        }
        // `stop` ends only while the server itself goes on running.
        let (_, result) = tokio::join!(handle.stop(true), running);
        result.context("the server failed while it stopped")
    }
}
