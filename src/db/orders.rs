//! Orders in the database. Every change writes what Temporal must hear in the same transaction.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use rust_decimal::Decimal;

use super::intents::{self, Action};
use super::pool::Database;
use super::schema::orders;
use crate::domain::{ChangeError, NewOrder, Order, OrderChange, OrderStatus};
use crate::error::StoreError;

/// Which orders to list.
#[derive(Debug, Clone, Default)]
pub struct OrderFilter {
    /// Any of these; all when empty.
    pub statuses: Vec<OrderStatus>,
    /// Of this customer.
    pub customer_id: Option<i64>,
}

/// What has to be true of an order before it is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// Nothing.
    None,
    /// It has one of these versions.
    Version(Vec<i64>),
}

impl Precondition {
    fn holds(&self, order: &Order) -> bool {
        match self {
            Self::None => true,
            Self::Version(versions) => versions.contains(&order.version),
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

impl From<diesel::result::Error> for Rejected {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(error.into())
    }
}

#[derive(Queryable, Selectable)]
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
        let status = OrderStatus::from_name(&row.status).ok_or_else(|| {
            StoreError::Unexpected(format!(
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

/// Stores and finds orders.
#[derive(Clone)]
pub struct OrderRepository {
    database: Database,
}

impl OrderRepository {
    /// On this database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Stores an order and the intent to start its workflow, both or neither.
    ///
    /// # Errors
    /// When the database fails; nothing is stored then.
    pub async fn create(&self, new: NewOrder) -> Result<Order, StoreError> {
        let mut connection = self.database.connection().await?;
        let row = connection
            .transaction::<OrderRow, diesel::result::Error, _>(async |connection| {
                let row: OrderRow = diesel::insert_into(orders::table)
                    .values((
                        orders::customer_id.eq(new.customer_id),
                        orders::total_amount.eq(new.total_amount),
                    ))
                    .returning(OrderRow::as_returning())
                    .get_result(connection)
                    .await?;
                intents::write(connection, row.id, Action::Start).await?;
                Ok(row)
            })
            .await?;
        row.try_into()
    }

    /// The order of this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn get(&self, id: i64) -> Result<Option<Order>, StoreError> {
        find(&mut *self.database.connection().await?, id).await
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
        let mut query = orders::table
            .select(OrderRow::as_select())
            .order(orders::id.desc())
            .limit(limit)
            .into_boxed();
        if let Some(before) = before {
            query = query.filter(orders::id.lt(before));
        }
        if let Some(customer_id) = filter.customer_id {
            query = query.filter(orders::customer_id.eq(customer_id));
        }
        match filter.statuses.as_slice() {
            [] => {}
            [one] => query = query.filter(orders::status.eq(one.as_str())),
            many => {
                let names: Vec<&str> = many.iter().map(|status| status.as_str()).collect();
                query = query.filter(orders::status.eq_any(names));
            }
        }
        let rows: Vec<OrderRow> = query.load(&mut self.database.connection().await?).await?;
        rows.into_iter().map(Order::try_from).collect()
    }

    /// Changes an order; ending it also writes the intent to end its workflow.
    ///
    /// # Errors
    /// When there is none, the precondition or the order's state forbids it, or the database fails.
    pub async fn update(
        &self,
        id: i64,
        precondition: &Precondition,
        change: &OrderChange,
    ) -> Result<Order, Rejected> {
        let mut connection = self.database.connection().await?;
        connection
            .transaction::<Order, Rejected, _>(async |connection| {
                let order = locked(connection, id, precondition).await?;
                let Some((status, amount)) = order.after(change)? else {
                    return Ok(order);
                };
                let row: OrderRow = diesel::update(orders::table.find(id))
                    .set((
                        orders::status.eq(status.as_str()),
                        orders::total_amount.eq(amount),
                        orders::version.eq(orders::version + 1),
                        orders::updated_at.eq(now()),
                    ))
                    .returning(OrderRow::as_returning())
                    .get_result(connection)
                    .await?;
                if status.is_terminal() {
                    intents::write(connection, id, Action::End).await?;
                }
                Ok(row.try_into()?)
            })
            .await
    }

    /// Deletes an order and writes the intent to end its workflow.
    ///
    /// # Errors
    /// When there is none, the precondition forbids it, or the database fails.
    pub async fn delete(&self, id: i64, precondition: &Precondition) -> Result<(), Rejected> {
        let mut connection = self.database.connection().await?;
        connection
            .transaction::<(), Rejected, _>(async |connection| {
                locked(connection, id, precondition).await?;
                diesel::delete(orders::table.find(id))
                    .execute(connection)
                    .await?;
                intents::write(connection, id, Action::End).await?;
                Ok(())
            })
            .await
    }

    /// Moves an order on to `status` if it may go there, and says where it is then; `None` when it
    /// is gone. Doing it twice is the same as doing it once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn advance(
        &self,
        id: i64,
        status: OrderStatus,
    ) -> Result<Option<OrderStatus>, StoreError> {
        let mut connection = self.database.connection().await?;
        let sources: Vec<&str> = status.sources().map(OrderStatus::as_str).collect();
        let moved = diesel::update(
            orders::table
                .find(id)
                .filter(orders::status.eq_any(sources)),
        )
        .set((
            orders::status.eq(status.as_str()),
            orders::version.eq(orders::version + 1),
            orders::updated_at.eq(now()),
        ))
        .execute(&mut connection)
        .await?;
        if moved == 1 {
            return Ok(Some(status));
        }
        let order = find(&mut connection, id).await?;
        Ok(order.map(|order| order.status))
    }
}

/// A clock that is set back must not make an order older than it is.
fn now() -> diesel::expression::SqlLiteral<diesel::sql_types::Timestamptz> {
    diesel::dsl::sql("greatest(now(), orders.updated_at)")
}

async fn find(connection: &mut AsyncPgConnection, id: i64) -> Result<Option<Order>, StoreError> {
    let row: Option<OrderRow> = orders::table
        .find(id)
        .select(OrderRow::as_select())
        .first(connection)
        .await
        .optional()?;
    row.map(Order::try_from).transpose()
}

async fn locked(
    connection: &mut AsyncPgConnection,
    id: i64,
    precondition: &Precondition,
) -> Result<Order, Rejected> {
    let row: Option<OrderRow> = orders::table
        .find(id)
        .select(OrderRow::as_select())
        .for_update()
        .first(connection)
        .await
        .optional()?;
    let order = Order::try_from(row.ok_or(Rejected::NotFound)?)?;
    match precondition.holds(&order) {
        true => Ok(order),
        false => Err(Rejected::VersionMismatch),
    }
}
