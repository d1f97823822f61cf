//! The operations tagged `Reservations`.

use ::contract_runtime as runtime;

use super::models;
use super::security;

/// Calls the operations tagged `Reservations`.
#[derive(Debug, Clone)]
pub struct ReservationsClient(pub runtime::client::Client);

impl ReservationsClient {
    /// Take what is held out of the stock; from then on it does not expire.
    ///
    /// `POST /reservations/{id}/commit`
    pub async fn commit_reservation(
        &self,
        parameters: CommitReservationParameters,
    ) -> ::std::result::Result<
        CommitReservationSuccess,
        runtime::client::Error<CommitReservationFailure>,
    > {
        let mut request = runtime::client::Request::new("POST", "/reservations/{id}/commit");
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
            200 => ::std::result::Result::Ok(CommitReservationSuccess::Ok(
                response
                    .json::<models::Reservation>("application/json")
                    .await?,
            )),
            400 => ::std::result::Result::Err(runtime::client::Error::Failure(
                CommitReservationFailure::BadRequest(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            401 => ::std::result::Result::Err(runtime::client::Error::Failure(
                CommitReservationFailure::Unauthorized(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            404 => ::std::result::Result::Err(runtime::client::Error::Failure(
                CommitReservationFailure::NotFound(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            409 => ::std::result::Result::Err(runtime::client::Error::Failure(
                CommitReservationFailure::Conflict(
                    response
                        .json::<models::Refusal>("application/problem+json")
                        .await?,
                ),
            )),
            429 => ::std::result::Result::Err(runtime::client::Error::Failure(
                CommitReservationFailure::TooManyRequests {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            503 => ::std::result::Result::Err(runtime::client::Error::Failure(
                CommitReservationFailure::ServiceUnavailable {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// Read a reservation.
    ///
    /// `GET /reservations/{id}`
    pub async fn get_reservation(
        &self,
        parameters: GetReservationParameters,
    ) -> ::std::result::Result<GetReservationSuccess, runtime::client::Error<GetReservationFailure>>
    {
        let mut request = runtime::client::Request::new("GET", "/reservations/{id}");
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
            200 => ::std::result::Result::Ok(GetReservationSuccess::Ok(
                response
                    .json::<models::Reservation>("application/json")
                    .await?,
            )),
            400 => ::std::result::Result::Err(runtime::client::Error::Failure(
                GetReservationFailure::BadRequest(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            401 => ::std::result::Result::Err(runtime::client::Error::Failure(
                GetReservationFailure::Unauthorized(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            404 => ::std::result::Result::Err(runtime::client::Error::Failure(
                GetReservationFailure::NotFound(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            429 => ::std::result::Result::Err(runtime::client::Error::Failure(
                GetReservationFailure::TooManyRequests {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            503 => ::std::result::Result::Err(runtime::client::Error::Failure(
                GetReservationFailure::ServiceUnavailable {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// List the reservations that hold or have taken stock, in the sequence of their ids.
    ///
    /// `GET /reservations`
    pub async fn list_reservations(
        &self,
        parameters: ListReservationsParameters,
    ) -> ::std::result::Result<
        ListReservationsSuccess,
        runtime::client::Error<ListReservationsFailure>,
    > {
        let mut request = runtime::client::Request::new("GET", "/reservations");
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
            200 => ::std::result::Result::Ok(ListReservationsSuccess::Ok(
                response
                    .json::<::std::vec::Vec<models::Reservation>>("application/json")
                    .await?,
            )),
            400 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ListReservationsFailure::BadRequest(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            401 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ListReservationsFailure::Unauthorized(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            429 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ListReservationsFailure::TooManyRequests {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            503 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ListReservationsFailure::ServiceUnavailable {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// Give back everything that a reservation holds or has taken.
    ///
    /// Also of a committed reservation, whose goods return to the stock. Releasing an id that is not known yet
    /// is remembered: a reservation that arrives later with this id holds nothing.
    ///
    /// `DELETE /reservations/{id}`
    pub async fn release(
        &self,
        parameters: ReleaseParameters,
    ) -> ::std::result::Result<ReleaseSuccess, runtime::client::Error<ReleaseFailure>> {
        let mut request = runtime::client::Request::new("DELETE", "/reservations/{id}");
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
            200 => ::std::result::Result::Ok(ReleaseSuccess::Ok(
                response
                    .json::<models::Reservation>("application/json")
                    .await?,
            )),
            400 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ReleaseFailure::BadRequest(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            401 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ReleaseFailure::Unauthorized(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            429 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ReleaseFailure::TooManyRequests {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            503 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ReleaseFailure::ServiceUnavailable {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// Hold stock.
    ///
    /// Holds each item completely or not at all, until the reservation expires. The same id again returns the
    /// reservation as it is now, and holds nothing more.
    ///
    /// `PUT /reservations/{id}`
    pub async fn reserve(
        &self,
        parameters: ReserveParameters,
        body: models::ReservationRequest,
    ) -> ::std::result::Result<ReserveSuccess, runtime::client::Error<ReserveFailure>> {
        let mut request = runtime::client::Request::new("PUT", "/reservations/{id}");
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
            200 => ::std::result::Result::Ok(ReserveSuccess::Ok(
                response
                    .json::<models::Reservation>("application/json")
                    .await?,
            )),
            400 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ReserveFailure::BadRequest(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            401 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ReserveFailure::Unauthorized(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            422 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ReserveFailure::UnprocessableContent(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            429 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ReserveFailure::TooManyRequests {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            503 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ReserveFailure::ServiceUnavailable {
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

/// The parameters of `POST /reservations/{id}/commit`.
#[derive(Debug, Clone, PartialEq)]
pub struct CommitReservationParameters {
    /// The id, chosen by the client
    pub id: ::std::string::String,
}

/// The successful responses of `POST /reservations/{id}/commit`.
#[derive(Debug, Clone, PartialEq)]
pub enum CommitReservationSuccess {
    /// The committed reservation
    Ok(models::Reservation),
}

/// The other responses of `POST /reservations/{id}/commit`.
#[derive(Debug, Clone, PartialEq)]
pub enum CommitReservationFailure {
    /// The request does not match the contract
    BadRequest(models::Problem),
    /// No token, or an invalid one
    Unauthorized(models::Problem),
    /// There is nothing with this id
    NotFound(models::Problem),
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

/// The parameters of `GET /reservations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub struct GetReservationParameters {
    /// The id, chosen by the client
    pub id: ::std::string::String,
}

/// The successful responses of `GET /reservations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetReservationSuccess {
    /// The reservation
    Ok(models::Reservation),
}

/// The other responses of `GET /reservations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetReservationFailure {
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

/// The parameters of `GET /reservations`.
#[derive(Debug, Clone, PartialEq)]
pub struct ListReservationsParameters {
    /// Maximum number of entries
    pub limit: ::std::option::Option<i32>,
    /// Only ids that sort after this one
    pub after: ::std::option::Option<::std::string::String>,
}

/// The successful responses of `GET /reservations`.
#[derive(Debug, Clone, PartialEq)]
pub enum ListReservationsSuccess {
    /// Reservations that are `held` or `committed`
    Ok(::std::vec::Vec<models::Reservation>),
}

/// The other responses of `GET /reservations`.
#[derive(Debug, Clone, PartialEq)]
pub enum ListReservationsFailure {
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

/// The parameters of `DELETE /reservations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleaseParameters {
    /// The id, chosen by the client
    pub id: ::std::string::String,
}

/// The successful responses of `DELETE /reservations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum ReleaseSuccess {
    /// The released reservation
    Ok(models::Reservation),
}

/// The other responses of `DELETE /reservations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum ReleaseFailure {
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

/// The parameters of `PUT /reservations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub struct ReserveParameters {
    /// The id, chosen by the client
    pub id: ::std::string::String,
}

/// The successful responses of `PUT /reservations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum ReserveSuccess {
    /// The reservation; the status of each item says whether it is held
    Ok(models::Reservation),
}

/// The other responses of `PUT /reservations/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum ReserveFailure {
    /// The request does not match the contract
    BadRequest(models::Problem),
    /// No token, or an invalid one
    Unauthorized(models::Problem),
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
