//! The operations tagged `Events`.

use ::contract_runtime as runtime;

use super::models;
use super::security;

/// What an implementation of the operations tagged `Events` must provide.
///
/// A method is called only after parameters and body passed every check of the contract.
pub trait EventsApi: 'static {
    /// The caller, as [`runtime::server::Authenticate`] returns it.
    type Caller: 'static;

    /// Follow all orders.
    ///
    /// Returns the events of all orders that the caller may see, from the oldest to the newest. Every event
    /// has a `position`: positions have no gaps, never change, and keep the sequence of each order's events.
    /// An event gets its position shortly after it was stored.
    ///
    /// * **Pages**: if there are more events, the `Link` header contains the URL of the next page. The
    ///   `Events-Position` header contains the position up to which the page is complete: to go on later,
    ///   send it as `after`. A page with a filter may be empty although there are more events.
    /// * **Long polling**: with `wait`, a request without a result waits for the next event.
    /// * **Streaming**: with `Accept: text/event-stream`, the response is a stream of server-sent events that
    ///   does not end: the existing events, then each new one. `data` is the event as JSON and `id` its
    ///   position; after a lost connection, send the last `id` as `Last-Event-ID` or as `after`. Heartbeats
    ///   carry an `id` too. An event named `reset` says that the events up to the position in its data are no
    ///   longer, or not yet, available; the stream goes on after that position. A client that reads too slowly
    ///   is disconnected and may resume.
    ///
    /// An event may be delivered more than once after a reconnection: its position identifies it.
    ///
    /// `GET /events`
    fn list_events(
        &self,
        caller: Self::Caller,
        accept: runtime::server::Accept,
        parameters: ListEventsParameters,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<ListEventsSuccess, ListEventsFailure>>;
}

/// Adds the routes of these operations; `api` serves them.
pub fn routes<
    A: EventsApi<Caller = S::Caller>,
    S: runtime::server::Authenticate<Scheme = security::Scheme>,
>(
    router: &mut runtime::server::Router,
    api: &runtime::actix_web::web::Data<A>,
    security: &runtime::actix_web::web::Data<S>,
) {
    router.add(
        runtime::actix_web::http::Method::GET,
        "/events",
        (api.clone(), security.clone()),
        self::list_events::<A, S>,
    );
}

/// The parameters of `GET /events`.
#[derive(Debug, Clone, PartialEq)]
pub struct ListEventsParameters {
    /// Only events with a greater position
    pub after: ::std::option::Option<i64>,
    /// The `id` of the last event of an interrupted stream; takes precedence over `after`
    pub last_event_id: ::std::option::Option<i64>,
    /// Where to begin without a position: with the oldest event, or after the newest one
    pub start: models::FeedStart,
    /// Maximum number of events per page
    pub limit: i32,
    /// How many seconds a page without events waits for one; a request never takes longer than the
    /// server's own limit
    pub wait: i32,
    /// Only events of these types
    pub r#type: ::std::option::Option<::std::vec::Vec<models::OrderEventType>>,
    /// Only events of this order
    pub order_id: ::std::option::Option<crate::domain::OrderId>,
    /// Only events of this customer's orders
    pub customer_id: ::std::option::Option<crate::domain::CustomerId>,
}

/// The body of a `Ok`, by its media type.
#[derive(Debug)]
pub enum ListEventsOkBody {
    /// `application/json`
    Json(::std::vec::Vec<models::Event>),
    /// `text/event-stream`
    Events(runtime::server::EventStream),
}

/// The successful responses of `GET /events`.
#[derive(Debug)]
pub enum ListEventsSuccess {
    /// A page of events, or a stream
    Ok {
        /// The body, in one of its media types
        body: ListEventsOkBody,
        /// The next page (RFC 8288): `<…>; rel="next"`; absent on the last page
        link: ::std::option::Option<::std::string::String>,
        /// The position up to which the page is complete; absent in a stream
        events_position: ::std::option::Option<i64>,
    },
}

impl runtime::server::Respond for ListEventsSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok {
                body,
                link,
                events_position,
            } => {
                let reply = runtime::server::Reply::new(200)
                    .optional_header("link", link)
                    .optional_header("events-position", events_position);
                match body {
                    ListEventsOkBody::Json(body) => reply.json("application/json", &body),
                    ListEventsOkBody::Events(body) => reply.events(body),
                }
            }
        }
    }
}

/// The other responses of `GET /events`.
#[derive(Debug, Clone, PartialEq)]
pub enum ListEventsFailure {
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
    /// The events after this position are not available
    Gone(models::Problem),
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

impl runtime::server::Respond for ListEventsFailure {
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
            Self::Gone(body) => {
                runtime::server::Reply::new(410).json("application/problem+json", &body)
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

async fn list_events<
    A: EventsApi<Caller = S::Caller>,
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
    let mut input = runtime::server::Input::new(&super::CONTRACT, &request, "GET", "/events");
    let after = input.query("after").optional::<i64>(|value| *value >= 0);
    let last_event_id = input
        .header("Last-Event-ID")
        .optional::<i64>(|value| *value >= 0);
    let start = input
        .query("start")
        .default::<models::FeedStart>(|| models::FeedStart::Earliest, |_| true);
    let limit = input
        .query("limit")
        .default::<i32>(|| 100, |value| (1..=1000).contains(value));
    let wait = input
        .query("wait")
        .default::<i32>(|| 0, |value| (0..=60).contains(value));
    let r#type = input
        .query("type")
        .optional_list::<models::OrderEventType>(|value| value.len() <= 50);
    let order_id = input
        .query("order_id")
        .optional::<crate::domain::OrderId>(|value| {
            runtime::own_number(value, |value: &i64| *value >= 1)
        });
    let customer_id = input
        .query("customer_id")
        .optional::<crate::domain::CustomerId>(|value| {
            runtime::own_number(value, |value: &i64| *value >= 1)
        });
    let (
        ::std::option::Option::Some(after),
        ::std::option::Option::Some(last_event_id),
        ::std::option::Option::Some(start),
        ::std::option::Option::Some(limit),
        ::std::option::Option::Some(wait),
        ::std::option::Option::Some(r#type),
        ::std::option::Option::Some(order_id),
        ::std::option::Option::Some(customer_id),
    ) = (
        after,
        last_event_id,
        start,
        limit,
        wait,
        r#type,
        order_id,
        customer_id,
    )
    else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = EventsApi::list_events(
        &**api,
        caller,
        runtime::server::Accept::of(&request),
        ListEventsParameters {
            after,
            last_event_id,
            start,
            limit,
            wait,
            r#type,
            order_id,
            customer_id,
        },
    )
    .await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}
