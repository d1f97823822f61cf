//! Order Processing API 1.1.0: made by codegen/ from its contract. Never edit it; change the contract.
//!
//! One module for each tag holds its trait, parameters, answers and routes. [`models`] holds the
//! schemas, [`support`] what every contract needs.

// What a contract is like shows in what is made of it: long lists, names alike, texts as they are.
#![allow(
    clippy::absurd_extreme_comparisons,
    clippy::doc_lazy_continuation,
    clippy::doc_overindented_list_items,
    clippy::empty_docs,
    clippy::enum_variant_names,
    clippy::excessive_precision,
    clippy::large_enum_variant,
    clippy::match_single_binding,
    clippy::module_inception,
    clippy::never_loop,
    clippy::redundant_closure,
    clippy::result_large_err,
    clippy::struct_field_names,
    clippy::tabs_in_doc_comments,
    clippy::too_many_arguments,
    clippy::type_complexity,
    clippy::upper_case_acronyms
)]

use actix_web::web::{Data, ServiceConfig};

pub mod health;
pub mod models;
pub mod orders;
pub mod support;

/// The path of the contract's first server, which comes before every path. [`configure`] leaves it
/// to a scope, because a proxy may take it away.
#[allow(dead_code)]
pub const BASE_PATH: &str = "";

/// Adds every route of the contract. A tag without an implementation does not compile.
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
