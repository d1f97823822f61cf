//! Notifications between processes: that an intent was written, and that the feed goes further.

use std::time::Duration;

use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures::{Stream, StreamExt, pin_mut};
use tokio::sync::{Notify, mpsc};
use tokio::time::{sleep, timeout};

use super::pool::{Database, connect};
use crate::config;
use crate::error::StoreError;

/// What is notified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// An intent was written.
    Intents,
    /// The feed of events goes further.
    Feed,
}

/// Receives notifications on a connection of its own. Some are lost together with a connection, so
/// whoever waits for them also looks from time to time.
pub struct Listener {
    connection: AsyncPgConnection,
    lifetime: Duration,
}

impl Listener {
    /// Connects and listens.
    pub async fn connect(
        settings: &config::Database,
        channel: Channel,
    ) -> Result<Self, StoreError> {
        let mut connection = connect(settings, "orders-listener").await?;
        let may_fail_over = settings.url.expose_each().len() > 1;
        let listen = match channel {
            Channel::Intents => "LISTEN workflow_intents",
            Channel::Feed => "LISTEN feed",
        };
        connection.batch_execute(listen).await?;
        Ok(Self {
            connection,
            lifetime: if may_fail_over {
                LIFETIME
            } else {
                Duration::MAX
            },
        })
    }

    /// Wakes once, for what was notified before it listened, and with every notification, until the
    /// connection is lost, or may lead to an earlier primary.
    pub async fn wake(mut self, wake: &Notify) {
        wake.notify_one();
        let lifetime = self.lifetime;
        let notifications = self.notifications();
        let listening = async {
            pin_mut!(notifications);
            while let Some(Ok(())) = notifications.next().await {
                wake.notify_one();
            }
        };
        let _ = timeout(lifetime, listening).await;
    }

    /// One item per notification; an error when the connection is lost.
    pub fn notifications(&mut self) -> impl Stream<Item = Result<(), StoreError>> + '_ {
        self.connection
            .notifications_stream()
            .map(|notification| notification.map(drop).map_err(StoreError::from))
    }
}

/// How long a connection is used if the database has several hosts: a primary that was replaced may keep
/// it open, and notifies of nothing.
const LIFETIME: Duration = Duration::from_secs(60);
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
        sleep(PAUSE).await;
    }
}
