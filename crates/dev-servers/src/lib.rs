//! PostgreSQL, Temporal and other programs as child processes, on Linux.
//!
//! [`Tools`] finds the programs, [`Postgres`], [`PgBouncer`], [`TemporalServer`] and [`TemporalCluster`] run servers,
//! [`Service`] runs a program such as `orders serve`, [`output`] runs one to its end, and [`DataDirLock`] keeps a second
//! process out of a data directory. The crate does not depend on the order service.
//!
//! What holds for every child:
//!
//! - It has a process group of its own, so Ctrl-C in a terminal reaches only the parent, which decides
//!   the order of the shutdown.
//! - It ends when the parent ends. `stop()` shuts it down in order, dropping it kills it, and when the
//!   parent is killed by SIGKILL, the kernel kills it.
//! - It never blocks the next start: an incomplete data directory never has its final name, and a server
//!   that an earlier run left is stopped first, after checking that it is that server.

mod cluster;
mod cluster_node;
mod command;
mod error;
mod lock;
mod log;
mod pgbouncer;
mod port;
mod postgres;
mod proc_fs;
mod process;
mod run_as;
mod service;
mod stale;
mod temporal;
mod tools;
mod wait;

pub use cluster::{ClusterOptions, TemporalCluster};
pub use command::command;
pub use error::Error;
pub use lock::DataDirLock;
pub use pgbouncer::PgBouncer;
pub use port::lasting_port;
pub use postgres::{Postgres, PostgresOptions};
pub use proc_fs::child_pids;
pub use service::{Service, output};
pub use temporal::{TemporalOptions, TemporalServer};
pub use tools::Tools;
pub use wait::wait_for;
