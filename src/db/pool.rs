//! Connections.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use deadpool::managed::{self, Metrics, Object, Pool, RecycleError, RecycleResult};
use diesel::ConnectionError;
use diesel_async::pooled_connection::PoolableConnection;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::connect::Connector;
use crate::config;
use crate::error::StoreError;
use crate::telemetry::{self, metrics::PoolState};

/// How long a new connection may take, TCP and authentication together. Longer than any request waits:
/// were it given up with the request that asked for it, a server that is slow to let anyone in would
/// never let anyone in.
const CREATE_TIMEOUT: Duration = Duration::from_secs(15);

/// How much longer than the server's own limit an answer may take to arrive.
const ANSWER_MARGIN: Duration = Duration::from_secs(1);

/// A pool of connections to PostgreSQL. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    pool: Pool<Manager>,
    connector: Connector,
    runtime: Handle,
    acquire_timeout: Duration,
    answer_limit: Duration,
    max_waiting: usize,
    metrics: telemetry::Metrics,
}

impl Database {
    /// A pool that connects when it is first used. `application` shows in `pg_stat_activity`.
    /// Call it on the runtime that outlives all others: connections are driven there, not on the
    /// thread of the request that happened to need a new one.
    ///
    /// # Errors
    /// When the settings make no pool.
    pub fn new(settings: &config::Database, application: &str) -> Result<Self, StoreError> {
        let connector = Connector::new(settings, application)?;
        let manager = Manager {
            connector: connector.clone(),
        };
        let pool = Pool::builder(manager)
            .max_size(settings.pool_size)
            .wait_timeout(Some(settings.acquire_timeout))
            .create_timeout(Some(CREATE_TIMEOUT))
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(|error| StoreError::Unexpected(error.to_string()))?;
        Ok(Self {
            pool,
            connector,
            runtime: Handle::current(),
            acquire_timeout: settings.acquire_timeout,
            answer_limit: settings.statement_timeout + ANSWER_MARGIN,
            max_waiting: settings.max_waiting,
            metrics: telemetry::Metrics::default(),
        })
    }

    /// The same, counted.
    #[must_use]
    pub fn observed(mut self, metrics: &telemetry::Metrics) -> Self {
        let pool = self.pool.clone();
        metrics.watch_pool(move || state(&pool));
        self.metrics = metrics.clone();
        self
    }

    /// Where what happens here is counted.
    pub(super) fn metrics(&self) -> &telemetry::Metrics {
        &self.metrics
    }

    /// The outcome of all that a request does here, in time: as long as it may wait for a connection
    /// and for an answer.
    ///
    /// # Errors
    /// Those of the work; [`StoreError::Unavailable`] when it takes longer.
    pub(super) async fn in_time<T, E: From<StoreError>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        match timeout(self.acquire_timeout + self.answer_limit, work).await {
            Ok(result) => result,
            Err(_) => Err(StoreError::Unavailable("no answer in time".into()).into()),
        }
    }

    /// How long a request may wait for a connection.
    pub(super) fn acquire_timeout(&self) -> Duration {
        self.acquire_timeout
    }

    /// How long a statement may take to be answered.
    pub(super) fn answer_limit(&self) -> Duration {
        self.answer_limit
    }

    /// A connection outside of the pool, driven where this is called.
    pub(super) fn connect(
        &self,
    ) -> impl Future<Output = Result<AsyncPgConnection, StoreError>> + use<> {
        let connector = self.connector.clone();
        async move {
            match timeout(CREATE_TIMEOUT, connector.connect()).await {
                Ok(connected) => Ok(connected?),
                Err(_) => Err(StoreError::Unavailable("no connection in time".into())),
            }
        }
    }

    /// How many requests may wait in one queue.
    pub(super) fn max_waiting(&self) -> usize {
        self.max_waiting
    }

    /// Does `work` on a connection from the pool. The connection goes back only when the work came
    /// to an end and hands it on: one that fell silent, or was left in the middle of something, is
    /// closed.
    ///
    /// # Errors
    /// Those of the work; [`StoreError::Unavailable`] when there is no connection or no answer in
    /// time.
    pub(super) async fn run<T, E, F>(&self, work: impl FnOnce(Connection) -> F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: Future<Output = (Connection, Result<T, E>)>,
    {
        match timeout(self.answer_limit, work(self.acquire().await?)).await {
            Err(_) => Err(StoreError::Unavailable("no answer in time".into()).into()),
            Ok((mut connection, result)) => {
                connection.0.busy = false;
                result
            }
        }
    }

    /// A connection, marked as lent out. What is begun for a request that gives up is finished for
    /// the next one.
    async fn acquire(&self) -> Result<Connection, StoreError> {
        let pool = self.pool.clone();
        let acquiring = self.runtime.spawn(async move { pool.get().await });
        match timeout(self.acquire_timeout, acquiring).await {
            Ok(Ok(pooled)) => {
                let mut connection = Connection(pooled?);
                connection.0.busy = true;
                Ok(connection)
            }
            Ok(Err(error)) => Err(StoreError::Unavailable(error.to_string())),
            Err(_) => Err(StoreError::Unavailable("no connection in time".into())),
        }
    }

    /// Asks the database for an answer.
    ///
    /// # Errors
    /// When there is none in time.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.run(async |mut connection| {
            let answered = diesel::sql_query("SELECT 1")
                .execute(&mut *connection)
                .await;
            (connection, answered.map(drop).map_err(StoreError::from))
        })
        .await
    }
}

fn state(pool: &Pool<Manager>) -> PoolState {
    let status = pool.status();
    let count = |connections: usize| i64::try_from(connections).unwrap_or(i64::MAX);
    PoolState {
        busy: count(status.size.saturating_sub(status.available)),
        idle: count(status.available),
        waiting: count(status.waiting),
    }
}

/// A connection that is lent out.
pub(super) struct Connection(Object<Manager>);

impl Deref for Connection {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        &self.0.connection
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        &mut self.0.connection
    }
}

/// What the pool holds.
struct Pooled {
    connection: AsyncPgConnection,
    /// Lent out, and not given back in order.
    busy: bool,
}

/// Makes connections, and decides which are good for another turn.
struct Manager {
    connector: Connector,
}

impl managed::Manager for Manager {
    type Type = Pooled;
    type Error = ConnectionError;

    async fn create(&self) -> Result<Pooled, ConnectionError> {
        Ok(Pooled {
            connection: self.connector.connect().await?,
            busy: false,
        })
    }

    async fn recycle(&self, pooled: &mut Pooled, _: &Metrics) -> RecycleResult<ConnectionError> {
        match pooled.busy || pooled.connection.is_broken() {
            true => Err(RecycleError::message(
                "it was left in the middle of something",
            )),
            false => Ok(()),
        }
    }
}

/// A connection of its own, outside of any pool and without a statement time-out.
///
/// # Errors
/// When the database cannot be reached.
pub async fn connect(
    settings: &config::Database,
    application: &str,
) -> Result<AsyncPgConnection, StoreError> {
    let mut connection = Connector::new(settings, application)?.connect().await?;
    connection
        .batch_execute("SET statement_timeout = 0")
        .await?;
    Ok(connection)
}
