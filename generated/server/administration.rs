//! The operations tagged `Administration`.

use ::contract_runtime as runtime;

use super::models;
use super::security;

/// What an implementation of the operations tagged `Administration` must provide.
///
/// A method is called only after parameters and body passed every check of the contract.
pub trait AdministrationApi: 'static {
    /// The caller, as [`runtime::server::Authenticate`] returns it.
    type Caller: 'static;

    /// Create an API key.
    ///
    /// Creates an API key. The response is the only place that shows it. Keys with the same name and customer
    /// belong to the same client and share its idempotency keys.
    ///
    /// `POST /api-keys`
    fn create_api_key(
        &self,
        caller: Self::Caller,
        body: models::CreateApiKeyRequest,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<CreateApiKeySuccess, CreateApiKeyFailure>,
    >;

    /// Find what needs attention.
    ///
    /// Returns what does not proceed by itself, or has not for a long time: at most 100 of each kind, the
    /// oldest first.
    ///
    /// `GET /attention`
    fn get_attention_report(
        &self,
        caller: Self::Caller,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<GetAttentionReportSuccess, GetAttentionReportFailure>,
    >;

    /// Read who the caller is.
    ///
    /// Returns what the service knows about the credentials of the request.
    ///
    /// `GET /caller`
    fn get_caller(
        &self,
        caller: Self::Caller,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<GetCallerSuccess, GetCallerFailure>>;

    /// Watch the service.
    ///
    /// Returns measurements of the last hour, one point per minute from the oldest to the newest, of all
    /// processes of the service together. Each process stores its measurements four times a minute.
    ///
    /// `GET /statistics`
    fn get_statistics(
        &self,
        caller: Self::Caller,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<GetStatisticsSuccess, GetStatisticsFailure>,
    >;

    /// List API keys.
    ///
    /// Returns all API keys, including expired and revoked ones, from the oldest to the newest.
    ///
    /// `GET /api-keys`
    fn list_api_keys(
        &self,
        caller: Self::Caller,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<ListApiKeysSuccess, ListApiKeysFailure>>;

    /// Revoke an API key.
    ///
    /// Revokes an API key. A process that has it cached rejects it a short time later. Revoking it again
    /// changes nothing.
    ///
    /// `DELETE /api-keys/{id}`
    fn revoke_api_key(
        &self,
        caller: Self::Caller,
        parameters: RevokeApiKeyParameters,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<RevokeApiKeySuccess, RevokeApiKeyFailure>,
    >;

    /// Replace an API key.
    ///
    /// Creates a key with the same client, name, scopes, customer and lifetime. The old one remains valid for
    /// `overlap_seconds`.
    ///
    /// `POST /api-keys/{id}/rotation`
    fn rotate_api_key(
        &self,
        caller: Self::Caller,
        parameters: RotateApiKeyParameters,
        body: models::RotateApiKeyRequest,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<RotateApiKeySuccess, RotateApiKeyFailure>,
    >;
}

/// Adds the routes of these operations; `api` serves them.
pub fn routes<
    A: AdministrationApi<Caller = S::Caller>,
    S: runtime::server::Authenticate<Scheme = security::Scheme>,
>(
    router: &mut runtime::server::Router,
    api: &runtime::actix_web::web::Data<A>,
    security: &runtime::actix_web::web::Data<S>,
) {
    router.add(
        runtime::actix_web::http::Method::POST,
        "/api-keys",
        (api.clone(), security.clone()),
        self::create_api_key::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/attention",
        (api.clone(), security.clone()),
        self::get_attention_report::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/caller",
        (api.clone(), security.clone()),
        self::get_caller::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/statistics",
        (api.clone(), security.clone()),
        self::get_statistics::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/api-keys",
        (api.clone(), security.clone()),
        self::list_api_keys::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::DELETE,
        "/api-keys/{id}",
        (api.clone(), security.clone()),
        self::revoke_api_key::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::POST,
        "/api-keys/{id}/rotation",
        (api.clone(), security.clone()),
        self::rotate_api_key::<A, S>,
    );
}

/// The successful responses of `POST /api-keys`.
#[derive(Debug, Clone, PartialEq)]
pub enum CreateApiKeySuccess {
    /// The key
    Created(models::CreatedApiKey),
}

impl runtime::server::Respond for CreateApiKeySuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Created(body) => runtime::server::Reply::new(201).json("application/json", &body),
        }
    }
}

/// The other responses of `POST /api-keys`.
#[derive(Debug, Clone, PartialEq)]
pub enum CreateApiKeyFailure {
    /// The request does not match the contract; `errors` lists every violation
    BadRequest(models::Problem),
    /// Credentials are missing, invalid or expired
    Unauthorized {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// How to authenticate (RFC 9110, section 11.6.1; RFC 6750, section 3)
        www_authenticate: ::std::string::String,
    },
    /// The credentials are valid but do not permit this operation
    Forbidden(models::Problem),
    /// The request did not arrive in time
    RequestTimeout(models::Problem),
    /// The body is larger than the limit
    PayloadTooLarge(models::Problem),
    /// The media type of the body is not supported
    UnsupportedMediaType(models::Problem),
    /// Too many requests; retry after `Retry-After`
    TooManyRequests {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry (RFC 9110, section 10.2.3)
        retry_after: i32,
    },
    /// An internal error; the server's log contains the cause with the `request_id`. The change may or
    /// may not have been made.
    InternalServerError(models::Problem),
    /// The database is unavailable or overloaded; nothing was changed, retry after `Retry-After`
    ServiceUnavailable {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry (RFC 9110, section 10.2.3)
        retry_after: i32,
    },
    /// The database did not confirm the change in time: it may or may not have been made. `Retry-After`
    /// is present only if a retry of the same request cannot make the change twice: for any request but a
    /// `POST /orders` without an `Idempotency-Key`, `POST /webhooks`, `POST /webhooks/{id}/secret`, `POST /api-keys` and
    /// `POST /api-keys/{id}/rotation`.
    GatewayTimeout {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry (RFC 9110, section 10.2.3)
        retry_after: ::std::option::Option<i32>,
    },
}

impl runtime::server::Respond for CreateApiKeyFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::BadRequest(body) => {
                runtime::server::Reply::new(400).json("application/problem+json", &body)
            }
            Self::Unauthorized {
                body,
                www_authenticate,
            } => runtime::server::Reply::new(401)
                .header("www-authenticate", www_authenticate)
                .json("application/problem+json", &body),
            Self::Forbidden(body) => {
                runtime::server::Reply::new(403).json("application/problem+json", &body)
            }
            Self::RequestTimeout(body) => {
                runtime::server::Reply::new(408).json("application/problem+json", &body)
            }
            Self::PayloadTooLarge(body) => {
                runtime::server::Reply::new(413).json("application/problem+json", &body)
            }
            Self::UnsupportedMediaType(body) => {
                runtime::server::Reply::new(415).json("application/problem+json", &body)
            }
            Self::TooManyRequests { body, retry_after } => runtime::server::Reply::new(429)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
            Self::InternalServerError(body) => {
                runtime::server::Reply::new(500).json("application/problem+json", &body)
            }
            Self::ServiceUnavailable { body, retry_after } => runtime::server::Reply::new(503)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
            Self::GatewayTimeout { body, retry_after } => runtime::server::Reply::new(504)
                .optional_header("retry-after", retry_after)
                .json("application/problem+json", &body),
        }
    }
}

