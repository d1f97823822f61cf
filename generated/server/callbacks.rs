//! The callbacks of the contract.

use ::contract_runtime as runtime;

use super::models;

/// Calls the callbacks of the contract.
#[derive(Debug, Clone)]
pub struct CallbacksClient(pub runtime::client::Client);

impl CallbacksClient {
    /// Receive an event.
    ///
    /// Sent for every event that the endpoint wants, as Standard Webhooks 1.0.0 describes: at least
    /// once, and in sequence for each order. Verify the signature over `{webhook-id}.{webhook-timestamp}.{body}`
    /// and reject old time stamps. `webhook-id` is the same for each repetition of an event.
    /// Respond within the time limit with any 2xx; 410 disables the endpoint; after any other
    /// response, and after none, the event is sent again, no earlier than `Retry-After` says.
    ///
    /// `POST` of the callback `orderEvent`
    pub async fn receive_order_event(
        &self,
        url: &::std::primitive::str,
        parameters: ReceiveOrderEventParameters,
        body: models::WebhookPayload,
    ) -> ::std::result::Result<
        ReceiveOrderEventSuccess,
        runtime::client::Error<ReceiveOrderEventFailure>,
    > {
        let mut request = runtime::client::Request::to("POST", url);
        {
            let value = &parameters.webhook_id;
            request.header("webhook-id", value, runtime::client::Style::Simple, false);
        }
        {
            let value = &parameters.webhook_timestamp;
            request.header(
                "webhook-timestamp",
                value,
                runtime::client::Style::Simple,
                false,
            );
        }
        {
            let value = &parameters.webhook_signature;
            request.header(
                "webhook-signature",
                value,
                runtime::client::Style::Simple,
                false,
            );
        }
        request.json("application/json", &body);
        let response = self.0.send(request).await?;
        match response.status() {
            204 => ::std::result::Result::Ok(ReceiveOrderEventSuccess::NoContent),
            410 => ::std::result::Result::Err(runtime::client::Error::Failure(
                ReceiveOrderEventFailure::Gone,
            )),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }
}

/// The parameters of `POST` of the callback `orderEvent`.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceiveOrderEventParameters {
    /// Identifies the event
    pub webhook_id: ::std::string::String,
    /// When this attempt was made, in seconds since 1970
    pub webhook_timestamp: i64,
    /// Signatures, separated by spaces; one of them is by the endpoint's current secret
    pub webhook_signature: ::std::string::String,
}

/// The successful responses of `POST` of the callback `orderEvent`.
#[derive(Debug, Clone, PartialEq)]
pub enum ReceiveOrderEventSuccess {
    /// Received
    NoContent,
}

/// The other responses of `POST` of the callback `orderEvent`.
#[derive(Debug, Clone, PartialEq)]
pub enum ReceiveOrderEventFailure {
    /// Send nothing to this URL any more
    Gone,
}
