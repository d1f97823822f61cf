//! The operations tagged `Reservations`.

use ::contract_runtime as runtime;

use super::models;
use super::security;

/// What an implementation of the operations tagged `Reservations` must provide.
///
/// A method is called only after parameters and body passed every check of the contract.
pub trait ReservationsApi: 'static {
    /// The caller, as [`runtime::server::Authenticate`] returns it.
    type Caller: 'static;

    /// Take what is held out of the stock; from then on it does not expire.
    ///
    /// `POST /reservations/{id}/commit`
    fn commit_reservation(
        &self,
        caller: Self::Caller,
        parameters: CommitReservationParameters,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<CommitReservationSuccess, CommitReservationFailure>,
    >;

    /// Read a reservation.
    ///
    /// `GET /reservations/{id}`
    fn get_reservation(
        &self,
        caller: Self::Caller,
        parameters: GetReservationParameters,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<GetReservationSuccess, GetReservationFailure>,
    >;

    /// List the reservations that hold or have taken stock, in the sequence of their ids.
    ///
    /// `GET /reservations`
    fn list_reservations(
        &self,
        caller: Self::Caller,
        parameters: ListReservationsParameters,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<ListReservationsSuccess, ListReservationsFailure>,
    >;

    /// Give back everything that a reservation holds or has taken.
    ///
    /// Also of a committed reservation, whose goods return to the stock. Releasing an id that is not known yet
    /// is remembered: a reservation that arrives later with this id holds nothing.
    ///
    /// `DELETE /reservations/{id}`
    fn release(
        &self,
        caller: Self::Caller,
        parameters: ReleaseParameters,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<ReleaseSuccess, ReleaseFailure>>;

    /// Hold stock.
    ///
    /// Holds each item completely or not at all, until the reservation expires. The same id again returns the
    /// reservation as it is now, and holds nothing more.
    ///
    /// `PUT /reservations/{id}`
    fn reserve(
        &self,
        caller: Self::Caller,
        parameters: ReserveParameters,
        body: models::ReservationRequest,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<ReserveSuccess, ReserveFailure>>;
}

/// Adds the routes of these operations; `api` serves them.
pub fn routes<
    A: ReservationsApi<Caller = S::Caller>,
    S: runtime::server::Authenticate<Scheme = security::Scheme>,
>(
    router: &mut runtime::server::Router,
    api: &runtime::actix_web::web::Data<A>,
    security: &runtime::actix_web::web::Data<S>,
) {
    router.add(
        runtime::actix_web::http::Method::POST,
        "/reservations/{id}/commit",
        (api.clone(), security.clone()),
        self::commit_reservation::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/reservations/{id}",
        (api.clone(), security.clone()),
        self::get_reservation::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/reservations",
        (api.clone(), security.clone()),
        self::list_reservations::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::DELETE,
        "/reservations/{id}",
        (api.clone(), security.clone()),
        self::release::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::PUT,
        "/reservations/{id}",
        (api.clone(), security.clone()),
        self::reserve::<A, S>,
    );
}

/// The parameters of `POST /reservations/{id}/commit`.
#[derive(Debug, Clone, PartialEq)]
pub struct CommitReservationParameters {
    /// The id, chosen by the client
    pub id: ::std::string::String,
}

/// The successful responses of `POST /reservations/{id}/commit`.
#[derive(Debug, Clone, PartialEq)]
pub enum CommitReservationSuccess {
    /// The committed reservation
    Ok(models::Reservation),
}

impl runtime::server::Respond for CommitReservationSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `POST /reservations/{id}/commit`.
#[derive(Debug, Clone, PartialEq)]
pub enum CommitReservationFailure {
    /// The request does not match the contract
    BadRequest(models::Problem),
    /// No token, or an invalid one
    Unauthorized(models::Problem),
    /// There is nothing with this id
    NotFound(models::Problem),
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

impl runtime::server::Respond for CommitReservationFailure {
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

async fn commit_reservation<
    A: ReservationsApi<Caller = S::Caller>,
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
    let mut input = runtime::server::Input::new(
        &super::CONTRACT,
        &request,
        "POST",
        "/reservations/{id}/commit",
    );
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
        ReservationsApi::commit_reservation(&**api, caller, CommitReservationParameters { id })
            .await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `GET /reservations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub struct GetReservationParameters {
    /// The id, chosen by the client
    pub id: ::std::string::String,
}

/// The successful responses of `GET /reservations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetReservationSuccess {
    /// The reservation
    Ok(models::Reservation),
}

impl runtime::server::Respond for GetReservationSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `GET /reservations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetReservationFailure {
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

impl runtime::server::Respond for GetReservationFailure {
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

async fn get_reservation<
    A: ReservationsApi<Caller = S::Caller>,
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
        runtime::server::Input::new(&super::CONTRACT, &request, "GET", "/reservations/{id}");
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
        ReservationsApi::get_reservation(&**api, caller, GetReservationParameters { id }).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `GET /reservations`.
#[derive(Debug, Clone, PartialEq)]
pub struct ListReservationsParameters {
    /// Maximum number of entries
    pub limit: i32,
    /// Only ids that sort after this one
    pub after: ::std::option::Option<::std::string::String>,
}

/// The successful responses of `GET /reservations`.
#[derive(Debug, Clone, PartialEq)]
pub enum ListReservationsSuccess {
    /// Reservations that are `held` or `committed`
    Ok(::std::vec::Vec<models::Reservation>),
}

impl runtime::server::Respond for ListReservationsSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `GET /reservations`.
#[derive(Debug, Clone, PartialEq)]
pub enum ListReservationsFailure {
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

impl runtime::server::Respond for ListReservationsFailure {
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

async fn list_reservations<
    A: ReservationsApi<Caller = S::Caller>,
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
    let mut input = runtime::server::Input::new(&super::CONTRACT, &request, "GET", "/reservations");
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
    let answer = ReservationsApi::list_reservations(
        &**api,
        caller,
        ListReservationsParameters { limit, after },
    )
    .await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `DELETE /reservations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleaseParameters {
    /// The id, chosen by the client
    pub id: ::std::string::String,
}

/// The successful responses of `DELETE /reservations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum ReleaseSuccess {
    /// The released reservation
    Ok(models::Reservation),
}

impl runtime::server::Respond for ReleaseSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `DELETE /reservations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum ReleaseFailure {
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

impl runtime::server::Respond for ReleaseFailure {
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

async fn release<
    A: ReservationsApi<Caller = S::Caller>,
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
        runtime::server::Input::new(&super::CONTRACT, &request, "DELETE", "/reservations/{id}");
    let id = input.path("id").required::<::std::string::String>(|value| {
        (1..=80).contains(&value.chars().count()) && {
            static PATTERN: runtime::Pattern = runtime::Pattern::new("^[a-z0-9][a-z0-9-]*$");
            PATTERN.matches(value)
        }
    });
    let (::std::option::Option::Some(id),) = (id,) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = ReservationsApi::release(&**api, caller, ReleaseParameters { id }).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `PUT /reservations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub struct ReserveParameters {
    /// The id, chosen by the client
    pub id: ::std::string::String,
}

/// The successful responses of `PUT /reservations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum ReserveSuccess {
    /// The reservation; the status of each item says whether it is held
    Ok(models::Reservation),
}

impl runtime::server::Respond for ReserveSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `PUT /reservations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum ReserveFailure {
    /// The request does not match the contract
    BadRequest(models::Problem),
    /// No token, or an invalid one
    Unauthorized(models::Problem),
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

impl runtime::server::Respond for ReserveFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::BadRequest(body) => {
                runtime::server::Reply::new(400).json("application/problem+json", &body)
            }
            Self::Unauthorized(body) => {
                runtime::server::Reply::new(401).json("application/problem+json", &body)
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

async fn reserve<
    A: ReservationsApi<Caller = S::Caller>,
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
        runtime::server::Input::new(&super::CONTRACT, &request, "PUT", "/reservations/{id}");
    let id = input.path("id").required::<::std::string::String>(|value| {
        (1..=80).contains(&value.chars().count()) && {
            static PATTERN: runtime::Pattern = runtime::Pattern::new("^[a-z0-9][a-z0-9-]*$");
            PATTERN.matches(value)
        }
    });
    let bytes = input.read(payload).await?;
    let body = match input.media_type(&bytes, &["application/json"]) {
        ::std::option::Option::Some(0) => {
            input.json::<models::ReservationRequest>(&bytes, "application/json", |value| {
                value.is_valid()
            })
        }
        _ => ::std::option::Option::None,
    };
    let (::std::option::Option::Some(id), ::std::option::Option::Some(body)) = (id, body) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = ReservationsApi::reserve(&**api, caller, ReserveParameters { id }, body).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}
