//! Orders in the database. One statement makes a change, writes its event, and notes what Temporal
//! must hear of it: all of it or nothing, in one round trip, and no lock outlives the statement.
//! What every request needs goes in batches; a batch is one statement too.

mod find;
mod insert;
mod list;
mod update;

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Jsonb, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use rust_decimal::Decimal;
use tokio::time::{Instant, sleep_until};

use self::find::Find;
use self::insert::Insert;
pub use self::list::OrderFilter;
use self::update::{Outcome, Update};
use super::batch::Batcher;
use super::events;
use super::notifier::Notifier;
use super::pool::Database;
use super::schema::{idempotency_keys, orders};
use crate::domain::{
    Access, Actor, ChangeError, NewOrder, Order, OrderChange, OrderEventData, OrderStatus,
};
use crate::error::StoreError;
use crate::telemetry::request_scope;

/// How often a change is tried while others change the same order. One of them succeeds each time.
const MOST_RACES: usize = 100;
/// Between two attempts to change an order whose row another transaction holds.
const FIRST_PAUSE: Duration = Duration::from_millis(4);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// A client's name for a request that it may send more than once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// What the client sent, or what stands for it: 1 to 255 characters.
    pub key: String,
    /// SHA-256 of the request that it stands for.
    pub fingerprint: [u8; 32],
    /// For how long it is remembered.
    pub lifetime: Duration,
}

/// What came of a new order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// It is stored.
    New(Order),
    /// It was stored before, under the same key; this is the order as it was then.
    Replayed(Order),
    /// The key stands for another request.
    KeyReused,
}

/// What has to be true of an order before it is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// Nothing.
    None,
    /// It has one of these versions.
    Version(Vec<i64>),
    /// It was accepted at this time: it is the order that is meant, not another one of the same id.
    CreatedAt(DateTime<Utc>),
}

