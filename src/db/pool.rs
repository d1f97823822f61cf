//! Connections.

use diesel::ConnectionError;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures::FutureExt;
use tokio::runtime::Handle;
use url::Url;

use crate::config;
use crate::error::StoreError;

/// Seconds to wait for a TCP connection; the pool's own limit is what requests see.
const CONNECT_TIMEOUT_SECONDS: u32 = 5;

/// A pool of connections to PostgreSQL. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    pool: Pool<AsyncPgConnection>,
}

impl Database {
    /// A pool that connects when it is first used. `application` shows in `pg_stat_activity`.
    /// Call it on the runtime that outlives all others: connections are driven there, not on the
    /// thread of the request that happened to need a new one.
    ///
    /// # Errors
    /// When the settings make no pool.
    pub fn new(settings: &config::Database, application: &str) -> Result<Self, StoreError> {
        let runtime = Handle::current();
        let mut config = ManagerConfig::default();
        config.custom_setup = Box::new(move |url| {
            let url = url.to_owned();
            let connecting = runtime.spawn(async move { AsyncPgConnection::establish(&url).await });
            let connected = async {
                connecting
                    .await
                    .unwrap_or_else(|error| Err(ConnectionError::BadConnection(error.to_string())))
            };
            connected.boxed()
        });
        let manager =
            AsyncDieselConnectionManager::new_with_config(url(settings, application), config);
        let pool = Pool::builder(manager)
            .max_size(settings.pool_size)
            .wait_timeout(Some(settings.acquire_timeout))
            .create_timeout(Some(settings.acquire_timeout))
            .recycle_timeout(Some(settings.acquire_timeout))
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(|error| StoreError::Unexpected(error.to_string()))?;
        Ok(Self { pool })
    }

    /// A connection from the pool.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when none can be had in time.
    pub async fn connection(&self) -> Result<Object<AsyncPgConnection>, StoreError> {
        Ok(self.pool.get().await?)
    }

    /// Asks the database for an answer.
    ///
    /// # Errors
    /// When there is none in time.
    pub async fn ping(&self) -> Result<(), StoreError> {
        diesel::sql_query("SELECT 1")
            .execute(&mut self.connection().await?)
            .await?;
        Ok(())
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
        .append_pair("connect_timeout", &CONNECT_TIMEOUT_SECONDS.to_string());
    // Written by hand: the driver reads `+` in a URL as a plus sign, not as a space.
    let query = format!(
        "{}&options=-c%20statement_timeout%3D{timeout}",
        url.query().unwrap_or_default()
    );
    url.set_query(Some(&query));
    url.into()
}
