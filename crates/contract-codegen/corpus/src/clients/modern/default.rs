//! The operations tagged `default`.

use ::contract_runtime as runtime;

use super::models;

/// Calls the operations tagged `default`.
#[derive(Debug, Clone)]
pub struct DefaultClient(pub runtime::client::Client);

impl DefaultClient {
    /// bytes.
    ///
    /// `POST /bytes`
    pub async fn bytes(
        &self,
        body: runtime::bytes::Bytes,
    ) -> ::std::result::Result<BytesSuccess, runtime::client::Error<BytesFailure>> {
        let mut request = runtime::client::Request::new("POST", "/bytes");
        request.bytes("application/octet-stream", body);
        request.accept(&["application/json"]);
        let response = self.0.send(request).await?;
        match response.status() {
            200 => ::std::result::Result::Ok(BytesSuccess::Ok(
                response
                    .json::<runtime::serde_json::Value>("application/json")
                    .await?,
            )),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// modern.
    ///
    /// `POST /modern`
    pub async fn modern(
        &self,
        body: models::Modern,
    ) -> ::std::result::Result<ModernSuccess, runtime::client::Error<ModernFailure>> {
        let mut request = runtime::client::Request::new("POST", "/modern");
        request.json("application/json", &body);
        request.accept(&["application/json"]);
        let response = self.0.send(request).await?;
        match response.status() {
            200 => ::std::result::Result::Ok(ModernSuccess::Ok(
                response
                    .json::<runtime::serde_json::Value>("application/json")
                    .await?,
            )),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }
}

/// The successful responses of `POST /bytes`.
#[derive(Debug, Clone, PartialEq)]
pub enum BytesSuccess {
    /// What was read
    Ok(runtime::serde_json::Value),
}

/// The other responses of `POST /bytes`.
#[derive(Debug, Clone, PartialEq)]
pub enum BytesFailure {}

/// The successful responses of `POST /modern`.
#[derive(Debug, Clone, PartialEq)]
pub enum ModernSuccess {
    /// What was read
    Ok(runtime::serde_json::Value),
}

/// The other responses of `POST /modern`.
#[derive(Debug, Clone, PartialEq)]
pub enum ModernFailure {}
