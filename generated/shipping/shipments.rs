//! The operations tagged `Shipments`.

use ::contract_runtime as runtime;

use super::models;
use super::security;

/// Calls the operations tagged `Shipments`.
#[derive(Debug, Clone)]
pub struct ShipmentsClient(pub runtime::client::Client);

impl ShipmentsClient {
    /// Cancel a shipment that is not dispatched.
    ///
    /// Refused once it is dispatched. Cancelling an id that is not known yet is remembered: a shipment that arrives
    /// later with this id is cancelled.
    ///
    /// `POST /shipments/{id}/cancel`
    pub async fn cancel_shipment(
        &self,
        parameters: CancelShipmentParameters,
    ) -> ::std::result::Result<CancelShipmentSuccess, runtime::client::Error<CancelShipmentFailure>>
    {
        let mut request = runtime::client::Request::new("POST", "/shipments/{id}/cancel");
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
            200 => ::std::result::Result::Ok(CancelShipmentSuccess::Ok(
                response
                    .json::<models::Shipment>("application/json")
                    .await?,
            )),
            400 => ::std::result::Result::Err(runtime::client::Error::Failure(
                CancelShipmentFailure::BadRequest(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            401 => ::std::result::Result::Err(runtime::client::Error::Failure(
                CancelShipmentFailure::Unauthorized(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            409 => ::std::result::Result::Err(runtime::client::Error::Failure(
                CancelShipmentFailure::Conflict(
                    response
                        .json::<models::Refusal>("application/problem+json")
                        .await?,
                ),
            )),
            429 => ::std::result::Result::Err(runtime::client::Error::Failure(
                CancelShipmentFailure::TooManyRequests {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            503 => ::std::result::Result::Err(runtime::client::Error::Failure(
                CancelShipmentFailure::ServiceUnavailable {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// Read a shipment.
    ///
    /// `GET /shipments/{id}`
    pub async fn get_shipment(
        &self,
        parameters: GetShipmentParameters,
    ) -> ::std::result::Result<GetShipmentSuccess, runtime::client::Error<GetShipmentFailure>> {
        let mut request = runtime::client::Request::new("GET", "/shipments/{id}");
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
            200 => ::std::result::Result::Ok(GetShipmentSuccess::Ok(
                response
                    .json::<models::Shipment>("application/json")
                    .await?,
            )),
            400 => ::std::result::Result::Err(runtime::client::Error::Failure(
                GetShipmentFailure::BadRequest(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            401 => ::std::result::Result::Err(runtime::client::Error::Failure(
                GetShipmentFailure::Unauthorized(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            404 => ::std::result::Result::Err(runtime::client::Error::Failure(
                GetShipmentFailure::NotFound(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            429 => ::std::result::Result::Err(runtime::client::Error::Failure(
                GetShipmentFailure::TooManyRequests {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            503 => ::std::result::Result::Err(runtime::client::Error::Failure(
                GetShipmentFailure::ServiceUnavailable {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// List the shipments that are not cancelled, in the sequence of their ids.
    ///
    /// `GET /shipments`
    pub async fn list_shipments(
        &self,
        parameters: ListShipmentsParameters,
    ) -> ::std::result::Result<ListShipmentsSuccess, runtime::client::Error<ListShipmentsFailure>>
    {
        let mut request = runtime::client::Request::new("GET", "/shipments");
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
            200 => ::std::result::Result::Ok(ListShipmentsSuccess::Ok(
                response
                    .json::<::std::vec::Vec<models::Shipment>>("application/json")
                    .await?,
            )),
            400 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ListShipmentsFailure::BadRequest(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            401 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ListShipmentsFailure::Unauthorized(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            429 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ListShipmentsFailure::TooManyRequests {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            503 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ListShipmentsFailure::ServiceUnavailable {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// Ship a parcel.
    ///
    /// The same id again returns the shipment as it is now.
    ///
    /// `PUT /shipments/{id}`
    pub async fn ship(
        &self,
        parameters: ShipParameters,
        body: models::ShipmentRequest,
    ) -> ::std::result::Result<ShipSuccess, runtime::client::Error<ShipFailure>> {
        let mut request = runtime::client::Request::new("PUT", "/shipments/{id}");
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
            200 => ::std::result::Result::Ok(ShipSuccess::Ok(
                response
                    .json::<models::Shipment>("application/json")
                    .await?,
            )),
            400 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ShipFailure::BadRequest(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            401 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ShipFailure::Unauthorized(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            409 => {
                ::std::result::Result::Err(runtime::client::Error::Failure(ShipFailure::Conflict(
                    response
                        .json::<models::Refusal>("application/problem+json")
                        .await?,
                )))
            }
            422 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ShipFailure::UnprocessableContent(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            429 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ShipFailure::TooManyRequests {
                    retry_after: response.header("retry-after")?,
                    body: response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                },
            )),
            503 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ShipFailure::ServiceUnavailable {
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

/// The parameters of `POST /shipments/{id}/cancel`.
#[derive(Debug, Clone, PartialEq)]
pub struct CancelShipmentParameters {
    /// The id, chosen by the client
    pub id: ::std::string::String,
}

/// The successful responses of `POST /shipments/{id}/cancel`.
#[derive(Debug, Clone, PartialEq)]
pub enum CancelShipmentSuccess {
    /// The cancelled shipment
    Ok(models::Shipment),
}

/// The other responses of `POST /shipments/{id}/cancel`.
#[derive(Debug, Clone, PartialEq)]
pub enum CancelShipmentFailure {
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

/// The parameters of `GET /shipments/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub struct GetShipmentParameters {
    /// The id, chosen by the client
    pub id: ::std::string::String,
}

/// The successful responses of `GET /shipments/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetShipmentSuccess {
    /// The shipment
    Ok(models::Shipment),
}

/// The other responses of `GET /shipments/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetShipmentFailure {
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

/// The parameters of `GET /shipments`.
#[derive(Debug, Clone, PartialEq)]
pub struct ListShipmentsParameters {
    /// Maximum number of entries
    pub limit: ::std::option::Option<i32>,
    /// Only ids that sort after this one
    pub after: ::std::option::Option<::std::string::String>,
}

/// The successful responses of `GET /shipments`.
#[derive(Debug, Clone, PartialEq)]
pub enum ListShipmentsSuccess {
    /// Shipments that are not `cancelled`
    Ok(::std::vec::Vec<models::Shipment>),
}

/// The other responses of `GET /shipments`.
#[derive(Debug, Clone, PartialEq)]
pub enum ListShipmentsFailure {
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

/// The parameters of `PUT /shipments/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub struct ShipParameters {
    /// The id, chosen by the client
    pub id: ::std::string::String,
}

/// The successful responses of `PUT /shipments/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum ShipSuccess {
    /// The shipment
    Ok(models::Shipment),
}

/// The other responses of `PUT /shipments/{id}`.
#[derive(Debug, Clone, PartialEq)]
pub enum ShipFailure {
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
