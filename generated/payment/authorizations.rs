//! The operations tagged `Authorizations`.

use ::contract_runtime as runtime;

use super::models;
use super::security;

/// Calls the operations tagged `Authorizations`.
#[derive(Debug, Clone)]
pub struct AuthorizationsClient(pub runtime::client::Client);

impl AuthorizationsClient {
    /// Authorize an amount.
    ///
    /// The same id again returns the authorization as it is now. A declined authorization stays declined: another
    /// attempt needs another id.
    ///
    /// `PUT /authorizations/{id}`
    pub async fn authorize(
        &self,
        parameters: AuthorizeParameters,
        body: models::AuthorizationRequest,
    ) -> ::std::result::Result<AuthorizeSuccess, runtime::client::Error<AuthorizeFailure>> {
        let mut request = runtime::client::Request::new("PUT", "/authorizations/{id}");
        {
            let value = &parameters.id;
            request.path("id", value, runtime::client::Style::Simple, false);
        }
        request.credentials(&[&[runtime::Need {
            scheme: security::Scheme::Token,
            scopes: &[],
        }]]);
        request.json("application/json", &body);
        request.accept(&["application/json", "application/problem+json"]);
        let response = self.0.send(request).await?;
        match response.status() {
            200 => ::std::result::Result::Ok(AuthorizeSuccess::Ok(
                response
                    .json::<models::Authorization>("application/json")
                    .await?,
            )),
            400 => ::std::result::Result::Err(runtime::client::Error::Failure(
                AuthorizeFailure::BadRequest(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            401 => ::std::result::Result::Err(runtime::client::Error::Failure(
                AuthorizeFailure::Unauthorized(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            409 => ::std::result::Result::Err(runtime::client::Error::Failure(
                AuthorizeFailure::Conflict(
                    response
                        .json::<models::Refusal>("application/problem+json")
                        .await?,
                ),
            )),
            422 => ::std::result::Result::Err(runtime::client::Error::Failure(
                AuthorizeFailure::UnprocessableContent(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            429 => ::std::result::Result::Err(runtime::client::Error::Failure(
                AuthorizeFailure::TooManyRequests {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            503 => ::std::result::Result::Err(runtime::client::Error::Failure(
                AuthorizeFailure::ServiceUnavailable {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// Take an authorized amount.
    ///
    /// `PUT /authorizations/{id}/captures/{capture_id}`
    pub async fn capture(
        &self,
        parameters: CaptureParameters,
        body: models::Money,
    ) -> ::std::result::Result<CaptureSuccess, runtime::client::Error<CaptureFailure>> {
        let mut request =
            runtime::client::Request::new("PUT", "/authorizations/{id}/captures/{capture_id}");
        {
            let value = &parameters.id;
            request.path("id", value, runtime::client::Style::Simple, false);
        }
        {
            let value = &parameters.capture_id;
            request.path("capture_id", value, runtime::client::Style::Simple, false);
        }
        request.credentials(&[&[runtime::Need {
            scheme: security::Scheme::Token,
            scopes: &[],
        }]]);
        request.json("application/json", &body);
        request.accept(&["application/json", "application/problem+json"]);
        let response = self.0.send(request).await?;
        match response.status() {
            200 => ::std::result::Result::Ok(CaptureSuccess::Ok(
                response
                    .json::<models::Authorization>("application/json")
                    .await?,
            )),
            400 => ::std::result::Result::Err(runtime::client::Error::Failure(
                CaptureFailure::BadRequest(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            401 => ::std::result::Result::Err(runtime::client::Error::Failure(
                CaptureFailure::Unauthorized(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            404 => ::std::result::Result::Err(runtime::client::Error::Failure(
                CaptureFailure::NotFound(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            409 => ::std::result::Result::Err(runtime::client::Error::Failure(
                CaptureFailure::Conflict(
                    response
                        .json::<models::Refusal>("application/problem+json")
                        .await?,
                ),
            )),
            422 => ::std::result::Result::Err(runtime::client::Error::Failure(
                CaptureFailure::UnprocessableContent(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            429 => ::std::result::Result::Err(runtime::client::Error::Failure(
                CaptureFailure::TooManyRequests {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            503 => ::std::result::Result::Err(runtime::client::Error::Failure(
                CaptureFailure::ServiceUnavailable {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// Read an authorization with its captures and refunds.
    ///
    /// `GET /authorizations/{id}`
    pub async fn get_authorization(
        &self,
        parameters: GetAuthorizationParameters,
    ) -> ::std::result::Result<
        GetAuthorizationSuccess,
        runtime::client::Error<GetAuthorizationFailure>,
    > {
        let mut request = runtime::client::Request::new("GET", "/authorizations/{id}");
        {
            let value = &parameters.id;
            request.path("id", value, runtime::client::Style::Simple, false);
        }
        request.credentials(&[&[runtime::Need {
            scheme: security::Scheme::Token,
            scopes: &[],
        }]]);
        request.accept(&["application/json", "application/problem+json"]);
        let response = self.0.send(request).await?;
        match response.status() {
            200 => ::std::result::Result::Ok(GetAuthorizationSuccess::Ok(
                response
                    .json::<models::Authorization>("application/json")
                    .await?,
            )),
            400 => ::std::result::Result::Err(runtime::client::Error::Failure(
                GetAuthorizationFailure::BadRequest(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            401 => ::std::result::Result::Err(runtime::client::Error::Failure(
                GetAuthorizationFailure::Unauthorized(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            404 => ::std::result::Result::Err(runtime::client::Error::Failure(
                GetAuthorizationFailure::NotFound(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            429 => ::std::result::Result::Err(runtime::client::Error::Failure(
                GetAuthorizationFailure::TooManyRequests {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            503 => ::std::result::Result::Err(runtime::client::Error::Failure(
                GetAuthorizationFailure::ServiceUnavailable {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// List the authorizations that hold or have taken money, in the sequence of their ids.
    ///
    /// `GET /authorizations`
    pub async fn list_authorizations(
        &self,
        parameters: ListAuthorizationsParameters,
    ) -> ::std::result::Result<
        ListAuthorizationsSuccess,
        runtime::client::Error<ListAuthorizationsFailure>,
    > {
        let mut request = runtime::client::Request::new("GET", "/authorizations");
        if let ::std::option::Option::Some(value) = &parameters.limit {
            request.query("limit", value, runtime::client::Style::Form, true);
        }
        if let ::std::option::Option::Some(value) = &parameters.after {
            request.query("after", value, runtime::client::Style::Form, true);
        }
        request.credentials(&[&[runtime::Need {
            scheme: security::Scheme::Token,
            scopes: &[],
        }]]);
        request.accept(&["application/json", "application/problem+json"]);
        let response = self.0.send(request).await?;
        match response.status() {
            200 => ::std::result::Result::Ok(ListAuthorizationsSuccess::Ok(
                response
                    .json::<::std::vec::Vec<models::Authorization>>("application/json")
                    .await?,
            )),
            400 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ListAuthorizationsFailure::BadRequest(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            401 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ListAuthorizationsFailure::Unauthorized(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            429 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ListAuthorizationsFailure::TooManyRequests {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            503 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ListAuthorizationsFailure::ServiceUnavailable {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// Give back a captured amount.
    ///
    /// `PUT /authorizations/{id}/refunds/{refund_id}`
    pub async fn refund(
        &self,
        parameters: RefundParameters,
        body: models::Money,
    ) -> ::std::result::Result<RefundSuccess, runtime::client::Error<RefundFailure>> {
        let mut request =
            runtime::client::Request::new("PUT", "/authorizations/{id}/refunds/{refund_id}");
        {
            let value = &parameters.id;
            request.path("id", value, runtime::client::Style::Simple, false);
        }
        {
            let value = &parameters.refund_id;
            request.path("refund_id", value, runtime::client::Style::Simple, false);
        }
        request.credentials(&[&[runtime::Need {
            scheme: security::Scheme::Token,
            scopes: &[],
        }]]);
        request.json("application/json", &body);
        request.accept(&["application/json", "application/problem+json"]);
        let response = self.0.send(request).await?;
        match response.status() {
            200 => ::std::result::Result::Ok(RefundSuccess::Ok(
                response
                    .json::<models::Authorization>("application/json")
                    .await?,
            )),
            400 => ::std::result::Result::Err(runtime::client::Error::Failure(
                RefundFailure::BadRequest(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            401 => ::std::result::Result::Err(runtime::client::Error::Failure(
                RefundFailure::Unauthorized(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            404 => ::std::result::Result::Err(runtime::client::Error::Failure(
                RefundFailure::NotFound(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            409 => ::std::result::Result::Err(runtime::client::Error::Failure(
                RefundFailure::Conflict(
                    response
                        .json::<models::Refusal>("application/problem+json")
                        .await?,
                ),
            )),
            422 => ::std::result::Result::Err(runtime::client::Error::Failure(
                RefundFailure::UnprocessableContent(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            429 => ::std::result::Result::Err(runtime::client::Error::Failure(
                RefundFailure::TooManyRequests {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            503 => ::std::result::Result::Err(runtime::client::Error::Failure(
                RefundFailure::ServiceUnavailable {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// Give up an authorization.
    ///
    /// Nothing can be captured afterwards. Refused after a capture. Voiding an id that is not known yet is
    /// remembered: an authorization that arrives later with this id is void.
    ///
    /// `POST /authorizations/{id}/void`
    pub async fn void_authorization(
        &self,
        parameters: VoidAuthorizationParameters,
    ) -> ::std::result::Result<
        VoidAuthorizationSuccess,
        runtime::client::Error<VoidAuthorizationFailure>,
    > {
        let mut request = runtime::client::Request::new("POST", "/authorizations/{id}/void");
        {
            let value = &parameters.id;
            request.path("id", value, runtime::client::Style::Simple, false);
        }
        request.credentials(&[&[runtime::Need {
            scheme: security::Scheme::Token,
            scopes: &[],
        }]]);
        request.accept(&["application/json", "application/problem+json"]);
        let response = self.0.send(request).await?;
        match response.status() {
            200 => ::std::result::Result::Ok(VoidAuthorizationSuccess::Ok(
                response
                    .json::<models::Authorization>("application/json")
                    .await?,
            )),
            400 => ::std::result::Result::Err(runtime::client::Error::Failure(
                VoidAuthorizationFailure::BadRequest(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            401 => ::std::result::Result::Err(runtime::client::Error::Failure(
                VoidAuthorizationFailure::Unauthorized(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            409 => ::std::result::Result::Err(runtime::client::Error::Failure(
                VoidAuthorizationFailure::Conflict(
                    response
                        .json::<models::Refusal>("application/problem+json")
                        .await?,
                ),
            )),
            429 => ::std::result::Result::Err(runtime::client::Error::Failure(
                VoidAuthorizationFailure::TooManyRequests {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            503 => ::std::result::Result::Err(runtime::client::Error::Failure(
                VoidAuthorizationFailure::ServiceUnavailable {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }
}

/// The parameters of `PUT /authorizations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub struct AuthorizeParameters {
    /// The id, chosen by the client
    pub id: ::std::string::String,
}

/// The successful responses of `PUT /authorizations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum AuthorizeSuccess {
    /// The authorization
    Ok(models::Authorization),
}

/// The other responses of `PUT /authorizations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum AuthorizeFailure {
    /// The request does not match the contract
    BadRequest(models::Problem),
    /// No token, or an invalid one
    Unauthorized(models::Problem),
    /// A business answer, which a retry does not change; `code` says which
    Conflict(models::Refusal),
    /// The id was used before with a different request; `code` is `id_reused`
    UnprocessableContent(models::Problem),
    /// Too many requests; retry after `Retry-After`
    TooManyRequests {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry
        retry_after: i32,
    },
    /// Overloaded or under maintenance; retry after `Retry-After`
    ServiceUnavailable {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry
        retry_after: i32,
    },
}

/// The parameters of `PUT /authorizations/{id}/captures/{capture_id}`.
#[derive(Debug, Clone, PartialEq)]
pub struct CaptureParameters {
    /// The id, chosen by the client
    pub id: ::std::string::String,
    /// The id, chosen by the client
    pub capture_id: ::std::string::String,
}

/// The successful responses of `PUT /authorizations/{id}/captures/{capture_id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum CaptureSuccess {
    /// The authorization after the capture
    Ok(models::Authorization),
}

/// The other responses of `PUT /authorizations/{id}/captures/{capture_id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum CaptureFailure {
    /// The request does not match the contract
    BadRequest(models::Problem),
    /// No token, or an invalid one
    Unauthorized(models::Problem),
    /// There is nothing with this id
    NotFound(models::Problem),
    /// A business answer, which a retry does not change; `code` says which
    Conflict(models::Refusal),
    /// The id was used before with a different request; `code` is `id_reused`
    UnprocessableContent(models::Problem),
    /// Too many requests; retry after `Retry-After`
    TooManyRequests {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry
        retry_after: i32,
    },
    /// Overloaded or under maintenance; retry after `Retry-After`
    ServiceUnavailable {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry
        retry_after: i32,
    },
}

/// The parameters of `GET /authorizations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub struct GetAuthorizationParameters {
    /// The id, chosen by the client
    pub id: ::std::string::String,
}

/// The successful responses of `GET /authorizations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetAuthorizationSuccess {
    /// The authorization
    Ok(models::Authorization),
}

/// The other responses of `GET /authorizations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetAuthorizationFailure {
    /// The request does not match the contract
    BadRequest(models::Problem),
    /// No token, or an invalid one
    Unauthorized(models::Problem),
    /// There is nothing with this id
    NotFound(models::Problem),
    /// Too many requests; retry after `Retry-After`
    TooManyRequests {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry
        retry_after: i32,
    },
    /// Overloaded or under maintenance; retry after `Retry-After`
    ServiceUnavailable {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry
        retry_after: i32,
    },
}

/// The parameters of `GET /authorizations`.
#[derive(Debug, Clone, PartialEq)]
pub struct ListAuthorizationsParameters {
    /// Maximum number of entries
    pub limit: ::std::option::Option<i32>,
    /// Only ids that sort after this one
    pub after: ::std::option::Option<::std::string::String>,
}

/// The successful responses of `GET /authorizations`.
#[derive(Debug, Clone, PartialEq)]
pub enum ListAuthorizationsSuccess {
    /// Authorizations that are `authorized` or `captured`
    Ok(::std::vec::Vec<models::Authorization>),
}

/// The other responses of `GET /authorizations`.
#[derive(Debug, Clone, PartialEq)]
pub enum ListAuthorizationsFailure {
    /// The request does not match the contract
    BadRequest(models::Problem),
    /// No token, or an invalid one
    Unauthorized(models::Problem),
    /// Too many requests; retry after `Retry-After`
    TooManyRequests {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry
        retry_after: i32,
    },
    /// Overloaded or under maintenance; retry after `Retry-After`
    ServiceUnavailable {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry
        retry_after: i32,
    },
}

/// The parameters of `PUT /authorizations/{id}/refunds/{refund_id}`.
#[derive(Debug, Clone, PartialEq)]
pub struct RefundParameters {
    /// The id, chosen by the client
    pub id: ::std::string::String,
    /// The id, chosen by the client
    pub refund_id: ::std::string::String,
}

/// The successful responses of `PUT /authorizations/{id}/refunds/{refund_id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum RefundSuccess {
    /// The authorization after the refund
    Ok(models::Authorization),
}

/// The other responses of `PUT /authorizations/{id}/refunds/{refund_id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum RefundFailure {
    /// The request does not match the contract
    BadRequest(models::Problem),
    /// No token, or an invalid one
    Unauthorized(models::Problem),
    /// There is nothing with this id
    NotFound(models::Problem),
    /// A business answer, which a retry does not change; `code` says which
    Conflict(models::Refusal),
    /// The id was used before with a different request; `code` is `id_reused`
    UnprocessableContent(models::Problem),
    /// Too many requests; retry after `Retry-After`
    TooManyRequests {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry
        retry_after: i32,
    },
    /// Overloaded or under maintenance; retry after `Retry-After`
    ServiceUnavailable {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry
        retry_after: i32,
    },
}

/// The parameters of `POST /authorizations/{id}/void`.
#[derive(Debug, Clone, PartialEq)]
pub struct VoidAuthorizationParameters {
    /// The id, chosen by the client
    pub id: ::std::string::String,
}

/// The successful responses of `POST /authorizations/{id}/void`.
#[derive(Debug, Clone, PartialEq)]
pub enum VoidAuthorizationSuccess {
    /// The voided authorization; also one that is declined or expired
    Ok(models::Authorization),
}

/// The other responses of `POST /authorizations/{id}/void`.
#[derive(Debug, Clone, PartialEq)]
pub enum VoidAuthorizationFailure {
    /// The request does not match the contract
    BadRequest(models::Problem),
    /// No token, or an invalid one
    Unauthorized(models::Problem),
    /// A business answer, which a retry does not change; `code` says which
    Conflict(models::Refusal),
    /// Too many requests; retry after `Retry-After`
    TooManyRequests {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry
        retry_after: i32,
    },
    /// Overloaded or under maintenance; retry after `Retry-After`
    ServiceUnavailable {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry
        retry_after: i32,
    },
}
