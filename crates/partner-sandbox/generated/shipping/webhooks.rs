//! The webhooks of the contract.

use ::contract_runtime as runtime;

use super::models;

/// Calls the webhooks of the contract.
#[derive(Debug, Clone)]
pub struct WebhooksClient(pub runtime::client::Client);

impl WebhooksClient {
    /// A shipment has changed.
    ///
    /// Signed with the headers `webhook-id`, `webhook-timestamp` and `webhook-signature` (Standard Webhooks 1.0.0).
    /// Any answer but 2xx is tried again.
    ///
    /// `POST` of the webhook `shipmentChanged`
    pub async fn shipment_changed(
        &self,
        url: &::std::primitive::str,
        body: models::ShipmentChanged,
    ) -> ::std::result::Result<ShipmentChangedSuccess, runtime::client::Error<ShipmentChangedFailure>>
    {
        let mut request = runtime::client::Request::to("POST", url);
        request.json("application/json", &body);
        request.accept(&["application/problem+json"]);
        let response = self.0.send(request).await?;
        match response.status() {
            204 => ::std::result::Result::Ok(ShipmentChangedSuccess::NoContent),
            400 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ShipmentChangedFailure::BadRequest(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            401 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ShipmentChangedFailure::Unauthorized(
                    response
                        .json::<models::Problem>("application/problem+json")
                        .await?,
                ),
            )),
            503 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ShipmentChangedFailure::ServiceUnavailable {
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

/// The successful responses of `POST` of the webhook `shipmentChanged`.
#[derive(Debug, Clone, PartialEq)]
pub enum ShipmentChangedSuccess {
    /// Noted
    NoContent,
}

/// The other responses of `POST` of the webhook `shipmentChanged`.
#[derive(Debug, Clone, PartialEq)]
pub enum ShipmentChangedFailure {
    /// The request does not match the contract
    BadRequest(models::Problem),
    /// No token, or an invalid one
    Unauthorized(models::Problem),
    /// Overloaded or under maintenance; retry after `Retry-After`
    ServiceUnavailable {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry
        retry_after: i32,
    },
}
