//! The operations tagged `Orders`.

use ::contract_runtime as runtime;

use super::models;
use super::security;

/// What an implementation of the operations tagged `Orders` must provide.
///
/// A method is called only after parameters and body passed every check of the contract.
pub trait OrdersApi: 'static {
    /// The caller, as [`runtime::server::Authenticate`] returns it.
    type Caller: 'static;

    /// Cancel an order.
    ///
    /// Cancels an order that is not dispatched yet. An order without items is `cancelled` at once. For an
    /// order with items the cancellation is `requested`: what was reserved, authorized and shipped for it is
    /// undone, and then it becomes `cancelled`, unless the carrier has taken the parcel in the meantime.
    /// Repeating the request changes nothing. Once the order is dispatched or has ended otherwise, the
    /// response is 409.
    ///
    /// `POST /orders/{id}/cancellation`
    fn cancel_order(
        &self,
        caller: Self::Caller,
        parameters: CancelOrderParameters,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<CancelOrderSuccess, CancelOrderFailure>>;

    /// Create an order.
    ///
    /// Accepts an order. The response is sent once the order and the intent to process it are stored
    /// durably. Processing is asynchronous; read the order to track it.
    ///
    /// With an `Idempotency-Key`, retries do not create a second order: the same key with the same body
    /// returns the first response, marked with `Idempotent-Replayed`, also while the first request is
    /// still in progress. After a 4xx or 503 nothing is stored. After a 504 (`outcome_unknown`) the order
    /// may or may not have been stored; with a key, a retry resolves it.
    ///
    /// `POST /orders`
    fn create_order(
        &self,
        caller: Self::Caller,
        parameters: CreateOrderParameters,
        body: models::CreateOrderRequest,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<CreateOrderSuccess, CreateOrderFailure>>;

    /// Decide about unavailable items.
    ///
    /// Answers the question in `decision`: deliver the available items, or cancel the order. Without an
    /// answer, the order is cancelled at the deadline. If the order has no open `decision`, the response is
    /// 409. Repeating
    /// the same answer changes nothing.
    ///
    /// `POST /orders/{id}/decision`
    fn decide_order(
        &self,
        caller: Self::Caller,
        parameters: DecideOrderParameters,
        body: models::DecideOrderRequest,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<DecideOrderSuccess, DecideOrderFailure>>;

    /// Delete an order.
    ///
    /// Deletes the order permanently and ends its workflow, regardless of its status. An order with items
    /// must have ended before.
    ///
    /// `DELETE /orders/{id}`
    fn delete_order(
        &self,
        caller: Self::Caller,
        parameters: DeleteOrderParameters,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<DeleteOrderSuccess, DeleteOrderFailure>>;

    /// Read an order.
    ///
    /// Returns the current order. With `If-None-Match`, 304 if the version is unchanged.
    ///
    /// `GET /orders/{id}`
    fn get_order(
        &self,
        caller: Self::Caller,
        parameters: GetOrderParameters,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<GetOrderSuccess, GetOrderFailure>>;

    /// Read how an order is processed.
    ///
    /// Returns the state of the order's workflow in Temporal with the steps that are in progress, and what
    /// is to be sent to Temporal. `workflow` is absent if Temporal does not know it, or does not respond.
    ///
    /// `GET /orders/{id}/processing`
    fn get_order_processing(
        &self,
        caller: Self::Caller,
        parameters: GetOrderProcessingParameters,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<GetOrderProcessingSuccess, GetOrderProcessingFailure>,
    >;

    /// List the webhook deliveries of an order.
    ///
    /// Returns what was sent about an order to the endpoints of the caller, and what is to be sent, from the
    /// newest to the oldest, page by page. Completed deliveries are kept for a limited time.
    ///
    /// `GET /orders/{id}/deliveries`
    fn list_order_deliveries(
        &self,
        caller: Self::Caller,
        parameters: ListOrderDeliveriesParameters,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<ListOrderDeliveriesSuccess, ListOrderDeliveriesFailure>,
    >;

    /// Read the history of an order.
    ///
    /// Returns the events of an order from the first one on, page by page. Event `n` created version
    /// `n` of the order: applying the fields of all events in sequence yields the order. Events are
    /// immutable and remain after the order is deleted. If there are more events, the `Link` header
    /// contains the URL of the next page.
    ///
    /// With `Accept: text/event-stream`, the response is a stream as that of `GET /events`, of this order
    /// only; the `id` of its events is their sequence number.
    ///
    /// `GET /orders/{id}/events`
    fn list_order_events(
        &self,
        caller: Self::Caller,
        accept: runtime::server::Accept,
        parameters: ListOrderEventsParameters,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<ListOrderEventsSuccess, ListOrderEventsFailure>,
    >;

    /// List orders.
    ///
    /// Returns orders from the newest to the oldest, page by page. The body is a plain array; if there
    /// are more orders, the `Link` header contains the URL of the next page. Pages are stable: an order
    /// that is created in the meantime does not shift the following pages. An id is assigned before its
    /// order becomes visible, so an order may appear below the newest id that you have seen: do not poll
    /// for new orders by reading from the newest one down to a known id.
    ///
    /// `GET /orders`
    fn list_orders(
        &self,
        caller: Self::Caller,
        parameters: ListOrdersParameters,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<ListOrdersSuccess, ListOrdersFailure>>;

    /// Retry a step now.
    ///
    /// Retries the step in `attention` at once instead of after its delay, or sends what Temporal has
    /// refused for the order. If neither exists, the response is 409.
    ///
    /// `POST /orders/{id}/retry`
    fn retry_order(
        &self,
        caller: Self::Caller,
        parameters: RetryOrderParameters,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<RetryOrderSuccess, RetryOrderFailure>>;

    /// Change an order.
    ///
    /// Changes the fields in the body and leaves the others unchanged. `status` may change from
    /// `pending` to `processing`, and from either to `completed` or `cancelled`; setting the current
    /// status is no change. `total_amount` may change while the order is `pending`. Completing or
    /// cancelling an order also ends its workflow. An order with items is changed by its workflow only;
    /// cancel it with `POST /orders/{id}/cancellation`.
    ///
    /// `PUT /orders/{id}`
    fn update_order(
        &self,
        caller: Self::Caller,
        parameters: UpdateOrderParameters,
        body: models::UpdateOrderRequest,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<UpdateOrderSuccess, UpdateOrderFailure>>;
}

/// Adds the routes of these operations; `api` serves them.
pub fn routes<
    A: OrdersApi<Caller = S::Caller>,
    S: runtime::server::Authenticate<Scheme = security::Scheme>,
>(
    router: &mut runtime::server::Router,
    api: &runtime::actix_web::web::Data<A>,
    security: &runtime::actix_web::web::Data<S>,
) {
    router.add(
        runtime::actix_web::http::Method::POST,
        "/orders/{id}/cancellation",
        (api.clone(), security.clone()),
        self::cancel_order::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::POST,
        "/orders",
        (api.clone(), security.clone()),
        self::create_order::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::POST,
        "/orders/{id}/decision",
        (api.clone(), security.clone()),
        self::decide_order::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::DELETE,
        "/orders/{id}",
        (api.clone(), security.clone()),
        self::delete_order::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/orders/{id}",
        (api.clone(), security.clone()),
        self::get_order::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/orders/{id}/processing",
        (api.clone(), security.clone()),
        self::get_order_processing::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/orders/{id}/deliveries",
        (api.clone(), security.clone()),
        self::list_order_deliveries::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/orders/{id}/events",
        (api.clone(), security.clone()),
        self::list_order_events::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/orders",
        (api.clone(), security.clone()),
        self::list_orders::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::POST,
        "/orders/{id}/retry",
        (api.clone(), security.clone()),
        self::retry_order::<A, S>,
    );
    router.add(
        runtime::actix_web::http::Method::PUT,
        "/orders/{id}",
        (api.clone(), security.clone()),
        self::update_order::<A, S>,
    );
}

/// The parameters of `POST /orders/{id}/cancellation`.
#[derive(Debug, Clone, PartialEq)]
pub struct CancelOrderParameters {
    /// The id of the order
    pub id: crate::domain::OrderId,
    /// The `ETag` of the version to change, up to 32 of them, or `*` for any (RFC 9110, section
    /// 13.1.1). If the order has another version, the response is 412.
    pub if_match: ::std::option::Option<::std::string::String>,
}

/// The successful responses of `POST /orders/{id}/cancellation`.
#[derive(Debug, Clone, PartialEq)]
pub enum CancelOrderSuccess {
    /// What happens
    Ok {
        /// The body, as `application/json`
        body: models::Cancellation,
        /// The version of the order (RFC 9110, section 8.8.3)
        etag: crate::api::EntityTag,
    },
}

impl runtime::server::Respond for CancelOrderSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok { body, etag } => runtime::server::Reply::new(200)
                .header("etag", etag)
                .json("application/json", &body),
        }
    }
}

/// The other responses of `POST /orders/{id}/cancellation`.
#[derive(Debug, Clone, PartialEq)]
pub enum CancelOrderFailure {
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
    /// The order does not exist
    NotFound(models::Problem),
    /// The request did not arrive in time
    RequestTimeout(models::Problem),
    /// The current state of the order does not allow this change
    Conflict(models::Problem),
    /// The order has changed since the version named by `If-Match`
    PreconditionFailed(models::Problem),
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

impl runtime::server::Respond for CancelOrderFailure {
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
            Self::PreconditionFailed(body) => {
                runtime::server::Reply::new(412).json("application/problem+json", &body)
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

async fn cancel_order<
    A: OrdersApi<Caller = S::Caller>,
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
                scopes: &["orders:write"],
            }],
            &[runtime::Need {
                scheme: security::Scheme::ApiKey,
                scopes: &["orders:write"],
            }],
        ],
    )
    .await?;
    let mut input = runtime::server::Input::new(
        &super::CONTRACT,
        &request,
        "POST",
        "/orders/{id}/cancellation",
    );
    let id = input
        .path("id")
        .required::<crate::domain::OrderId>(|value| {
            runtime::own_number(value, |value: &i64| *value >= 1)
        });
    let if_match = input
        .header("If-Match")
        .optional::<::std::string::String>(|value| {
            static PATTERN: runtime::Pattern = runtime::Pattern::new(
                r#"^(\*|(W/)?"[!#-~]{0,64}"( {0,4}, {0,4}(W/)?"[!#-~]{0,64}"){0,31})$"#,
            );
            PATTERN.matches(value)
        });
    let (::std::option::Option::Some(id), ::std::option::Option::Some(if_match)) = (id, if_match)
    else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer =
        OrdersApi::cancel_order(&**api, caller, CancelOrderParameters { id, if_match }).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `POST /orders`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateOrderParameters {
    /// A unique value for this order, for example a UUID, repeated with every retry
    /// (draft-ietf-httpapi-idempotency-key-header). Quoted or bare; it must not contain quotes or
    /// backslashes. It is remembered for a day by default. A deployment may require it.
    pub idempotency_key: ::std::option::Option<::std::string::String>,
}

/// The successful responses of `POST /orders`.
#[derive(Debug, Clone, PartialEq)]
pub enum CreateOrderSuccess {
    /// The created order
    Created {
        /// The body, as `application/json`
        body: models::Order,
        /// The URL of the new order
        location: ::std::string::String,
        /// The version of the order (RFC 9110, section 8.8.3)
        etag: crate::api::EntityTag,
        /// `true` if this is the response to an earlier request with the same `Idempotency-Key`;
        /// absent otherwise
        idempotent_replayed: ::std::option::Option<bool>,
    },
}

impl runtime::server::Respond for CreateOrderSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Created {
                body,
                location,
                etag,
                idempotent_replayed,
            } => runtime::server::Reply::new(201)
                .header("location", location)
                .header("etag", etag)
                .optional_header("idempotent-replayed", idempotent_replayed)
                .json("application/json", &body),
        }
    }
}

/// The other responses of `POST /orders`.
#[derive(Debug, Clone, PartialEq)]
pub enum CreateOrderFailure {
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
    /// The `Idempotency-Key` was used before with a different request
    UnprocessableContent(models::Problem),
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

impl runtime::server::Respond for CreateOrderFailure {
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
            Self::UnprocessableContent(body) => {
                runtime::server::Reply::new(422).json("application/problem+json", &body)
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

async fn create_order<
    A: OrdersApi<Caller = S::Caller>,
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
                scopes: &["orders:write"],
            }],
            &[runtime::Need {
                scheme: security::Scheme::ApiKey,
                scopes: &["orders:write"],
            }],
        ],
    )
    .await?;
    let mut input = runtime::server::Input::new(&super::CONTRACT, &request, "POST", "/orders");
    let idempotency_key = input
        .header("Idempotency-Key")
        .optional::<::std::string::String>(|value| {
            static PATTERN: runtime::Pattern =
                runtime::Pattern::new(r#"^("[!#-\[\]-~]{1,255}"|[!#-\[\]-~]{1,255})$"#);
            PATTERN.matches(value)
        });
    let bytes = input.read(payload).await?;
    let body = match input.media_type(&bytes, &["application/json"]) {
        ::std::option::Option::Some(0) => {
            input.json::<models::CreateOrderRequest>(&bytes, "application/json", |value| {
                value.is_valid()
            })
        }
        _ => ::std::option::Option::None,
    };
    let (::std::option::Option::Some(idempotency_key), ::std::option::Option::Some(body)) =
        (idempotency_key, body)
    else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = OrdersApi::create_order(
        &**api,
        caller,
        CreateOrderParameters { idempotency_key },
        body,
    )
    .await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `POST /orders/{id}/decision`.
#[derive(Debug, Clone, PartialEq)]
pub struct DecideOrderParameters {
    /// The id of the order
    pub id: crate::domain::OrderId,
    /// The `ETag` of the version to change, up to 32 of them, or `*` for any (RFC 9110, section
    /// 13.1.1). If the order has another version, the response is 412.
    pub if_match: ::std::option::Option<::std::string::String>,
    /// A unique value for this order, for example a UUID, repeated with every retry
    /// (draft-ietf-httpapi-idempotency-key-header). Quoted or bare; it must not contain quotes or
    /// backslashes. It is remembered for a day by default. A deployment may require it.
    pub idempotency_key: ::std::option::Option<::std::string::String>,
}

/// The successful responses of `POST /orders/{id}/decision`.
#[derive(Debug, Clone, PartialEq)]
pub enum DecideOrderSuccess {
    /// The order with the answer
    Ok {
        /// The body, as `application/json`
        body: models::Order,
        /// The version of the order (RFC 9110, section 8.8.3)
        etag: crate::api::EntityTag,
        /// `true` if an earlier request with the same `Idempotency-Key` gave this answer; the body is
        /// then the order as it is now. Absent otherwise
        idempotent_replayed: ::std::option::Option<bool>,
    },
}

impl runtime::server::Respond for DecideOrderSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok {
                body,
                etag,
                idempotent_replayed,
            } => runtime::server::Reply::new(200)
                .header("etag", etag)
                .optional_header("idempotent-replayed", idempotent_replayed)
                .json("application/json", &body),
        }
    }
}

