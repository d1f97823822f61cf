//! Lists pages of orders.

use chrono::{DateTime, Utc};
use diesel::IntoSql;
use diesel::dsl::{AsSelect, IntoBoxed, Select, sql};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use rust_decimal::Decimal;

use super::{OrderRepository, OrderRow};
use crate::db::prepared::prepared;
use crate::db::schema::orders;
use crate::domain::{
    Access, CustomerId, Order, OrderId, OrderStatus, PaymentStatus, ShipmentStatus,
};
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
    /// Further conditions.
    pub conditions: OrderConditions,
}

/// Conditions that few lists have.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OrderConditions {
    /// The payment has any of these statuses; any or none if empty.
    pub payment: Vec<PaymentStatus>,
    /// The shipment has any of these statuses; any or none if empty.
    pub shipment: Vec<ShipmentStatus>,
    /// Whether a step has failed for a long time.
    pub needs_attention: Option<bool>,
    /// Accepted at this time or later.
    pub created_from: Option<DateTime<Utc>>,
    /// Accepted before this time.
    pub created_before: Option<DateTime<Utc>>,
    /// At least this total amount.
    pub min_amount: Option<Decimal>,
    /// At most this total amount.
    pub max_amount: Option<Decimal>,
}

/// Where a page of orders begins. Orders are sorted from the newest id to the oldest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageOf {
    /// The orders with the next smaller ids.
    Below(OrderId),
    /// The orders with the next greater ids.
    Above(OrderId),
}

impl OrderRepository {
    /// At most `limit` orders next to this place, newest first.
    pub async fn list(
        &self,
        filter: &OrderFilter,
        place: PageOf,
        limit: i64,
    ) -> Result<Vec<Order>, StoreError> {
        self.database
            .read(async |connection| page(connection, filter, place, limit).await)
            .await
    }
}

async fn page(
    connection: &mut AsyncPgConnection,
    filter: &OrderFilter,
    place: PageOf,
    limit: i64,
) -> Result<Vec<Order>, StoreError> {
    let customer_id = match filter.access.narrowed(filter.customer_id) {
        None => return Ok(Vec::new()),
        Some(Access::All) => None,
        Some(Access::Customer(customer_id)) => Some(customer_id),
    };
    let mut statuses: Vec<&str> = filter.statuses.iter().map(|one| one.as_str()).collect();
    statuses.sort_unstable();
    statuses.dedup();
    let is_plain = filter.conditions == OrderConditions::default();
    let rows: Vec<OrderRow> = match (statuses.as_slice(), place) {
        ([_, _, ..], PageOf::Below(before)) if is_plain => {
            several(connection, &statuses, customer_id, before, limit).await?
        }
        _ => {
            let mut query = orders::table
                .select(OrderRow::as_select())
                .limit(limit)
                .into_boxed();
            query = match place {
                PageOf::Below(id) => query.filter(orders::id.lt(id)).order(orders::id.desc()),
                PageOf::Above(id) => query.filter(orders::id.gt(id)).order(orders::id.asc()),
            };
            query = match statuses.as_slice() {
                [] => query,
                [one] => query.filter(orders::status.eq(*one)),
                several => query.filter(orders::status.eq_any(several.to_vec())),
            };
            if let Some(customer_id) = customer_id {
                query = query.filter(orders::customer_id.eq(customer_id));
            }
            let mut rows: Vec<OrderRow> = filter.conditions.apply(query).load(connection).await?;
            if matches!(place, PageOf::Above(_)) {
                rows.reverse();
            }
            rows
        }
    };
    rows.into_iter().map(Order::try_from).collect()
}

type Query<'a> = IntoBoxed<'a, Select<orders::table, AsSelect<OrderRow, Pg>>, Pg>;

impl OrderConditions {
    /// Expressions on `fulfilment` are written as in their indexes.
    fn apply<'a>(&'a self, mut query: Query<'a>) -> Query<'a> {
        if !self.payment.is_empty() {
            let status = sql::<Nullable<Text>>("(fulfilment -> 'payment' ->> 'status')");
            let wanted: Vec<&str> = self.payment.iter().map(|one| one.as_str()).collect();
            query = query.filter(status.eq_any(wanted));
        }
        if !self.shipment.is_empty() {
            let status = sql::<Nullable<Text>>("(fulfilment -> 'shipment' ->> 'status')");
            let wanted: Vec<&str> = self.shipment.iter().map(|one| one.as_str()).collect();
            query = query.filter(status.eq_any(wanted));
        }
        query = match self.needs_attention {
            None => query,
            Some(true) => query.filter(sql::<Bool>("fulfilment -> 'attention' IS NOT NULL")),
            Some(false) => query.filter(sql::<Bool>("fulfilment -> 'attention' IS NULL")),
        };
        if let Some(from) = self.created_from {
            query = query.filter(orders::created_at.ge(from));
        }
        if let Some(before) = self.created_before {
            query = query.filter(orders::created_at.lt(before));
        }
        if let Some(least) = self.min_amount {
            query = query.filter(orders::total_amount.ge(least));
        }
        if let Some(most) = self.max_amount {
            query = query.filter(orders::total_amount.le(most));
        }
        query
    }
}

/// One short index scan per status, merged. PostgreSQL would otherwise scan all orders from the
/// newest on until it has found enough.
async fn several(
    connection: &mut AsyncPgConnection,
    statuses: &[&str],
    customer_id: Option<CustomerId>,
    before: OrderId,
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
