//! The webhooks of the contract.

use ::contract_runtime as runtime;

use super::models;

/// What an implementation of the webhooks of the contract must provide.
///
/// A method is called only after parameters and body passed every check of the contract.
pub trait WebhooksApi: 'static {
    /// post_thing.
    ///
    /// `POST` of the webhook `thing`
    fn post_thing(
        &self,
        parameters: PostThingParameters,
        body: models::Point,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<PostThingSuccess, PostThingFailure>>;
}

/// Adds the routes of these operations; `api` serves them.
pub fn routes<A: WebhooksApi>(
    router: &mut runtime::server::Router,
    api: &runtime::actix_web::web::Data<A>,
) {
    router.add(
        runtime::actix_web::http::Method::POST,
        "/thing",
        api.clone(),
        self::post_thing::<A>,
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

/// The parameters of `POST` of the webhook `thing`.
#[derive(Debug, Clone, PartialEq)]
pub struct PostThingParameters {
    /// `X-Try` of the contract.
    pub x_try: i64,
}

/// The successful responses of `POST` of the webhook `thing`.
#[derive(Debug, Clone, PartialEq)]
pub enum PostThingSuccess {
    /// ok
    Ok,
}

impl runtime::server::Respond for PostThingSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok => runtime::server::Reply::new(200).empty(),
        }
    }
}

/// The other responses of `POST` of the webhook `thing`.
#[derive(Debug, Clone, PartialEq)]
pub enum PostThingFailure {
    /// Not now
    ClientError {
        /// The status, from 400 to 499
        status: u16,
        /// The body, as `text/plain`
        body: ::std::string::String,
    },
}

impl runtime::server::Respond for PostThingFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::ClientError { status, body } => runtime::server::Reply::within(status, 400..=499)
                .text("text/plain; charset=utf-8", &body),
        }
    }
}

async fn post_thing<A: WebhooksApi>(
    api: runtime::actix_web::web::Data<A>,
    request: runtime::actix_web::HttpRequest,
    payload: runtime::actix_web::web::Payload,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let mut input =
        runtime::server::Input::new(&super::CONTRACT, &request, "POST", "webhook /thing");
    let x_try = input.header("X-Try").required::<i64>(|_| true);
    let bytes = input.read(payload).await?;
    let body = match input.media_type(&bytes, &["application/json"]) {
        ::std::option::Option::Some(0) => {
            input.json_validated::<models::Point>(&bytes, "application/json", |_| true)
        }
        _ => ::std::option::Option::None,
    };
    let (::std::option::Option::Some(x_try), ::std::option::Option::Some(body)) = (x_try, body)
    else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = WebhooksApi::post_thing(&**api, PostThingParameters { x_try }, body).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}
