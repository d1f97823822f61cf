//! What the tests stand on.

mod app;
mod certificates;
mod collector;
mod gate;
pub mod issuer;
mod page;
mod process;
mod services;

pub use app::{Options, TestApp, admin};
pub use certificates::{Identity, certificates, certified_clients, tls_acceptor};
pub use collector::{Collector, Span, collector_is_away};
pub use gate::Gate;
pub use issuer::{Issuer, SigningKey};
pub use page::Page;
pub use process::{Process, create_order};
pub use services::{OwnTemporal, database_url, temporal_address, tools};

use std::time::{Duration, Instant};

/// How long something that must happen may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(150);

/// Asks until the answer is there; panics with `what` when it never is.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(
            Instant::now() < deadline,
            "waited {PATIENCE:?} in vain: {what}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
