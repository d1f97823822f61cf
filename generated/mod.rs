//! Order Processing API 1.1.0: made by codegen/ from api/openapi.yaml. Never edit it; change the contract.
//!
//! One module for each tag holds its trait, parameters, answers and routes. [`models`] holds the
//! schemas, [`support`] what every contract needs.

use actix_web::web::{Data, ServiceConfig};

pub mod health;
pub mod models;
pub mod orders;
pub mod support;

/// Adds every route of the contract. A tag without an implementation does not compile.
#[allow(clippy::too_many_arguments)] // as many as the contract has tags
pub fn configure(
    service: &mut ServiceConfig,
    health: &Data<impl health::HealthApi>,
    orders: &Data<impl orders::OrdersApi>,
) {
    let mut router = support::Router::default();
    health::routes(&mut router, health);
    orders::routes(&mut router, orders);
    router.configure(service);
}
