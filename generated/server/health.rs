//! The operations tagged `Health`.

use ::contract_runtime as runtime;

use super::models;

/// What an implementation of the operations tagged `Health` must provide.
///
/// A method is called only after parameters and body passed every check of the contract.
pub trait HealthApi: 'static {
    /// Liveness probe.
    ///
    /// Returns 200 as long as the process serves requests; checks no dependency.
    ///
    /// `GET /healthz`
    fn get_liveness(
        &self,
    ) -> impl ::std::future::Future<Output = ::std::result::Result<GetLivenessSuccess, GetLivenessFailure>>;

    /// Readiness probe.
    ///
    /// Reports whether requests can be served, with the state of each dependency. Only dependencies
    /// that requests need make the process unready; Temporal is reported, but orders are accepted
    /// while it is down.
    ///
    /// `GET /readyz`
    fn get_readiness(
        &self,
    ) -> impl ::std::future::Future<
        Output = ::std::result::Result<GetReadinessSuccess, GetReadinessFailure>,
    >;
}

/// Adds the routes of these operations; `api` serves them.
pub fn routes<A: HealthApi>(
    router: &mut runtime::server::Router,
    api: &runtime::actix_web::web::Data<A>,
) {
    router.add(
        runtime::actix_web::http::Method::GET,
        "/healthz",
        api.clone(),
        self::get_liveness::<A>,
    );
    router.add(
        runtime::actix_web::http::Method::GET,
        "/readyz",
        api.clone(),
        self::get_readiness::<A>,
    );
}

/// The successful responses of `GET /healthz`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetLivenessSuccess {
    /// The process is alive
    Ok(models::Liveness),
}

impl runtime::server::Respond for GetLivenessSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `GET /healthz`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetLivenessFailure {
    /// The request did not arrive in time
    RequestTimeout(models::Problem),
}

impl runtime::server::Respond for GetLivenessFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::RequestTimeout(body) => {
                runtime::server::Reply::new(408).json("application/problem+json", &body)
            }
        }
    }
}

async fn get_liveness<A: HealthApi>(
    api: runtime::actix_web::web::Data<A>,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let answer = HealthApi::get_liveness(&**api).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}

/// The successful responses of `GET /readyz`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetReadinessSuccess {
    /// Requests can be served
    Ok(models::Readiness),
}

impl runtime::server::Respond for GetReadinessSuccess {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::Ok(body) => runtime::server::Reply::new(200).json("application/json", &body),
        }
    }
}

/// The other responses of `GET /readyz`.
#[derive(Debug, Clone, PartialEq)]
pub enum GetReadinessFailure {
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

impl runtime::server::Respond for GetReadinessFailure {
    fn respond(self) -> runtime::actix_web::HttpResponse {
        match self {
            Self::RequestTimeout(body) => {
                runtime::server::Reply::new(408).json("application/problem+json", &body)
            }
            Self::ServiceUnavailable { body, retry_after } => runtime::server::Reply::new(503)
                .header("retry-after", retry_after)
                .json("application/problem+json", &body),
        }
    }
}

async fn get_readiness<A: HealthApi>(
    api: runtime::actix_web::web::Data<A>,
) -> ::std::result::Result<runtime::actix_web::HttpResponse, runtime::server::Rejection> {
    let answer = HealthApi::get_readiness(&**api).await;
    ::std::result::Result::Ok(runtime::server::respond(answer))
}
