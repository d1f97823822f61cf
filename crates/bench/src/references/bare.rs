//! actix-web alone: a constant response to every request. It shows the cost of a request without
//! this project's code, and receives webhooks.

use std::net::SocketAddr;

use actix_web::http::header::{CONTENT_TYPE, ETAG};
use actix_web::web::{Bytes, get, resource, to};
use actix_web::{App, HttpResponse, HttpServer};
use anyhow::Result;
use order_processing::config;
use order_processing::server::threads;
use tokio_util::sync::CancellationToken;

/// As long as the usual body of an order.
const ORDER: &str = r#"{"id":12345,"customer_id":42,"status":"pending","total_amount":99.95,"created_at":"2026-01-15T09:30:00.123456Z","updated_at":"2026-01-15T09:30:00.123456Z","allowed_transitions":["processing","completed","cancelled"]}"#;

/// Serves until `stop`; prints its address first.
pub async fn run(
    http: &config::Http,
    stop: CancellationToken,
    ready: impl FnOnce(SocketAddr) -> std::io::Result<()>,
) -> Result<()> {
    let route = || resource("/orders/{id}").route(get().to(order));
    let server = HttpServer::new(move || App::new().service(route()).default_service(to(received)))
        .disable_signals()
        .workers(threads(http))
        .bind(&http.listen)?;
    if let Some(address) = server.addrs().first() {
        ready(*address)?;
    }
    let running = server.run();
    let handle = running.handle();
    let (result, ()) = tokio::join!(running, async {
        stop.cancelled().await;
        handle.stop(true).await;
    });
    Ok(result?)
}

async fn order() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((ETAG, "\"1\""))
        .body(ORDER)
}

async fn received(_payload: Bytes) -> HttpResponse {
    HttpResponse::NoContent().finish()
}
