//! The operations tagged `Shipments`.

use ::contract_runtime as runtime;

use super::models;
use super::security;

/// What an implementation of the operations tagged `Shipments` must provide.
///
/// A method is called only after parameters and body passed every check of the contract.
pub trait ShipmentsApi: 'static {
    /// The caller, as [`runtime::server::Authenticate`] returns it.
    type Caller: 'static;

    /// Cancel a shipment that is not dispatched.
    ///
    /// Refused once it is dispatched. Cancelling an id that is not known yet is remembered: a shipment that arrives
    /// later with this id is cancelled.
    ///
    /// `POST /shipments/{id}/cancel`
    fn cancel_shipment(
        &self,
        caller: Self::Caller,
        parameters: CancelShipmentParameters,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<CancelShipmentSuccess, CancelShipmentFailure>,
    >;

    /// Read a shipment.
    ///
    /// `GET /shipments/{id}`
    fn get_shipment(
        &self,
        caller: Self::Caller,
        parameters: GetShipmentParameters,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<GetShipmentSuccess, GetShipmentFailure>>;

    /// List the shipments that are not cancelled, in the sequence of their ids.
    ///
    /// `GET /shipments`
    fn list_shipments(
        &self,
        caller: Self::Caller,
        parameters: ListShipmentsParameters,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<ListShipmentsSuccess, ListShipmentsFailure>,
    >;

    /// Ship a parcel.
    ///
    /// The same id again returns the shipment as it is now.
    ///
    /// `PUT /shipments/{id}`
    fn ship(
        &self,
        caller: Self::Caller,
        parameters: ShipParameters,
        body: models::ShipmentRequest,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<ShipSuccess, ShipFailure>>;
}

/// Adds the routes of these operations; `api` serves them.
pub fn routes<
    A: ShipmentsApi<Caller = S::Caller>,
    S: runtime::server::Authenticate<Scheme = security::Scheme>,
>(
    router: &mut runtime::server::Router,
    api: &runtime::actix_web::web::Data<A>,
    security: &runtime::actix_web::web::Data<S>,
) {
    router.add(
        runtime::actix_web::http::Method::POST,
        "/shipments/{id}/cancel",
        (api.clone(), security.clone()),
        self::cancel_shipment::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/shipments/{id}",
        (api.clone(), security.clone()),
        self::get_shipment::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/shipments",
        (api.clone(), security.clone()),
        self::list_shipments::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::PUT,
        "/shipments/{id}",
        (api.clone(), security.clone()),
        self::ship::<A, S>,
    );
}

/// The parameters of `POST /shipments/{id}/cancel`.
#[derive(Debug, Clone, PartialEq)]
pub struct CancelShipmentParameters {
    /// The id, chosen by the client
    pub id: ::std::string::String,
}

/// The successful responses of `POST /shipments/{id}/cancel`.
#[derive(Debug, Clone, PartialEq)]
pub enum CancelShipmentSuccess {
    /// The cancelled shipment
    Ok(models::Shipment),
}

impl runtime::server::Respond for CancelShipmentSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `POST /shipments/{id}/cancel`.
#[derive(Debug, Clone, PartialEq)]
pub enum CancelShipmentFailure {
    /// The request does not match the contract
    BadRequest(models::Problem),
    /// No token, or an invalid one
    Unauthorized(models::Problem),
    /// A business answer, which a retry does not change; `code` says which
    Conflict(models::Refusal),
    /// Too many requests; retry after `Retry-After`
    TooManyRequests {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry
        retry_after: i32,
    },
    /// Overloaded or under maintenance; retry after `Retry-After`
    ServiceUnavailable {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry
        retry_after: i32,
    },
}

impl runtime::server::Respond for CancelShipmentFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::BadRequest(body) => {
                runtime::server::Reply::new(400).json("application/problem+json", &body)
            }
            Self::Unauthorized(body) => {
                runtime::server::Reply::new(401).json("application/problem+json", &body)
            }
            Self::Conflict(body) => {
                runtime::server::Reply::new(409).json("application/problem+json", &body)
            }
            Self::TooManyRequests { body, retry_after } => runtime::server::Reply::new(429)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
            Self::ServiceUnavailable { body, retry_after } => runtime::server::Reply::new(503)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
        }
    }
}

async fn cancel_shipment<
    A: ShipmentsApi<Caller = S::Caller>,
    S: runtime::server::Authenticate<Scheme = security::Scheme>,
