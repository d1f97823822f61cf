//! The progress of orders.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::pool::Database;
use super::schema::orders;
use crate::domain::{OrderId, OrderStatus};
use crate::error::StoreError;

/// The progress of an order, as far as its workflow matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Processing has not begun.
    Pending,
    /// Processing has begun.
    Begun,
    /// The order has ended, is deleted, or has a status that is unknown to this version.
    Ended,
}

/// The progress of each of these orders.
pub async fn stages(
    database: &Database,
    ids: &[OrderId],
) -> Result<Vec<(OrderId, Stage)>, StoreError> {
    let query = orders::table
        .filter(orders::id.eq_any(ids))
        .select((orders::id, orders::status));
    let mut open: Vec<(OrderId, String)> = database
        .read(async |connection| query.load(connection).await)
        .await?;
    open.sort_unstable();
    let stage = |id: &OrderId| {
        let found = open.binary_search_by_key(id, |(id, _)| *id).ok();
        let status = found.and_then(|place| open.get(place)?.1.parse::<OrderStatus>().ok());
        match status {
            Some(OrderStatus::Pending) => Stage::Pending,
            Some(OrderStatus::Processing) => Stage::Begun,
            Some(OrderStatus::Completed | OrderStatus::Cancelled) | None => Stage::Ended,
        }
    };
    Ok(ids.iter().map(|id| (*id, stage(id))).collect())
}
