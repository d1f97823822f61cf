//! Contract-first order processing.
//!
//! A request passes through [`generated`], which parses and validates it according to the contract;
//! [`api`], which calls the database layer and maps the result; and [`db`], which stores the order
//! together with the intent to start its workflow. [`workflow`] completes the order. [`domain`]
//! depends on no other module; only [`server`] depends on `api`.

pub mod api;
pub mod auth;
pub mod commands;
pub mod config;
pub mod db;
pub mod domain;
pub mod error;
pub mod feed;
#[path = "../generated/server/mod.rs"]
pub mod generated;
pub mod health;
pub mod partners;
pub mod server;
pub mod telemetry;
pub mod tls;
pub mod webhooks;
pub mod workflow;
