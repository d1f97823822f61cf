//! The database: connections, the schema, and calls of its functions.

use std::time::Duration;

use contract_runtime::json::{self, Json};
use deadpool::managed::{self, Metrics, RecycleError, RecycleResult, Timeouts};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, NoTls, Row};

use crate::answer::Refused;

/// Applied in this sequence, in one transaction.
const SCHEMA: &[&str] = &[
    include_str!("../sql/1-tables.sql"),
    include_str!("../sql/2-inventory.sql"),
    include_str!("../sql/3-payment.sql"),
    include_str!("../sql/4-shipping.sql"),
    include_str!("../sql/5-control.sql"),
];
const CONNECTIONS: usize = 16;
const PATIENCE: Duration = Duration::from_secs(5);
/// A conflict is gone at the next attempt, unless there is another one.
const ATTEMPTS: u32 = 10;

/// A parameter with its type, so that one round trip is enough.
pub(crate) type Parameter<'p> = (&'p (dyn ToSql + Sync), Type);

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("no connection: {0}")]
    Connection(#[from] managed::PoolError<tokio_postgres::Error>),
    #[error("{}", describe(.0))]
    Statement(#[from] tokio_postgres::Error),
}

/// PostgreSQL's message; the error itself says only where it comes from.
fn describe(error: &tokio_postgres::Error) -> String {
    error
        .as_db_error()
        .map_or_else(|| error.to_string(), ToString::to_string)
}

/// A pool of connections; cheap to clone.
#[derive(Clone)]
pub(crate) struct Db(managed::Pool<Connections>);

struct Connections(Config);

impl managed::Manager for Connections {
    type Type = Client;
    type Error = tokio_postgres::Error;

    async fn create(&self) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = self.0.connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    async fn recycle(
        &self,
        client: &mut Client,
        _: &Metrics,
    ) -> RecycleResult<tokio_postgres::Error> {
        match client.is_closed() {
            true => Err(RecycleError::message("closed")),
            false => Ok(()),
        }
    }
}

impl Db {
    /// Connects and brings the schema up to date.
    pub(crate) async fn open(url: &str) -> Result<Self, StoreError> {
        let mut config: Config = url.parse()?;
        config
            .application_name("partner-sandbox")
            .connect_timeout(PATIENCE)
            .options("-c timezone=UTC -c client_min_messages=warning");
        let patience = Some(PATIENCE);
        let pool = managed::Pool::builder(Connections(config))
            .max_size(CONNECTIONS)
            .runtime(deadpool::Runtime::Tokio1)
            .timeouts(Timeouts {
                wait: patience,
                create: patience,
                recycle: patience,
            });
        // Fails only without a runtime.
        let db = Self(
            pool.build()
                .map_err(|_| managed::PoolError::NoRuntimeSpecified)?,
        );
        // The lock keeps two that start at once from creating the same objects.
        let schema = SCHEMA.concat();
        let lock = "SELECT pg_advisory_xact_lock(hashtext('partners'))";
        let all = format!("BEGIN; {lock}; {schema} COMMIT");
        db.0.get().await?.batch_execute(&all).await?;
        Ok(db)
    }

    /// The rows of a statement, which is repeated if it was undone because of a conflict.
    pub(crate) async fn rows(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let client = self.0.get().await?;
        let mut attempt = 1;
        loop {
            match client.query_typed(sql, parameters).await {
                Err(error) if attempt < ATTEMPTS && is_conflict(&error) => attempt += 1,
                outcome => return Ok(outcome?),
            }
        }
    }

    /// The texts of a statement with one column.
    pub(crate) async fn texts(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<String>, StoreError> {
        let rows = self.rows(sql, parameters).await?;
        Ok(rows
            .iter()
            .map(|row| row.try_get(0))
            .collect::<Result<_, _>>()?)
    }

    /// The answer of an operation: of a function that returns a code and a body.
    pub(crate) async fn call<T: Json>(
        &self,
        function: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<T, Refused> {
        let sql = format!("SELECT code, body::text FROM partners.{function}");
        let rows = self.rows(&sql, parameters).await?;
        let row = rows.first().ok_or(Refused::Unavailable)?;
        if let Some(code) = row.try_get(0).map_err(StoreError::from)? {
            return Err(Refused::from_code(code));
        }
        let body: String = row.try_get(1).map_err(StoreError::from)?;
        json::from_str(&body).map_err(|error| {
            tracing::error!(error.message = %error, "the books contain what the contract does not have");
            Refused::Unavailable
        })
    }
}

/// Another transaction was in the way, and this one had no effect.
fn is_conflict(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| {
        [
            SqlState::UNIQUE_VIOLATION,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::T_R_SERIALIZATION_FAILURE,
        ]
        .contains(code)
    })
}

/// A parameter of type `text`.
pub(crate) fn text<'p>(value: &'p (impl ToSql + Sync)) -> Parameter<'p> {
    (value, Type::TEXT)
}