>(
    api: runtime::actix_web::web::Data<A>,
    security: runtime::actix_web::web::Data<S>,
    request: runtime::actix_web::HttpRequest,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let caller = runtime::server::authorize(
        &**security,
        &request,
        &[&[runtime::Need {
            scheme: security::Scheme::Token,
            scopes: &[],
        }]],
    )
    .await?;
    let mut input =
        runtime::server::Input::new(&super::CONTRACT, &request, "POST", "/shipments/{id}/cancel");
    let id = input.path("id").required::<::std::string::String>(|value| {
        (1..=80).contains(&value.chars().count()) && {
            static PATTERN: runtime::Pattern = runtime::Pattern::new("^[a-z0-9][a-z0-9-]*$");
            PATTERN.matches(value)
        }
    });
    let (::std::option::Option::Some(id),) = (id,) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer =
        ShipmentsApi::cancel_shipment(&**api, caller, CancelShipmentParameters { id }).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `GET /shipments/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub struct GetShipmentParameters {
    /// The id, chosen by the client
    pub id: ::std::string::String,
}

/// The successful responses of `GET /shipments/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetShipmentSuccess {
    /// The shipment
    Ok(models::Shipment),
}

impl runtime::server::Respond for GetShipmentSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `GET /shipments/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetShipmentFailure {
    /// The request does not match the contract
    BadRequest(models::Problem),
    /// No token, or an invalid one
    Unauthorized(models::Problem),
    /// There is nothing with this id
    NotFound(models::Problem),
    /// Too many requests; retry after `Retry-After`
    TooManyRequests {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry
        retry_after: i32,
    },
    /// Overloaded or under maintenance; retry after `Retry-After`
    ServiceUnavailable {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry
        retry_after: i32,
    },
}

impl runtime::server::Respond for GetShipmentFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::BadRequest(body) => {
                runtime::server::Reply::new(400).json("application/problem+json", &body)
            }
            Self::Unauthorized(body) => {
                runtime::server::Reply::new(401).json("application/problem+json", &body)
            }
            Self::NotFound(body) => {
                runtime::server::Reply::new(404).json("application/problem+json", &body)
            }
            Self::TooManyRequests { body, retry_after } => runtime::server::Reply::new(429)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
            Self::ServiceUnavailable { body, retry_after } => runtime::server::Reply::new(503)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
        }
    }
}

async fn get_shipment<
    A: ShipmentsApi<Caller = S::Caller>,
    S: runtime::server::Authenticate<Scheme = security::Scheme>,
>(
    api: runtime::actix_web::web::Data<A>,
    security: runtime::actix_web::web::Data<S>,
    request: runtime::actix_web::HttpRequest,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let caller = runtime::server::authorize(
        &**security,
        &request,
        &[&[runtime::Need {
            scheme: security::Scheme::Token,
            scopes: &[],
        }]],
    )
    .await?;
    let mut input =
        runtime::server::Input::new(&super::CONTRACT, &request, "GET", "/shipments/{id}");
    let id = input.path("id").required::<::std::string::String>(|value| {
        (1..=80).contains(&value.chars().count()) && {
            static PATTERN: runtime::Pattern = runtime::Pattern::new("^[a-z0-9][a-z0-9-]*$");
            PATTERN.matches(value)
        }
    });
    let (::std::option::Option::Some(id),) = (id,) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = ShipmentsApi::get_shipment(&**api, caller, GetShipmentParameters { id }).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `GET /shipments`.
#[derive(Debug, Clone, PartialEq)]
pub struct ListShipmentsParameters {
    /// Maximum number of entries
    pub limit: i32,
    /// Only ids that sort after this one
    pub after: ::std::option::Option<::std::string::String>,
}

/// The successful responses of `GET /shipments`.
#[derive(Debug, Clone, PartialEq)]
pub enum ListShipmentsSuccess {
    /// Shipments that are not `cancelled`
    Ok(::std::vec::Vec<models::Shipment>),
}

impl runtime::server::Respond for ListShipmentsSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `GET /shipments`.
#[derive(Debug, Clone, PartialEq)]
pub enum ListShipmentsFailure {
    /// The request does not match the contract
    BadRequest(models::Problem),
    /// No token, or an invalid one
    Unauthorized(models::Problem),
    /// Too many requests; retry after `Retry-After`
    TooManyRequests {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry
        retry_after: i32,
    },
    /// Overloaded or under maintenance; retry after `Retry-After`
    ServiceUnavailable {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry
        retry_after: i32,
    },
}

impl runtime::server::Respond for ListShipmentsFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::BadRequest(body) => {
                runtime::server::Reply::new(400).json("application/problem+json", &body)
            }
            Self::Unauthorized(body) => {
                runtime::server::Reply::new(401).json("application/problem+json", &body)
            }
            Self::TooManyRequests { body, retry_after } => runtime::server::Reply::new(429)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
            Self::ServiceUnavailable { body, retry_after } => runtime::server::Reply::new(503)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
        }
    }
}

async fn list_shipments<
    A: ShipmentsApi<Caller = S::Caller>,
    S: runtime::server::Authenticate<Scheme = security::Scheme>,
>(
    api: runtime::actix_web::web::Data<A>,
    security: runtime::actix_web::web::Data<S>,
    request: runtime::actix_web::HttpRequest,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let caller = runtime::server::authorize(
        &**security,
        &request,
        &[&[runtime::Need {
            scheme: security::Scheme::Token,
            scopes: &[],
        }]],
    )
    .await?;
    let mut input = runtime::server::Input::new(&super::CONTRACT, &request, "GET", "/shipments");
    let limit = input
        .query("limit")
        .default::<i32>(|| 100, |value| (1..=1000).contains(value));
    let after = input
        .query("after")
        .optional::<::std::string::String>(|value| {
            (1..=80).contains(&value.chars().count()) && {
                static PATTERN: runtime::Pattern = runtime::Pattern::new("^[a-z0-9][a-z0-9-]*$");
                PATTERN.matches(value)
            }
        });
    let (::std::option::Option::Some(limit), ::std::option::Option::Some(after)) = (limit, after)
    else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer =
        ShipmentsApi::list_shipments(&**api, caller, ListShipmentsParameters { limit, after })
            .await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `PUT /shipments/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub struct ShipParameters {
    /// The id, chosen by the client
    pub id: ::std::string::String,
}

/// The successful responses of `PUT /shipments/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum ShipSuccess {
    /// The shipment
    Ok(models::Shipment),
}

