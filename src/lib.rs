//! Contract-first order processing.
//!
//! A request goes one way: [`generated`] parses and validates it as the contract says, [`api`]
//! calls and maps, [`db`] stores the order together with what Temporal must hear, and [`workflow`]
//! carries it to its end. [`domain`] knows nobody; nobody but [`server`] knows `api`.

pub mod api;
pub mod auth;
pub mod commands;
pub mod config;
pub mod db;
pub mod domain;
pub mod error;
#[path = "../generated/mod.rs"]
pub mod generated;
pub mod server;
pub mod telemetry;
pub mod tls;
pub mod workflow;
