//! A connection for one task, which does one thing after the other on it.

use std::time::Duration;

use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::PoolableConnection;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::pool::Database;
use crate::error::StoreError;

/// Connects when it is first used, and again when the connection is lost.
pub(super) struct Lane {
    database: Database,
    runtime: Handle,
    connection: Option<AsyncPgConnection>,
    /// On its way, however many give up waiting for it: a server that is slow to let anyone in lets
    /// somebody in at last.
    connecting: Option<JoinHandle<Result<AsyncPgConnection, StoreError>>>,
}

impl Lane {
    /// To this database, driven where this is called.
    pub(super) fn new(database: &Database) -> Self {
        Self::on(Handle::current(), database)
    }

    /// To this database, driven on this runtime.
    pub(super) fn on(runtime: Handle, database: &Database) -> Self {
        Self {
            database: database.clone(),
            runtime,
            connection: None,
            connecting: None,
        }
    }

    /// Connects where that is needed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when there is no connection in time.
    pub(super) async fn ready(&mut self) -> Result<(), StoreError> {
        let connection = self.take().await?;
        self.give_back(connection);
        Ok(())
    }

    /// The connection. Whoever was left in the middle of something does not give it back: it is
    /// closed then, and the next one gets another.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when there is none in time.
    pub(super) async fn take(&mut self) -> Result<AsyncPgConnection, StoreError> {
        if let Some(mut connection) = self.connection.take()
            && !connection.is_broken()
        {
            return Ok(connection);
        }
        self.connect().await
    }

    /// Takes a connection back.
    pub(super) fn give_back(&mut self, connection: AsyncPgConnection) {
        self.connection = Some(connection);
    }

    /// How long an answer may take.
    pub(super) fn answer_limit(&self) -> Duration {
        self.database.answer_limit()
    }

    async fn connect(&mut self) -> Result<AsyncPgConnection, StoreError> {
        let limit = self.database.acquire_timeout();
        let connecting = self
            .connecting
            .get_or_insert_with(|| self.runtime.spawn(self.database.connect()));
        match timeout(limit, connecting).await {
            Err(_) => Err(StoreError::Unavailable("no connection in time".into())),
            Ok(connected) => {
                self.connecting = None;
                connected.map_err(|error| StoreError::Unavailable(error.to_string()))?
            }
        }
    }
}