/// The other responses of `POST /orders/{id}/decision`.
#[derive(Debug, Clone, PartialEq)]
pub enum DecideOrderFailure {
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
    /// The order does not exist
    NotFound(models::Problem),
    /// The request did not arrive in time
    RequestTimeout(models::Problem),
    /// The current state of the order does not allow this change
    Conflict(models::Problem),
    /// The order has changed since the version named by `If-Match`
    PreconditionFailed(models::Problem),
    /// The body is larger than the limit
    PayloadTooLarge(models::Problem),
    /// The media type of the body is not supported
    UnsupportedMediaType(models::Problem),
    /// The `Idempotency-Key` was used before with a different request
    UnprocessableContent(models::Problem),
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

impl runtime::server::Respond for DecideOrderFailure {
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
            Self::PreconditionFailed(body) => {
                runtime::server::Reply::new(412).json("application/problem+json", &body)
            }
            Self::PayloadTooLarge(body) => {
                runtime::server::Reply::new(413).json("application/problem+json", &body)
            }
            Self::UnsupportedMediaType(body) => {
                runtime::server::Reply::new(415).json("application/problem+json", &body)
            }
            Self::UnprocessableContent(body) => {
                runtime::server::Reply::new(422).json("application/problem+json", &body)
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

async fn decide_order<
    A: OrdersApi<Caller = S::Caller>,
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
                scopes: &["orders:write"],
            }],
            &[runtime::Need {
                scheme: security::Scheme::ApiKey,
                scopes: &["orders:write"],
            }],
        ],
    )
    .await?;
    let mut input =
        runtime::server::Input::new(&super::CONTRACT, &request, "POST", "/orders/{id}/decision");
    let id = input
        .path("id")
        .required::<crate::domain::OrderId>(|value| {
            runtime::own_number(value, |value: &i64| *value >= 1)
        });
    let if_match = input
        .header("If-Match")
        .optional::<::std::string::String>(|value| {
            static PATTERN: runtime::Pattern = runtime::Pattern::new(
                r#"^(\*|(W/)?"[!#-~]{0,64}"( {0,4}, {0,4}(W/)?"[!#-~]{0,64}"){0,31})$"#,
            );
            PATTERN.matches(value)
        });
    let idempotency_key = input
        .header("Idempotency-Key")
        .optional::<::std::string::String>(|value| {
            static PATTERN: runtime::Pattern =
                runtime::Pattern::new(r#"^("[!#-\[\]-~]{1,255}"|[!#-\[\]-~]{1,255})$"#);
            PATTERN.matches(value)
        });
    let bytes = input.read(payload).await?;
    let body = match input.media_type(&bytes, &["application/json"]) {
        ::std::option::Option::Some(0) => {
            input.json::<models::DecideOrderRequest>(&bytes, "application/json", |_| true)
        }
        _ => ::std::option::Option::None,
    };
    let (
        ::std::option::Option::Some(id),
        ::std::option::Option::Some(if_match),
        ::std::option::Option::Some(idempotency_key),
        ::std::option::Option::Some(body),
    ) = (id, if_match, idempotency_key, body)
    else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = OrdersApi::decide_order(
        &**api,
        caller,
        DecideOrderParameters {
            id,
            if_match,
            idempotency_key,
        },
        body,
    )
    .await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `DELETE /orders/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub struct DeleteOrderParameters {
    /// The id of the order
    pub id: crate::domain::OrderId,
    /// The `ETag` of the version to change, up to 32 of them, or `*` for any (RFC 9110, section
    /// 13.1.1). If the order has another version, the response is 412.
    pub if_match: ::std::option::Option<::std::string::String>,
}

/// The successful responses of `DELETE /orders/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum DeleteOrderSuccess {
    /// The order is deleted
    NoContent,
}

impl runtime::server::Respond for DeleteOrderSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::NoContent => runtime::server::Reply::new(204).empty(),
        }
    }
}

