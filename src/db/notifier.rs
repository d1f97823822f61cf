//! Wakes the dispatchers of all processes when an intent is written.

use std::time::Duration;

use diesel_async::RunQueryDsl;
use tokio::sync::mpsc;

use super::pool::Database;

/// The shortest time between two notifications.
const PAUSE: Duration = Duration::from_millis(5);

/// Sends one notification for all intents that were committed since the last one. It is not part of
/// their transactions, because PostgreSQL serialises the commits of transactions that notify. A
/// lost notification delays an intent by a dispatcher's `poll_interval` at most.
#[derive(Clone)]
pub(super) struct Notifier {
    pending: mpsc::Sender<()>,
}

impl Notifier {
    /// Notifies through this database.
    pub(super) fn new(database: &Database) -> Self {
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(run(database.clone(), receiver));
        Self { pending: sender }
    }

    /// Called after a commit.
    pub(super) fn notify(&self) {
        // A pending notification covers this commit too.
        let _ = self.pending.try_send(());
    }
}

async fn run(database: Database, mut pending: mpsc::Receiver<()>) {
    while pending.recv().await.is_some() {
        let query = diesel::sql_query("NOTIFY workflow_intents");
        let notified = database
            .write(async |connection| query.execute(connection).await)
            .await;
        if let Err(error) = notified {
            tracing::debug!(error = %error, "could not notify the dispatchers; they poll");
        }
        tokio::time::sleep(PAUSE).await;
    }
}
