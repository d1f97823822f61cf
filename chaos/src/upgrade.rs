//! The upgrade of a service that is in use: one process after the other, while clients order.

use std::time::Duration;

use anyhow::Result;
use nix::sys::signal::Signal;
use tokio::time::sleep;

use crate::faults::Counts;
use crate::report::Progress;
use crate::world::{App, Release, World};

/// How long each mixture of versions serves.
const PAUSE: Duration = Duration::from_secs(4);

/// As docs/operating.md says: the schema first, then the workers, then the API.
///
/// # Errors
/// When a step fails.
pub async fn run(world: &World, to: &Release, progress: &Progress) -> Result<Counts> {
    sleep(PAUSE).await;
    progress.log("the new version's migrations");
    to.migrate(world.database_url()).await?;
    let mut counts = Counts::from([("migrate".into(), 1)]);
    sleep(PAUSE).await;
    let (workers, servers): (Vec<&App>, Vec<&App>) =
        world.apps.iter().partition(|app| app.url.is_none());
    for app in workers.into_iter().chain(servers) {
        replace(app, to, progress).await?;
        progress.fault();
        *counts.entry("replace a process".into()).or_default() += 1;
        sleep(PAUSE).await;
    }
    Ok(counts)
}

async fn replace(app: &App, to: &Release, progress: &Progress) -> Result<()> {
    progress.log(&format!("{} becomes the new version", app.name));
    app.become_release(to).await;
    app.signal(Signal::SIGTERM).await?;
    if !app.ends().await? {
        progress.finding(format!("{} did not end in time", app.name));
    }
    app.start().await
}