/// The other responses of `DELETE /orders/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum DeleteOrderFailure {
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
    /// The order does not exist
    NotFound(models::Problem),
    /// The request did not arrive in time
    RequestTimeout(models::Problem),
    /// The current state of the order does not allow this change
    Conflict(models::Problem),
    /// The order has changed since the version named by `If-Match`
    PreconditionFailed(models::Problem),
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

impl runtime::server::Respond for DeleteOrderFailure {
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
            Self::PreconditionFailed(body) => {
                runtime::server::Reply::new(412).json("application/problem+json", &body)
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

async fn delete_order<
    A: OrdersApi<Caller = S::Caller>,
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
        runtime::server::Input::new(&super::CONTRACT, &request, "DELETE", "/orders/{id}");
    let id = input
        .path("id")
        .required::<crate::domain::OrderId>(|value| {
            runtime::own_number(value, |value: &i64| *value >= 1)
        });
    let if_match = input
        .header("If-Match")
        .optional::<::std::string::String>(|value| {
            static PATTERN: runtime::Pattern = runtime::Pattern::new(
                r#"^(\*|(W/)?"[!#-~]{0,64}"( {0,4}, {0,4}(W/)?"[!#-~]{0,64}"){0,31})$"#,
            );
            PATTERN.matches(value)
        });
    let (::std::option::Option::Some(id), ::std::option::Option::Some(if_match)) = (id, if_match)
    else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer =
        OrdersApi::delete_order(&**api, caller, DeleteOrderParameters { id, if_match }).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `GET /orders/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub struct GetOrderParameters {
    /// The id of the order
    pub id: crate::domain::OrderId,
    /// The `ETag` of the version that you have, up to 32 of them, or `*` (RFC 9110, section
    /// 13.1.2). If the order still has this version, the response is 304.
    pub if_none_match: ::std::option::Option<::std::string::String>,
}

/// The successful responses of `GET /orders/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetOrderSuccess {
    /// The order
    Ok {
        /// The body, as `application/json`
        body: models::Order,
        /// The version of the order (RFC 9110, section 8.8.3)
        etag: crate::api::EntityTag,
    },
    /// The order has not changed since the version in `If-None-Match`
    NotModified {
        /// The version of the order (RFC 9110, section 8.8.3)
        etag: crate::api::EntityTag,
    },
}

impl runtime::server::Respond for GetOrderSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok { body, etag } => runtime::server::Reply::new(200)
                .header("etag", etag)
                .json("application/json", &body),
            Self::NotModified { etag } => runtime::server::Reply::new(304)
                .header("etag", etag)
                .empty(),
        }
    }
}

