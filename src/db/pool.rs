//! Connections.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use deadpool::managed::{self, Metrics, Object, Pool, RecycleError, RecycleResult};
use diesel::ConnectionError;
use diesel_async::pooled_connection::PoolableConnection;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use tokio::runtime::Handle;
use tokio::time::timeout;
use url::Url;

use crate::config;
use crate::error::StoreError;

/// Seconds to wait for a TCP connection; the pool's own limit is what requests see.
const CONNECT_TIMEOUT_SECONDS: u32 = 5;

/// How much longer than the server's own limit an answer may take to arrive.
const ANSWER_MARGIN: Duration = Duration::from_secs(1);

/// A pool of connections to PostgreSQL. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    pool: Pool<Manager>,
    answer_limit: Duration,
}

impl Database {
    /// A pool that connects when it is first used. `application` shows in `pg_stat_activity`.
    /// Call it on the runtime that outlives all others: connections are driven there, not on the
    /// thread of the request that happened to need a new one.
    ///
    /// # Errors
    /// When the settings make no pool.
    pub fn new(settings: &config::Database, application: &str) -> Result<Self, StoreError> {
        let manager = Manager {
            url: url(settings, application),
            runtime: Handle::current(),
        };
        let pool = Pool::builder(manager)
            .max_size(settings.pool_size)
            .wait_timeout(Some(settings.acquire_timeout))
            .create_timeout(Some(settings.acquire_timeout))
            .recycle_timeout(Some(settings.acquire_timeout))
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(|error| StoreError::Unexpected(error.to_string()))?;
        Ok(Self {
            pool,
            answer_limit: settings.statement_timeout + ANSWER_MARGIN,
        })
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
        let mut lent = Connection(self.pool.get().await.map_err(StoreError::from)?);
        lent.0.busy = true;
        match timeout(self.answer_limit, work(lent)).await {
            Err(_) => Err(StoreError::Unavailable("no answer in time".into()).into()),
            Ok((mut connection, result)) => {
                connection.0.busy = false;
                result
            }
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
    url: String,
    runtime: Handle,
}

impl managed::Manager for Manager {
    type Type = Pooled;
    type Error = ConnectionError;

    async fn create(&self) -> Result<Pooled, ConnectionError> {
        let url = self.url.clone();
        let connecting = self
            .runtime
            .spawn(async move { AsyncPgConnection::establish(&url).await });
        let connection = connecting
            .await
            .unwrap_or_else(|error| Err(ConnectionError::BadConnection(error.to_string())))?;
        Ok(Pooled {
            connection,
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
    let mut connection = AsyncPgConnection::establish(&url(settings, application)).await?;
    connection
        .batch_execute("SET statement_timeout = 0")
        .await?;
    Ok(connection)
}

fn url(settings: &config::Database, application: &str) -> String {
    let mut url: Url = settings.url.expose().clone();
    let timeout = settings.statement_timeout.as_millis();
    url.query_pairs_mut()
        .append_pair("application_name", application)
        .append_pair("connect_timeout", &CONNECT_TIMEOUT_SECONDS.to_string())
        // A peer that vanished without a word is noticed by the kernel.
        .append_pair("keepalives_idle", "15")
        .append_pair("keepalives_interval", "5")
        .append_pair("keepalives_retries", "3");
    // Written by hand: the driver reads `+` in a URL as a plus sign, not as a space.
    let query = format!(
        "{}&options=-c%20statement_timeout%3D{timeout}",
        url.query().unwrap_or_default()
    );
    url.set_query(Some(&query));
    url.into()
}
