//! Tests against the real servers: each has a database and a task queue of its own.

#![allow(missing_docs)]

mod harness;

mod command_line;
mod contract_page;
mod database;
mod errors;
mod fuzz;
mod orders;
mod workflow;
