//! The HTTP server: routes, middleware and lifecycle.

mod connections;
mod console;
pub mod context;
mod cors;
mod docs;
mod gauges;
mod headers;
mod hosts;
pub mod limits;
mod monitoring;
mod observation;
mod problem;
mod request_id;
pub mod response_validation;

pub use monitoring::Monitoring;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::middleware::{Compress, Condition, from_fn};
use actix_web::web::{Data, PayloadConfig, ServiceConfig};
use actix_web::{App, HttpServer};
use anyhow::{Context, Result};
use tokio_util::sync::CancellationToken;

use crate::api::{Administration, Cursors, Events, Health, Orders, Webhooks};
use crate::auth::Authenticator;
use crate::config::{self, AuthMode, Settings};
use crate::db::{self, Database, OrderRepository};
use crate::feed::Feed;
use crate::health::Dependencies;
use crate::partners::{self, ShippingWebhook};
use crate::telemetry::Telemetry;
use crate::telemetry::metrics::Observer;
use crate::workflow::Temporal;
use crate::{generated, tls};
use connections::Connections;
use console::ConsoleSettings;
use hosts::Hosts;
use limits::{InFlight, Limits};

/// A server that listens and is ready to run.
pub struct Server {
    address: SocketAddr,
    handle: ServerHandle,
    running: actix_web::dev::Server,
    encrypted: bool,
    connections: Connections,
    stall_timeout: Duration,
    /// Cancelled before the server waits for its responses to end.
    closing: CancellationToken,
}

impl Server {
    /// Binds the port and builds the server.
    pub async fn bind(
        settings: &Arc<Settings>,
        database: Database,
        temporal: Temporal,
        telemetry: &Telemetry,
    ) -> Result<Self> {
        let security = Authenticator::start(settings, &database, &telemetry.metrics).await?;
        let security = Data::new(security);
        let cursors = Cursors::new(db::cursor_secret(&database).await?);
        let idempotency = settings.idempotency.clone();
        let health = Dependencies::new(database.clone(), temporal.clone());
        let health = Data::new(Health(health));
        let administration = Data::new(Administration::new(&database));
        let console = settings.console.enabled.then(|| ConsoleSettings {
            authentication: settings.auth.mode != AuthMode::Disabled,
            sample_orders: settings.console.sample_orders,
        });
        let shipping = ShippingWebhook::new(
            &settings.partners.shipping,
            OrderRepository::new(database.clone()),
        );
        let shipping = Data::new(shipping.map_err(anyhow::Error::msg)?);
        let closing = CancellationToken::new();
        let feed = Feed::start(&database, settings, &telemetry.metrics, closing.clone());
        let events = Data::new(Events(feed.clone()));
        let webhooks = Webhooks::new(&database, feed.repository(), &settings.webhooks);
        let webhooks = Data::new(webhooks.map_err(anyhow::Error::msg)?);
        let routes = move |service: &mut ServiceConfig| {
            let (feed, cursors) = (feed.clone(), cursors.clone());
            let temporal = temporal.clone();
            let orders = Orders::new(&database, temporal, feed, idempotency.clone(), cursors);
            let orders = Data::new(orders);
            generated::configure(
                service,
                &security,
                &administration,
                &events,
                &health,
                &orders,
                &webhooks,
            );
            docs::configure(service);
            if let Some(console) = console {
                console::configure(service, console);
            }
            partners::configure(service, &shipping);
        };
        let open = settings.auth.mode == AuthMode::Disabled;
        let server = Self::observed(&settings.http, open, telemetry, routes)?;
        Ok(Self { closing, ..server })
    }

