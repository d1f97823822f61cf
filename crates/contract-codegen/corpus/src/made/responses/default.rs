//! The operations tagged `default`.

use ::contract_runtime as runtime;

use super::models;

/// What an implementation of the operations tagged `default` must provide.
///
/// A method is called only after parameters and body passed every check of the contract.
pub trait DefaultApi: 'static {
    /// events.
    ///
    /// `GET /events`
    fn events(
        &self,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<EventsSuccess, EventsFailure>>;

    /// file.
    ///
    /// `GET /file`
    fn file(
        &self,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<FileSuccess, FileFailure>>;

    /// get_nothing.
    ///
    /// `GET /nothing`
    fn get_nothing(
        &self,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<GetNothingSuccess, GetNothingFailure>>;

    /// headers.
    ///
    /// `GET /headers`
    fn headers(
        &self,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<HeadersSuccess, HeadersFailure>>;

    /// nullable.
    ///
    /// `GET /nullable`
    fn nullable(
        &self,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<NullableSuccess, NullableFailure>>;

    /// picture.
    ///
    /// `GET /picture`
    fn picture(
        &self,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<PictureSuccess, PictureFailure>>;

    /// several.
    ///
    /// `GET /several`
    fn several(
        &self,
        accept: runtime::server::Accept,
        parameters: SeveralParameters,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<SeveralSuccess, SeveralFailure>>;

    /// status.
    ///
    /// `GET /status/{code}`
    fn status(
        &self,
        parameters: StatusParameters,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<StatusSuccess, StatusFailure>>;
}

/// Adds the routes of these operations; `api` serves them.
pub fn routes<A: DefaultApi>(
    router: &mut runtime::server::Router,
    api: &runtime::actix_web::web::Data<A>,
) {
    router.add(
        runtime::actix_web::http::Method::GET,
        "/events",
        api.clone(),
        self::events::<A>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/file",
        api.clone(),
        self::file::<A>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/nothing",
        api.clone(),
        self::get_nothing::<A>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/headers",
        api.clone(),
        self::headers::<A>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/nullable",
        api.clone(),
        self::nullable::<A>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/picture",
        api.clone(),
        self::picture::<A>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/several",
        api.clone(),
        self::several::<A>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/status/{code}",
        api.clone(),
        self::status::<A>,
    );
}

/// The successful responses of `GET /events`.
#[derive(Debug)]
pub enum EventsSuccess {
    /// Events
    Ok(runtime::server::EventStream),
}

impl runtime::server::Respond for EventsSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).events(body),
        }
    }
}

/// The other responses of `GET /events`.
#[derive(Debug, Clone, PartialEq)]
pub enum EventsFailure {}

impl runtime::server::Respond for EventsFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {}
    }
}

async fn events<A: DefaultApi>(
    api: runtime::actix_web::web::Data<A>,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let answer = DefaultApi::events(&**api).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The successful responses of `GET /file`.
#[derive(Debug)]
pub enum FileSuccess {
    /// A file
    Ok(runtime::server::File),
}

impl runtime::server::Respond for FileSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).file("application/pdf", body),
        }
    }
}

/// The other responses of `GET /file`.
#[derive(Debug, Clone, PartialEq)]
pub enum FileFailure {}

impl runtime::server::Respond for FileFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {}
    }
}

async fn file<A: DefaultApi>(
    api: runtime::actix_web::web::Data<A>,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let answer = DefaultApi::file(&**api).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The successful responses of `GET /nothing`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetNothingSuccess {}

impl runtime::server::Respond for GetNothingSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {}
    }
}

/// The other responses of `GET /nothing`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetNothingFailure {}

impl runtime::server::Respond for GetNothingFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {}
    }
}

async fn get_nothing<A: DefaultApi>(
    api: runtime::actix_web::web::Data<A>,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let answer = DefaultApi::get_nothing(&**api).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The successful responses of `GET /headers`.
#[derive(Debug, Clone, PartialEq)]
pub enum HeadersSuccess {
    /// With headers
    Ok {
        /// The body, as `application/json`
        body: ::std::vec::Vec<runtime::rust_decimal::Decimal>,
        /// `X-Count`
        x_count: i64,
        /// `X-List`
        x_list: ::std::vec::Vec<::std::string::String>,
        /// `X-Time`
        x_time: ::std::option::Option<runtime::chrono::DateTime<runtime::chrono::Utc>>,
        /// `Status`
        status2: ::std::option::Option<::std::string::String>,
    },
}

impl runtime::server::Respond for HeadersSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok {
                body,
                x_count,
                x_list,
                x_time,
                status2,
            } => runtime::server::Reply::new(200)
                .header("x-count", x_count)
                .header("x-list", x_list)
                .optional_header("x-time", x_time)
                .optional_header("status", status2)
                .json("application/json", &body),
        }
    }
}

