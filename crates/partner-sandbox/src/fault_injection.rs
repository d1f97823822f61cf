//! The middleware around the three partners, in which requests go wrong.

use std::io;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody, SizedStream, to_bytes};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::ErrorInternalServerError;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpResponse};
use futures::{Stream, StreamExt, stream};
use serde_json::json;
use tokio::time::sleep;

use crate::db::{Db, text};
use crate::faults::{Fault, FaultKind, Faults, Partner};

const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);
/// Until what was written of an answer has left, before the connection is closed.
const FLUSH: Duration = Duration::from_millis(20);

/// Lets a request go wrong if the plan says so.
pub(crate) async fn inject(
    faults: Data<Faults>,
    db: Data<Db>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let fault = operation(request.method().as_str(), request.path())
        .and_then(|(partner, operation)| faults.pick(partner, operation, request.path()));
    let Some(fault) = fault else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let delay = |default: Duration| fault.delay_ms.map_or(default, Duration::from_millis);
    match fault.kind {
        FaultKind::Refuse => return Ok(request.into_response(closed())),
        FaultKind::TooManyRequests => return Ok(request.into_response(busy(429, &fault))),
        FaultKind::ServiceUnavailable => return Ok(request.into_response(busy(503, &fault))),
        FaultKind::ErrorBefore => return Ok(request.into_response(problem(500))),
        FaultKind::Expire => {
            let id = request
                .path()
                .split('/')
                .nth(3)
                .unwrap_or_default()
                .to_owned();
            let expired = db.rows("SELECT partners.expire($1)", &[text(&id)]).await;
            expired.map_err(ErrorInternalServerError)?;
        }
        _ => {}
    }
    let response = next.call(request).await?.map_into_boxed_body();
    let instead = match fault.kind {
        FaultKind::ErrorAfter => problem(500),
        FaultKind::Undeclared => HttpResponse::ImATeapot().body("this is not in the contract"),
        FaultKind::Malformed => HttpResponse::Ok().json(json!({ "unexpected": true })),
        FaultKind::Silent => {
            sleep(delay(MINUTE)).await;
            closed()
        }
        FaultKind::Cut => return cut(response).await,
        FaultKind::Slow => {
            sleep(delay(SECOND)).await;
            return Ok(response);
        }
        _ => return Ok(response),
    };
    Ok(response.into_response(instead))
}

/// The operation that a path below the root names.
fn operation(method: &str, path: &str) -> Option<(Partner, &'static str)> {
    let (name, rest) = path.strip_prefix('/')?.split_once('/')?;
    let partner = Partner::ALL
        .into_iter()
        .find(|partner| partner.as_str() == name)?;
    let found = partner.operations().iter().find(|operation| {
        let mut path = rest.split('/');
        let mut route = operation.route.split('/').skip(1);
        let same = route.by_ref().all(|wanted| {
            path.next()
                .is_some_and(|given| wanted == given || wanted.starts_with('{'))
        });
        operation.method == method && same && path.next().is_none()
    });
    Some((partner, found?.id))
}

fn problem(status: u16) -> HttpResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let title = status.canonical_reason().unwrap_or_default();
    let body = json!({ "title": title, "status": status.as_u16(), "code": "fault" }).to_string();
    HttpResponse::build(status)
        .content_type("application/problem+json")
        .body(body)
}

fn busy(status: u16, fault: &Fault) -> HttpResponse {
    let seconds = fault.delay_ms.unwrap_or(1000).div_ceil(1000);
    let mut response = problem(status);
    response.headers_mut().insert(RETRY_AFTER, seconds.into());
    response
}

/// The server closes the connection when it cannot read a body; the head, which is not sent yet, is
/// lost with it.
fn closed() -> HttpResponse {
    interrupted(
        HttpResponse::Ok().finish().map_body(|_, _| ()),
        1,
        stream::empty(),
    )
}

/// The head and the first half of the body.
async fn cut(response: ServiceResponse) -> Result<ServiceResponse, Error> {
    let (request, response) = response.into_parts();
    let (head, body) = response.into_parts();
    let body = to_bytes(body).await.map_err(ErrorInternalServerError)?;
    let half = body.slice(..body.len() / 2);
    let pieces =
        stream::iter([half]).chain(stream::once(sleep(FLUSH)).filter_map(|()| async { None }));
    let response = interrupted(head, body.len() as u64, pieces);
    Ok(ServiceResponse::new(request, response))
}

fn interrupted(
    head: HttpResponse<()>,
    size: u64,
    pieces: impl Stream<Item = Bytes> + 'static,
) -> HttpResponse {
    let end = stream::iter([Err(io::Error::from(io::ErrorKind::ConnectionAborted))]);
    let body = SizedStream::new(size, Box::pin(pieces.map(Ok).chain(end)));
    head.set_body(BoxBody::new(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_its_operation() {
        for (method, path, expected) in [
            (
                "PUT",
                "/inventory/reservations/a",
                Some((Partner::Inventory, "reserve")),
            ),
            (
                "GET",
                "/inventory/reservations",
                Some((Partner::Inventory, "listReservations")),
            ),
            (
                "POST",
                "/inventory/reservations/a/commit",
                Some((Partner::Inventory, "commitReservation")),
            ),
            (
                "PUT",
                "/payment/authorizations/a/captures/b",
                Some((Partner::Payment, "capture")),
            ),
            (
                "POST",
                "/shipping/shipments/a/cancel",
                Some((Partner::Shipping, "cancelShipment")),
            ),
            ("POST", "/shipping/shipments/a", None),
            ("GET", "/shipping/shipments/a/b/c", None),
            ("GET", "/sandbox/books", None),
        ] {
            assert_eq!(operation(method, path), expected, "{method} {path}");
        }
    }
}