impl Precondition {
    fn holds(&self, order: &Order) -> bool {
        match self {
            Self::None => true,
            Self::Version(versions) => versions.contains(&order.version),
            Self::CreatedAt(time) => order.created_at == *time,
        }
    }
}

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum Rejected {
    /// There is no such order.
    #[error("there is no such order")]
    NotFound,
    /// The precondition does not hold.
    #[error("the order is at another version")]
    VersionMismatch,
    /// The order's state does not allow it.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Queryable, QueryableByName, Selectable)]
#[diesel(table_name = orders, check_for_backend(diesel::pg::Pg))]
struct OrderRow {
    id: i64,
    customer_id: i64,
    status: String,
    total_amount: Decimal,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<OrderRow> for Order {
    type Error = StoreError;

    fn try_from(row: OrderRow) -> Result<Self, StoreError> {
        let status = OrderStatus::of(&row.status).ok_or_else(|| {
            StoreError::Corrupt(format!(
                "order {} has the unknown status {}",
                row.id, row.status
            ))
        })?;
        Ok(Self {
            id: row.id,
            customer_id: row.customer_id,
            status,
            total_amount: row.total_amount,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// The order that came of one question of a batch.
#[derive(QueryableByName)]
struct Placed {
    /// Of the question, from 1.
    #[diesel(sql_type = BigInt)]
    position: i64,
    #[diesel(embed)]
    order: OrderRow,
}

/// What came of each question.
fn in_places(
    rows: impl IntoIterator<Item = Placed>,
    questions: usize,
) -> Result<Vec<Option<Order>>, StoreError> {
    let mut answers = vec![None; questions];
    for Placed { position, order } in rows {
        let answer = usize::try_from(position - 1)
            .ok()
            .and_then(|place| answers.get_mut(place));
        *answer.ok_or_else(|| StoreError::Corrupt("an order nobody asked for".into()))? =
            Some(order.try_into()?);
    }
    Ok(answers)
}

/// Stores and finds orders.
#[derive(Clone)]
pub struct OrderRepository {
    database: Database,
    find: Batcher<Find>,
    insert: Batcher<Insert>,
    update: Batcher<Update>,
    notifier: Notifier,
}

impl OrderRepository {
    /// On this database.
    pub fn new(database: Database) -> Self {
        Self {
            find: Batcher::new(&database),
            insert: Batcher::new(&database),
            update: Batcher::new(&database),
            notifier: Notifier::new(&database.in_background()),
            database,
        }
    }

    /// Stores an order, its first event and the intent to start its workflow, and the key that the
    /// client gave it. A request with the same key that is still on its way is waited for.
    ///
    /// # Errors
    /// When the database fails. Whether the order is stored then, the error says.
    pub async fn create(
        &self,
        new: &NewOrder,
        key: Option<&IdempotencyKey>,
    ) -> Result<Created, StoreError> {
        let deadline = self.database.deadline();
        // More than once only when the key is free again between the two statements.
        for _ in 0..MOST_RACES {
            let asked = insert::Asked {
                new: new.clone(),
                key: key.cloned(),
                traceparent: traceparent(),
            };
            if let Some(order) = self.insert.ask(asked, deadline).await? {
                self.notifier.notify();
                return Ok(Created::New(order));
            }
            let Some(key) = key else { break };
            if let Some(first) = self.first_answer(key, deadline).await? {
                return Ok(first);
            }
        }
        let cause = "the key was taken and free again, over and over";
        Err(StoreError::Unavailable(cause.into()))
    }

    /// What the request that used the key first was told. `None` when the key is free again.
    async fn first_answer(
        &self,
        key: &IdempotencyKey,
        deadline: Instant,
    ) -> Result<Option<Created>, StoreError> {
        self.database
            .read_by(deadline, async |mut connection| {
                let first = first_answer(&mut connection, key).await;
                (connection, first)
            })
            .await
    }

    /// The order of this id, if it is reached.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn get(&self, id: i64, access: Access) -> Result<Option<Order>, StoreError> {
        let order = self.find.ask(id, self.database.deadline()).await?;
        Ok(reached(order, access))
    }

    /// At most `limit` orders from the newest down, from below the id `before` on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(
        &self,
        filter: &OrderFilter,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Order>, StoreError> {
        self.database
            .read(async |mut connection| {
                let page = list::page(&mut connection, filter, before, limit).await;
                (connection, page)
            })
            .await
    }

    /// Changes an order. When somebody else than its workflow ends it, the intent to end the
    /// workflow is written too.
    ///
    /// # Errors
    /// When there is none, the precondition or the order's state forbids it, or the database fails.
    pub async fn change(
        &self,
        id: i64,
        access: Access,
        precondition: &Precondition,
        change: &OrderChange,
        by: Actor,
        reason: Option<&str>,
    ) -> Result<Order, Rejected> {
        let mut attempts = Attempts::new(id, self.database.deadline());
        loop {
            let deadline = attempts.deadline;
            let order = self.expected(id, access, precondition, deadline).await?;
            let Some((status, total_amount)) = order.after(change)? else {
                return Ok(order);
            };
            let data = OrderEventData {
                customer_id: None,
                status: (status != order.status).then_some(status),
                total_amount: (total_amount != order.total_amount).then_some(total_amount),
                reason: reason.map(str::to_owned),
            };
            let end_workflow = status.is_final() && by != Actor::Workflow;
            let asked = update::Asked {
                id,
                version: order.version,
                status,
                total_amount,
                data: events::to_json(&data)?,
                by,
                end_workflow,
                traceparent: end_workflow.then(traceparent).flatten(),
            };
            match self.update.ask(asked, deadline).await? {
                Outcome::Changed(order) => {
                    if end_workflow {
                        self.notifier.notify();
                    }
                    return Ok(order);
                }
                Outcome::Stale => attempts.outraced()?,
                Outcome::Locked => attempts.locked().await?,
            }
        }
    }

    async fn expected(
        &self,
        id: i64,
        access: Access,
        precondition: &Precondition,
        deadline: Instant,
    ) -> Result<Order, Rejected> {
        let order = self.find.ask(id, deadline).await?;
        let order = reached(order, access).ok_or(Rejected::NotFound)?;
        if !precondition.holds(&order) {
            return Err(Rejected::VersionMismatch);
        }
        Ok(order)
    }

    /// Deletes an order and writes the intent to end its workflow.
    ///
    /// # Errors
    /// When there is none, the precondition forbids it, or the database fails.
    pub async fn delete(
        &self,
        id: i64,
        access: Access,
        precondition: &Precondition,
    ) -> Result<(), Rejected> {
        let mut attempts = Attempts::new(id, self.database.deadline());
        loop {
            let deadline = attempts.deadline;
            let order = self.expected(id, access, precondition, deadline).await?;
            let delete = self.database.write_by(deadline, async |mut connection| {
                let deleted = delete(&mut connection, id, order.version).await;
                (connection, deleted.map_err(StoreError::from))
            });
            match delete.await? {
                Deleted { deleted: true, .. } => {
                    self.notifier.notify();
                    return Ok(());
                }
                Deleted { locked: true, .. } => attempts.locked().await?,
                Deleted { .. } => attempts.outraced()?,
            }
        }
    }

    /// Writes the intent to give an order a new workflow, if it is at this version still. Says
    /// whether it was.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn restart(&self, id: i64, version: i64, reason: &str) -> Result<bool, StoreError> {
        let data = OrderEventData {
            reason: Some(reason.to_owned()),
            ..OrderEventData::default()
        };
        let data = events::to_json(&data)?;
        let query = diesel::sql_query(
            "WITH restarted AS (
                UPDATE orders
                   SET version = version + 1, updated_at = greatest(now(), updated_at)
                 WHERE id = $1 AND version = $2
                RETURNING id, version, updated_at),
             recorded AS (
                INSERT INTO order_events (order_id, sequence, type, data, actor, occurred_at)
                SELECT id, version, 'restarted', $3, $4, updated_at FROM restarted),
             intended AS (
                INSERT INTO workflow_intents (order_id, action)
                SELECT id, 'restart' FROM restarted)
             SELECT id FROM restarted",
        )
        .bind::<BigInt, _>(id)
        .bind::<BigInt, _>(version)
        .bind::<Jsonb, _>(data)
        .bind::<Text, _>(Actor::Reconciler.as_str());
        let restarted = self
            .database
            .write(async |mut connection| {
                let restarted = query.execute(&mut *connection).await;
                (connection, restarted.map_err(StoreError::from))
            })
            .await?;
        let restarted = restarted > 0;
        if restarted {
            self.notifier.notify();
        }
        Ok(restarted)
    }
}

/// What came of deleting an order: neither when it is at another version, or gone.
#[derive(QueryableByName)]
struct Deleted {
    #[diesel(sql_type = Bool)]
    deleted: bool,
    /// Another transaction holds its row.
    #[diesel(sql_type = Bool)]
    locked: bool,
}

/// Deletes an order if it is at this version still, and nobody else holds its row.
async fn delete(connection: &mut AsyncPgConnection, id: i64, version: i64) -> QueryResult<Deleted> {
    diesel::sql_query(
        "WITH locked AS MATERIALIZED (
            SELECT id FROM orders WHERE id = $1 FOR UPDATE SKIP LOCKED),
         deleted AS (
            DELETE FROM orders USING locked
             WHERE orders.id = locked.id AND orders.version = $2
            RETURNING orders.id, orders.version, orders.updated_at),
         recorded AS (
            INSERT INTO order_events (order_id, sequence, type, actor, occurred_at)
            SELECT id, version + 1, 'deleted', $3, greatest(now(), updated_at) FROM deleted),
         intended AS (
            INSERT INTO workflow_intents (order_id, action, traceparent)
            SELECT id, 'end', $4 FROM deleted)
         SELECT EXISTS (SELECT FROM deleted) AS deleted,
                EXISTS (SELECT FROM orders WHERE id = $1)
                    AND NOT EXISTS (SELECT FROM locked) AS locked",
    )
    .bind::<BigInt, _>(id)
    .bind::<BigInt, _>(version)
    .bind::<Text, _>(Actor::Client.as_str())
    .bind::<Nullable<Text>, _>(traceparent())
    .get_result(connection)
    .await
}

/// The attempts to change an order that others change as well, until a deadline.
struct Attempts {
    order_id: i64,
    deadline: Instant,
    races: usize,
    pause: Duration,
}

impl Attempts {
    fn new(order_id: i64, deadline: Instant) -> Self {
        Self {
            order_id,
            deadline,
            races: 0,
            pause: FIRST_PAUSE,
        }
    }

    /// After another change was faster.
    fn outraced(&mut self) -> Result<(), StoreError> {
        self.races += 1;
        if self.races < MOST_RACES {
            return Ok(());
        }
        let id = self.order_id;
        Err(StoreError::Unavailable(format!(
            "order {id} is changed by too many at once"
        )))
    }

    /// After another transaction held the row: the next attempt comes after a pause that grows.
    async fn locked(&mut self) -> Result<(), StoreError> {
        let pause = self.pause.mul_f64(rand::random_range(0.5..1.0));
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        let next = Instant::now() + pause;
        if next >= self.deadline {
            let id = self.order_id;
            return Err(StoreError::Locked(format!(
                "another transaction holds order {id}"
            )));
        }
        sleep_until(next).await;
        Ok(())
    }
}

/// Of the work at hand, for the intents that it writes.
fn traceparent() -> Option<String> {
    request_scope::trace().map(|trace| trace.to_string())
}

/// An order that is not reached is as good as none.
fn reached(order: Option<Order>, access: Access) -> Option<Order> {
    order.filter(|order| access.reaches(order.customer_id))
}

/// What the request that used the key first was told. `None` when the key is free again.
async fn first_answer(
    connection: &mut AsyncPgConnection,
    key: &IdempotencyKey,
) -> Result<Option<Created>, StoreError> {
    let known: Option<(i64, Vec<u8>)> = idempotency_keys::table
        .find(&key.key)
        .select((idempotency_keys::order_id, idempotency_keys::fingerprint))
        .first(connection)
        .await
        .optional()?;
    let Some((order_id, fingerprint)) = known else {
        return Ok(None);
    };
    if fingerprint != key.fingerprint {
        return Ok(Some(Created::KeyReused));
    }
    // The order may have changed since, or be gone; its first event is what it was.
    let event = events::first(connection, order_id).await?;
    let (Some(customer_id), Some(status), Some(total_amount)) = (
        event.data.customer_id,
        event.data.status,
        event.data.total_amount,
    ) else {
        let cause = format!("the first event of order {order_id} lacks a field");
        return Err(StoreError::Corrupt(cause));
    };
    Ok(Some(Created::Replayed(Order {
        id: order_id,
        customer_id,
        status,
        total_amount,
        version: event.sequence,
        created_at: event.occurred_at,
        updated_at: event.occurred_at,
    })))
}
