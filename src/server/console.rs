//! Serves the console: static files, built from `console/` into `generated/console/`, which are in the
//! binary. It is a client of the contract like any other.

use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::web::{self, Data, Path, ServiceConfig};
use actix_web::{HttpResponse, Route, guard};
use contract_runtime::server::Rejection;
use rust_embed::RustEmbed;
use serde::Serialize;

/// What the console has to know before its first request.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct ConsoleSettings {
    /// Whether requests need credentials.
    pub(super) authentication: bool,
    /// Whether it offers to create sample orders.
    pub(super) sample_orders: bool,
}

#[derive(RustEmbed)]
#[folder = "generated/console/"]
#[exclude = "fingerprint"]
struct Files;

/// The name of an asset contains a hash of its content.
const ASSETS: &str = "assets/";
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Any other file may be replaced by the next version.
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
const INDEX: &str = "index.html";

pub(super) fn configure(service: &mut ServiceConfig, settings: ConsoleSettings) {
    service
        .app_data(Data::new(settings))
        .service(web::resource("/console").route(read().to(page)))
        .service(web::resource("/console/settings.json").route(read().to(of_deployment)))
        .service(web::resource("/console/{file:.*}").route(read().to(file)));
}

/// Matches `GET` and `HEAD`.
fn read() -> Route {
    Route::new().guard(guard::Any(guard::Get()).or(guard::Head()))
}

async fn page() -> HttpResponse {
    HttpResponse::Found()
        .insert_header(("location", "/console/"))
        .finish()
}

async fn of_deployment(settings: Data<ConsoleSettings>) -> HttpResponse {
    HttpResponse::Ok().json(settings.get_ref())
}

/// A file, or the page, whose script shows what the rest of the path names.
async fn file(path: Path<String>) -> Result<HttpResponse, Rejection> {
    let wanted = path.into_inner();
    let (name, found) = match Files::get(&wanted) {
        // A missing asset is one of another version.
        None if !wanted.starts_with(ASSETS) => (INDEX, Files::get(INDEX)),
        found => (wanted.as_str(), found),
    };
    let Some(found) = found else {
        return super::problem::unknown_route().await;
    };
    let caching = if name.starts_with(ASSETS) {
        FOR_EVER
    } else {
        NO_CACHE
    };
    let response = HttpResponse::Ok()
        .content_type(found.metadata.mimetype())
        .insert_header((CACHE_CONTROL, caching))
        .body(found.data);
    Ok(response)
}
