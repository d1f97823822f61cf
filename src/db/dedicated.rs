//! A connection for one task, which executes one statement after the other.

use std::time::Instant;

use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::PoolableConnection;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::pool::Database;
use crate::error::StoreError;

/// Connects on first use, and reconnects when the connection is lost.
pub(super) struct DedicatedConnection {
    database: Database,
    runtime: Handle,
    connection: Option<AsyncPgConnection>,
    /// When it began to connect; a finished connection may wait long for the next caller.
    began: Instant,
    /// Not aborted when its caller times out: the next caller uses the connection.
    connecting: Option<JoinHandle<Result<AsyncPgConnection, StoreError>>>,
}

impl DedicatedConnection {
    /// Connects to this database; the connection is driven on `runtime`.
    pub(super) fn on(runtime: Handle, database: Database) -> Self {
        Self {
            database,
            runtime,
            connection: None,
            began: Instant::now(),
            connecting: None,
        }
    }

    /// Connects if necessary. Fails with [`StoreError::Unavailable`] when there is no connection in
    /// time.
    pub(super) async fn ready(&mut self) -> Result<(), StoreError> {
        let connection = self.take().await?;
        self.give_back(connection);
        Ok(())
    }

    /// Takes the connection; give it back when its statement is complete. A connection that is not
    /// given back is closed, and the next caller gets a new one. Fails with
    /// [`StoreError::Unavailable`] when there is no connection in time.
    pub(super) async fn take(&mut self) -> Result<AsyncPgConnection, StoreError> {
        if let Some(mut connection) = self.connection.take()
            && !connection.is_broken()
            && !self.database.is_outdated(self.began)
        {
            return Ok(connection);
        }
        let connecting = self.connecting.get_or_insert_with(|| {
            self.began = Instant::now();
            self.runtime.spawn(self.database.connect())
        });
        match timeout(self.database.acquire_timeout, connecting).await {
            Err(_) => Err(StoreError::Unavailable("no connection in time".into())),
            Ok(connected) => {
                self.connecting = None;
                connected.map_err(|error| StoreError::Unavailable(error.to_string()))?
            }
        }
    }

    /// Keeps a connection for the next caller.
    pub(super) fn give_back(&mut self, connection: AsyncPgConnection) {
        self.connection = Some(connection);
    }
}
