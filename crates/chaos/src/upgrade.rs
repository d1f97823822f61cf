//! The upgrade of a service that is in use: one process after the other, while clients order.

use std::time::Duration;

use anyhow::Result;
use nix::sys::signal::Signal;
use tokio::time::sleep;

use crate::app::App;
use crate::faults::{Counts, add_column};
use crate::release::Release;
use crate::report::Progress;
use crate::world::World;

/// How long each mixture of versions serves.
const PAUSE: Duration = Duration::from_secs(4);

/// As docs/operating.md says: the schema first, then the workers, then the API. While servers of both
/// versions run, every table gets a column more, as by the migrations of a version after the next.
pub async fn run(world: &World, to: &Release, progress: &Progress) -> Result<Counts> {
    sleep(PAUSE).await;
    progress.log("the new version's migrations");
    to.migrate(world.database_url()).await?;
    let mut counts = Counts::from([("migrate".into(), 1)]);
    let mut count = |what: &str| *counts.entry(what.into()).or_default() += 1;
    sleep(PAUSE).await;
    let (servers, workers): (Vec<&App>, Vec<&App>) =
        world.apps.iter().partition(|app| app.url.is_some());
    for app in workers {
        replace(app, to, progress).await?;
        count("replace a process");
        sleep(PAUSE).await;
    }
    for (number, app) in servers.into_iter().enumerate() {
        replace(app, to, progress).await?;
        count("replace a process");
        sleep(PAUSE).await;
        if number == 0 {
            progress.log("a column more in every table");
            add_column(world.database_url()).await?;
            progress.fault();
            count("change every table");
            sleep(PAUSE).await;
        }
    }
    Ok(counts)
}

async fn replace(app: &App, to: &Release, progress: &Progress) -> Result<()> {
    progress.log(&format!("{} becomes the new version", app.name));
    if !app.end(Signal::SIGTERM).await {
        progress.finding("no end after SIGTERM", app.name.clone());
    }
    // Not before: whatever it answers until its end is the old version's.
    app.become_release(to).await;
    app.start().await?;
    app.until_ready().await?;
    progress.fault();
    Ok(())
}