/// The other responses of `GET /orders/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetOrderFailure {
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
    /// The order does not exist
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

impl runtime::server::Respond for GetOrderFailure {
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

async fn get_order<
    A: OrdersApi<Caller = S::Caller>,
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
                scopes: &["orders:read"],
            }],
            &[runtime::Need {
                scheme: security::Scheme::ApiKey,
                scopes: &["orders:read"],
            }],
        ],
    )
    .await?;
    let mut input = runtime::server::Input::new(&super::CONTRACT, &request, "GET", "/orders/{id}");
    let id = input
        .path("id")
        .required::<crate::domain::OrderId>(|value| {
            runtime::own_number(value, |value: &i64| *value >= 1)
        });
    let if_none_match = input
        .header("If-None-Match")
        .optional::<::std::string::String>(|value| {
            static PATTERN: runtime::Pattern = runtime::Pattern::new(
                r#"^(\*|(W/)?"[!#-~]{0,64}"( {0,4}, {0,4}(W/)?"[!#-~]{0,64}"){0,31})$"#,
            );
            PATTERN.matches(value)
        });
    let (::std::option::Option::Some(id), ::std::option::Option::Some(if_none_match)) =
        (id, if_none_match)
    else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer =
        OrdersApi::get_order(&**api, caller, GetOrderParameters { id, if_none_match }).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `GET /orders/{id}/processing`.
