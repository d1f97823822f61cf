//! The webhooks of the contract.

use ::contract_runtime as runtime;

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
    ) -> ::std::result::Result<PostThingSuccess, runtime::client::Error<PostThingFailure>> {
        let request = runtime::client::Request::to("POST", url);
        let response = self.0.send(request).await?;
        match response.status() {
            200 => ::std::result::Result::Ok(PostThingSuccess::Ok),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }
}

/// The successful responses of `POST` of the webhook `thing`.
#[derive(Debug, Clone, PartialEq)]
pub enum PostThingSuccess {
    /// ok
    Ok,
}

/// The other responses of `POST` of the webhook `thing`.
#[derive(Debug, Clone, PartialEq)]
pub enum PostThingFailure {}
