//! Order Processing API 2.1.0: made by crates/codegen/ from its contract. Never edit it; change the contract.
//!
//! One module for each tag holds its trait, parameters, answers and routes. [`models`] holds the
//! schemas, [`support`] what every contract needs.

// What a contract is like shows in what is made of it: long lists, names alike, limits that say
// nothing. Lints that look for faults stay; those that judge taste do not apply.
#![allow(
    clippy::style,
    clippy::complexity,
    clippy::perf,
    clippy::result_large_err
)]

pub mod health;
pub mod models;
pub mod orders;
pub mod security;
pub mod support;

/// The path of the contract's first server, which comes before every path. [`configure`] leaves it
/// to a scope, because a proxy may take it away.
#[allow(dead_code)]
pub const BASE_PATH: &::core::primitive::str = "";

/// Adds every route of the contract. A tag without an implementation does not compile.
pub fn configure<S: security::Authenticate>(
    service: &mut ::actix_web::web::ServiceConfig,
    security: &::actix_web::web::Data<S>,
    health: &::actix_web::web::Data<impl health::HealthApi>,
    orders: &::actix_web::web::Data<impl orders::OrdersApi<Caller = S::Caller>>,
) {
    let mut router = support::Router::default();
    health::routes(&mut router, health);
    orders::routes(&mut router, orders, security);
    router.configure(service);
}