impl runtime::server::Respond for ShipSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `PUT /shipments/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum ShipFailure {
    /// The request does not match the contract
    BadRequest(models::Problem),
    /// No token, or an invalid one
    Unauthorized(models::Problem),
    /// A business answer, which a retry does not change; `code` says which
    Conflict(models::Refusal),
    /// The id was used before with a different request; `code` is `id_reused`
    UnprocessableContent(models::Problem),
    /// Too many requests; retry after `Retry-After`
    TooManyRequests {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry
        retry_after: i32,
    },
    /// Overloaded or under maintenance; retry after `Retry-After`
    ServiceUnavailable {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry
        retry_after: i32,
    },
}

impl runtime::server::Respond for ShipFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::BadRequest(body) => {
                runtime::server::Reply::new(400).json("application/problem+json", &body)
            }
            Self::Unauthorized(body) => {
                runtime::server::Reply::new(401).json("application/problem+json", &body)
            }
            Self::Conflict(body) => {
                runtime::server::Reply::new(409).json("application/problem+json", &body)
            }
            Self::UnprocessableContent(body) => {
                runtime::server::Reply::new(422).json("application/problem+json", &body)
            }
            Self::TooManyRequests { body, retry_after } => runtime::server::Reply::new(429)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
            Self::ServiceUnavailable { body, retry_after } => runtime::server::Reply::new(503)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
        }
    }
}

async fn ship<
    A: ShipmentsApi<Caller = S::Caller>,
    S: runtime::server::Authenticate<Scheme = security::Scheme>,
>(
    api: runtime::actix_web::web::Data<A>,
    security: runtime::actix_web::web::Data<S>,
    request: runtime::actix_web::HttpRequest,
    payload: runtime::actix_web::web::Payload,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let caller = runtime::server::authorize(
        &**security,
        &request,
        &[&[runtime::Need {
            scheme: security::Scheme::Token,
            scopes: &[],
        }]],
    )
    .await?;
    let mut input =
        runtime::server::Input::new(&super::CONTRACT, &request, "PUT", "/shipments/{id}");
    let id = input.path("id").required::<::std::string::String>(|value| {
        (1..=80).contains(&value.chars().count()) && {
            static PATTERN: runtime::Pattern = runtime::Pattern::new("^[a-z0-9][a-z0-9-]*$");
            PATTERN.matches(value)
        }
    });
    let bytes = input.read(payload).await?;
    let body = match input.media_type(&bytes, &["application/json"]) {
        ::std::option::Option::Some(0) => {
            input.json::<models::ShipmentRequest>(&bytes, "application/json", |value| {
                value.is_valid()
            })
        }
        _ => ::std::option::Option::None,
    };
    let (::std::option::Option::Some(id), ::std::option::Option::Some(body)) = (id, body) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = ShipmentsApi::ship(&**api, caller, ShipParameters { id }, body).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}
