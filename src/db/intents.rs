//! The outbox: what Temporal still has to be told.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Integer, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures::{Stream, StreamExt};

use super::pool::{Database, connect};
use super::schema::workflow_intents;
use crate::config;
use crate::error::StoreError;

/// What is to be done with an order's workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Start it.
    Start,
    /// Ask it to end: the order has ended, or is gone.
    End,
}

impl Action {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::End => "end",
        }
    }
}

/// Something that Temporal has to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Its number in the outbox.
    pub id: i64,
    /// The order whose workflow it is about.
    pub order_id: i64,
    /// What is to be done.
    pub action: Action,
    /// How often it has been tried, this time included.
    pub attempts: i32,
}

#[derive(QueryableByName)]
struct IntentRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    order_id: i64,
    #[diesel(sql_type = Text)]
    action: String,
    #[diesel(sql_type = Integer)]
    attempts: i32,
}

/// Writes an intent, in the transaction of the change that it belongs to.
pub(super) async fn write(
    connection: &mut AsyncPgConnection,
    order_id: i64,
    action: Action,
) -> QueryResult<()> {
    diesel::insert_into(workflow_intents::table)
        .values((
            workflow_intents::order_id.eq(order_id),
            workflow_intents::action.eq(action.as_str()),
        ))
        .execute(connection)
        .await?;
    Ok(())
}

/// Hands out intents, and forgets those that are done.
#[derive(Clone)]
pub struct IntentRepository {
    database: Database,
}

impl IntentRepository {
    /// On this database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Claims up to `limit` intents that are due, for the time of `lease`. Nobody else gets them
    /// until then. Of an order, only the oldest is handed out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim(&self, limit: usize, lease: Duration) -> Result<Vec<Intent>, StoreError> {
        let rows: Vec<IntentRow> = diesel::sql_query(
            "UPDATE workflow_intents
                SET available_at = now() + make_interval(secs => $2), attempts = attempts + 1
              WHERE id IN (
                    SELECT id FROM workflow_intents AS due
                     WHERE available_at <= now()
                       AND NOT EXISTS (SELECT FROM workflow_intents AS earlier
                                        WHERE earlier.order_id = due.order_id
                                          AND earlier.id < due.id)
                     ORDER BY available_at, id
                     LIMIT $1
                       FOR UPDATE SKIP LOCKED)
              RETURNING id, order_id, action, attempts",
        )
        .bind::<BigInt, _>(i64::try_from(limit).unwrap_or(i64::MAX))
        .bind::<Double, _>(lease.as_secs_f64())
        .load(&mut self.database.connection().await?)
        .await?;
        rows.into_iter()
            .map(|row| {
                let action = match row.action.as_str() {
                    "start" => Action::Start,
                    "end" => Action::End,
                    other => {
                        return Err(StoreError::Unexpected(format!("unknown action {other}")));
                    }
                };
                Ok(Intent {
                    id: row.id,
                    order_id: row.order_id,
                    action,
                    attempts: row.attempts,
                })
            })
            .collect()
    }

    /// Forgets an intent that Temporal has confirmed.
    ///
    /// # Errors
    /// When the database fails; the intent is then told again, which does no harm.
    pub async fn done(&self, id: i64) -> Result<(), StoreError> {
        diesel::delete(workflow_intents::table.find(id))
            .execute(&mut self.database.connection().await?)
            .await?;
        Ok(())
    }

    /// Gives an intent back, to be tried again after `delay`.
    ///
    /// # Errors
    /// When the database fails; the intent is then free again when its lease ends.
    pub async fn retry(&self, id: i64, delay: Duration, error: &str) -> Result<(), StoreError> {
        diesel::sql_query(
            "UPDATE workflow_intents
                SET available_at = now() + make_interval(secs => $2), last_error = $3
              WHERE id = $1",
        )
        .bind::<BigInt, _>(id)
        .bind::<Double, _>(delay.as_secs_f64())
        .bind::<Text, _>(error)
        .execute(&mut self.database.connection().await?)
        .await?;
        Ok(())
    }

    /// How many intents wait.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn backlog(&self) -> Result<i64, StoreError> {
        let count = workflow_intents::table
            .count()
            .get_result(&mut self.database.connection().await?)
            .await?;
        Ok(count)
    }
}

/// Hears of new intents as they are committed.
pub struct IntentListener {
    connection: AsyncPgConnection,
}

impl IntentListener {
    /// Listens on a connection of its own.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn connect(settings: &config::Database) -> Result<Self, StoreError> {
        let mut connection = connect(settings, "orders-listener").await?;
        connection.batch_execute("LISTEN workflow_intents").await?;
        Ok(Self { connection })
    }

    /// One item for each notification; an error when the connection is lost.
    pub fn notifications(&mut self) -> impl Stream<Item = Result<(), StoreError>> + '_ {
        self.connection
            .notifications_stream()
            .map(|notification| notification.map(drop).map_err(StoreError::from))
    }
}