#[derive(Debug, Clone, PartialEq)]
pub struct GetOrderProcessingParameters {
    /// The id of the order
    pub id: crate::domain::OrderId,
}

/// The successful responses of `GET /orders/{id}/processing`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetOrderProcessingSuccess {
    /// The processing of the order
    Ok(models::OrderProcessing),
}

impl runtime::server::Respond for GetOrderProcessingSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `GET /orders/{id}/processing`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetOrderProcessingFailure {
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
    /// The order does not exist
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

impl runtime::server::Respond for GetOrderProcessingFailure {
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

async fn get_order_processing<
    A: OrdersApi<Caller = S::Caller>,
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
        runtime::server::Input::new(&super::CONTRACT, &request, "GET", "/orders/{id}/processing");
    let id = input
        .path("id")
        .required::<crate::domain::OrderId>(|value| {
            runtime::own_number(value, |value: &i64| *value >= 1)
        });
    let (::std::option::Option::Some(id),) = (id,) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer =
        OrdersApi::get_order_processing(&**api, caller, GetOrderProcessingParameters { id }).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `GET /orders/{id}/deliveries`.
#[derive(Debug, Clone, PartialEq)]
pub struct ListOrderDeliveriesParameters {
    /// The id of the order
    pub id: crate::domain::OrderId,
    /// Maximum number of deliveries per page
    pub limit: i32,
    /// Only deliveries with a smaller id
    pub before: ::std::option::Option<i64>,
}

/// The successful responses of `GET /orders/{id}/deliveries`.
#[derive(Debug, Clone, PartialEq)]
pub enum ListOrderDeliveriesSuccess {
    /// A page of deliveries
    Ok {
        /// The body, as `application/json`
        body: ::std::vec::Vec<models::WebhookDelivery>,
        /// The next page (RFC 8288): `<…>; rel="next"`; absent on the last page
        link: ::std::option::Option<::std::string::String>,
    },
}

impl runtime::server::Respond for ListOrderDeliveriesSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok { body, link } => runtime::server::Reply::new(200)
                .optional_header("link", link)
                .json("application/json", &body),
        }
    }
}

