//! Helpers of all tests: servers, processes and the service under test.

mod app;
mod certificates;
mod collector;
mod gate;
pub mod issuer;
mod page;
mod process;
mod services;

pub use app::{
    Carrier, Options, TOKEN, TestApp, admin, api_key_auth, eager_reconciler, workflow_of,
};
pub use certificates::{Identity, certificates, certified_clients, tls_acceptor};
pub use collector::{Collector, Span, collector_is_away};
pub use gate::Gate;
pub use issuer::{Issuer, SigningKey};
pub use page::Page;
pub use process::{Process, create_order};
pub use services::{OwnTemporal, database_url, temporal_address, tools};

use std::time::{Duration, Instant};

/// How long an expected event may take on a busy machine.
pub const EVENT_TIMEOUT: Duration = Duration::from_secs(150);

/// Repeats `check` until it returns a value; panics with `what` after [`EVENT_TIMEOUT`].
pub async fn eventually<T>(what: &str, mut check: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + EVENT_TIMEOUT;
    loop {
        if let Some(value) = check().await {
            return value;
        }
        assert!(
            Instant::now() < deadline,
            "not within {EVENT_TIMEOUT:?}: {what}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
