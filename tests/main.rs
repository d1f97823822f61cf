//! Tests against real servers; each test has its own database and task queue.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod harness;

mod administration;
mod auth;
mod backup;
mod batching;
mod command_line;
mod console;
mod contract_page;
mod database;
mod deploy;
mod errors;
mod failover;
mod feed;
mod fulfilment;
mod fuzz;
mod hardening;
mod history;
mod hosts;
mod idempotency;
mod metrics;
mod model;
mod orders;
mod outages;
mod ownership;
mod partitions;
mod pooler;
mod reconciler;
mod sdk;
mod settings;
mod statements;
mod tls;
mod traces;
mod webhooks;
mod workflow;
