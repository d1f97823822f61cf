//! Connections.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::{self, Metrics, Object, Pool, RecycleError, RecycleResult};
use diesel::ConnectionError;
use diesel_async::pooled_connection::PoolableConnection;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout, timeout_at};

use super::connect::Connector;
use super::lane::Lane;
use crate::config;
use crate::error::StoreError;
use crate::telemetry::{self, metrics::PoolState, request_scope};

/// How long a new connection may take, TCP and authentication together. Longer than any request waits:
/// were it given up with the request that asked for it, a server that is slow to let anyone in would
/// never let anyone in.
const CREATE_TIMEOUT: Duration = Duration::from_secs(15);

/// How much longer than the server's own limit an answer may take to arrive.
const ANSWER_MARGIN: Duration = Duration::from_secs(1);

/// Connections to PostgreSQL: a pool for requests, one for background work, so that neither waits for
/// the other, and one connection for health checks. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    pool: Pool<Manager>,
    background: Pool<Manager>,
    probe: Arc<Mutex<Option<Lane>>>,
    connector: Connector,
    runtime: Handle,
    acquire_timeout: Duration,
    answer_limit: Duration,
    max_waiting: usize,
    metrics: telemetry::Metrics,
}

impl Database {
    /// Pools that connect when they are first used. `application` shows in `pg_stat_activity`.
    /// Call it on the runtime that outlives all others: connections are driven there, not on the
    /// thread of the request that happened to need a new one.
    ///
    /// # Errors
    /// When the settings make no pool.
    pub fn new(settings: &config::Database, application: &str) -> Result<Self, StoreError> {
        let connector = Connector::new(settings, application)?;
        let pool = |size| {
            let manager = Manager {
                connector: connector.clone(),
            };
            Pool::builder(manager)
                .max_size(size)
                .wait_timeout(Some(settings.acquire_timeout))
                .create_timeout(Some(CREATE_TIMEOUT))
                .runtime(deadpool::Runtime::Tokio1)
                .build()
                .map_err(|error| StoreError::Misconfigured(error.to_string()))
        };
        Ok(Self {
            pool: pool(settings.pool_size)?,
            background: pool(settings.background_pool_size)?,
            probe: Arc::default(),
            connector: connector.clone(),
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

    /// The same, for background work: with the pool that requests do not use.
    #[must_use]
    pub fn in_background(&self) -> Self {
        Self {
            pool: self.background.clone(),
            ..self.clone()
        }
    }

    /// Where what happens here is counted.
    pub(super) fn metrics(&self) -> &telemetry::Metrics {
        &self.metrics
    }

    /// By when an operation that begins now has to end, all its statements together: as long as it may
    /// wait for a connection and for an answer, and never beyond the deadline of its request.
    pub(super) fn deadline(&self) -> Instant {
        let own = Instant::now() + self.acquire_timeout + self.answer_limit;
        request_scope::deadline().map_or(own, |deadline| own.min(deadline))
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

    /// [`Self::read_by`] the deadline of an operation of its own.
    pub(super) async fn read<T, F>(
        &self,
        work: impl FnOnce(Connection) -> F,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = (Connection, Result<T, StoreError>)>,
    {
        self.read_by(self.deadline(), work).await
    }

    /// [`Self::write_by`] the deadline of an operation of its own.
    pub(super) async fn write<T, F>(
        &self,
        work: impl FnOnce(Connection) -> F,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = (Connection, Result<T, StoreError>)>,
    {
        self.write_by(self.deadline(), work).await
    }

    /// As [`Self::write_by`], for work that changes nothing.
    ///
    /// # Errors
    /// Those of the work; [`StoreError::Unavailable`] when there is no connection or no answer in
    /// time.
    pub(super) async fn read_by<T, F>(
        &self,
        deadline: Instant,
        work: impl FnOnce(Connection) -> F,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = (Connection, Result<T, StoreError>)>,
    {
        let outcome = self.write_by(deadline, work).await;
        outcome.map_err(StoreError::of_read)
    }

    /// Does `work` on a connection from the pool. The connection goes back only when the work came
    /// to an end and hands it on: one that fell silent, or was left in the middle of something, is
    /// closed.
    ///
    /// # Errors
    /// Those of the work; [`StoreError::Unavailable`] when there is no connection in time;
    /// [`StoreError::OutcomeUnknown`] when there is no answer in time.
    pub(super) async fn write_by<T, F>(
        &self,
        deadline: Instant,
        work: impl FnOnce(Connection) -> F,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = (Connection, Result<T, StoreError>)>,
    {
        let connection = self.acquire(deadline).await?;
        let deadline = deadline.min(Instant::now() + self.answer_limit);
        match timeout_at(deadline, work(connection)).await {
            Err(_) => Err(StoreError::OutcomeUnknown("no answer in time".into())),
            // All connections have prepared it for other columns.
            Ok((_, Err(StoreError::StaleStatement(cause)))) => {
                self.pool.retain(|_, _| false);
                Err(StoreError::Unavailable(cause))
            }
            Ok((mut connection, result)) => {
                connection.0.busy = false;
                result
            }
        }
    }

    /// A connection, marked as lent out. What is begun for a request that gives up is finished for
    /// the next one.
    async fn acquire(&self, deadline: Instant) -> Result<Connection, StoreError> {
        let pool = self.pool.clone();
        let acquiring = self.runtime.spawn(async move { pool.get().await });
        let deadline = deadline.min(Instant::now() + self.acquire_timeout);
        match timeout_at(deadline, acquiring).await {
            Ok(Ok(pooled)) => {
                let mut connection = Connection(pooled?);
                connection.0.busy = true;
                Ok(connection)
            }
            Ok(Err(error)) => Err(StoreError::Unavailable(error.to_string())),
            Err(_) => Err(StoreError::Unavailable("no connection in time".into())),
        }
    }

    /// Asks the database for an answer, on a connection that nothing else uses.
    ///
    /// # Errors
    /// When there is none in time.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let asked = async {
            let mut probe = self.probe.lock().await;
            let lane = probe.get_or_insert_with(|| Lane::on(self.runtime.clone(), self));
            let mut connection = lane.take().await?;
            diesel::sql_query("SELECT 1")
                .execute(&mut connection)
                .await?;
            lane.give_back(connection);
            Ok(())
        };
        match timeout_at(self.deadline(), asked).await {
            Ok(answered) => answered,
            Err(_) => Err(StoreError::Unavailable("no answer in time".into())),
        }
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
        if pooled.busy || pooled.connection.is_broken() {
            return Err(RecycleError::message(
                "it was left in the middle of something",
            ));
        }
        Ok(())
    }
}

/// A connection of its own, outside of any pool and without time-outs for statements and
/// locks.
///
/// # Errors
/// When the database cannot be reached.
pub async fn connect(
    settings: &config::Database,
    application: &str,
) -> Result<AsyncPgConnection, StoreError> {
    let mut connection = Connector::new(settings, application)?.connect().await?;
    connection
        .batch_execute("SET statement_timeout = 0; SET lock_timeout = 0")
        .await?;
    Ok(connection)
}
