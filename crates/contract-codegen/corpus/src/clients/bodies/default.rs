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

    /// encoded.
    ///
    /// `POST /encoded`
    pub async fn encoded(
        &self,
        body: models::Lists,
    ) -> ::std::result::Result<EncodedSuccess, runtime::client::Error<EncodedFailure>> {
        let mut request = runtime::client::Request::new("POST", "/encoded");
        request.form(
            "application/x-www-form-urlencoded",
            &body,
            &[("comma", ","), ("pipe", "|"), ("space", " ")],
        );
        request.accept(&["application/json"]);
        let response = self.0.send(request).await?;
        match response.status() {
            200 => ::std::result::Result::Ok(EncodedSuccess::Ok(
                response
                    .json::<runtime::serde_json::Value>("application/json")
                    .await?,
            )),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// form.
    ///
    /// `POST /form`
    pub async fn form(
        &self,
        body: models::Pet,
    ) -> ::std::result::Result<FormSuccess, runtime::client::Error<FormFailure>> {
        let mut request = runtime::client::Request::new("POST", "/form");
        request.form("application/x-www-form-urlencoded", &body, &[]);
        request.accept(&["application/json"]);
        let response = self.0.send(request).await?;
        match response.status() {
            200 => ::std::result::Result::Ok(FormSuccess::Ok(
                response
                    .json::<runtime::serde_json::Value>("application/json")
                    .await?,
            )),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// multipart.
    ///
    /// `POST /multipart`
    pub async fn multipart(
        &self,
        body: models::Upload,
    ) -> ::std::result::Result<MultipartSuccess, runtime::client::Error<MultipartFailure>> {
        let mut request = runtime::client::Request::new("POST", "/multipart");
        request.multipart("multipart/form-data", &body);
        request.accept(&["application/json"]);
        let response = self.0.send(request).await?;
        match response.status() {
            200 => ::std::result::Result::Ok(MultipartSuccess::Ok(
                response
                    .json::<runtime::serde_json::Value>("application/json")
                    .await?,
            )),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// optional.
    ///
    /// `POST /optional`
    pub async fn optional(
        &self,
        body: ::std::option::Option<models::Pet>,
    ) -> ::std::result::Result<OptionalSuccess, runtime::client::Error<OptionalFailure>> {
        let mut request = runtime::client::Request::new("POST", "/optional");
        if let ::std::option::Option::Some(body) = body {
            request.json("application/json", &body);
        }
        request.accept(&["application/json"]);
        let response = self.0.send(request).await?;
        match response.status() {
            200 => ::std::result::Result::Ok(OptionalSuccess::Ok(
                response
                    .json::<runtime::serde_json::Value>("application/json")
                    .await?,
            )),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// several.
    ///
    /// `PUT /several`
    pub async fn several(
        &self,
        body: SeveralBody,
    ) -> ::std::result::Result<SeveralSuccess, runtime::client::Error<SeveralFailure>> {
        let mut request = runtime::client::Request::new("PUT", "/several");
        match body {
            SeveralBody::Json(body) => request.json("application/json", &body),
            SeveralBody::Form(body) => {
                request.form("application/x-www-form-urlencoded", &body, &[])
            }
            SeveralBody::Text(body) => request.text("text/plain", &body),
            SeveralBody::Xml(body) => request.bytes("application/xml", body),
            SeveralBody::Image(body) => request.binary("image/*", body),
        };
        request.accept(&["application/json"]);
        let response = self.0.send(request).await?;
        match response.status() {
            200 => ::std::result::Result::Ok(SeveralSuccess::Ok(
                response
                    .json::<runtime::serde_json::Value>("application/json")
                    .await?,
            )),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// text.
    ///
    /// `POST /text`
    pub async fn text(
        &self,
        body: i64,
    ) -> ::std::result::Result<TextSuccess, runtime::client::Error<TextFailure>> {
        let mut request = runtime::client::Request::new("POST", "/text");
        request.text("text/plain", &body);
        request.accept(&["application/json"]);
        let response = self.0.send(request).await?;
        match response.status() {
            200 => ::std::result::Result::Ok(TextSuccess::Ok(
                response
                    .json::<runtime::serde_json::Value>("application/json")
                    .await?,
            )),
            _ => ::std::result::Result::Err(response.undeclared().await),
        }
    }

    /// vendor.
    ///
    /// `POST /problem`
    pub async fn vendor(
        &self,
        body: models::Pet,
    ) -> ::std::result::Result<VendorSuccess, runtime::client::Error<VendorFailure>> {
        let mut request = runtime::client::Request::new("POST", "/problem");
        request.json("application/vnd.pet+json", &body);
        request.accept(&["application/json"]);
        let response = self.0.send(request).await?;
        match response.status() {
            200 => ::std::result::Result::Ok(VendorSuccess::Ok(
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

/// The successful responses of `POST /encoded`.
#[derive(Debug, Clone, PartialEq)]
pub enum EncodedSuccess {
    /// What was read
    Ok(runtime::serde_json::Value),
}

/// The other responses of `POST /encoded`.
#[derive(Debug, Clone, PartialEq)]
pub enum EncodedFailure {}

/// The successful responses of `POST /form`.
#[derive(Debug, Clone, PartialEq)]
pub enum FormSuccess {
    /// What was read
    Ok(runtime::serde_json::Value),
}

/// The other responses of `POST /form`.
#[derive(Debug, Clone, PartialEq)]
pub enum FormFailure {}

/// The successful responses of `POST /multipart`.
#[derive(Debug, Clone, PartialEq)]
pub enum MultipartSuccess {
    /// What was read
    Ok(runtime::serde_json::Value),
}

/// The other responses of `POST /multipart`.
#[derive(Debug, Clone, PartialEq)]
pub enum MultipartFailure {}

/// The successful responses of `POST /optional`.
#[derive(Debug, Clone, PartialEq)]
pub enum OptionalSuccess {
    /// What was read
    Ok(runtime::serde_json::Value),
}

/// The other responses of `POST /optional`.
#[derive(Debug, Clone, PartialEq)]
pub enum OptionalFailure {}

/// The body of `PUT /several`, by its media type.
#[derive(Debug, Clone, PartialEq)]
pub enum SeveralBody {
    /// `application/json`
    Json(models::Pet),
    /// `application/x-www-form-urlencoded`
    Form(models::Pet),
    /// `text/plain`
    Text(::std::string::String),
    /// `application/xml`
    Xml(runtime::bytes::Bytes),
    /// `image/*`
    Image(runtime::Binary),
}

/// The successful responses of `PUT /several`.
#[derive(Debug, Clone, PartialEq)]
pub enum SeveralSuccess {
    /// What was read
    Ok(runtime::serde_json::Value),
}

/// The other responses of `PUT /several`.
#[derive(Debug, Clone, PartialEq)]
pub enum SeveralFailure {}

/// The successful responses of `POST /text`.
#[derive(Debug, Clone, PartialEq)]
pub enum TextSuccess {
    /// What was read
    Ok(runtime::serde_json::Value),
}

/// The other responses of `POST /text`.
#[derive(Debug, Clone, PartialEq)]
pub enum TextFailure {}

/// The successful responses of `POST /problem`.
#[derive(Debug, Clone, PartialEq)]
pub enum VendorSuccess {
    /// What was read
    Ok(runtime::serde_json::Value),
}

/// The other responses of `POST /problem`.
#[derive(Debug, Clone, PartialEq)]
pub enum VendorFailure {}
