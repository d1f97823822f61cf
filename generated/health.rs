//! The operations tagged `Health`.

#![allow(unused_imports)]

use std::collections::BTreeMap;
use std::future::Future;

use actix_web::http::{Method, StatusCode};
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpRequest, HttpResponse, Responder};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use super::models;

use super::support::{
    Base64, Binary, DecimalText, EventStream, File, Input, Json, Pattern, Rejection, Reply, Router,
    all_unique, fixed, is_multiple,
};

/// What an implementation of `Health` has to do.
///
/// Parameters and bodies have passed every check of the contract when a method is called.
pub trait HealthApi: 'static {
    /// Is the process alive.
    ///
    /// Answers 200 as long as the process serves requests; asks nothing else.
    ///
    /// `GET /healthz`
    fn get_liveness(&self) -> impl Future<Output = GetLivenessResponse>;

    /// Can the process serve.
    ///
    /// Says whether requests can be served, and names each dependency with its state. Only what
    /// requests need makes the process unready; Temporal is reported, but orders are accepted
    /// without it.
    ///
    /// `GET /readyz`
    fn get_readiness(&self) -> impl Future<Output = GetReadinessResponse>;
}

/// Adds the routes of these operations, served by `api`.
pub fn routes<A: HealthApi>(router: &mut Router, api: &Data<A>) {
    router.add(Method::GET, "/healthz", api.clone(), get_liveness::<A>);
    router.add(Method::GET, "/readyz", api.clone(), get_readiness::<A>);
}

/// The answers of `GET /healthz`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetLivenessResponse {
    /// It is alive
    Ok(models::Liveness),
    /// The request did not arrive in time
    RequestTimeout(models::Problem),
}

impl Responder for GetLivenessResponse {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _request: &HttpRequest) -> HttpResponse {
        match self {
            Self::Ok(body) => Reply::new(200).json("application/json", &body),
            Self::RequestTimeout(body) => Reply::new(408).json("application/problem+json", &body),
        }
    }
}

async fn get_liveness<A: HealthApi>(api: Data<A>) -> Result<GetLivenessResponse, actix_web::Error> {
    Ok(HealthApi::get_liveness(&**api).await)
}

/// The answers of `GET /readyz`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetReadinessResponse {
    /// Requests can be served
    Ok(models::Readiness),
    /// The request did not arrive in time
    RequestTimeout(models::Problem),
    /// Requests can not be served; the problem's `detail` names what is missing
    ServiceUnavailable {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// How many seconds to wait before trying again (RFC 9110, section 10.2.3)
        retry_after: i32,
    },
}

impl Responder for GetReadinessResponse {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _request: &HttpRequest) -> HttpResponse {
        match self {
            Self::Ok(body) => Reply::new(200).json("application/json", &body),
            Self::RequestTimeout(body) => Reply::new(408).json("application/problem+json", &body),
            Self::ServiceUnavailable { body, retry_after } => Reply::new(503)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
        }
    }
}

async fn get_readiness<A: HealthApi>(
    api: Data<A>,
) -> Result<GetReadinessResponse, actix_web::Error> {
    Ok(HealthApi::get_readiness(&**api).await)
}
