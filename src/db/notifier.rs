//! Wakes the dispatchers of all processes when there is something new in the outbox.

use std::time::Duration;

use diesel_async::RunQueryDsl;
use tokio::sync::mpsc;

use super::pool::Database;

/// The shortest time between two notifications.
const PAUSE: Duration = Duration::from_millis(5);

/// Notifies once for all that was committed meanwhile. Not as a part of their transactions: those that
/// notify commit one after the other. A notification that is lost costs a dispatcher's
/// `poll_interval`.
#[derive(Clone)]
pub(super) struct Notifier {
    wanted: mpsc::Sender<()>,
}

impl Notifier {
    /// On this database.
    pub(super) fn new(database: &Database) -> Self {
        let (wanted, asked) = mpsc::channel(1);
        tokio::spawn(run(database.clone(), asked));
        Self { wanted }
    }

    /// Tells of what has been committed.
    pub(super) fn notify(&self) {
        // One that waits already tells of this too.
        let _ = self.wanted.try_send(());
    }
}

async fn run(database: Database, mut asked: mpsc::Receiver<()>) {
    while asked.recv().await.is_some() {
        let query = diesel::sql_query("NOTIFY workflow_intents");
        let notified = database
            .write(async |connection| query.execute(connection).await)
            .await;
        if let Err(error) = notified {
            tracing::debug!(error = %error, "could not notify dispatchers; they look by themselves");
        }
        tokio::time::sleep(PAUSE).await;
    }
}
