//! Waiting with a deadline.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Evaluates `condition` until it returns a value, with a pause after each attempt. `None` once `limit`
/// has passed.
pub async fn wait_for<T, E, F: Future<Output = Result<Option<T>, E>>>(
    limit: Duration,
    pause: Duration,
    condition: impl Fn() -> F,
) -> Result<Option<T>, E> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = condition().await? {
            return Ok(Some(value));
        }
        if Instant::now() > deadline {
            return Ok(None);
        }
        sleep(pause).await;
    }
}