async fn create_api_key<
    A: AdministrationApi<Caller = S::Caller>,
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
        &[
            &[runtime::Need {
                scheme: security::Scheme::AccessToken,
                scopes: &["orders:admin"],
            }],
            &[runtime::Need {
                scheme: security::Scheme::ApiKey,
                scopes: &["orders:admin"],
            }],
        ],
    )
    .await?;
    let mut input = runtime::server::Input::new(&super::CONTRACT, &request, "POST", "/api-keys");
    let bytes = input.read(payload).await?;
    let body = match input.media_type(&bytes, &["application/json"]) {
        ::std::option::Option::Some(0) => {
            input.json::<models::CreateApiKeyRequest>(&bytes, "application/json", |value| {
                value.is_valid()
            })
        }
        _ => ::std::option::Option::None,
    };
    let (::std::option::Option::Some(body),) = (body,) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = AdministrationApi::create_api_key(&**api, caller, body).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The successful responses of `GET /attention`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetAttentionReportSuccess {
    /// What needs attention
    Ok(models::AttentionReport),
}

impl runtime::server::Respond for GetAttentionReportSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `GET /attention`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetAttentionReportFailure {
    /// Credentials are missing, invalid or expired
    Unauthorized {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// How to authenticate (RFC 9110, section 11.6.1; RFC 6750, section 3)
        www_authenticate: ::std::string::String,
    },
    /// The credentials are valid but do not permit this operation
    Forbidden(models::Problem),
    /// The request did not arrive in time
    RequestTimeout(models::Problem),
    /// Too many requests; retry after `Retry-After`
    TooManyRequests {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry (RFC 9110, section 10.2.3)
        retry_after: i32,
    },
    /// An internal error; the server's log contains the cause with the `request_id`. The change may or
    /// may not have been made.
    InternalServerError(models::Problem),
    /// The database is unavailable or overloaded; nothing was changed, retry after `Retry-After`
    ServiceUnavailable {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry (RFC 9110, section 10.2.3)
        retry_after: i32,
    },
}

