//! Order Processing API 1.0.0: made by codegen/ from api/openapi.yaml. Never edit it; change the contract.
//!
//! One module for each tag holds its trait, parameters, answers and routes. [`models`] holds the
//! schemas, [`support`] what every contract needs.

pub mod models;
pub mod support;

pub mod health;

pub mod orders;
