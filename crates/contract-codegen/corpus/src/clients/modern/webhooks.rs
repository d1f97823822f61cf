//! The webhooks of the contract.

use ::contract_runtime as runtime;

/// What an implementation of the webhooks of the contract must provide.
///
/// A method is called only after parameters and body passed every check of the contract.
pub trait WebhooksApi: 'static {
    /// post_thing.
    ///
    /// `POST` of the webhook `thing`
    fn post_thing(
        &self,
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
pub enum PostThingFailure {}

impl runtime::server::Respond for PostThingFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {}
    }
}

async fn post_thing<A: WebhooksApi>(
    api: runtime::actix_web::web::Data<A>,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let answer = WebhooksApi::post_thing(&**api).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}
