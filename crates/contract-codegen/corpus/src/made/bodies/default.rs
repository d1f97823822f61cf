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

    /// encoded.
    ///
    /// `POST /encoded`
    fn encoded(
        &self,
        body: models::Lists,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<EncodedSuccess, EncodedFailure>>;

    /// form.
    ///
    /// `POST /form`
    fn form(
        &self,
        body: models::Pet,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<FormSuccess, FormFailure>>;

    /// multipart.
    ///
    /// `POST /multipart`
    fn multipart(
        &self,
        body: models::Upload,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<MultipartSuccess, MultipartFailure>>;

    /// optional.
    ///
    /// `POST /optional`
    fn optional(
        &self,
        body: ::std::option::Option<models::Pet>,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<OptionalSuccess, OptionalFailure>>;

    /// several.
    ///
    /// `PUT /several`
    fn several(
        &self,
        body: SeveralBody,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<SeveralSuccess, SeveralFailure>>;

    /// text.
    ///
    /// `POST /text`
    fn text(
        &self,
        body: i64,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<TextSuccess, TextFailure>>;

    /// vendor.
    ///
    /// `POST /problem`
    fn vendor(
        &self,
        body: models::Pet,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<VendorSuccess, VendorFailure>>;
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
        "/encoded",
        api.clone(),
        self::encoded::<A>,
    );
    router.add(
        runtime::actix_web::http::Method::POST,
        "/form",
        api.clone(),
        self::form::<A>,
    );
    router.add(
        runtime::actix_web::http::Method::POST,
        "/multipart",
        api.clone(),
        self::multipart::<A>,
    );
    router.add(
        runtime::actix_web::http::Method::POST,
        "/optional",
        api.clone(),
        self::optional::<A>,
    );
    router.add(
        runtime::actix_web::http::Method::PUT,
        "/several",
        api.clone(),
        self::several::<A>,
    );
    router.add(
        runtime::actix_web::http::Method::POST,
        "/text",
        api.clone(),
        self::text::<A>,
    );
    router.add(
        runtime::actix_web::http::Method::POST,
        "/problem",
        api.clone(),
        self::vendor::<A>,
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

/// The successful responses of `POST /encoded`.
#[derive(Debug, Clone, PartialEq)]
pub enum EncodedSuccess {
    /// What was read
    Ok(runtime::serde_json::Value),
}

impl runtime::server::Respond for EncodedSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `POST /encoded`.
#[derive(Debug, Clone, PartialEq)]
pub enum EncodedFailure {}

impl runtime::server::Respond for EncodedFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {}
    }
}

async fn encoded<A: DefaultApi>(
    api: runtime::actix_web::web::Data<A>,
    request: runtime::actix_web::HttpRequest,
    payload: runtime::actix_web::web::Payload,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let mut input = runtime::server::Input::new(&super::CONTRACT, &request, "POST", "/encoded");
    let bytes = input.read(payload).await?;
    let body = match input.media_type(&bytes, &["application/x-www-form-urlencoded"]) {
        ::std::option::Option::Some(0) => {
            input
                .form::<models::Lists>(&bytes, "application/x-www-form-urlencoded", false, |_| true)
        }
        _ => ::std::option::Option::None,
    };
    let (::std::option::Option::Some(body),) = (body,) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = DefaultApi::encoded(&**api, body).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The successful responses of `POST /form`.
#[derive(Debug, Clone, PartialEq)]
pub enum FormSuccess {
    /// What was read
    Ok(runtime::serde_json::Value),
}

impl runtime::server::Respond for FormSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `POST /form`.
#[derive(Debug, Clone, PartialEq)]
pub enum FormFailure {}

impl runtime::server::Respond for FormFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {}
    }
}

async fn form<A: DefaultApi>(
    api: runtime::actix_web::web::Data<A>,
    request: runtime::actix_web::HttpRequest,
    payload: runtime::actix_web::web::Payload,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let mut input = runtime::server::Input::new(&super::CONTRACT, &request, "POST", "/form");
    let bytes = input.read(payload).await?;
    let body = match input.media_type(&bytes, &["application/x-www-form-urlencoded"]) {
        ::std::option::Option::Some(0) => input.form::<models::Pet>(
            &bytes,
            "application/x-www-form-urlencoded",
            false,
            |value| value.is_valid(),
        ),
        _ => ::std::option::Option::None,
    };
    let (::std::option::Option::Some(body),) = (body,) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = DefaultApi::form(&**api, body).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The successful responses of `POST /multipart`.
#[derive(Debug, Clone, PartialEq)]
pub enum MultipartSuccess {
    /// What was read
    Ok(runtime::serde_json::Value),
}

impl runtime::server::Respond for MultipartSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `POST /multipart`.
#[derive(Debug, Clone, PartialEq)]
pub enum MultipartFailure {}

impl runtime::server::Respond for MultipartFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {}
    }
}

async fn multipart<A: DefaultApi>(
    api: runtime::actix_web::web::Data<A>,
    request: runtime::actix_web::HttpRequest,
    payload: runtime::actix_web::web::Payload,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let mut input = runtime::server::Input::new(&super::CONTRACT, &request, "POST", "/multipart");
    let bytes = input.read(payload).await?;
    let body = match input.media_type(&bytes, &["multipart/form-data"]) {
        ::std::option::Option::Some(0) => {
            input
                .multipart::<models::Upload>(&bytes, "multipart/form-data", false, |value| {
                    value.is_valid()
                })
                .await
        }
        _ => ::std::option::Option::None,
    };
    let (::std::option::Option::Some(body),) = (body,) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = DefaultApi::multipart(&**api, body).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The successful responses of `POST /optional`.
#[derive(Debug, Clone, PartialEq)]
pub enum OptionalSuccess {
    /// What was read
    Ok(runtime::serde_json::Value),
}

impl runtime::server::Respond for OptionalSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `POST /optional`.
#[derive(Debug, Clone, PartialEq)]
pub enum OptionalFailure {}

impl runtime::server::Respond for OptionalFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {}
    }
}

async fn optional<A: DefaultApi>(
    api: runtime::actix_web::web::Data<A>,
    request: runtime::actix_web::HttpRequest,
    payload: runtime::actix_web::web::Payload,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let mut input = runtime::server::Input::new(&super::CONTRACT, &request, "POST", "/optional");
    let bytes = input.read(payload).await?;
    let body = if bytes.is_empty() {
        ::std::option::Option::Some(::std::option::Option::None)
    } else {
        match input.media_type(&bytes, &["application/json"]) {
            ::std::option::Option::Some(0) => input
                .json::<models::Pet>(&bytes, "application/json", |value| value.is_valid())
                .map(::std::option::Option::Some),
            _ => ::std::option::Option::None,
        }
    };
    let (::std::option::Option::Some(body),) = (body,) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = DefaultApi::optional(&**api, body).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The body of `PUT /several`, by its media type.
#[derive(Debug, Clone, PartialEq)]
pub enum SeveralBody {
    /// `application/json`
    Json(models::Pet),
    /// `application/x-www-form-urlencoded`
    Form(models::Pet),
    /// `text/plain`
    Text(::std::string::String),
    /// `application/xml`
    Xml(runtime::bytes::Bytes),
    /// `image/*`
    Image(runtime::bytes::Bytes),
}

/// The successful responses of `PUT /several`.
#[derive(Debug, Clone, PartialEq)]
pub enum SeveralSuccess {
    /// What was read
    Ok(runtime::serde_json::Value),
}

impl runtime::server::Respond for SeveralSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `PUT /several`.
#[derive(Debug, Clone, PartialEq)]
pub enum SeveralFailure {}

impl runtime::server::Respond for SeveralFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {}
    }
}

async fn several<A: DefaultApi>(
    api: runtime::actix_web::web::Data<A>,
    request: runtime::actix_web::HttpRequest,
    payload: runtime::actix_web::web::Payload,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let mut input = runtime::server::Input::new(&super::CONTRACT, &request, "PUT", "/several");
    let bytes = input.read(payload).await?;
    let body = match input.media_type(
        &bytes,
        &[
            "application/json",
            "application/x-www-form-urlencoded",
            "text/plain",
            "application/xml",
            "image/*",
        ],
    ) {
        ::std::option::Option::Some(0) => input
            .json::<models::Pet>(&bytes, "application/json", |value| value.is_valid())
            .map(SeveralBody::Json),
        ::std::option::Option::Some(1) => input
            .form::<models::Pet>(
                &bytes,
                "application/x-www-form-urlencoded",
                false,
                |value| value.is_valid(),
            )
            .map(SeveralBody::Form),
        ::std::option::Option::Some(2) => input
            .text::<::std::string::String>(&bytes, "text/plain", |_| true)
            .map(SeveralBody::Text),
        ::std::option::Option::Some(3) => {
            ::std::option::Option::Some(SeveralBody::Xml(bytes.clone()))
        }
        ::std::option::Option::Some(4) => {
            ::std::option::Option::Some(SeveralBody::Image(bytes.clone()))
        }
        _ => ::std::option::Option::None,
    };
    let (::std::option::Option::Some(body),) = (body,) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = DefaultApi::several(&**api, body).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The successful responses of `POST /text`.
#[derive(Debug, Clone, PartialEq)]
pub enum TextSuccess {
    /// What was read
    Ok(runtime::serde_json::Value),
}

impl runtime::server::Respond for TextSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `POST /text`.
#[derive(Debug, Clone, PartialEq)]
pub enum TextFailure {}

impl runtime::server::Respond for TextFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {}
    }
}

