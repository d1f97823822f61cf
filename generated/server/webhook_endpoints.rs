//! The operations tagged `WebhookEndpoints`.

use ::contract_runtime as runtime;

use super::models;
use super::security;

/// What an implementation of the operations tagged `WebhookEndpoints` must provide.
///
/// A method is called only after parameters and body passed every check of the contract.
pub trait WebhookEndpointsApi: 'static {
    /// The caller, as [`runtime::server::Authenticate`] returns it.
    type Caller: 'static;

    /// Create a webhook endpoint.
    ///
    /// Creates an endpoint. The events of all orders that the caller may see, or of one customer's orders, are
    /// sent to its URL, beginning with the next event or with the oldest. The response contains the `secret`
    /// that signs them; it is not
    /// shown again. A URL whose host is an address that is not public is rejected. A host name is checked
    /// whenever it is called: a connection is only made to a public address, or to one that the operator
    /// allows. Redirects are not followed. Credentials of a customer have endpoints of their own.
    ///
    /// `POST /webhooks`
    fn create_webhook(
        &self,
        caller: Self::Caller,
        body: models::CreateWebhookRequest,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<CreateWebhookSuccess, CreateWebhookFailure>,
    >;

    /// Delete a webhook endpoint.
    ///
    /// Deletes the endpoint, what it has not received, and the list of its deliveries.
    ///
    /// `DELETE /webhooks/{id}`
    fn delete_webhook(
        &self,
        caller: Self::Caller,
        parameters: DeleteWebhookParameters,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<DeleteWebhookSuccess, DeleteWebhookFailure>,
    >;

    /// Read a webhook endpoint.
    ///
    /// Returns the endpoint without its secret.
    ///
    /// `GET /webhooks/{id}`
    fn get_webhook(
        &self,
        caller: Self::Caller,
        parameters: GetWebhookParameters,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<GetWebhookSuccess, GetWebhookFailure>>;

    /// List deliveries.
    ///
    /// Returns what was sent to an endpoint, and what is to be sent, from the newest to the oldest, page by
    /// page. Completed deliveries are kept for a limited time.
    ///
    /// `GET /webhooks/{id}/deliveries`
    fn list_webhook_deliveries(
        &self,
        caller: Self::Caller,
        parameters: ListWebhookDeliveriesParameters,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<ListWebhookDeliveriesSuccess, ListWebhookDeliveriesFailure>,
    >;

    /// List webhook endpoints.
    ///
    /// Returns the endpoints that the caller may see, from the oldest to the newest, page by page.
    ///
    /// `GET /webhooks`
    fn list_webhooks(
        &self,
        caller: Self::Caller,
        parameters: ListWebhooksParameters,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<ListWebhooksSuccess, ListWebhooksFailure>,
    >;

    /// Send events again.
    ///
    /// Sends all events after a position that the endpoint wants, in sequence, also those that it has
    /// received. Each has the `webhook-id` that it had before. Events that have yet to be sent are never
    /// skipped.
    ///
    /// `POST /webhooks/{id}/replay`
    fn replay_webhook(
        &self,
        caller: Self::Caller,
        parameters: ReplayWebhookParameters,
        body: models::ReplayWebhookRequest,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<ReplayWebhookSuccess, ReplayWebhookFailure>,
    >;

    /// Send an event again now.
    ///
    /// Sends a `pending` or `failed` delivery at once, or one that was `delivered` once more; if it fails, it
    /// is repeated for as long as a new one. Earlier events of the same order that are `pending` are sent
    /// first. If the endpoint is not `enabled`, the response is 409.
    ///
    /// `POST /webhooks/{id}/deliveries/{delivery_id}/retry`
    fn retry_webhook_delivery(
        &self,
        caller: Self::Caller,
        parameters: RetryWebhookDeliveryParameters,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<RetryWebhookDeliverySuccess, RetryWebhookDeliveryFailure>,
    >;

    /// Replace the secret of a webhook endpoint.
    ///
    /// Returns a new `secret`, or a new `public_key`. For a day by default, every event is signed with the
    /// previous one as well, so that the receiver can be changed in the meantime. If too many of them are
    /// still valid, the response is 409.
    ///
    /// `POST /webhooks/{id}/secret`
    fn rotate_webhook_secret(
        &self,
        caller: Self::Caller,
        parameters: RotateWebhookSecretParameters,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<RotateWebhookSecretSuccess, RotateWebhookSecretFailure>,
    >;

    /// Send a test event.
    ///
    /// Sends a payload of type `test` to the endpoint at once, even if the endpoint is not `enabled`, and returns
    /// the result. The attempt is not repeated.
    ///
    /// `POST /webhooks/{id}/test`
    fn test_webhook(
        &self,
        caller: Self::Caller,
        parameters: TestWebhookParameters,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<TestWebhookSuccess, TestWebhookFailure>>;

    /// Change a webhook endpoint.
    ///
    /// Changes the fields in the body and leaves the others unchanged. While an endpoint is not `enabled`,
    /// nothing is sent to it and nothing is lost: its events are sent when it is enabled again.
    ///
    /// `PUT /webhooks/{id}`
    fn update_webhook(
        &self,
        caller: Self::Caller,
        parameters: UpdateWebhookParameters,
        body: models::UpdateWebhookRequest,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<UpdateWebhookSuccess, UpdateWebhookFailure>,
    >;
}

/// Adds the routes of these operations; `api` serves them.
pub fn routes<
    A: WebhookEndpointsApi<Caller = S::Caller>,
    S: runtime::server::Authenticate<Scheme = security::Scheme>,
>(
    router: &mut runtime::server::Router,
    api: &runtime::actix_web::web::Data<A>,
    security: &runtime::actix_web::web::Data<S>,
) {
    router.add(
        runtime::actix_web::http::Method::POST,
        "/webhooks",
        (api.clone(), security.clone()),
        self::create_webhook::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::DELETE,
        "/webhooks/{id}",
        (api.clone(), security.clone()),
        self::delete_webhook::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/webhooks/{id}",
        (api.clone(), security.clone()),
        self::get_webhook::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/webhooks/{id}/deliveries",
        (api.clone(), security.clone()),
        self::list_webhook_deliveries::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/webhooks",
        (api.clone(), security.clone()),
        self::list_webhooks::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::POST,
        "/webhooks/{id}/replay",
        (api.clone(), security.clone()),
        self::replay_webhook::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::POST,
        "/webhooks/{id}/deliveries/{delivery_id}/retry",
        (api.clone(), security.clone()),
        self::retry_webhook_delivery::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::POST,
        "/webhooks/{id}/secret",
        (api.clone(), security.clone()),
        self::rotate_webhook_secret::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::POST,
        "/webhooks/{id}/test",
        (api.clone(), security.clone()),
        self::test_webhook::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::PUT,
        "/webhooks/{id}",
        (api.clone(), security.clone()),
        self::update_webhook::<A, S>,
    );
}

/// The successful responses of `POST /webhooks`.
#[derive(Debug, Clone, PartialEq)]
pub enum CreateWebhookSuccess {
    /// The new endpoint, with its secret
    Created {
        /// The body, as `application/json`
        body: models::WebhookEndpoint,
        /// The URL of the endpoint
        location: ::std::string::String,
    },
}

impl runtime::server::Respond for CreateWebhookSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Created { body, location } => runtime::server::Reply::new(201)
                .header("location", location)
                .json("application/json", &body),
        }
    }
}

/// The other responses of `POST /webhooks`.
#[derive(Debug, Clone, PartialEq)]
pub enum CreateWebhookFailure {
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
    /// The state of the endpoint does not allow this
    Conflict(models::Problem),
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

impl runtime::server::Respond for CreateWebhookFailure {
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
            Self::Conflict(body) => {
                runtime::server::Reply::new(409).json("application/problem+json", &body)
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

async fn create_webhook<
    A: WebhookEndpointsApi<Caller = S::Caller>,
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
                scopes: &["webhooks:write"],
            }],
            &[runtime::Need {
                scheme: security::Scheme::ApiKey,
                scopes: &["webhooks:write"],
            }],
        ],
    )
    .await?;
    let mut input = runtime::server::Input::new(&super::CONTRACT, &request, "POST", "/webhooks");
    let bytes = input.read(payload).await?;
    let body = match input.media_type(&bytes, &["application/json"]) {
        ::std::option::Option::Some(0) => {
            input.json::<models::CreateWebhookRequest>(&bytes, "application/json", |value| {
                value.is_valid()
            })
        }
        _ => ::std::option::Option::None,
    };
    let (::std::option::Option::Some(body),) = (body,) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = WebhookEndpointsApi::create_webhook(&**api, caller, body).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `DELETE /webhooks/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub struct DeleteWebhookParameters {
    /// The id of the endpoint
    pub id: i64,
}

/// The successful responses of `DELETE /webhooks/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum DeleteWebhookSuccess {
    /// The endpoint is deleted
    NoContent,
}

impl runtime::server::Respond for DeleteWebhookSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::NoContent => runtime::server::Reply::new(204).empty(),
        }
    }
}

/// The other responses of `DELETE /webhooks/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum DeleteWebhookFailure {
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
    /// The endpoint or the delivery does not exist
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

impl runtime::server::Respond for DeleteWebhookFailure {
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

async fn delete_webhook<
    A: WebhookEndpointsApi<Caller = S::Caller>,
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
                scopes: &["webhooks:write"],
            }],
            &[runtime::Need {
                scheme: security::Scheme::ApiKey,
                scopes: &["webhooks:write"],
            }],
        ],
    )
    .await?;
    let mut input =
        runtime::server::Input::new(&super::CONTRACT, &request, "DELETE", "/webhooks/{id}");
    let id = input.path("id").required::<i64>(|value| *value >= 1);
    let (::std::option::Option::Some(id),) = (id,) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer =
        WebhookEndpointsApi::delete_webhook(&**api, caller, DeleteWebhookParameters { id }).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `GET /webhooks/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub struct GetWebhookParameters {
    /// The id of the endpoint
    pub id: i64,
}

/// The successful responses of `GET /webhooks/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetWebhookSuccess {
    /// The endpoint
    Ok(models::WebhookEndpoint),
}

