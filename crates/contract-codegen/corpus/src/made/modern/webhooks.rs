//! The webhooks of the contract.

use ::contract_runtime as runtime;

use super::models;

/// Calls the webhooks of the contract.
#[derive(Debug, Clone)]
pub struct WebhooksClient(pub runtime::client::Client);

impl WebhooksClient {
    /// post_thing.
    ///
    /// `POST` of the webhook `thing`
    pub async fn post_thing(
        &self,
        url: &::std::primitive::str,
        parameters: PostThingParameters,
        body: models::Point,
    ) -> ::std::result::Result<PostThingSuccess, runtime::client::Error<PostThingFailure>> {
        let mut request = runtime::client::Request::to("POST", url);
        {
            let value = &parameters.x_try;
            request.header("X-Try", value, runtime::client::Style::Simple, false);
        }
        request.json("application/json", &body);
        request.accept(&["text/plain"]);
        let response = self.0.send(request).await?;
        match response.status() {
            200 => ::std::result::Result::Ok(PostThingSuccess::Ok),
            status @ 400..=499 => ::std::result::Result::Err(runtime::client::Error::Failure(
                PostThingFailure::ClientError {
                    status,
                    body: response.text::<::std::string::String>("text/plain").await?,
                },
            )),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }
}

/// The parameters of `POST` of the webhook `thing`.
#[derive(Debug, Clone, PartialEq)]
pub struct PostThingParameters {
    /// `X-Try` of the contract.
    pub x_try: i64,
}

/// The successful responses of `POST` of the webhook `thing`.
#[derive(Debug, Clone, PartialEq)]
pub enum PostThingSuccess {
    /// ok
    Ok,
}

/// The other responses of `POST` of the webhook `thing`.
#[derive(Debug, Clone, PartialEq)]
pub enum PostThingFailure {
    /// Not now
    ClientError {
        /// The status, from 400 to 499
        status: u16,
        /// The body, as `text/plain`
        body: ::std::string::String,
    },
}