async fn text<A: DefaultApi>(
    api: runtime::actix_web::web::Data<A>,
    request: runtime::actix_web::HttpRequest,
    payload: runtime::actix_web::web::Payload,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let mut input = runtime::server::Input::new(&super::CONTRACT, &request, "POST", "/text");
    let bytes = input.read(payload).await?;
    let body = match input.media_type(&bytes, &["text/plain"]) {
        ::std::option::Option::Some(0) => {
            input.text::<i64>(&bytes, "text/plain", |value| *value >= 1)
        }
        _ => ::std::option::Option::None,
    };
    let (::std::option::Option::Some(body),) = (body,) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = DefaultApi::text(&**api, body).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The successful responses of `POST /problem`.
#[derive(Debug, Clone, PartialEq)]
pub enum VendorSuccess {
    /// What was read
    Ok(runtime::serde_json::Value),
}

impl runtime::server::Respond for VendorSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `POST /problem`.
#[derive(Debug, Clone, PartialEq)]
pub enum VendorFailure {}

impl runtime::server::Respond for VendorFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {}
    }
}

async fn vendor<A: DefaultApi>(
    api: runtime::actix_web::web::Data<A>,
    request: runtime::actix_web::HttpRequest,
    payload: runtime::actix_web::web::Payload,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let mut input = runtime::server::Input::new(&super::CONTRACT, &request, "POST", "/problem");
    let bytes = input.read(payload).await?;
    let body = match input.media_type(&bytes, &["application/vnd.pet+json"]) {
        ::std::option::Option::Some(0) => {
            input.json::<models::Pet>(&bytes, "application/vnd.pet+json", |value| value.is_valid())
        }
        _ => ::std::option::Option::None,
    };
    let (::std::option::Option::Some(body),) = (body,) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = DefaultApi::vendor(&**api, body).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}