impl runtime::server::Respond for GetWebhookSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `GET /webhooks/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetWebhookFailure {
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
    /// The endpoint or the delivery does not exist
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
}

impl runtime::server::Respond for GetWebhookFailure {
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
        }
    }
}

async fn get_webhook<
    A: WebhookEndpointsApi<Caller = S::Caller>,
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
                scopes: &["webhooks:read"],
            }],
            &[runtime::Need {
                scheme: security::Scheme::ApiKey,
                scopes: &["webhooks:read"],
            }],
        ],
    )
    .await?;
    let mut input =
        runtime::server::Input::new(&super::CONTRACT, &request, "GET", "/webhooks/{id}");
    let id = input.path("id").required::<i64>(|value| *value >= 1);
    let (::std::option::Option::Some(id),) = (id,) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer =
        WebhookEndpointsApi::get_webhook(&**api, caller, GetWebhookParameters { id }).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `GET /webhooks/{id}/deliveries`.
#[derive(Debug, Clone, PartialEq)]
pub struct ListWebhookDeliveriesParameters {
    /// The id of the endpoint
    pub id: i64,
    /// Maximum number of deliveries per page
    pub limit: i32,
    /// Only deliveries with a smaller id
    pub before: ::std::option::Option<i64>,
    /// Only deliveries with one of these statuses
    pub status: ::std::option::Option<::std::vec::Vec<models::WebhookDeliveryStatus>>,
    /// Only deliveries of events of this order
    pub order_id: ::std::option::Option<crate::domain::OrderId>,
}

/// The successful responses of `GET /webhooks/{id}/deliveries`.
#[derive(Debug, Clone, PartialEq)]
pub enum ListWebhookDeliveriesSuccess {
    /// A page of deliveries
    Ok {
        /// The body, as `application/json`
        body: ::std::vec::Vec<models::WebhookDelivery>,
        /// The next page (RFC 8288): `<…>; rel="next"`; absent on the last page
        link: ::std::option::Option<::std::string::String>,
    },
}

impl runtime::server::Respond for ListWebhookDeliveriesSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok { body, link } => runtime::server::Reply::new(200)
                .optional_header("link", link)
                .json("application/json", &body),
        }
    }
}

/// The other responses of `GET /webhooks/{id}/deliveries`.
#[derive(Debug, Clone, PartialEq)]
pub enum ListWebhookDeliveriesFailure {
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
    /// The endpoint or the delivery does not exist
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
}

impl runtime::server::Respond for ListWebhookDeliveriesFailure {
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
        }
    }
}

async fn list_webhook_deliveries<
    A: WebhookEndpointsApi<Caller = S::Caller>,
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
                scopes: &["webhooks:read"],
            }],
            &[runtime::Need {
                scheme: security::Scheme::ApiKey,
                scopes: &["webhooks:read"],
            }],
        ],
    )
    .await?;
    let mut input = runtime::server::Input::new(
        &super::CONTRACT,
        &request,
        "GET",
        "/webhooks/{id}/deliveries",
    );
    let id = input.path("id").required::<i64>(|value| *value >= 1);
    let limit = input
        .query("limit")
        .default::<i32>(|| 50, |value| (1..=100).contains(value));
    let before = input.query("before").optional::<i64>(|value| *value >= 1);
    let status = input
        .query("status")
        .optional_list::<models::WebhookDeliveryStatus>(|value| value.len() <= 10);
    let order_id = input
        .query("order_id")
        .optional::<crate::domain::OrderId>(|value| {
            runtime::own_number(value, |value: &i64| *value >= 1)
        });
    let (
        ::std::option::Option::Some(id),
        ::std::option::Option::Some(limit),
        ::std::option::Option::Some(before),
        ::std::option::Option::Some(status),
        ::std::option::Option::Some(order_id),
    ) = (id, limit, before, status, order_id)
    else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = WebhookEndpointsApi::list_webhook_deliveries(
        &**api,
        caller,
        ListWebhookDeliveriesParameters {
            id,
            limit,
            before,
            status,
            order_id,
        },
    )
    .await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `GET /webhooks`.
#[derive(Debug, Clone, PartialEq)]
pub struct ListWebhooksParameters {
    /// Maximum number of endpoints per page
    pub limit: i32,
    /// Only endpoints with a greater id
    pub after: i64,
}

/// The successful responses of `GET /webhooks`.
#[derive(Debug, Clone, PartialEq)]
pub enum ListWebhooksSuccess {
    /// A page of endpoints
    Ok {
        /// The body, as `application/json`
        body: ::std::vec::Vec<models::WebhookEndpoint>,
        /// The next page (RFC 8288): `<…>; rel="next"`; absent on the last page
        link: ::std::option::Option<::std::string::String>,
    },
}

impl runtime::server::Respond for ListWebhooksSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok { body, link } => runtime::server::Reply::new(200)
                .optional_header("link", link)
                .json("application/json", &body),
        }
    }
}

/// The other responses of `GET /webhooks`.
#[derive(Debug, Clone, PartialEq)]
pub enum ListWebhooksFailure {
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

impl runtime::server::Respond for ListWebhooksFailure {
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

async fn list_webhooks<
    A: WebhookEndpointsApi<Caller = S::Caller>,
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
                scopes: &["webhooks:read"],
            }],
            &[runtime::Need {
                scheme: security::Scheme::ApiKey,
                scopes: &["webhooks:read"],
            }],
        ],
    )
    .await?;
    let mut input = runtime::server::Input::new(&super::CONTRACT, &request, "GET", "/webhooks");
    let limit = input
        .query("limit")
        .default::<i32>(|| 50, |value| (1..=100).contains(value));
    let after = input
        .query("after")
        .default::<i64>(|| 0, |value| *value >= 0);
    let (::std::option::Option::Some(limit), ::std::option::Option::Some(after)) = (limit, after)
    else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer =
        WebhookEndpointsApi::list_webhooks(&**api, caller, ListWebhooksParameters { limit, after })
            .await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `POST /webhooks/{id}/replay`.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayWebhookParameters {
    /// The id of the endpoint
    pub id: i64,
}

/// The successful responses of `POST /webhooks/{id}/replay`.
#[derive(Debug, Clone, PartialEq)]
pub enum ReplayWebhookSuccess {
    /// The endpoint, which continues after that position
    Ok(models::WebhookEndpoint),
}

impl runtime::server::Respond for ReplayWebhookSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `POST /webhooks/{id}/replay`.
#[derive(Debug, Clone, PartialEq)]
pub enum ReplayWebhookFailure {
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
    /// The endpoint or the delivery does not exist
    NotFound(models::Problem),
    /// The request did not arrive in time
    RequestTimeout(models::Problem),
    /// The events after this position are not available
    Gone(models::Problem),
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

impl runtime::server::Respond for ReplayWebhookFailure {
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
            Self::Gone(body) => {
                runtime::server::Reply::new(410).json("application/problem+json", &body)
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

async fn replay_webhook<
    A: WebhookEndpointsApi<Caller = S::Caller>,
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
                scopes: &["webhooks:write"],
            }],
            &[runtime::Need {
                scheme: security::Scheme::ApiKey,
                scopes: &["webhooks:write"],
            }],
        ],
    )
    .await?;
    let mut input =
        runtime::server::Input::new(&super::CONTRACT, &request, "POST", "/webhooks/{id}/replay");
    let id = input.path("id").required::<i64>(|value| *value >= 1);
    let bytes = input.read(payload).await?;
    let body = match input.media_type(&bytes, &["application/json"]) {
        ::std::option::Option::Some(0) => {
            input.json::<models::ReplayWebhookRequest>(&bytes, "application/json", |value| {
                value.is_valid()
            })
        }
        _ => ::std::option::Option::None,
    };
    let (::std::option::Option::Some(id), ::std::option::Option::Some(body)) = (id, body) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer =
        WebhookEndpointsApi::replay_webhook(&**api, caller, ReplayWebhookParameters { id }, body)
            .await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `POST /webhooks/{id}/deliveries/{delivery_id}/retry`.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryWebhookDeliveryParameters {
    /// The id of the endpoint
    pub id: i64,
    /// The id of the delivery
    pub delivery_id: i64,
}

/// The successful responses of `POST /webhooks/{id}/deliveries/{delivery_id}/retry`.
#[derive(Debug, Clone, PartialEq)]
pub enum RetryWebhookDeliverySuccess {
    /// The delivery, which is `pending`
    Ok(models::WebhookDelivery),
}

impl runtime::server::Respond for RetryWebhookDeliverySuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `POST /webhooks/{id}/deliveries/{delivery_id}/retry`.
#[derive(Debug, Clone, PartialEq)]
pub enum RetryWebhookDeliveryFailure {
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
    /// The endpoint or the delivery does not exist
    NotFound(models::Problem),
    /// The request did not arrive in time
    RequestTimeout(models::Problem),
    /// The state of the endpoint does not allow this
    Conflict(models::Problem),
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

impl runtime::server::Respond for RetryWebhookDeliveryFailure {
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
            Self::Conflict(body) => {
                runtime::server::Reply::new(409).json("application/problem+json", &body)
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

async fn retry_webhook_delivery<
    A: WebhookEndpointsApi<Caller = S::Caller>,
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
                scopes: &["webhooks:write"],
            }],
            &[runtime::Need {
                scheme: security::Scheme::ApiKey,
                scopes: &["webhooks:write"],
            }],
        ],
    )
    .await?;
    let mut input = runtime::server::Input::new(
        &super::CONTRACT,
        &request,
        "POST",
        "/webhooks/{id}/deliveries/{delivery_id}/retry",
    );
    let id = input.path("id").required::<i64>(|value| *value >= 1);
    let delivery_id = input
        .path("delivery_id")
        .required::<i64>(|value| *value >= 1);
    let (::std::option::Option::Some(id), ::std::option::Option::Some(delivery_id)) =
        (id, delivery_id)
    else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = WebhookEndpointsApi::retry_webhook_delivery(
        &**api,
        caller,
        RetryWebhookDeliveryParameters { id, delivery_id },
    )
    .await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `POST /webhooks/{id}/secret`.
#[derive(Debug, Clone, PartialEq)]
pub struct RotateWebhookSecretParameters {
    /// The id of the endpoint
    pub id: i64,
}

/// The successful responses of `POST /webhooks/{id}/secret`.
#[derive(Debug, Clone, PartialEq)]
pub enum RotateWebhookSecretSuccess {
    /// The endpoint with its new secret
    Ok(models::WebhookEndpoint),
}

impl runtime::server::Respond for RotateWebhookSecretSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `POST /webhooks/{id}/secret`.
#[derive(Debug, Clone, PartialEq)]
pub enum RotateWebhookSecretFailure {
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
    /// The endpoint or the delivery does not exist
    NotFound(models::Problem),
    /// The request did not arrive in time
    RequestTimeout(models::Problem),
    /// The state of the endpoint does not allow this
    Conflict(models::Problem),
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

impl runtime::server::Respond for RotateWebhookSecretFailure {
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
            Self::Conflict(body) => {
                runtime::server::Reply::new(409).json("application/problem+json", &body)
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

async fn rotate_webhook_secret<
    A: WebhookEndpointsApi<Caller = S::Caller>,
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
                scopes: &["webhooks:write"],
            }],
            &[runtime::Need {
                scheme: security::Scheme::ApiKey,
                scopes: &["webhooks:write"],
            }],
        ],
    )
    .await?;
    let mut input =
        runtime::server::Input::new(&super::CONTRACT, &request, "POST", "/webhooks/{id}/secret");
    let id = input.path("id").required::<i64>(|value| *value >= 1);
    let (::std::option::Option::Some(id),) = (id,) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = WebhookEndpointsApi::rotate_webhook_secret(
        &**api,
        caller,
        RotateWebhookSecretParameters { id },
    )
    .await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `POST /webhooks/{id}/test`.
#[derive(Debug, Clone, PartialEq)]
pub struct TestWebhookParameters {
    /// The id of the endpoint
    pub id: i64,
}

/// The successful responses of `POST /webhooks/{id}/test`.
#[derive(Debug, Clone, PartialEq)]
pub enum TestWebhookSuccess {
    /// The result of the attempt
    Ok(models::WebhookTestResult),
}

impl runtime::server::Respond for TestWebhookSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `POST /webhooks/{id}/test`.
#[derive(Debug, Clone, PartialEq)]
pub enum TestWebhookFailure {
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
    /// The endpoint or the delivery does not exist
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
}

impl runtime::server::Respond for TestWebhookFailure {
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
        }
    }
}

async fn test_webhook<
    A: WebhookEndpointsApi<Caller = S::Caller>,
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
                scopes: &["webhooks:write"],
            }],
            &[runtime::Need {
                scheme: security::Scheme::ApiKey,
                scopes: &["webhooks:write"],
            }],
        ],
    )
    .await?;
    let mut input =
        runtime::server::Input::new(&super::CONTRACT, &request, "POST", "/webhooks/{id}/test");
    let id = input.path("id").required::<i64>(|value| *value >= 1);
    let (::std::option::Option::Some(id),) = (id,) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer =
        WebhookEndpointsApi::test_webhook(&**api, caller, TestWebhookParameters { id }).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `PUT /webhooks/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub struct UpdateWebhookParameters {
    /// The id of the endpoint
    pub id: i64,
}

