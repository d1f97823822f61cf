//! The connection pools.

use std::sync::Arc;
use std::time::Duration;

use diesel_async::pooled_connection::deadpool::{Hook, HookError, Object, Pool};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures::FutureExt;
use scopeguard::ScopeGuard;
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout, timeout_at};

use super::connect::Connector;
use super::dedicated::DedicatedConnection;
use crate::config;
use crate::error::StoreError;
use crate::telemetry::{self, metrics::PoolState, request_scope};

/// The time limit of a new connection, including TCP and authentication. It exceeds the wait of a
/// request, so that a later request can use the connection. Otherwise a server that is slow to
/// authenticate would never be reached.
const CREATE_TIMEOUT: Duration = Duration::from_secs(15);

/// How much longer than `statement_timeout` a response may take to arrive.
const RESPONSE_MARGIN: Duration = Duration::from_secs(1);

/// Connections to PostgreSQL: a pool for requests, one for background work, so that neither waits for
/// the other, and one connection for health checks. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    pool: Pool<AsyncPgConnection>,
    background: Pool<AsyncPgConnection>,
    probe: Arc<Mutex<Option<DedicatedConnection>>>,
    connector: Connector,
    runtime: Handle,
    pub(super) acquire_timeout: Duration,
    pub(super) response_timeout: Duration,
    /// The maximum number of requests in one queue.
    pub(super) max_waiting: usize,
    pub(super) metrics: telemetry::Metrics,
}