/// The other responses of `GET /orders/{id}/deliveries`.
#[derive(Debug, Clone, PartialEq)]
pub enum ListOrderDeliveriesFailure {
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
    /// The order does not exist
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

impl runtime::server::Respond for ListOrderDeliveriesFailure {
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

async fn list_order_deliveries<
    A: OrdersApi<Caller = S::Caller>,
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
        runtime::server::Input::new(&super::CONTRACT, &request, "GET", "/orders/{id}/deliveries");
    let id = input
        .path("id")
        .required::<crate::domain::OrderId>(|value| {
            runtime::own_number(value, |value: &i64| *value >= 1)
        });
    let limit = input
        .query("limit")
        .default::<i32>(|| 50, |value| (1..=100).contains(value));
    let before = input.query("before").optional::<i64>(|value| *value >= 1);
    let (
        ::std::option::Option::Some(id),
        ::std::option::Option::Some(limit),
        ::std::option::Option::Some(before),
    ) = (id, limit, before)
    else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = OrdersApi::list_order_deliveries(
        &**api,
        caller,
        ListOrderDeliveriesParameters { id, limit, before },
    )
    .await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `GET /orders/{id}/events`.
#[derive(Debug, Clone, PartialEq)]
pub struct ListOrderEventsParameters {
    /// The id of the order
    pub id: crate::domain::OrderId,
    /// Maximum number of events per page
    pub limit: i32,
    /// Only events with a greater sequence number
    pub after: i64,
    /// The `id` of the last event of an interrupted stream; takes precedence over `after`
    pub last_event_id: ::std::option::Option<i64>,
}

/// The body of a `Ok`, by its media type.
#[derive(Debug)]
pub enum ListOrderEventsOkBody {
    /// `application/json`
    Json(::std::vec::Vec<models::OrderEvent>),
    /// `text/event-stream`
    Events(runtime::server::EventStream),
}

/// The successful responses of `GET /orders/{id}/events`.
#[derive(Debug)]
pub enum ListOrderEventsSuccess {
    /// A page of events, or a stream
    Ok {
        /// The body, in one of its media types
        body: ListOrderEventsOkBody,
        /// The next page (RFC 8288): `<…>; rel="next"`; absent on the last page
        link: ::std::option::Option<::std::string::String>,
    },
}

impl runtime::server::Respond for ListOrderEventsSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok { body, link } => {
                let reply = runtime::server::Reply::new(200).optional_header("link", link);
                match body {
                    ListOrderEventsOkBody::Json(body) => reply.json("application/json", &body),
                    ListOrderEventsOkBody::Events(body) => reply.events(body),
                }
            }
        }
    }
}

/// The other responses of `GET /orders/{id}/events`.
#[derive(Debug, Clone, PartialEq)]
pub enum ListOrderEventsFailure {
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
    /// The order does not exist
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

impl runtime::server::Respond for ListOrderEventsFailure {
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

async fn list_order_events<
    A: OrdersApi<Caller = S::Caller>,
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
                scopes: &["orders:read"],
            }],
            &[runtime::Need {
                scheme: security::Scheme::ApiKey,
                scopes: &["orders:read"],
            }],
        ],
    )
    .await?;
    let mut input =
        runtime::server::Input::new(&super::CONTRACT, &request, "GET", "/orders/{id}/events");
    let id = input
        .path("id")
        .required::<crate::domain::OrderId>(|value| {
            runtime::own_number(value, |value: &i64| *value >= 1)
        });
    let limit = input
        .query("limit")
        .default::<i32>(|| 100, |value| (1..=1000).contains(value));
    let after = input
        .query("after")
        .default::<i64>(|| 0, |value| *value >= 0);
    let last_event_id = input
        .header("Last-Event-ID")
        .optional::<i64>(|value| *value >= 0);
    let (
        ::std::option::Option::Some(id),
        ::std::option::Option::Some(limit),
        ::std::option::Option::Some(after),
        ::std::option::Option::Some(last_event_id),
    ) = (id, limit, after, last_event_id)
    else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = OrdersApi::list_order_events(
        &**api,
        caller,
        runtime::server::Accept::of(&request),
        ListOrderEventsParameters {
            id,
            limit,
            after,
            last_event_id,
        },
    )
    .await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `GET /orders`.
#[derive(Debug, Clone, PartialEq)]
pub struct ListOrdersParameters {
    /// Maximum number of orders per page
    pub limit: i32,
    /// Where to continue: an opaque value from a `Link` header
    pub cursor: ::std::option::Option<::std::string::String>,
    /// Only orders in one of these statuses; repeat the parameter for several
    pub status: ::std::option::Option<::std::vec::Vec<models::OrderStatus>>,
    /// Only orders of this customer
    pub customer_id: ::std::option::Option<crate::domain::CustomerId>,
    /// Only orders whose payment has one of these statuses
    pub payment_status: ::std::option::Option<::std::vec::Vec<models::PaymentStatus>>,
    /// Only orders whose shipment has one of these statuses
    pub shipment_status: ::std::option::Option<::std::vec::Vec<models::ShipmentStatus>>,
    /// Only orders with `attention` (`true`), or without (`false`)
    pub needs_attention: ::std::option::Option<bool>,
    /// Only orders that were accepted at this time or later
    pub created_from: ::std::option::Option<runtime::chrono::DateTime<runtime::chrono::Utc>>,
    /// Only orders that were accepted before this time
    pub created_before: ::std::option::Option<runtime::chrono::DateTime<runtime::chrono::Utc>>,
    /// Only orders with this `total_amount` or a greater one
    pub min_amount: ::std::option::Option<runtime::rust_decimal::Decimal>,
    /// Only orders with this `total_amount` or a smaller one
    pub max_amount: ::std::option::Option<runtime::rust_decimal::Decimal>,
}

