//! The operations tagged `Health`.

#![allow(unused_imports)] // not every operation needs all of them

use super::{models, support};

/// What an implementation of `Health` must provide.
///
/// A method is called only after parameters and body passed every check of the contract.
pub trait HealthApi: 'static {
    /// Liveness probe.
    ///
    /// Returns 200 as long as the process serves requests; checks no dependency.
    ///
    /// `GET /healthz`
    fn get_liveness(&self) -> impl ::std::future::Future<Output = GetLivenessResponse>;

    /// Readiness probe.
    ///
    /// Reports whether requests can be served, with the state of each dependency. Only dependencies
    /// that requests need make the process unready; Temporal is reported, but orders are accepted
    /// while it is down.
    ///
    /// `GET /readyz`
    fn get_readiness(&self) -> impl ::std::future::Future<Output = GetReadinessResponse>;
}

/// Adds the routes of these operations; `api` serves them.
pub fn routes<A: HealthApi>(router: &mut support::Router, api: &::actix_web::web::Data<A>) {
    router.add(
        ::actix_web::http::Method::GET,
        "/healthz",
        api.clone(),
        self::get_liveness::<A>,
    );
    router.add(
        ::actix_web::http::Method::GET,
        "/readyz",
        api.clone(),
        self::get_readiness::<A>,
    );
}

/// The responses of `GET /healthz`.
#[derive(::std::fmt::Debug, ::std::clone::Clone, ::std::cmp::PartialEq)]
pub enum GetLivenessResponse {
    /// The process is alive
    Ok(models::Liveness),
    /// The request did not arrive in time
    RequestTimeout(models::Problem),
}

impl ::actix_web::Responder for GetLivenessResponse {
    type Body = ::actix_web::body::BoxBody;

    fn respond_to(self, _request: &::actix_web::HttpRequest) -> ::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => support::Reply::new(200).json("application/json", &body),
            Self::RequestTimeout(body) => {
                support::Reply::new(408).json("application/problem+json", &body)
            }
        }
    }
}

async fn get_liveness<A: HealthApi>(
    api: ::actix_web::web::Data<A>,
) -> ::std::result::Result<GetLivenessResponse, ::actix_web::Error> {
    ::std::result::Result::Ok(HealthApi::get_liveness(&**api).await)
}

/// The responses of `GET /readyz`.
#[derive(::std::fmt::Debug, ::std::clone::Clone, ::std::cmp::PartialEq)]
pub enum GetReadinessResponse {
    /// Requests can be served
    Ok(models::Readiness),
    /// The request did not arrive in time
    RequestTimeout(models::Problem),
    /// Requests cannot be served; the problem's `detail` names the missing dependency
    ServiceUnavailable {
        /// The body, as `application/problem+json`
        body: models::Problem,
        /// Seconds to wait before a retry (RFC 9110, section 10.2.3)
        retry_after: i32,
    },
}

impl ::actix_web::Responder for GetReadinessResponse {
    type Body = ::actix_web::body::BoxBody;

    fn respond_to(self, _request: &::actix_web::HttpRequest) -> ::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => support::Reply::new(200).json("application/json", &body),
            Self::RequestTimeout(body) => {
                support::Reply::new(408).json("application/problem+json", &body)
            }
            Self::ServiceUnavailable { body, retry_after } => support::Reply::new(503)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
        }
    }
}

async fn get_readiness<A: HealthApi>(
    api: ::actix_web::web::Data<A>,
) -> ::std::result::Result<GetReadinessResponse, ::actix_web::Error> {
    ::std::result::Result::Ok(HealthApi::get_readiness(&**api).await)
}