impl Database {
    /// Creates pools that connect on first use. `application` is shown in `pg_stat_activity`. Must
    /// be called on the runtime that outlives all others: connections are driven there, not on the
    /// thread of the request that needed a new one.
    pub fn new(settings: &config::Database, application: &str) -> Result<Self, StoreError> {
        let connector = Connector::new(settings, application)?;
        let pool = |size| {
            let mut config = ManagerConfig::default();
            config.recycling_method = RecyclingMethod::Fast;
            let (connector, checked) = (connector.clone(), connector.clone());
            config.custom_setup = Box::new(move |_| {
                let connector = connector.clone();
                async move { connector.connect().await }.boxed()
            });
            // The connector contains the URL.
            Pool::builder(AsyncDieselConnectionManager::new_with_config("", config))
                .max_size(size)
                .pre_recycle(Hook::sync_fn(move |_, metrics| {
                    if checked.is_outdated(metrics.created) {
                        return Err(HookError::message("the primary was replaced"));
                    }
                    Ok(())
                }))
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
            response_timeout: settings.statement_timeout + RESPONSE_MARGIN,
            max_waiting: settings.max_waiting,
            metrics: telemetry::Metrics::default(),
        })
    }

    /// Records metrics in `metrics`.
    #[must_use]
    pub fn observed(mut self, metrics: &telemetry::Metrics) -> Self {
        let pool = self.pool.clone();
        metrics.watch_pool(move || state(&pool));
        self.metrics = metrics.clone();
        self
    }

    /// The same database with the pool for background work.
    #[must_use]
    pub fn in_background(&self) -> Self {
        Self {
            pool: self.background.clone(),
            ..self.clone()
        }
    }

    /// When an operation that starts now must end, with all its statements: after the limits for a
    /// connection and a response, and not later than its request.
    pub(super) fn deadline(&self) -> Instant {
        let own = Instant::now() + self.acquire_timeout + self.response_timeout;
        request_scope::deadline().map_or(own, |deadline| own.min(deadline))
    }

    /// A connection outside of the pools, driven on the current runtime.
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

    /// Whether a connection of this time may lead to an earlier primary.
    pub(super) fn is_outdated(&self, connected: std::time::Instant) -> bool {
        self.connector.is_outdated(connected)
    }

    /// [`Self::read_by`] with the deadline of a new operation.
    pub(super) async fn read<T, E: Into<StoreError>>(
        &self,
        work: impl AsyncFnOnce(&mut AsyncPgConnection) -> Result<T, E>,
    ) -> Result<T, StoreError> {
        self.read_by(self.deadline(), work).await
    }

    /// [`Self::write_by`] with the deadline of a new operation.
    pub(super) async fn write<T, E: Into<StoreError>>(
        &self,
        work: impl AsyncFnOnce(&mut AsyncPgConnection) -> Result<T, E>,
    ) -> Result<T, StoreError> {
        self.write_by(self.deadline(), work).await
    }

    /// Like [`Self::write_by`], for work without changes: returns [`StoreError::Unavailable`]
    /// instead of [`StoreError::OutcomeUnknown`].
    pub(super) async fn read_by<T, E: Into<StoreError>>(
        &self,
        deadline: Instant,
        work: impl AsyncFnOnce(&mut AsyncPgConnection) -> Result<T, E>,
    ) -> Result<T, StoreError> {
        let result = self.write_by(deadline, work).await;
        result.map_err(StoreError::of_read)
    }

    /// Executes `work` on a connection of the pool. The connection returns to the pool only when
    /// the work is complete: one that timed out or was cancelled is closed.
    ///
    /// # Errors
    /// Those of the work; [`StoreError::Unavailable`] when there is no connection in time;
    /// [`StoreError::OutcomeUnknown`] when there is no response in time.
    pub(super) async fn write_by<T, E: Into<StoreError>>(
        &self,
        deadline: Instant,
        work: impl AsyncFnOnce(&mut AsyncPgConnection) -> Result<T, E>,
    ) -> Result<T, StoreError> {
        let acquired = self.acquire(deadline).await?;
        let mut connection = scopeguard::guard(acquired, |left| drop(Object::take(left)));
        let deadline = deadline.min(Instant::now() + self.response_timeout);
        let Ok(result) = timeout_at(deadline, work(&mut connection)).await else {
            return Err(StoreError::OutcomeUnknown("no response in time".into()));
        };
        match result.map_err(Into::into) {
            // The prepared statement is stale on all connections.
            Err(StoreError::StaleStatement(cause)) => {
                self.pool.retain(|_, _| false);
                Err(StoreError::Unavailable(cause))
            }
            result => {
                drop(ScopeGuard::into_inner(connection));
                result
            }
        }
    }

    /// A connection of the pool. If the request is cancelled while it is established, a later one
    /// gets it.
    async fn acquire(&self, deadline: Instant) -> Result<Object<AsyncPgConnection>, StoreError> {
        let pool = self.pool.clone();
        let acquiring = self.runtime.spawn(async move { pool.get().await });
        let deadline = deadline.min(Instant::now() + self.acquire_timeout);
        match timeout_at(deadline, acquiring).await {
            Ok(Ok(acquired)) => Ok(acquired?),
            Ok(Err(error)) => Err(StoreError::Unavailable(error.to_string())),
            Err(_) => Err(StoreError::Unavailable("no connection in time".into())),
        }
    }

    /// Whether the database responds in time, on a connection that is only used for this.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let responds = async {
            let mut probe = self.probe.lock().await;
            let dedicated = probe
                .get_or_insert_with(|| DedicatedConnection::on(self.runtime.clone(), self.clone()));
            let mut connection = dedicated.take().await?;
            diesel::sql_query("SELECT 1")
                .execute(&mut connection)
                .await?;
            dedicated.give_back(connection);
            Ok(())
        };
        match timeout_at(self.deadline(), responds).await {
            Ok(responded) => responded,
            Err(_) => Err(StoreError::Unavailable("no response in time".into())),
        }
    }
}

fn state(pool: &Pool<AsyncPgConnection>) -> PoolState {
    let status = pool.status();
    let count = |connections: usize| i64::try_from(connections).unwrap_or(i64::MAX);
    PoolState {
        busy: count(status.size.saturating_sub(status.available)),
        idle: count(status.available),
        waiting: count(status.waiting),
    }
}

/// A connection outside of the pools, without time-outs for statements and locks.
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