impl runtime::server::Respond for GetAttentionReportFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Unauthorized {
                body,
                www_authenticate,
            } => runtime::server::Reply::new(401)
                .header("www-authenticate", www_authenticate)
                .json("application/problem+json", &body),
            Self::Forbidden(body) => {
                runtime::server::Reply::new(403).json("application/problem+json", &body)
            }
            Self::RequestTimeout(body) => {
                runtime::server::Reply::new(408).json("application/problem+json", &body)
            }
            Self::TooManyRequests { body, retry_after } => runtime::server::Reply::new(429)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
            Self::InternalServerError(body) => {
                runtime::server::Reply::new(500).json("application/problem+json", &body)
            }
            Self::ServiceUnavailable { body, retry_after } => runtime::server::Reply::new(503)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
        }
    }
}

async fn get_attention_report<
    A: AdministrationApi<Caller = S::Caller>,
    S: runtime::server::Authenticate<Scheme = security::Scheme>,
>(
    api: runtime::actix_web::web::Data<A>,
    security: runtime::actix_web::web::Data<S>,
    request: runtime::actix_web::HttpRequest,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let caller = runtime::server::authorize(
        &**security,
        &request,
        &[
            &[runtime::Need {
                scheme: security::Scheme::AccessToken,
                scopes: &["orders:admin"],
            }],
            &[runtime::Need {
                scheme: security::Scheme::ApiKey,
                scopes: &["orders:admin"],
            }],
        ],
    )
    .await?;
    let answer = AdministrationApi::get_attention_report(&**api, caller).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The successful responses of `GET /caller`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetCallerSuccess {
    /// The caller
    Ok(models::CallerInfo),
}

impl runtime::server::Respond for GetCallerSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `GET /caller`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetCallerFailure {
    /// Credentials are missing, invalid or expired
    Unauthorized {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// How to authenticate (RFC 9110, section 11.6.1; RFC 6750, section 3)
        www_authenticate: ::std::string::String,
    },
    /// The request did not arrive in time
    RequestTimeout(models::Problem),
    /// Too many requests; retry after `Retry-After`
    TooManyRequests {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry (RFC 9110, section 10.2.3)
        retry_after: i32,
    },
    /// An internal error; the server's log contains the cause with the `request_id`. The change may or
    /// may not have been made.
    InternalServerError(models::Problem),
    /// The database is unavailable or overloaded; nothing was changed, retry after `Retry-After`
    ServiceUnavailable {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry (RFC 9110, section 10.2.3)
        retry_after: i32,
    },
}

impl runtime::server::Respond for GetCallerFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Unauthorized {
                body,
                www_authenticate,
            } => runtime::server::Reply::new(401)
                .header("www-authenticate", www_authenticate)
                .json("application/problem+json", &body),
            Self::RequestTimeout(body) => {
                runtime::server::Reply::new(408).json("application/problem+json", &body)
            }
            Self::TooManyRequests { body, retry_after } => runtime::server::Reply::new(429)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
            Self::InternalServerError(body) => {
                runtime::server::Reply::new(500).json("application/problem+json", &body)
            }
            Self::ServiceUnavailable { body, retry_after } => runtime::server::Reply::new(503)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
        }
    }
}