/// The successful responses of `GET /orders`.
#[derive(Debug, Clone, PartialEq)]
pub enum ListOrdersSuccess {
    /// A page of orders
    Ok {
        /// The body, as `application/json`
        body: ::std::vec::Vec<models::Order>,
        /// The next page (RFC 8288): `<…>; rel="next"`, absent on the last page; and the previous one:
        /// `<…>; rel="prev"`, absent on a page that was requested without a cursor
        link: ::std::option::Option<::std::string::String>,
    },
}

impl runtime::server::Respond for ListOrdersSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok { body, link } => runtime::server::Reply::new(200)
                .optional_header("link", link)
                .json("application/json", &body),
        }
    }
}

/// The other responses of `GET /orders`.
#[derive(Debug, Clone, PartialEq)]
pub enum ListOrdersFailure {
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

impl runtime::server::Respond for ListOrdersFailure {
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

async fn list_orders<
    A: OrdersApi<Caller = S::Caller>,
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
                scopes: &["orders:read"],
            }],
            &[runtime::Need {
                scheme: security::Scheme::ApiKey,
                scopes: &["orders:read"],
            }],
        ],
    )
    .await?;
    let mut input = runtime::server::Input::new(&super::CONTRACT, &request, "GET", "/orders");
    let limit = input
        .query("limit")
        .default::<i32>(|| 50, |value| (1..=1000).contains(value));
    let cursor = input
        .query("cursor")
        .optional::<::std::string::String>(|value| {
            (1..=256).contains(&value.chars().count()) && {
                static PATTERN: runtime::Pattern = runtime::Pattern::new("^[A-Za-z0-9_-]+$");
                PATTERN.matches(value)
            }
        });
    let status = input
        .query("status")
        .optional_list::<models::OrderStatus>(|value| {
            (1..=4).contains(&value.len()) && runtime::all_unique(value)
        });
    let customer_id = input
        .query("customer_id")
        .optional::<crate::domain::CustomerId>(|value| {
            runtime::own_number(value, |value: &i64| *value >= 1)
        });
    let payment_status = input
        .query("payment_status")
        .optional_list::<models::PaymentStatus>(|value| {
            (1..=5).contains(&value.len()) && runtime::all_unique(value)
        });
    let shipment_status = input
        .query("shipment_status")
        .optional_list::<models::ShipmentStatus>(|value| {
            (1..=5).contains(&value.len()) && runtime::all_unique(value)
        });
    let needs_attention = input.query("needs_attention").optional::<bool>(|_| true);
    let created_from = input
        .query("created_from")
        .optional::<runtime::chrono::DateTime<runtime::chrono::Utc>>(|_| true);
    let created_before = input
        .query("created_before")
        .optional::<runtime::chrono::DateTime<runtime::chrono::Utc>>(|_| true);
    let min_amount = input
        .query("min_amount")
        .optional::<runtime::rust_decimal::Decimal>(|value| {
            (runtime::rust_decimal::Decimal::ZERO
                ..=runtime::rust_decimal::Decimal::new(9_999_999_999, 2))
                .contains(value)
                && *value % runtime::rust_decimal::Decimal::new(1, 2)
                    == runtime::rust_decimal::Decimal::ZERO
        });
    let max_amount = input
        .query("max_amount")
        .optional::<runtime::rust_decimal::Decimal>(|value| {
            (runtime::rust_decimal::Decimal::ZERO
                ..=runtime::rust_decimal::Decimal::new(9_999_999_999, 2))
                .contains(value)
                && *value % runtime::rust_decimal::Decimal::new(1, 2)
                    == runtime::rust_decimal::Decimal::ZERO
        });
    let (
        ::std::option::Option::Some(limit),
        ::std::option::Option::Some(cursor),
        ::std::option::Option::Some(status),
        ::std::option::Option::Some(customer_id),
        ::std::option::Option::Some(payment_status),
        ::std::option::Option::Some(shipment_status),
        ::std::option::Option::Some(needs_attention),
        ::std::option::Option::Some(created_from),
        ::std::option::Option::Some(created_before),
        ::std::option::Option::Some(min_amount),
        ::std::option::Option::Some(max_amount),
    ) = (
        limit,
        cursor,
        status,
        customer_id,
        payment_status,
        shipment_status,
        needs_attention,
        created_from,
        created_before,
        min_amount,
        max_amount,
    )
    else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = OrdersApi::list_orders(
        &**api,
        caller,
        ListOrdersParameters {
            limit,
            cursor,
            status,
            customer_id,
            payment_status,
            shipment_status,
            needs_attention,
            created_from,
            created_before,
            min_amount,
            max_amount,
        },
    )
    .await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `POST /orders/{id}/retry`.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryOrderParameters {
    /// The id of the order
    pub id: crate::domain::OrderId,
    /// The `ETag` of the version to change, up to 32 of them, or `*` for any (RFC 9110, section
    /// 13.1.1). If the order has another version, the response is 412.
    pub if_match: ::std::option::Option<::std::string::String>,
}

