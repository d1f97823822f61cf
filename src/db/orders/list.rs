//! Lists pages of orders.

use diesel::IntoSql;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{OrderRepository, OrderRow};
use crate::db::prepared::prepared;
use crate::db::schema::orders;
use crate::domain::{Access, CustomerId, Order, OrderStatus};
use crate::error::StoreError;

/// Which orders to list.
#[derive(Debug, Clone)]
pub struct OrderFilter {
    /// Orders with any of these statuses; all if empty.
    pub statuses: Vec<OrderStatus>,
    /// Orders of this customer.
    pub customer_id: Option<CustomerId>,
    /// Orders that the caller can access.
    pub access: Access,
}

impl OrderRepository {
    /// At most `limit` orders with ids below `before`, newest first.
    pub async fn list(
        &self,
        filter: &OrderFilter,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Order>, StoreError> {
        self.database
            .read(async |connection| page(connection, filter, before, limit).await)
            .await
    }
}

async fn page(
    connection: &mut AsyncPgConnection,
    filter: &OrderFilter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Order>, StoreError> {
    let customer_id = match filter.access.narrowed(filter.customer_id) {
        None => return Ok(Vec::new()),
        Some(Access::All) => None,
        Some(Access::Customer(customer_id)) => Some(customer_id),
    };
    let before = before.unwrap_or(i64::MAX);
    let mut statuses: Vec<&str> = filter.statuses.iter().map(|one| one.as_str()).collect();
    statuses.sort_unstable();
    statuses.dedup();
    let rows: Vec<OrderRow> = match statuses.as_slice() {
        [_, _, ..] => several(connection, &statuses, customer_id, before, limit).await?,
        one => {
            let mut query = orders::table
                .select(OrderRow::as_select())
                .filter(orders::id.lt(before))
                .order(orders::id.desc())
                .limit(limit)
                .into_boxed();
            if let Some(status) = one.first() {
                query = query.filter(orders::status.eq(*status));
            }
            if let Some(customer_id) = customer_id {
                query = query.filter(orders::customer_id.eq(customer_id));
            }
            query.load(connection).await?
        }
    };
    rows.into_iter().map(Order::try_from).collect()
}

/// One short index scan per status, merged. PostgreSQL would otherwise scan all orders from the
/// newest on until it has found enough.
async fn several(
    connection: &mut AsyncPgConnection,
    statuses: &[&str],
    customer_id: Option<CustomerId>,
    before: i64,
    limit: i64,
) -> QueryResult<Vec<OrderRow>> {
    // An optional condition would prevent the planner from using the right index.
    macro_rules! pages {
        ($condition:literal) => {
            concat!(
                ")
                 SELECT found.id, found.customer_id, found.status, found.total_amount,
                        found.fulfilment, found.version, found.created_at, found.updated_at
                   FROM requested, unnest(statuses) AS wanted (status),
                        LATERAL (SELECT id, orders.customer_id, orders.status, total_amount,
                                        fulfilment, version, created_at, updated_at
                                   FROM orders
                                  WHERE ",
                $condition,
                "orders.status = wanted.status AND id < requested.before
                                  ORDER BY id DESC LIMIT requested.most) AS found
                  ORDER BY id DESC LIMIT (SELECT most FROM requested)"
            )
        };
    }
    prepared(
        "WITH requested (statuses, customer_id, before, most) AS (SELECT ",
        (
            statuses.into_sql::<Array<Text>>(),
            customer_id.into_sql::<Nullable<BigInt>>(),
            before.into_sql::<BigInt>(),
            limit.into_sql::<BigInt>(),
        ),
        match customer_id {
            None => pages!(""),
            Some(_) => pages!("orders.customer_id = requested.customer_id AND "),
        },
    )
    .load(connection)
    .await
}
