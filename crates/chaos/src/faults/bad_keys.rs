//! An attacker that tries keys as fast as possible, from the same address as all other clients.

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

/// Concurrent requests.
const AT_ONCE: usize = 32;
/// The number of requests of one fault: what two cores can handle besides the load.
const REQUESTS: usize = 5000;
const PATIENCE: Duration = Duration::from_secs(5);

/// Sends requests with unknown keys, for this long.
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
    /// The number of requests of all senders.
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
            // The server may be down, or disconnected from its database.
            let Ok(response) = request.send().await else {
                continue;
            };
            match response.status() {
                StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS => self.progress.bad_key(),
                StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE => {}
                status => {
                    let what = format!("{} responded {status} to an unknown key", app.name);
                    self.progress.finding("a bad key was not rejected", what);
                }
            }
        }
        Ok(())
    }
}