/// The other responses of `GET /headers`.
#[derive(Debug, Clone, PartialEq)]
pub enum HeadersFailure {}

impl runtime::server::Respond for HeadersFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {}
    }
}

async fn headers<A: DefaultApi>(
    api: runtime::actix_web::web::Data<A>,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let answer = DefaultApi::headers(&**api).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The successful responses of `GET /nullable`.
#[derive(Debug, Clone, PartialEq)]
pub enum NullableSuccess {
    /// Present and null
    Ok(models::Nullable200Response),
}

impl runtime::server::Respond for NullableSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `GET /nullable`.
#[derive(Debug, Clone, PartialEq)]
pub enum NullableFailure {}

impl runtime::server::Respond for NullableFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {}
    }
}

async fn nullable<A: DefaultApi>(
    api: runtime::actix_web::web::Data<A>,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let answer = DefaultApi::nullable(&**api).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The successful responses of `GET /picture`.
#[derive(Debug)]
pub enum PictureSuccess {
    /// Any picture
    Ok(runtime::server::File),
}

impl runtime::server::Respond for PictureSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).file("image/*", body),
        }
    }
}

/// The other responses of `GET /picture`.
#[derive(Debug, Clone, PartialEq)]
pub enum PictureFailure {}

impl runtime::server::Respond for PictureFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {}
    }
}

async fn picture<A: DefaultApi>(
    api: runtime::actix_web::web::Data<A>,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let answer = DefaultApi::picture(&**api).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `GET /several`.
#[derive(Debug, Clone, PartialEq)]
pub struct SeveralParameters {
    /// `as` of the contract.
    pub r#as: ::std::option::Option<::std::string::String>,
}

/// The body of a `Ok`, by its media type.
#[derive(Debug, Clone, PartialEq)]
pub enum SeveralOkBody {
    /// `application/json`
    Json(::std::string::String),
    /// `text/plain`
    Text(i64),
    /// `text/csv`
    Csv(::std::string::String),
}

/// The successful responses of `GET /several`.
#[derive(Debug, Clone, PartialEq)]
pub enum SeveralSuccess {
    /// One of these
    Ok(SeveralOkBody),
}

impl runtime::server::Respond for SeveralSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => {
                let reply = runtime::server::Reply::new(200);
                match body {
                    SeveralOkBody::Json(body) => reply.json("application/json", &body),
                    SeveralOkBody::Text(body) => reply.text("text/plain; charset=utf-8", &body),
                    SeveralOkBody::Csv(body) => reply.text("text/csv; charset=utf-8", &body),
                }
            }
        }
    }
}

/// The other responses of `GET /several`.
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
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let mut input = runtime::server::Input::new(&super::CONTRACT, &request, "GET", "/several");
    let r#as = input
        .query("as")
        .optional::<::std::string::String>(|_| true);
    let (::std::option::Option::Some(r#as),) = (r#as,) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = DefaultApi::several(
        &**api,
        runtime::server::Accept::of(&request),
        SeveralParameters { r#as },
    )
    .await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The parameters of `GET /status/{code}`.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusParameters {
    /// `code` of the contract.
    pub code: i64,
}

/// The successful responses of `GET /status/{code}`.
#[derive(Debug, Clone, PartialEq)]
pub enum StatusSuccess {
    /// Nothing
    NoContent,
    /// An odd one
    Status299,
}

impl runtime::server::Respond for StatusSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::NoContent => runtime::server::Reply::new(204).empty(),
            Self::Status299 => runtime::server::Reply::new(299).empty(),
        }
    }
}

/// The other responses of `GET /status/{code}`.
#[derive(Debug, Clone, PartialEq)]
pub enum StatusFailure {
    /// Any of them
    ClientError {
        /// The status, from 400 to 499
        status: u16,
        /// The body, as `application/problem+json`
        body: models::Status4XxResponse,
    },
    /// Anything else
    Default {
        /// The status, from 100 to 599
        status: u16,
        /// The body, as `text/plain`
        body: ::std::string::String,
    },
}

impl runtime::server::Respond for StatusFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::ClientError { status, body } => runtime::server::Reply::within(status, 400..=499)
                .json("application/problem+json", &body),
            Self::Default { status, body } => runtime::server::Reply::within(status, 100..=599)
                .text("text/plain; charset=utf-8", &body),
        }
    }
}

async fn status<A: DefaultApi>(
    api: runtime::actix_web::web::Data<A>,
    request: runtime::actix_web::HttpRequest,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let mut input =
        runtime::server::Input::new(&super::CONTRACT, &request, "GET", "/status/{code}");
    let code = input.path("code").required::<i64>(|_| true);
    let (::std::option::Option::Some(code),) = (code,) else {
        return ::std::result::Result::Err(input.reject());
    };
    let answer = DefaultApi::status(&**api, StatusParameters { code }).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}