async fn get_caller<
    A: AdministrationApi<Caller = S::Caller>,
    S: runtime::server::Authenticate<Scheme = security::Scheme>,
>(
    api: runtime::actix_web::web::Data<A>,
    security: runtime::actix_web::web::Data<S>,
    request: runtime::actix_web::HttpRequest,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let caller = runtime::server::authorize(
        &**security,
        &request,
        &[
            &[runtime::Need {
                scheme: security::Scheme::AccessToken,
                scopes: &[],
            }],
            &[runtime::Need {
                scheme: security::Scheme::ApiKey,
                scopes: &[],
            }],
        ],
    )
    .await?;
    let answer = AdministrationApi::get_caller(&**api, caller).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The successful responses of `GET /statistics`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetStatisticsSuccess {
    /// The last hour
    Ok(models::Statistics),
}

impl runtime::server::Respond for GetStatisticsSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `GET /statistics`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetStatisticsFailure {
    /// Credentials are missing, invalid or expired
    Unauthorized {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// How to authenticate (RFC 9110, section 11.6.1; RFC 6750, section 3)
        www_authenticate: ::std::string::String,
    },
    /// The credentials are valid but do not permit this operation
    Forbidden(models::Problem),
    /// The request did not arrive in time
    RequestTimeout(models::Problem),
    /// Too many requests; retry after `Retry-After`
    TooManyRequests {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry (RFC 9110, section 10.2.3)
        retry_after: i32,
    },
    /// An internal error; the server's log contains the cause with the `request_id`. The change may or
    /// may not have been made.
    InternalServerError(models::Problem),
    /// The database is unavailable or overloaded; nothing was changed, retry after `Retry-After`
    ServiceUnavailable {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry (RFC 9110, section 10.2.3)
        retry_after: i32,
    },
}

impl runtime::server::Respond for GetStatisticsFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Unauthorized {
                body,
                www_authenticate,
            } => runtime::server::Reply::new(401)
                .header("www-authenticate", www_authenticate)
                .json("application/problem+json", &body),
            Self::Forbidden(body) => {
                runtime::server::Reply::new(403).json("application/problem+json", &body)
            }
            Self::RequestTimeout(body) => {
                runtime::server::Reply::new(408).json("application/problem+json", &body)
            }
            Self::TooManyRequests { body, retry_after } => runtime::server::Reply::new(429)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
            Self::InternalServerError(body) => {
                runtime::server::Reply::new(500).json("application/problem+json", &body)
            }
            Self::ServiceUnavailable { body, retry_after } => runtime::server::Reply::new(503)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
        }
    }
}

async fn get_statistics<
    A: AdministrationApi<Caller = S::Caller>,
    S: runtime::server::Authenticate<Scheme = security::Scheme>,
