//! The control API below `/sandbox`.

use actix_web::error::{ErrorBadRequest, ErrorConflict, ErrorInternalServerError, ErrorNotFound};
use actix_web::web::{self, Data, Json, Path, Query, ServiceConfig};
use actix_web::{HttpResponse, Responder};
use serde::Deserialize;
use tokio_postgres::types::Type;

use crate::answer::Refused;
use crate::db::{Db, StoreError, text};
use crate::faults::{FaultPlan, Faults};
use crate::generated::shipping::models::Shipment;
use crate::sandbox::Webhook;
use crate::webhook;

type Answer = Result<HttpResponse, actix_web::Error>;

/// References on a page of the books.
const PAGE: i32 = 1000;

/// Adds the routes.
pub(crate) fn configure(service: &mut ServiceConfig) {
    service
        .route("/faults", web::get().to(plan))
        .route("/faults", web::put().to(set_plan))
        .route("/faults", web::delete().to(clear_plan))
        .route("/books", web::get().to(books))
        .route("/stock", web::get().to(stock))
        .route("/stock", web::put().to(set_stock))
        .route("/webhook", web::put().to(set_webhook))
        .route("/webhook", web::delete().to(clear_webhook))
        .route("/shipments/{id}/{what}", web::post().to(move_shipment));
}

async fn plan(faults: Data<Faults>) -> impl Responder {
    Json(faults.plan())
}

async fn set_plan(faults: Data<Faults>, plan: Json<FaultPlan>) -> Answer {
    if let Some(mistake) = plan.mistake() {
        return Err(ErrorBadRequest(mistake));
    }
    faults.set(plan.into_inner());
    done()
}

async fn clear_plan(faults: Data<Faults>) -> Answer {
    faults.set(FaultPlan::default());
    done()
}

#[derive(Deserialize)]
struct BooksQuery {
    reference: Option<String>,
    #[serde(default)]
    after: String,
    limit: Option<i32>,
}

async fn books(db: Data<Db>, query: Query<BooksQuery>) -> Answer {
    let limit = query.limit.unwrap_or(PAGE).clamp(1, PAGE);
    let found = match &query.reference {
        Some(reference) => {
            db.texts("SELECT partners.book($1)", &[text(reference)])
                .await
        }
        None => {
            let parameters = [text(&query.after), (&limit as _, Type::INT4)];
            db.texts("SELECT body FROM partners.books($1, $2)", &parameters)
                .await
        }
    };
    list(found)
}

async fn stock(db: Data<Db>) -> Answer {
    list(
        db.texts("SELECT body FROM partners.stock_levels()", &[])
            .await,
    )
}

#[derive(Deserialize)]
struct Available {
    sku: String,
    available: u32,
}

async fn set_stock(db: Data<Db>, stock: Json<Available>) -> Answer {
    let available = i64::from(stock.available);
    let parameters = [text(&stock.sku), (&available as _, Type::INT8)];
    let set = db
        .rows("SELECT partners.set_stock($1, $2)", &parameters)
        .await;
    stored(set)
}

async fn set_webhook(db: Data<Db>, webhook: Json<Webhook>) -> Answer {
    webhook::sign(&webhook.secret, "", 0, b"").map_err(ErrorBadRequest)?;
    stored(store_webhook(&db, &webhook).await)
}

/// Announces changes there from now on.
pub(crate) async fn store_webhook(db: &Db, webhook: &Webhook) -> Result<(), StoreError> {
    let upsert = "INSERT INTO partners.webhook (url, secret) VALUES ($1, $2) \
        ON CONFLICT (id) DO UPDATE SET url = excluded.url, secret = excluded.secret";
    let parameters = [text(&webhook.url), text(&webhook.secret)];
    db.rows(upsert, &parameters).await.map(drop)
}

async fn clear_webhook(db: Data<Db>) -> Answer {
    stored(db.rows("DELETE FROM partners.webhook", &[]).await)
}

async fn move_shipment(db: Data<Db>, path: Path<(String, String)>) -> Answer {
    let (id, what) = path.into_inner();
    let status = match what.as_str() {
        "dispatch" => "dispatched",
        "deliver" => "delivered",
        "return" => "returned",
        _ => return Err(ErrorNotFound("dispatch, deliver or return")),
    };
    let moved = db
        .call::<Shipment>("move_shipment($1, $2)", &[text(&id), text(&status)])
        .await;
    match moved {
        Ok(shipment) => Ok(HttpResponse::Ok().json(shipment)),
        Err(Refused::Missing) => Err(ErrorNotFound("there is no such shipment")),
        Err(Refused::Business(code)) => Err(ErrorConflict(code)),
        Err(other) => Err(ErrorInternalServerError(format!("{other:?}"))),
    }
}

/// The texts are JSON already.
fn list(texts: Result<Vec<String>, StoreError>) -> Answer {
    let body = format!("[{}]", texts.map_err(ErrorInternalServerError)?.join(","));
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(body))
}

fn stored<T>(outcome: Result<T, StoreError>) -> Answer {
    outcome.map_err(ErrorInternalServerError)?;
    done()
}

fn done() -> Answer {
    Ok(HttpResponse::NoContent().finish())
}
