//! The operations tagged `Authorizations`.

use ::contract_runtime as runtime;

use super::models;
use super::security;

/// What an implementation of the operations tagged `Authorizations` must provide.
///
/// A method is called only after parameters and body passed every check of the contract.
pub trait AuthorizationsApi: 'static {
    /// The caller, as [`runtime::server::Authenticate`] returns it.
    type Caller: 'static;

    /// Authorize an amount.
    ///
    /// The same id again returns the authorization as it is now. A declined authorization stays declined: another
    /// attempt needs another id.
    ///
    /// `PUT /authorizations/{id}`
    fn authorize(
        &self,
        caller: Self::Caller,
        parameters: AuthorizeParameters,
        body: models::AuthorizationRequest,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<AuthorizeSuccess, AuthorizeFailure>>;

    /// Take an authorized amount.
    ///
    /// `PUT /authorizations/{id}/captures/{capture_id}`
    fn capture(
        &self,
        caller: Self::Caller,
        parameters: CaptureParameters,
        body: models::Money,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<CaptureSuccess, CaptureFailure>>;

    /// Read an authorization with its captures and refunds.
    ///
    /// `GET /authorizations/{id}`
    fn get_authorization(
        &self,
        caller: Self::Caller,
        parameters: GetAuthorizationParameters,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<GetAuthorizationSuccess, GetAuthorizationFailure>,
    >;

    /// List the authorizations that hold or have taken money, in the sequence of their ids.
    ///
    /// `GET /authorizations`
    fn list_authorizations(
        &self,
        caller: Self::Caller,
        parameters: ListAuthorizationsParameters,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<ListAuthorizationsSuccess, ListAuthorizationsFailure>,
    >;

    /// Give back a captured amount.
    ///
    /// `PUT /authorizations/{id}/refunds/{refund_id}`
    fn refund(
        &self,
        caller: Self::Caller,
        parameters: RefundParameters,
        body: models::Money,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<RefundSuccess, RefundFailure>>;

    /// Give up an authorization.
    ///
    /// Nothing can be captured afterwards. Refused after a capture. Voiding an id that is not known yet is
    /// remembered: an authorization that arrives later with this id is void.
    ///
    /// `POST /authorizations/{id}/void`
    fn void_authorization(
        &self,
        caller: Self::Caller,
        parameters: VoidAuthorizationParameters,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<VoidAuthorizationSuccess, VoidAuthorizationFailure>,
    >;
}

/// Adds the routes of these operations; `api` serves them.
pub fn routes<
    A: AuthorizationsApi<Caller = S::Caller>,
    S: runtime::server::Authenticate<Scheme = security::Scheme>,
>(
    router: &mut runtime::server::Router,
    api: &runtime::actix_web::web::Data<A>,
    security: &runtime::actix_web::web::Data<S>,
) {
    router.add(
        runtime::actix_web::http::Method::PUT,
        "/authorizations/{id}",
        (api.clone(), security.clone()),
        self::authorize::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::PUT,
        "/authorizations/{id}/captures/{capture_id}",
        (api.clone(), security.clone()),
        self::capture::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/authorizations/{id}",
        (api.clone(), security.clone()),
        self::get_authorization::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/authorizations",
        (api.clone(), security.clone()),
        self::list_authorizations::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::PUT,
        "/authorizations/{id}/refunds/{refund_id}",
        (api.clone(), security.clone()),
        self::refund::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::POST,
        "/authorizations/{id}/void",
        (api.clone(), security.clone()),
        self::void_authorization::<A, S>,
    );
}

/// The parameters of `PUT /authorizations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub struct AuthorizeParameters {
    /// The id, chosen by the client
    pub id: ::std::string::String,
}

/// The successful responses of `PUT /authorizations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum AuthorizeSuccess {
    /// The authorization
    Ok(models::Authorization),
}

impl runtime::server::Respond for AuthorizeSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `PUT /authorizations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum AuthorizeFailure {
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

impl runtime::server::Respond for AuthorizeFailure {
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

async fn authorize<
    A: AuthorizationsApi<Caller = S::Caller>,
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
        runtime::server::Input::new(&super::CONTRACT, &request, "PUT", "/authorizations/{id}");
    let id = input.path("id").required::<::std::string::String>(|value| {
        (1..=80).contains(&value.chars().count()) && {
            static PATTERN: runtime::Pattern = runtime::Pattern::new("^[a-z0-9][a-z0-9-]*$");
            PATTERN.matches(value)
        }
    });
    let bytes = input.read(payload).await?;
    let body = match input.media_type(&bytes, &["application/json"]) {
        ::std::option::Option::Some(0) => {
            input.json::<models::AuthorizationRequest>(&bytes, "application/json", |value| {
                value.is_valid()
            })
        }
        _ => ::std::option::Option::None,
    };
    let (::std::option::Option::Some(id), ::std::option::Option::Some(body)) = (id, body) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer =
        AuthorizationsApi::authorize(&**api, caller, AuthorizeParameters { id }, body).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `PUT /authorizations/{id}/captures/{capture_id}`.
#[derive(Debug, Clone, PartialEq)]
pub struct CaptureParameters {
    /// The id, chosen by the client
    pub id: ::std::string::String,
    /// The id, chosen by the client
    pub capture_id: ::std::string::String,
}

/// The successful responses of `PUT /authorizations/{id}/captures/{capture_id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum CaptureSuccess {
    /// The authorization after the capture
    Ok(models::Authorization),
}

impl runtime::server::Respond for CaptureSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `PUT /authorizations/{id}/captures/{capture_id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum CaptureFailure {
    /// The request does not match the contract
    BadRequest(models::Problem),
    /// No token, or an invalid one
    Unauthorized(models::Problem),
    /// There is nothing with this id
    NotFound(models::Problem),
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

impl runtime::server::Respond for CaptureFailure {
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

async fn capture<
    A: AuthorizationsApi<Caller = S::Caller>,
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
    let mut input = runtime::server::Input::new(
        &super::CONTRACT,
        &request,
        "PUT",
        "/authorizations/{id}/captures/{capture_id}",
    );
    let id = input.path("id").required::<::std::string::String>(|value| {
        (1..=80).contains(&value.chars().count()) && {
            static PATTERN: runtime::Pattern = runtime::Pattern::new("^[a-z0-9][a-z0-9-]*$");
            PATTERN.matches(value)
        }
    });
    let capture_id = input
        .path("capture_id")
        .required::<::std::string::String>(|value| {
            (1..=80).contains(&value.chars().count()) && {
                static PATTERN: runtime::Pattern = runtime::Pattern::new("^[a-z0-9][a-z0-9-]*$");
                PATTERN.matches(value)
            }
        });
    let bytes = input.read(payload).await?;
    let body = match input.media_type(&bytes, &["application/json"]) {
        ::std::option::Option::Some(0) => {
            input.json::<models::Money>(&bytes, "application/json", |value| value.is_valid())
        }
        _ => ::std::option::Option::None,
    };
    let (
        ::std::option::Option::Some(id),
        ::std::option::Option::Some(capture_id),
        ::std::option::Option::Some(body),
    ) = (id, capture_id, body)
    else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer =
        AuthorizationsApi::capture(&**api, caller, CaptureParameters { id, capture_id }, body)
            .await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `GET /authorizations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub struct GetAuthorizationParameters {
    /// The id, chosen by the client
    pub id: ::std::string::String,
}

/// The successful responses of `GET /authorizations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetAuthorizationSuccess {
    /// The authorization
    Ok(models::Authorization),
}

impl runtime::server::Respond for GetAuthorizationSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `GET /authorizations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetAuthorizationFailure {
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

impl runtime::server::Respond for GetAuthorizationFailure {
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

async fn get_authorization<
    A: AuthorizationsApi<Caller = S::Caller>,
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
        runtime::server::Input::new(&super::CONTRACT, &request, "GET", "/authorizations/{id}");
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
        AuthorizationsApi::get_authorization(&**api, caller, GetAuthorizationParameters { id })
            .await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `GET /authorizations`.
#[derive(Debug, Clone, PartialEq)]
pub struct ListAuthorizationsParameters {
    /// Maximum number of entries
    pub limit: i32,
    /// Only ids that sort after this one
    pub after: ::std::option::Option<::std::string::String>,
}

/// The successful responses of `GET /authorizations`.
#[derive(Debug, Clone, PartialEq)]
pub enum ListAuthorizationsSuccess {
    /// Authorizations that are `authorized` or `captured`
    Ok(::std::vec::Vec<models::Authorization>),
}

impl runtime::server::Respond for ListAuthorizationsSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `GET /authorizations`.
#[derive(Debug, Clone, PartialEq)]
pub enum ListAuthorizationsFailure {
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

impl runtime::server::Respond for ListAuthorizationsFailure {
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

async fn list_authorizations<
    A: AuthorizationsApi<Caller = S::Caller>,
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
        runtime::server::Input::new(&super::CONTRACT, &request, "GET", "/authorizations");
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
    let answer = AuthorizationsApi::list_authorizations(
        &**api,
        caller,
        ListAuthorizationsParameters { limit, after },
    )
    .await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `PUT /authorizations/{id}/refunds/{refund_id}`.
#[derive(Debug, Clone, PartialEq)]
pub struct RefundParameters {
    /// The id, chosen by the client
    pub id: ::std::string::String,
    /// The id, chosen by the client
    pub refund_id: ::std::string::String,
}

/// The successful responses of `PUT /authorizations/{id}/refunds/{refund_id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum RefundSuccess {
    /// The authorization after the refund
    Ok(models::Authorization),
}

impl runtime::server::Respond for RefundSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `PUT /authorizations/{id}/refunds/{refund_id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum RefundFailure {
    /// The request does not match the contract
    BadRequest(models::Problem),
    /// No token, or an invalid one
    Unauthorized(models::Problem),
    /// There is nothing with this id
    NotFound(models::Problem),
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

impl runtime::server::Respond for RefundFailure {
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

async fn refund<
    A: AuthorizationsApi<Caller = S::Caller>,
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
    let mut input = runtime::server::Input::new(
        &super::CONTRACT,
        &request,
        "PUT",
        "/authorizations/{id}/refunds/{refund_id}",
    );
    let id = input.path("id").required::<::std::string::String>(|value| {
        (1..=80).contains(&value.chars().count()) && {
            static PATTERN: runtime::Pattern = runtime::Pattern::new("^[a-z0-9][a-z0-9-]*$");
            PATTERN.matches(value)
        }
    });
    let refund_id = input
        .path("refund_id")
        .required::<::std::string::String>(|value| {
            (1..=80).contains(&value.chars().count()) && {
                static PATTERN: runtime::Pattern = runtime::Pattern::new("^[a-z0-9][a-z0-9-]*$");
                PATTERN.matches(value)
            }
        });
    let bytes = input.read(payload).await?;
    let body = match input.media_type(&bytes, &["application/json"]) {
        ::std::option::Option::Some(0) => {
            input.json::<models::Money>(&bytes, "application/json", |value| value.is_valid())
        }
        _ => ::std::option::Option::None,
    };
    let (
        ::std::option::Option::Some(id),
        ::std::option::Option::Some(refund_id),
        ::std::option::Option::Some(body),
    ) = (id, refund_id, body)
    else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer =
        AuthorizationsApi::refund(&**api, caller, RefundParameters { id, refund_id }, body).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `POST /authorizations/{id}/void`.
#[derive(Debug, Clone, PartialEq)]
pub struct VoidAuthorizationParameters {
    /// The id, chosen by the client
    pub id: ::std::string::String,
}

/// The successful responses of `POST /authorizations/{id}/void`.
#[derive(Debug, Clone, PartialEq)]
pub enum VoidAuthorizationSuccess {
    /// The voided authorization; also one that is declined or expired
    Ok(models::Authorization),
}

impl runtime::server::Respond for VoidAuthorizationSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `POST /authorizations/{id}/void`.
#[derive(Debug, Clone, PartialEq)]
pub enum VoidAuthorizationFailure {
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

impl runtime::server::Respond for VoidAuthorizationFailure {
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

async fn void_authorization<
    A: AuthorizationsApi<Caller = S::Caller>,
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
        "/authorizations/{id}/void",
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
        AuthorizationsApi::void_authorization(&**api, caller, VoidAuthorizationParameters { id })
            .await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}
