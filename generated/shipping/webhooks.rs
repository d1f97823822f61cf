//! The webhooks of the contract.

use ::contract_runtime as runtime;

use super::models;

/// What an implementation of the webhooks of the contract must provide.
///
/// A method is called only after parameters and body passed every check of the contract.
pub trait WebhooksApi: 'static {
    /// A shipment has changed.
    ///
    /// Signed with the headers `webhook-id`, `webhook-timestamp` and `webhook-signature` (Standard Webhooks 1.0.0).
    /// Any answer but 2xx is tried again.
    ///
    /// `POST` of the webhook `shipmentChanged`
    fn shipment_changed(
        &self,
        body: models::ShipmentChanged,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<ShipmentChangedSuccess, ShipmentChangedFailure>,
    >;
}

/// Adds the routes of these operations; `api` serves them.
pub fn routes<A: WebhooksApi>(
    router: &mut runtime::server::Router,
    api: &runtime::actix_web::web::Data<A>,
) {
    router.add(
        runtime::actix_web::http::Method::POST,
        "/shipment_changed",
        api.clone(),
        self::shipment_changed::<A>,
    );
}

/// Adds the routes of these operations alone: each at its name, below the scope that you choose.
pub fn configure<A: WebhooksApi>(
    service: &mut runtime::actix_web::web::ServiceConfig,
    api: &runtime::actix_web::web::Data<A>,
) {
    let mut router = runtime::server::Router::new(&super::CONTRACT);
    self::routes(&mut router, api);
    router.configure(service);
}

/// The successful responses of `POST` of the webhook `shipmentChanged`.
#[derive(Debug, Clone, PartialEq)]
pub enum ShipmentChangedSuccess {
    /// Noted
    NoContent,
}

impl runtime::server::Respond for ShipmentChangedSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::NoContent => runtime::server::Reply::new(204).empty(),
        }
    }
}

/// The other responses of `POST` of the webhook `shipmentChanged`.
#[derive(Debug, Clone, PartialEq)]
pub enum ShipmentChangedFailure {
    /// The request does not match the contract
    BadRequest(models::Problem),
    /// No token, or an invalid one
    Unauthorized(models::Problem),
    /// Overloaded or under maintenance; retry after `Retry-After`
    ServiceUnavailable {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry
        retry_after: i32,
    },
}

impl runtime::server::Respond for ShipmentChangedFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::BadRequest(body) => {
                runtime::server::Reply::new(400).json("application/problem+json", &body)
            }
            Self::Unauthorized(body) => {
                runtime::server::Reply::new(401).json("application/problem+json", &body)
            }
            Self::ServiceUnavailable { body, retry_after } => runtime::server::Reply::new(503)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
        }
    }
}

async fn shipment_changed<A: WebhooksApi>(
    api: runtime::actix_web::web::Data<A>,
    request: runtime::actix_web::HttpRequest,
    payload: runtime::actix_web::web::Payload,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let mut input = runtime::server::Input::new(
        &super::CONTRACT,
        &request,
        "POST",
        "webhook /shipment_changed",
    );
    let bytes = input.read(payload).await?;
    let body = match input.media_type(&bytes, &["application/json"]) {
        ::std::option::Option::Some(0) => {
            input.json::<models::ShipmentChanged>(&bytes, "application/json", |value| {
                value.is_valid()
            })
        }
        _ => ::std::option::Option::None,
    };
    let (::std::option::Option::Some(body),) = (body,) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = WebhooksApi::shipment_changed(&**api, body).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}
