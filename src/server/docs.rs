//! Serves the contract and a page to try it (Swagger UI). All files are in the binary.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Route, guard};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::generated::CONTRACT;

const YAML: &str = include_str!("../../api/openapi.yaml");

pub(super) fn configure(service: &mut ServiceConfig) {
    service
        .service(web::resource("/openapi.yaml").route(read().to(yaml)))
        .service(web::resource("/openapi.json").route(read().to(json)))
        .service(web::resource("/docs").route(read().to(page)))
        .service(
            SwaggerUi::new("/docs/{file:.*}").config(
                Config::new(["/openapi.json"])
                    .try_it_out_enabled(true)
                    .display_request_duration(true),
            ),
        );
}

/// Matches `GET` and `HEAD`.
fn read() -> Route {
    Route::new().guard(guard::Any(guard::Get()).or(guard::Head()))
}

async fn yaml() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/yaml")
        .body(YAML)
}

async fn json() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(CONTRACT.document)
}

async fn page() -> HttpResponse {
    HttpResponse::Found()
        .insert_header(("location", "/docs/"))
        .finish()
}
