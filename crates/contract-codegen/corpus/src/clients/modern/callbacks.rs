//! The callbacks of the contract.

use ::contract_runtime as runtime;

/// What an implementation of the callbacks of the contract must provide.
///
/// A method is called only after parameters and body passed every check of the contract.
pub trait CallbacksApi: 'static {
    /// done.
    ///
    /// `PUT` of the callback `done`
    fn done(
        &self,
        parameters: DoneParameters,
        body: ::std::vec::Vec<::std::string::String>,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<DoneSuccess, DoneFailure>>;
}

/// Adds the routes of these operations; `api` serves them.
pub fn routes<A: CallbacksApi>(
    router: &mut runtime::server::Router,
    api: &runtime::actix_web::web::Data<A>,
) {
    router.add(
        runtime::actix_web::http::Method::PUT,
        "/done",
        api.clone(),
        self::done::<A>,
    );
}

/// Adds the routes of these operations alone: each at its name, below the scope that you choose.
pub fn configure<A: CallbacksApi>(
    service: &mut runtime::actix_web::web::ServiceConfig,
    api: &runtime::actix_web::web::Data<A>,
) {
    let mut router = runtime::server::Router::new(&super::CONTRACT);
    self::routes(&mut router, api);
    router.configure(service);
}

/// The parameters of `PUT` of the callback `done`.
#[derive(Debug, Clone, PartialEq)]
pub struct DoneParameters {
    /// `tags` of the contract.
    pub tags: ::std::option::Option<::std::vec::Vec<::std::string::String>>,
}

/// The successful responses of `PUT` of the callback `done`.
#[derive(Debug, Clone, PartialEq)]
pub enum DoneSuccess {
    /// noted
    Accepted {
        /// `X-Seen`
        x_seen: i64,
    },
}

impl runtime::server::Respond for DoneSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Accepted { x_seen } => runtime::server::Reply::new(202)
                .header("x-seen", x_seen)
                .empty(),
        }
    }
}

/// The other responses of `PUT` of the callback `done`.
#[derive(Debug, Clone, PartialEq)]
pub enum DoneFailure {}

impl runtime::server::Respond for DoneFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {}
    }
}

async fn done<A: CallbacksApi>(
    api: runtime::actix_web::web::Data<A>,
    request: runtime::actix_web::HttpRequest,
    payload: runtime::actix_web::web::Payload,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let mut input =
        runtime::server::Input::new(&super::CONTRACT, &request, "PUT", "callback /done");
    let tags = input
        .query("tags")
        .split(&[","])
        .optional_list::<::std::string::String>(|_| true);
    let bytes = input.read(payload).await?;
    let body = match input.media_type(&bytes, &["application/json"]) {
        ::std::option::Option::Some(0) => input.json::<::std::vec::Vec<::std::string::String>>(
            &bytes,
            "application/json",
            |value| value.iter().all(|item| item.chars().count() >= 2),
        ),
        _ => ::std::option::Option::None,
    };
    let (::std::option::Option::Some(tags), ::std::option::Option::Some(body)) = (tags, body)
    else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = CallbacksApi::done(&**api, DoneParameters { tags }, body).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}