    /// Binds the port, with these routes of the contract. `routes` is called on each worker thread.
    pub fn with(
        http: &config::Http,
        routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> Result<Self> {
        Self::observed(http, false, &Telemetry::default(), routes)
    }

    /// `open`: whether authentication is disabled.
    fn observed(
        http: &config::Http,
        open: bool,
        telemetry: &Telemetry,
        routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> Result<Self> {
        let listener = TcpListener::bind(&http.listen)
            .with_context(|| format!("cannot listen on {} (http.listen)", http.listen))?;
        let address = listener
            .local_addr()
            .context("the listening socket has no address")?;
        let encrypted = http.is_encrypted();
        let tls_config =
            encrypted.then(|| tls::server_config("http.tls", &http.tls.certificate, &http.tls.key));
        let tls_config = tls_config.transpose().map_err(anyhow::Error::msg)?;
        let limits = Limits {
            request_timeout: http.request_timeout,
            in_flight: InFlight::at_most(http.max_requests_in_flight),
        };
        connections::raise_file_limit(http.max_connections);
        let connections = Connections::new();
        let opened = connections.clone();
        let origins = http.cors.clone();
        let allowed = Hosts::new(
            "http.allowed_hosts",
            &http.allowed_hosts,
            &origins.allowed_origins,
        );
        let allowed = Data::new(allowed);
        let body_limit = http.body_limit_bytes;
        let validate_responses = http.check_answers;
        let telemetry = telemetry.clone();
        let workers = threads(http);
        let server = HttpServer::new(move || {
            App::new()
                .app_data(PayloadConfig::new(body_limit))
                .app_data(Data::new(limits.clone()))
                .app_data(allowed.clone())
                .app_data(Data::new(Observer::new(&telemetry)))
                .configure(&routes)
                .default_service(actix_web::web::to(problem::unknown_route))
                // Innermost, so that the response that replaces an invalid one is completed like
                // any other.
                .wrap(Condition::new(
                    validate_responses,
                    from_fn(response_validation::validate),
                ))
                .wrap(cors::middleware(&origins))
                .wrap(Condition::new(open, from_fn(hosts::check)))
                .wrap(from_fn(context::around))
                // Outside of the middleware that completes problem documents, because that reads
                // the body.
                .wrap(Compress::default())
                .wrap_fn(move |request, service| headers::around(request, service, encrypted))
        })
        .disable_signals()
        .workers(workers)
        // actix-web's limit is per worker.
        .max_connections((http.max_connections / workers).max(1))
        .shutdown_timeout(whole_seconds(http.shutdown_timeout))
        .client_request_timeout(http.request_timeout)
        .keep_alive(http.keep_alive_timeout)
        .on_connect(move |stream, data| {
            opened.register(stream, data);
            if open {
                hosts::register(stream, data);
            }
        });
        let listening = match tls_config {
            Some(config) => server.listen_rustls_0_23(listener, config),
            None => server.listen(listener),
        };
        let running = listening.context("the server cannot start")?.run();
        Ok(Self {
            address,
            handle: running.handle(),
            running,
            encrypted,
            connections,
            stall_timeout: http.stall_timeout,
            closing: CancellationToken::new(),
        })
    }

    /// The address it listens on, with the actual port if the setting is 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL.
    pub fn url(&self) -> String {
        let scheme = if self.encrypted { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Serves until `stop` is cancelled, then waits for the requests in flight.
    pub async fn run(self, stop: CancellationToken) -> Result<()> {
        let Self {
            handle,
            running,
            connections,
            stall_timeout,
            closing,
            ..
        } = self;
        tokio::pin!(running);
        tokio::select! {
            result = &mut running => return result.context("the server failed"),
            () = stop.cancelled() => {}
            never = connections.watch(stall_timeout) => match never {},
        }
        closing.cancel();
        // `stop` completes only while the server itself is polled.
        let (_, result) = tokio::join!(handle.stop(true), running);
        result.context("the server failed while it stopped")
    }
}

/// The number of worker threads: `http.workers`, or one per core if that is 0.
pub fn threads(http: &config::Http) -> usize {
    match http.workers {
        0 => available_parallelism().map_or(1, usize::from),
        workers => workers,
    }
}

/// Rounds up, because actix-web counts whole seconds.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_rounded_up_to_whole_seconds() {
        assert_eq!(whole_seconds(Duration::from_millis(900)), 1);
        assert_eq!(whole_seconds(Duration::from_secs(10)), 10);
        assert_eq!(whole_seconds(Duration::ZERO), 0);
    }
}