/// The successful responses of `PUT /webhooks/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum UpdateWebhookSuccess {
    /// The endpoint after the change
    Ok(models::WebhookEndpoint),
}

impl runtime::server::Respond for UpdateWebhookSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `PUT /webhooks/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum UpdateWebhookFailure {
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
    /// The endpoint or the delivery does not exist
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

impl runtime::server::Respond for UpdateWebhookFailure {
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

async fn update_webhook<
    A: WebhookEndpointsApi<Caller = S::Caller>,
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
                scopes: &["webhooks:write"],
            }],
            &[runtime::Need {
                scheme: security::Scheme::ApiKey,
                scopes: &["webhooks:write"],
            }],
        ],
    )
    .await?;
    let mut input =
        runtime::server::Input::new(&super::CONTRACT, &request, "PUT", "/webhooks/{id}");
    let id = input.path("id").required::<i64>(|value| *value >= 1);
    let bytes = input.read(payload).await?;
    let body = match input.media_type(&bytes, &["application/json"]) {
        ::std::option::Option::Some(0) => input.json_validated::<models::UpdateWebhookRequest>(
            &bytes,
            "application/json",
            |value| value.is_valid(),
        ),
        _ => ::std::option::Option::None,
    };
    let (::std::option::Option::Some(id), ::std::option::Option::Some(body)) = (id, body) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer =
        WebhookEndpointsApi::update_webhook(&**api, caller, UpdateWebhookParameters { id }, body)
            .await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}
