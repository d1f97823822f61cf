//! The operations tagged `default`.

use ::contract_runtime as runtime;

use super::models;

/// Calls the operations tagged `default`.
#[derive(Debug, Clone)]
pub struct DefaultClient(pub runtime::client::Client);

impl DefaultClient {
    /// events.
    ///
    /// `GET /events`
    pub async fn events(
        &self,
    ) -> ::std::result::Result<EventsSuccess, runtime::client::Error<EventsFailure>> {
        let mut request = runtime::client::Request::new("GET", "/events");
        request.accept(&["text/event-stream"]);
        let response = self.0.send(request).await?;
        match response.status() {
            200 => {
                ::std::result::Result::Ok(EventsSuccess::Ok(response.events("text/event-stream")?))
            }
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// file.
    ///
    /// `GET /file`
    pub async fn file(
        &self,
    ) -> ::std::result::Result<FileSuccess, runtime::client::Error<FileFailure>> {
        let mut request = runtime::client::Request::new("GET", "/file");
        request.accept(&["application/pdf"]);
        let response = self.0.send(request).await?;
        match response.status() {
            200 => {
                ::std::result::Result::Ok(FileSuccess::Ok(response.download("application/pdf")?))
            }
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// get_nothing.
    ///
    /// `GET /nothing`
    pub async fn get_nothing(
        &self,
    ) -> ::std::result::Result<GetNothingSuccess, runtime::client::Error<GetNothingFailure>> {
        let request = runtime::client::Request::new("GET", "/nothing");
        let response = self.0.send(request).await?;
        match response.status() {
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// headers.
    ///
    /// `GET /headers`
    pub async fn headers(
        &self,
    ) -> ::std::result::Result<HeadersSuccess, runtime::client::Error<HeadersFailure>> {
        let mut request = runtime::client::Request::new("GET", "/headers");
        request.accept(&["application/json"]);
        let response = self.0.send(request).await?;
        match response.status() {
            200 => ::std::result::Result::Ok(HeadersSuccess::Ok {
                x_count: response.header("x-count")?,
                x_list: response.header_list("x-list")?,
                x_time: response.optional_header("x-time")?,
                status2: response.optional_header("status")?,
                body: response
                    .json::<::std::vec::Vec<runtime::rust_decimal::Decimal>>("application/json")
                    .await?,
            }),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// nullable.
    ///
    /// `GET /nullable`
    pub async fn nullable(
        &self,
    ) -> ::std::result::Result<NullableSuccess, runtime::client::Error<NullableFailure>> {
        let mut request = runtime::client::Request::new("GET", "/nullable");
        request.accept(&["application/json"]);
        let response = self.0.send(request).await?;
        match response.status() {
            200 => ::std::result::Result::Ok(NullableSuccess::Ok(
                response
                    .json::<models::Nullable200Response>("application/json")
                    .await?,
            )),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// picture.
    ///
    /// `GET /picture`
    pub async fn picture(
        &self,
    ) -> ::std::result::Result<PictureSuccess, runtime::client::Error<PictureFailure>> {
        let mut request = runtime::client::Request::new("GET", "/picture");
        request.accept(&["image/*"]);
        let response = self.0.send(request).await?;
        match response.status() {
            200 => ::std::result::Result::Ok(PictureSuccess::Ok(response.download("image/*")?)),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// several.
    ///
    /// `GET /several`
    pub async fn several(
        &self,
        parameters: SeveralParameters,
    ) -> ::std::result::Result<SeveralSuccess, runtime::client::Error<SeveralFailure>> {
        let mut request = runtime::client::Request::new("GET", "/several");
        if let ::std::option::Option::Some(value) = &parameters.r#as {
            request.query("as", value, runtime::client::Style::Form, true);
        }
        request.accept(&["application/json", "text/plain", "text/csv"]);
        let response = self.0.send(request).await?;
        match response.status() {
            200 => ::std::result::Result::Ok(SeveralSuccess::Ok(
                match response.media_type(&["application/json", "text/plain", "text/csv"])? {
                    0 => SeveralOkBody::Json(
                        response
                            .json::<::std::string::String>("application/json")
                            .await?,
                    ),
                    1 => SeveralOkBody::Text(response.text::<i64>("text/plain").await?),
                    _ => SeveralOkBody::Csv(
                        response.text::<::std::string::String>("text/csv").await?,
                    ),
                },
            )),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// status.
    ///
    /// `GET /status/{code}`
    pub async fn status(
        &self,
        parameters: StatusParameters,
    ) -> ::std::result::Result<StatusSuccess, runtime::client::Error<StatusFailure>> {
        let mut request = runtime::client::Request::new("GET", "/status/{code}");
        {
            let value = &parameters.code;
            request.path("code", value, runtime::client::Style::Simple, false);
        }
        request.accept(&["application/problem+json", "text/plain"]);
        let response = self.0.send(request).await?;
        match response.status() {
            204 => ::std::result::Result::Ok(StatusSuccess::NoContent),
            299 => ::std::result::Result::Ok(StatusSuccess::Status299),
            status @ 400..=499 => ::std::result::Result::Err(runtime::client::Error::Failure(
                StatusFailure::ClientError {
                    status,
                    body: response
                        .json::<models::Status4XxResponse>("application/problem+json")
                        .await?,
                },
            )),
            status => ::std::result::Result::Err(runtime::client::Error::Failure(
                StatusFailure::Default {
                    status,
                    body: response.text::<::std::string::String>("text/plain").await?,
                },
            )),
        }
    }
}

/// The successful responses of `GET /events`.
#[derive(Debug)]
pub enum EventsSuccess {
    /// Events
    Ok(runtime::client::EventStream),
}

/// The other responses of `GET /events`.
#[derive(Debug, Clone, PartialEq)]
pub enum EventsFailure {}

/// The successful responses of `GET /file`.
#[derive(Debug)]
pub enum FileSuccess {
    /// A file
    Ok(runtime::client::Download),
}

/// The other responses of `GET /file`.
#[derive(Debug, Clone, PartialEq)]
pub enum FileFailure {}

/// The successful responses of `GET /nothing`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetNothingSuccess {}

/// The other responses of `GET /nothing`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetNothingFailure {}

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

/// The other responses of `GET /headers`.
#[derive(Debug, Clone, PartialEq)]
pub enum HeadersFailure {}

/// The successful responses of `GET /nullable`.
#[derive(Debug, Clone, PartialEq)]
pub enum NullableSuccess {
    /// Present and null
    Ok(models::Nullable200Response),
}

/// The other responses of `GET /nullable`.
#[derive(Debug, Clone, PartialEq)]
pub enum NullableFailure {}

/// The successful responses of `GET /picture`.
#[derive(Debug)]
pub enum PictureSuccess {
    /// Any picture
    Ok(runtime::client::Download),
}

/// The other responses of `GET /picture`.
#[derive(Debug, Clone, PartialEq)]
pub enum PictureFailure {}

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

/// The other responses of `GET /several`.
#[derive(Debug, Clone, PartialEq)]
pub enum SeveralFailure {}

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