>(
    api: runtime::actix_web::web::Data<A>,
    security: runtime::actix_web::web::Data<S>,
    request: runtime::actix_web::HttpRequest,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let caller = runtime::server::authorize(
        &**security,
        &request,
        &[
            &[runtime::Need {
                scheme: security::Scheme::AccessToken,
                scopes: &["orders:admin"],
            }],
            &[runtime::Need {
                scheme: security::Scheme::ApiKey,
                scopes: &["orders:admin"],
            }],
        ],
    )
    .await?;
    let answer = AdministrationApi::get_statistics(&**api, caller).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The successful responses of `GET /api-keys`.
#[derive(Debug, Clone, PartialEq)]
pub enum ListApiKeysSuccess {
    /// The keys
    Ok(::std::vec::Vec<models::ApiKeyInfo>),
}

impl runtime::server::Respond for ListApiKeysSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `GET /api-keys`.
#[derive(Debug, Clone, PartialEq)]
pub enum ListApiKeysFailure {
    /// Credentials are missing, invalid or expired
    Unauthorized {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// How to authenticate (RFC 9110, section 11.6.1; RFC 6750, section 3)
        www_authenticate: ::std::string::String,
    },
    /// The credentials are valid but do not permit this operation
    Forbidden(models::Problem),
    /// The request did not arrive in time
    RequestTimeout(models::Problem),
    /// Too many requests; retry after `Retry-After`
    TooManyRequests {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry (RFC 9110, section 10.2.3)
        retry_after: i32,
    },
    /// An internal error; the server's log contains the cause with the `request_id`. The change may or
    /// may not have been made.
    InternalServerError(models::Problem),
    /// The database is unavailable or overloaded; nothing was changed, retry after `Retry-After`
    ServiceUnavailable {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry (RFC 9110, section 10.2.3)
        retry_after: i32,
    },
}

impl runtime::server::Respond for ListApiKeysFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Unauthorized {
                body,
                www_authenticate,
            } => runtime::server::Reply::new(401)
                .header("www-authenticate", www_authenticate)
                .json("application/problem+json", &body),
            Self::Forbidden(body) => {
                runtime::server::Reply::new(403).json("application/problem+json", &body)
            }
            Self::RequestTimeout(body) => {
                runtime::server::Reply::new(408).json("application/problem+json", &body)
            }
            Self::TooManyRequests { body, retry_after } => runtime::server::Reply::new(429)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
            Self::InternalServerError(body) => {
                runtime::server::Reply::new(500).json("application/problem+json", &body)
            }
            Self::ServiceUnavailable { body, retry_after } => runtime::server::Reply::new(503)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
        }
    }
}

async fn list_api_keys<
    A: AdministrationApi<Caller = S::Caller>,
    S: runtime::server::Authenticate<Scheme = security::Scheme>,
