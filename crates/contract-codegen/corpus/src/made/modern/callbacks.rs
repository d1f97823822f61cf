//! The callbacks of the contract.

use ::contract_runtime as runtime;

/// Calls the callbacks of the contract.
#[derive(Debug, Clone)]
pub struct CallbacksClient(pub runtime::client::Client);

impl CallbacksClient {
    /// done.
    ///
    /// `PUT` of the callback `done`
    pub async fn done(
        &self,
        url: &::std::primitive::str,
        parameters: DoneParameters,
        body: ::std::vec::Vec<::std::string::String>,
    ) -> ::std::result::Result<DoneSuccess, runtime::client::Error<DoneFailure>> {
        let mut request = runtime::client::Request::to("PUT", url);
        if let ::std::option::Option::Some(value) = &parameters.tags {
            request.query("tags", value, runtime::client::Style::Form, false);
        }
        request.json("application/json", &body);
        let response = self.0.send(request).await?;
        match response.status() {
            202 => ::std::result::Result::Ok(DoneSuccess::Accepted {
                x_seen: response.header("x-seen")?,
            }),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }
}

/// The parameters of `PUT` of the callback `done`.
#[derive(Debug, Clone, PartialEq)]
pub struct DoneParameters {
    /// `tags` of the contract.
    pub tags: ::std::option::Option<::std::vec::Vec<::std::string::String>>,
}

/// The successful responses of `PUT` of the callback `done`.
#[derive(Debug, Clone, PartialEq)]
pub enum DoneSuccess {
    /// noted
    Accepted {
        /// `X-Seen`
        x_seen: i64,
    },
}

/// The other responses of `PUT` of the callback `done`.
#[derive(Debug, Clone, PartialEq)]
pub enum DoneFailure {}
