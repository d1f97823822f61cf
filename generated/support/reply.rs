//! Writing an answer.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde::Serialize;

/// An answer under construction.
pub struct Reply(HttpResponseBuilder);

impl Reply {
    /// An answer with this status.
    pub fn new(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self(HttpResponse::build(status))
    }

    /// With a header; a value that no header can carry makes the answer a 500.
    pub fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        match HeaderValue::from_str(&value.to_string()) {
            Ok(value) => self.0.insert_header((HeaderName::from_static(name), value)),
            Err(_) => self.0.status(StatusCode::INTERNAL_SERVER_ERROR),
        };
        self
    }

    /// With a header, when there is a value.
    pub fn optional_header(self, name: &'static str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.header(name, value),
            None => self,
        }
    }

    /// With a JSON body.
    pub fn json(mut self, media_type: &'static str, body: &impl Serialize) -> HttpResponse {
        match serde_json::to_vec(body) {
            Ok(body) => self.0.content_type(media_type).body(body),
            Err(error) => {
                HttpResponse::from_error(actix_web::error::ErrorInternalServerError(error))
            }
        }
    }

    /// Without a body.
    pub fn empty(mut self) -> HttpResponse {
        self.0.finish()
    }
}
