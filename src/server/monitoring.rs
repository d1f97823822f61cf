//! The monitoring server for operators: metrics, health and the log filter. It has its own port and
//! thread, and its failures do not affect the API.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Bytes, Data, PayloadConfig, ServiceConfig};
use actix_web::{App, HttpResponse, HttpServer, Resource};
use anyhow::{Context, Result};
use contract_runtime::server::Rejection;
use serde::Deserialize;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::gauges;
use super::hosts::{self, Hosts};
use crate::config;
use crate::db::Database;
use crate::health::Dependencies;
use crate::telemetry::Telemetry;
use crate::workflow::Temporal;

/// The largest body that is accepted, in bytes: a log filter.
const BODY_LIMIT: usize = 8 * 1024;
/// How long a request may take to arrive.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// The maximum number of connections.
const CONNECTIONS: usize = 64;

/// The monitoring endpoints of a process. Cheap to clone.
#[derive(Clone)]
pub struct Monitoring {
    telemetry: Telemetry,
    dependencies: Dependencies,
    requires_temporal: bool,
}

impl Monitoring {
    /// For a process that accepts orders; it does not require Temporal.
    pub fn new(telemetry: &Telemetry, database: &Database, temporal: &Temporal) -> Self {
        Self {
            telemetry: telemetry.clone(),
            dependencies: Dependencies::new(database.clone(), temporal.clone()),
            requires_temporal: false,
        }
    }

    /// Sets whether the process is ready only while Temporal is reachable, as a worker is.
    #[must_use]
    pub fn requires_temporal(mut self, required: bool) -> Self {
        self.requires_temporal = required;
        self
    }

    /// Refreshes the metrics in the background until `stop` is cancelled, and serves them if the
    /// settings contain an address. A port that cannot be bound is logged, and the process continues.
    pub fn start(self, settings: &config::Monitoring, stop: &CancellationToken) -> JoinHandle<()> {
        let listen = Some(&settings.listen).filter(|listen| !listen.is_empty());
        let bound = listen.and_then(|listen| bind(listen).inspect_err(log_failure).ok());
        let (refresh, stop) = (settings.refresh, stop.clone());
        let hosts = Hosts::new("monitoring.allowed_hosts", &settings.allowed_hosts, &[]);
        tokio::spawn(async move {
            let (dependencies, metrics) =
                (self.dependencies.clone(), self.telemetry.metrics.clone());
            let refreshing = gauges::refresh(&dependencies, &metrics, refresh);
            let serving = async {
                if let Some((listener, address)) = bound {
                    tracing::info!("monitoring http://{address}");
                    let served = self.serve(listener, hosts, stop.clone()).await;
                    let _ = served.inspect_err(log_failure);
                }
                stop.cancelled().await;
            };
            tokio::select! {
                () = serving => {}
                () = refreshing => {}
            }
        })
    }

    async fn serve(
        self,
        listener: TcpListener,
        hosts: Hosts,
        stop: CancellationToken,
    ) -> Result<()> {
        let allowed = Data::new(hosts);
        let running = HttpServer::new(move || {
            App::new()
                .app_data(PayloadConfig::new(BODY_LIMIT))
                .app_data(Data::new(self.clone()))
                .app_data(allowed.clone())
                .configure(routes)
                .default_service(web::to(async || {
                    problem(
                        StatusCode::NOT_FOUND,
                        "route_not_found",
                        "the paths are /metrics, /healthz, /readyz and /log",
                    )
                }))
                // This port requires no authentication.
                .wrap(from_fn(hosts::check))
        })
        .on_connect(hosts::register)
        .workers(1)
        .max_connections(CONNECTIONS)
        .client_request_timeout(REQUEST_TIMEOUT)
        .disable_signals()
        .listen(listener)
        .context("the monitoring server cannot start")?
        .run();
        let handle = running.handle();
        tokio::pin!(running);
        tokio::select! {
            result = &mut running => return result.context("the monitoring server failed"),
            () = stop.cancelled() => {}
        }
        // Monitoring requests do not delay the end of the process.
        let (_, result) = tokio::join!(handle.stop(false), running);
        result.context("the monitoring server failed while it stopped")
    }
}