>(
    api: runtime::actix_web::web::Data<A>,
    security: runtime::actix_web::web::Data<S>,
    request: runtime::actix_web::HttpRequest,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let caller = runtime::server::authorize(
        &**security,
        &request,
        &[
            &[runtime::Need {
                scheme: security::Scheme::AccessToken,
                scopes: &["orders:admin"],
            }],
            &[runtime::Need {
                scheme: security::Scheme::ApiKey,
                scopes: &["orders:admin"],
            }],
        ],
    )
    .await?;
    let answer = AdministrationApi::list_api_keys(&**api, caller).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `DELETE /api-keys/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub struct RevokeApiKeyParameters {
    /// The id of the API key
    pub id: i64,
}

/// The successful responses of `DELETE /api-keys/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum RevokeApiKeySuccess {
    /// The revoked key
    Ok(models::ApiKeyInfo),
}

impl runtime::server::Respond for RevokeApiKeySuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `DELETE /api-keys/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum RevokeApiKeyFailure {
    /// The request does not match the contract; `errors` lists every violation
    BadRequest(models::Problem),
    /// Credentials are missing, invalid or expired
    Unauthorized {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// How to authenticate (RFC 9110, section 11.6.1; RFC 6750, section 3)
        www_authenticate: ::std::string::String,
    },
    /// The credentials are valid but do not permit this operation
    Forbidden(models::Problem),
    /// The API key does not exist
    NotFound(models::Problem),
    /// The request did not arrive in time
    RequestTimeout(models::Problem),
    /// Too many requests; retry after `Retry-After`
    TooManyRequests {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry (RFC 9110, section 10.2.3)
        retry_after: i32,
    },
    /// An internal error; the server's log contains the cause with the `request_id`. The change may or
    /// may not have been made.
    InternalServerError(models::Problem),
    /// The database is unavailable or overloaded; nothing was changed, retry after `Retry-After`
    ServiceUnavailable {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry (RFC 9110, section 10.2.3)
        retry_after: i32,
    },
    /// The database did not confirm the change in time: it may or may not have been made. `Retry-After`
    /// is present only if a retry of the same request cannot make the change twice: for any request but a
    /// `POST /orders` without an `Idempotency-Key`, `POST /webhooks`, `POST /webhooks/{id}/secret`, `POST /api-keys` and
    /// `POST /api-keys/{id}/rotation`.
    GatewayTimeout {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry (RFC 9110, section 10.2.3)
        retry_after: ::std::option::Option<i32>,
    },
}

impl runtime::server::Respond for RevokeApiKeyFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::BadRequest(body) => {
                runtime::server::Reply::new(400).json("application/problem+json", &body)
            }
            Self::Unauthorized {
                body,
                www_authenticate,
            } => runtime::server::Reply::new(401)
                .header("www-authenticate", www_authenticate)
                .json("application/problem+json", &body),
            Self::Forbidden(body) => {
                runtime::server::Reply::new(403).json("application/problem+json", &body)
            }
            Self::NotFound(body) => {
                runtime::server::Reply::new(404).json("application/problem+json", &body)
            }
            Self::RequestTimeout(body) => {
                runtime::server::Reply::new(408).json("application/problem+json", &body)
            }
            Self::TooManyRequests { body, retry_after } => runtime::server::Reply::new(429)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
            Self::InternalServerError(body) => {
                runtime::server::Reply::new(500).json("application/problem+json", &body)
            }
            Self::ServiceUnavailable { body, retry_after } => runtime::server::Reply::new(503)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
            Self::GatewayTimeout { body, retry_after } => runtime::server::Reply::new(504)
                .optional_header("retry-after", retry_after)
                .json("application/problem+json", &body),
        }
    }
}

async fn revoke_api_key<
    A: AdministrationApi<Caller = S::Caller>,
    S: runtime::server::Authenticate<Scheme = security::Scheme>,
>(
    api: runtime::actix_web::web::Data<A>,
    security: runtime::actix_web::web::Data<S>,
    request: runtime::actix_web::HttpRequest,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let caller = runtime::server::authorize(
        &**security,
        &request,
        &[
            &[runtime::Need {
                scheme: security::Scheme::AccessToken,
                scopes: &["orders:admin"],
            }],
            &[runtime::Need {
                scheme: security::Scheme::ApiKey,
                scopes: &["orders:admin"],
            }],
        ],
    )
    .await?;
    let mut input =
        runtime::server::Input::new(&super::CONTRACT, &request, "DELETE", "/api-keys/{id}");
    let id = input.path("id").required::<i64>(|value| *value >= 1);
    let (::std::option::Option::Some(id),) = (id,) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer =
        AdministrationApi::revoke_api_key(&**api, caller, RevokeApiKeyParameters { id }).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `POST /api-keys/{id}/rotation`.
#[derive(Debug, Clone, PartialEq)]
pub struct RotateApiKeyParameters {
    /// The id of the API key
    pub id: i64,
}

/// The successful responses of `POST /api-keys/{id}/rotation`.
#[derive(Debug, Clone, PartialEq)]
pub enum RotateApiKeySuccess {
    /// The new key
    Created(models::CreatedApiKey),
}

impl runtime::server::Respond for RotateApiKeySuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Created(body) => runtime::server::Reply::new(201).json("application/json", &body),
        }
    }
}

/// The other responses of `POST /api-keys/{id}/rotation`.
#[derive(Debug, Clone, PartialEq)]
pub enum RotateApiKeyFailure {
    /// The request does not match the contract; `errors` lists every violation
    BadRequest(models::Problem),
    /// Credentials are missing, invalid or expired
    Unauthorized {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// How to authenticate (RFC 9110, section 11.6.1; RFC 6750, section 3)
        www_authenticate: ::std::string::String,
    },
    /// The credentials are valid but do not permit this operation
    Forbidden(models::Problem),
    /// The API key does not exist
    NotFound(models::Problem),
    /// The request did not arrive in time
    RequestTimeout(models::Problem),
    /// The body is larger than the limit
    PayloadTooLarge(models::Problem),
    /// The media type of the body is not supported
    UnsupportedMediaType(models::Problem),
    /// Too many requests; retry after `Retry-After`
    TooManyRequests {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry (RFC 9110, section 10.2.3)
        retry_after: i32,
    },
    /// An internal error; the server's log contains the cause with the `request_id`. The change may or
    /// may not have been made.
    InternalServerError(models::Problem),
    /// The database is unavailable or overloaded; nothing was changed, retry after `Retry-After`
    ServiceUnavailable {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry (RFC 9110, section 10.2.3)
        retry_after: i32,
    },
    /// The database did not confirm the change in time: it may or may not have been made. `Retry-After`
    /// is present only if a retry of the same request cannot make the change twice: for any request but a
    /// `POST /orders` without an `Idempotency-Key`, `POST /webhooks`, `POST /webhooks/{id}/secret`, `POST /api-keys` and
    /// `POST /api-keys/{id}/rotation`.
    GatewayTimeout {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry (RFC 9110, section 10.2.3)
        retry_after: ::std::option::Option<i32>,
    },
}

impl runtime::server::Respond for RotateApiKeyFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::BadRequest(body) => {
                runtime::server::Reply::new(400).json("application/problem+json", &body)
            }
            Self::Unauthorized {
                body,
                www_authenticate,
            } => runtime::server::Reply::new(401)
                .header("www-authenticate", www_authenticate)
                .json("application/problem+json", &body),
            Self::Forbidden(body) => {
                runtime::server::Reply::new(403).json("application/problem+json", &body)
            }
            Self::NotFound(body) => {
                runtime::server::Reply::new(404).json("application/problem+json", &body)
            }
            Self::RequestTimeout(body) => {
                runtime::server::Reply::new(408).json("application/problem+json", &body)
            }
            Self::PayloadTooLarge(body) => {
                runtime::server::Reply::new(413).json("application/problem+json", &body)
            }
            Self::UnsupportedMediaType(body) => {
                runtime::server::Reply::new(415).json("application/problem+json", &body)
            }
            Self::TooManyRequests { body, retry_after } => runtime::server::Reply::new(429)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
            Self::InternalServerError(body) => {
                runtime::server::Reply::new(500).json("application/problem+json", &body)
            }
            Self::ServiceUnavailable { body, retry_after } => runtime::server::Reply::new(503)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
            Self::GatewayTimeout { body, retry_after } => runtime::server::Reply::new(504)
                .optional_header("retry-after", retry_after)
                .json("application/problem+json", &body),
        }
    }
}

async fn rotate_api_key<
    A: AdministrationApi<Caller = S::Caller>,
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
        &[
            &[runtime::Need {
                scheme: security::Scheme::AccessToken,
                scopes: &["orders:admin"],
            }],
            &[runtime::Need {
                scheme: security::Scheme::ApiKey,
                scopes: &["orders:admin"],
            }],
        ],
    )
    .await?;
    let mut input = runtime::server::Input::new(
        &super::CONTRACT,
        &request,
        "POST",
        "/api-keys/{id}/rotation",
    );
    let id = input.path("id").required::<i64>(|value| *value >= 1);
    let bytes = input.read(payload).await?;
    let body = match input.media_type(&bytes, &["application/json"]) {
        ::std::option::Option::Some(0) => {
            input.json::<models::RotateApiKeyRequest>(&bytes, "application/json", |value| {
                value.is_valid()
            })
        }
        _ => ::std::option::Option::None,
    };
    let (::std::option::Option::Some(id), ::std::option::Option::Some(body)) = (id, body) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer =
        AdministrationApi::rotate_api_key(&**api, caller, RotateApiKeyParameters { id }, body)
            .await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}
