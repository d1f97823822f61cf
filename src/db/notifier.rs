//! Wakes the dispatchers of all processes when there is something new in the outbox.

use std::time::Duration;

use diesel_async::RunQueryDsl;
use tokio::sync::mpsc;

use super::pool::Database;

/// The shortest time between two notifications.
const PAUSE: Duration = Duration::from_millis(5);

/// Notifies once for all intents that were committed meanwhile. Not in their transactions: PostgreSQL
/// commits those that notify one after the other. A lost notification costs a dispatcher's
/// `poll_interval`.
#[derive(Clone)]
pub(super) struct Notifier {
    pending: mpsc::Sender<()>,
}

impl Notifier {
    /// On this database.
    pub(super) fn new(database: &Database) -> Self {
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(run(database.clone(), receiver));
        Self { pending: sender }
    }

    /// After a commit.
    pub(super) fn notify(&self) {
        // A notification that is pending covers this commit too.
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
