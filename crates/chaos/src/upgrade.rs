//! The upgrade of a service in use: one process after the other, under load.

use std::time::Duration;

use anyhow::Result;
use nix::sys::signal::Signal;
use tokio::time::sleep;

use crate::app::App;
use crate::faults::{Counts, add_column, fail_over, roll_temporal};
use crate::release::Release;
use crate::report::Progress;
use crate::world::World;

/// How long each mix of versions runs.
const PAUSE: Duration = Duration::from_secs(4);

/// As in docs/operating.md: the schema first, then the workers, then the API. While servers of both
/// versions run, every table gets another column, as in the migrations of a later version.
pub async fn run(world: &World, to: &Release, progress: &Progress) -> Result<Counts> {
    sleep(PAUSE).await;
    progress.log("migrations of the new version");
    to.migrate(&world.database_url()).await?;
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
            progress.log("another column in every table");
            add_column(&world.database_url()).await?;
            progress.fault();
            count("change every table");
            sleep(PAUSE).await;
        }
    }
    if world.temporal.nodes() > 0 {
        progress.log("restarting every node of Temporal");
        roll_temporal(&world.temporal).await?;
        progress.fault();
        count("restart every node of Temporal");
        sleep(PAUSE).await;
    }
    if world.postgres.addresses().len() > 1 {
        progress.log("PostgreSQL's standby takes over");
        fail_over(&world.postgres, false, PAUSE / 4).await?;
        progress.fault();
        count("fail over");
        sleep(PAUSE).await;
    }
    if to.has_items && !world.has_items() {
        // Not before: the previous version does not accept them, and cannot return them.
        progress.log("orders with items");
        world.now_has_items();
        sleep(PAUSE).await;
    }
    if to.has_feed {
        world.now_has_feed();
    }
    Ok(counts)
}

async fn replace(app: &App, to: &Release, progress: &Progress) -> Result<()> {
    progress.log(&format!("replacing {} by the new version", app.name));
    if !app.end(Signal::SIGTERM).await {
        progress.finding("did not end after SIGTERM", app.name.clone());
    }
    // Not before: until its end, its responses are those of the old version.
    app.become_release(to).await;
    app.start().await?;
    app.until_ready().await?;
    progress.fault();
    Ok(())
}