/// The successful responses of `POST /orders/{id}/retry`.
#[derive(Debug, Clone, PartialEq)]
pub enum RetryOrderSuccess {
    /// The order without `attention`, which appears again if the step goes on failing
    Ok {
        /// The body, as `application/json`
        body: models::Order,
        /// The version of the order (RFC 9110, section 8.8.3)
        etag: crate::api::EntityTag,
    },
}

impl runtime::server::Respond for RetryOrderSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok { body, etag } => runtime::server::Reply::new(200)
                .header("etag", etag)
                .json("application/json", &body),
        }
    }
}

/// The other responses of `POST /orders/{id}/retry`.
#[derive(Debug, Clone, PartialEq)]
pub enum RetryOrderFailure {
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
    /// The order does not exist
    NotFound(models::Problem),
    /// The request did not arrive in time
    RequestTimeout(models::Problem),
    /// The current state of the order does not allow this change
    Conflict(models::Problem),
    /// The order has changed since the version named by `If-Match`
    PreconditionFailed(models::Problem),
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

impl runtime::server::Respond for RetryOrderFailure {
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
            Self::PreconditionFailed(body) => {
                runtime::server::Reply::new(412).json("application/problem+json", &body)
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

async fn retry_order<
    A: OrdersApi<Caller = S::Caller>,
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
        runtime::server::Input::new(&super::CONTRACT, &request, "POST", "/orders/{id}/retry");
    let id = input
        .path("id")
        .required::<crate::domain::OrderId>(|value| {
            runtime::own_number(value, |value: &i64| *value >= 1)
        });
    let if_match = input
        .header("If-Match")
        .optional::<::std::string::String>(|value| {
            static PATTERN: runtime::Pattern = runtime::Pattern::new(
                r#"^(\*|(W/)?"[!#-~]{0,64}"( {0,4}, {0,4}(W/)?"[!#-~]{0,64}"){0,31})$"#,
            );
            PATTERN.matches(value)
        });
    let (::std::option::Option::Some(id), ::std::option::Option::Some(if_match)) = (id, if_match)
    else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer =
        OrdersApi::retry_order(&**api, caller, RetryOrderParameters { id, if_match }).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `PUT /orders/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub struct UpdateOrderParameters {
    /// The id of the order
    pub id: crate::domain::OrderId,
    /// The `ETag` of the version to change, up to 32 of them, or `*` for any (RFC 9110, section
    /// 13.1.1). If the order has another version, the response is 412.
    pub if_match: ::std::option::Option<::std::string::String>,
}

/// The successful responses of `PUT /orders/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum UpdateOrderSuccess {
    /// The order after the change
    Ok {
        /// The body, as `application/json`
        body: models::Order,
        /// The version of the order (RFC 9110, section 8.8.3)
        etag: crate::api::EntityTag,
    },
}

impl runtime::server::Respond for UpdateOrderSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok { body, etag } => runtime::server::Reply::new(200)
                .header("etag", etag)
                .json("application/json", &body),
        }
    }
}

/// The other responses of `PUT /orders/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum UpdateOrderFailure {
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
    /// The order does not exist
    NotFound(models::Problem),
    /// The request did not arrive in time
    RequestTimeout(models::Problem),
    /// The current state of the order does not allow this change
    Conflict(models::Problem),
    /// The order has changed since the version named by `If-Match`
    PreconditionFailed(models::Problem),
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

impl runtime::server::Respond for UpdateOrderFailure {
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
            Self::PreconditionFailed(body) => {
                runtime::server::Reply::new(412).json("application/problem+json", &body)
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

async fn update_order<
    A: OrdersApi<Caller = S::Caller>,
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
                scopes: &["orders:write"],
            }],
            &[runtime::Need {
                scheme: security::Scheme::ApiKey,
                scopes: &["orders:write"],
            }],
        ],
    )
    .await?;
    let mut input = runtime::server::Input::new(&super::CONTRACT, &request, "PUT", "/orders/{id}");
    let id = input
        .path("id")
        .required::<crate::domain::OrderId>(|value| {
            runtime::own_number(value, |value: &i64| *value >= 1)
        });
    let if_match = input
        .header("If-Match")
        .optional::<::std::string::String>(|value| {
            static PATTERN: runtime::Pattern = runtime::Pattern::new(
                r#"^(\*|(W/)?"[!#-~]{0,64}"( {0,4}, {0,4}(W/)?"[!#-~]{0,64}"){0,31})$"#,
            );
            PATTERN.matches(value)
        });
    let bytes = input.read(payload).await?;
    let body = match input.media_type(&bytes, &["application/json"]) {
        ::std::option::Option::Some(0) => {
            input.json::<models::UpdateOrderRequest>(&bytes, "application/json", |value| {
                value.is_valid()
            })
        }
        _ => ::std::option::Option::None,
    };
    let (
        ::std::option::Option::Some(id),
        ::std::option::Option::Some(if_match),
        ::std::option::Option::Some(body),
    ) = (id, if_match, body)
    else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer =
        OrdersApi::update_order(&**api, caller, UpdateOrderParameters { id, if_match }, body).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}