fn log_failure(error: &anyhow::Error) {
    tracing::error!(error = format!("{error:#}"), "cannot serve monitoring");
}

fn bind(listen: &str) -> Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(listen)
        .with_context(|| format!("cannot listen on {listen} (monitoring.listen)"))?;
    let address = listener
        .local_addr()
        .context("the listening socket has no address")?;
    Ok((listener, address))
}

fn routes(service: &mut ServiceConfig) {
    service
        .service(reading("/metrics").route(web::get().to(metrics)))
        .service(reading("/healthz").route(web::get().to(healthz)))
        .service(reading("/readyz").route(web::get().to(ready)))
        .service(
            resource("/log", "GET, PUT")
                .route(web::get().to(log))
                .route(web::put().to(change_log)),
        );
}

fn reading(path: &str) -> Resource {
    resource(path, "GET")
}

fn resource(path: &str, allow: &'static str) -> Resource {
    let other = move || async move { not_allowed(allow) };
    web::resource(path).default_service(web::to(other))
}

fn not_allowed(allow: &'static str) -> HttpResponse {
    let mut response = problem(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        &format!("this path allows {allow}"),
    );
    let headers = response.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static(allow));
    response
}

async fn metrics(monitoring: Data<Monitoring>) -> HttpResponse {
    match monitoring.telemetry.metrics.page() {
        Ok(page) => HttpResponse::Ok()
            .content_type(prometheus::TEXT_FORMAT)
            .body(page),
        Err(error) => {
            tracing::error!(error = %error, "the metrics cannot be written");
            problem(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal_error",
                "the metrics cannot be written; see the log",
            )
        }
    }
}

async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

async fn ready(monitoring: Data<Monitoring>) -> HttpResponse {
    let probe = monitoring.dependencies.probe().await;
    let (database, temporal) = (probe.database.is_ok(), probe.temporal_up);
    let requires_temporal = monitoring.requires_temporal;
    let ready = database && (temporal || !requires_temporal);
    let mut response = if ready {
        HttpResponse::Ok()
    } else {
        HttpResponse::ServiceUnavailable()
    };
    let word = |up: bool| if up { "up" } else { "down" };
    response.json(json!({
        "status": if ready { "ready" } else { "not ready" },
        "dependencies": [
            { "name": "database", "status": word(database), "required": true },
            { "name": "temporal", "status": word(temporal), "required": requires_temporal },
        ],
    }))
}

/// The body of `PUT /log` and `GET /log`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogFilter {
    filter: String,
}

async fn log(monitoring: Data<Monitoring>) -> HttpResponse {
    match &monitoring.telemetry.filter {
        Some(filter) => HttpResponse::Ok().json(json!({ "filter": filter.text() })),
        None => no_log(),
    }
}

async fn change_log(
    monitoring: Data<Monitoring>,
    body: Result<Bytes, actix_web::Error>,
) -> HttpResponse {
    let Some(filter) = &monitoring.telemetry.filter else {
        return no_log();
    };
    let body = match body {
        Ok(body) => body,
        Err(error) => {
            let status = error.as_response_error().status_code();
            return problem(status, "bad_request", &error.to_string());
        }
    };
    let wanted: LogFilter = match serde_json::from_slice(&body) {
        Ok(wanted) => wanted,
        Err(error) => {
            let detail = format!("the body is not {{\"filter\": \"...\"}}: {error}");
            return problem(StatusCode::BAD_REQUEST, "invalid_request", &detail);
        }
    };
    match filter.change(&wanted.filter) {
        Ok(()) => HttpResponse::Ok().json(json!({ "filter": filter.text() })),
        Err(fault) => {
            let detail = format!("`{}` is not a valid filter: {fault}", wanted.filter);
            problem(StatusCode::BAD_REQUEST, "invalid_request", &detail)
        }
    }
}

fn no_log() -> HttpResponse {
    let detail = "the log of this process has no filter that can be changed";
    problem(StatusCode::NOT_FOUND, "no_log", detail)
}

fn problem(status: StatusCode, code: &'static str, detail: &str) -> HttpResponse {
    use actix_web::ResponseError;
    Rejection::new(status, code, detail).error_response()
}
