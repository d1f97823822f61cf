//! The servers behind `orders dev`: a real PostgreSQL and a real Temporal dev server, run as child
//! processes.
//!
//! Nothing here knows of orders. [`Tools`] finds the programs, [`Postgres`] and [`TemporalServer`]
//! run them, [`DataDirLock`] keeps a second `orders dev` out of the same data directory.
//!
//! What every child is promised, whatever happens to us:
//!
//! - It stands in a process group of its own, so Ctrl-C in a terminal reaches only us and the
//!   order of shutdown stays ours (`spawn`).
//! - It ends when we do. `stop()` ends it in order, `Drop` at once; where we are killed with
//!   SIGKILL, Linux ends it (`spawn`), and elsewhere the next start does (`leftover`).
//! - It never blocks the next start: a half-made data directory is never under its final name,
//!   and a server left over is stopped first, after checking that it is that server.
//!
//! Map: `tools` where the programs are; `user` as whom they run; `spawn` how a child is
//! born; `process` how it is watched and stopped; `leftover` what an earlier run left; `lock`,
//! `log`, `port` small helpers; `postgres`, `temporal` the two servers.

mod error;
mod leftover;
mod lock;
mod log;
mod port;
mod postgres;
mod process;
mod spawn;
mod temporal;
mod tools;
mod user;

pub use error::DevError;
pub use lock::DataDirLock;
pub use postgres::{Postgres, PostgresOptions};
pub use spawn::end_with_us;
pub use temporal::{TemporalOptions, TemporalServer};
pub use tools::Tools;
