//! The operations tagged `default`.

use ::contract_runtime as runtime;

use super::models;

/// What an implementation of the operations tagged `default` must provide.
///
/// A method is called only after parameters and body passed every check of the contract.
pub trait DefaultApi: 'static {
    /// bytes.
    ///
    /// `POST /bytes`
    fn bytes(
        &self,
        body: runtime::bytes::Bytes,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<BytesSuccess, BytesFailure>>;

    /// modern.
    ///
    /// `POST /modern`
    fn modern(
        &self,
        body: models::Modern,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<ModernSuccess, ModernFailure>>;
}

/// Adds the routes of these operations; `api` serves them.
pub fn routes<A: DefaultApi>(
    router: &mut runtime::server::Router,
    api: &runtime::actix_web::web::Data<A>,
) {
    router.add(
        runtime::actix_web::http::Method::POST,
        "/bytes",
        api.clone(),
        self::bytes::<A>,
    );
    router.add(
        runtime::actix_web::http::Method::POST,
        "/modern",
        api.clone(),
        self::modern::<A>,
    );
}

/// The successful responses of `POST /bytes`.
#[derive(Debug, Clone, PartialEq)]
pub enum BytesSuccess {
    /// What was read
    Ok(runtime::serde_json::Value),
}

impl runtime::server::Respond for BytesSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `POST /bytes`.
#[derive(Debug, Clone, PartialEq)]
pub enum BytesFailure {}

impl runtime::server::Respond for BytesFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {}
    }
}

async fn bytes<A: DefaultApi>(
    api: runtime::actix_web::web::Data<A>,
    request: runtime::actix_web::HttpRequest,
    payload: runtime::actix_web::web::Payload,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let mut input = runtime::server::Input::new(&super::CONTRACT, &request, "POST", "/bytes");
    let bytes = input.read(payload).await?;
    let body = match input.media_type(&bytes, &["application/octet-stream"]) {
        ::std::option::Option::Some(0) => ::std::option::Option::Some(bytes.clone()),
        _ => ::std::option::Option::None,
    };
    let (::std::option::Option::Some(body),) = (body,) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = DefaultApi::bytes(&**api, body).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The successful responses of `POST /modern`.
#[derive(Debug, Clone, PartialEq)]
pub enum ModernSuccess {
    /// What was read
    Ok(runtime::serde_json::Value),
}

impl runtime::server::Respond for ModernSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `POST /modern`.
#[derive(Debug, Clone, PartialEq)]
pub enum ModernFailure {}

impl runtime::server::Respond for ModernFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {}
    }
}

async fn modern<A: DefaultApi>(
    api: runtime::actix_web::web::Data<A>,
    request: runtime::actix_web::HttpRequest,
    payload: runtime::actix_web::web::Payload,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let mut input = runtime::server::Input::new(&super::CONTRACT, &request, "POST", "/modern");
    let bytes = input.read(payload).await?;
    let body = match input.media_type(&bytes, &["application/json"]) {
        ::std::option::Option::Some(0) => {
            input.json_validated::<models::Modern>(&bytes, "application/json", |value| {
                value.is_valid()
            })
        }
        _ => ::std::option::Option::None,
    };
    let (::std::option::Option::Some(body),) = (body,) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = DefaultApi::modern(&**api, body).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}
