//! Somebody who tries keys, as fast as it goes, from the address of all other clients.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;
use order_processing::auth::FreshKey;
use reqwest::{Client, StatusCode};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::report::Progress;
use crate::world::World;

/// Requests at a time.
const AT_ONCE: usize = 32;
/// All requests of one fault: what two cores can carry besides the rest.
const REQUESTS: usize = 5000;
const PATIENCE: Duration = Duration::from_secs(5);

/// Sends requests with keys that nobody made, for so long.
pub async fn flood(world: &Arc<World>, length: Duration, progress: &Arc<Progress>) -> Result<()> {
    let client = Client::builder().timeout(PATIENCE).build()?;
    let end = Instant::now() + length;
    let sent = Arc::new(AtomicUsize::new(0));
    let mut senders = JoinSet::new();
    for _ in 0..AT_ONCE {
        let sender = Sender {
            world: world.clone(),
            client: client.clone(),
            sent: sent.clone(),
            progress: progress.clone(),
        };
        senders.spawn(async move { sender.send_until(end).await });
    }
    while let Some(sender) = senders.join_next().await {
        sender??;
    }
    Ok(())
}

struct Sender {
    world: Arc<World>,
    client: Client,
    /// By all senders.
    sent: Arc<AtomicUsize>,
    progress: Arc<Progress>,
}

impl Sender {
    async fn send_until(&self, end: Instant) -> Result<()> {
        let servers = self.world.servers();
        while Instant::now() < end {
            let number = self.sent.fetch_add(1, Ordering::Relaxed);
            if number >= REQUESTS {
                break;
            }
            let (app, url) = servers[number % servers.len()];
            let request = self
                .client
                .get(format!("{url}/orders/1"))
                .header("x-api-key", FreshKey::make()?.text);
            // The server may be away, or cut off from its database.
            let Ok(response) = request.send().await else {
                continue;
            };
            match response.status() {
                StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS => self.progress.bad_key(),
                StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE => {}
                status => {
                    let what = format!("{} answered {status} to a key that nobody made", app.name);
                    self.progress.finding("a bad key was not refused", what);
                }
            }
        }
        Ok(())
    }
}
