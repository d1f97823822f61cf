//! The feed: the events of all orders in one sequence.
//!
//! An event gets an entry when it is written, from a sequence: before its transaction commits, and
//! for nothing if that fails. The [sequencer](sequence) finds out up to which entry no more events
//! can appear; that part of the entries is the feed. An event's position is its entry without the
//! entries that no event has, so it never changes.

/// The entry of the event at a position, as a subquery with the column `entry`.
macro_rules! entry_at {
    ($position:literal) => {
        concat!(
            "(SELECT entry + (",
            $position,
            " - position) AS entry FROM feed_runs WHERE position <= ",
            $position,
            " ORDER BY position DESC LIMIT 1)"
        )
    };
}
pub(super) use entry_at;

mod sequence;

use diesel::dsl::max;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::events::{EventRow, known};
use super::pool::Database;
use super::schema::{feed, feed_runs, order_events};
use crate::domain::{Access, Event, OrderEvent, OrderEventType, OrderId};
use crate::error::StoreError;

pub use sequence::{Advance, SequencerRepository};

/// The events that a page with a filter by type reads at most.
const SCAN: i64 = 10_000;

/// How far the feed goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = feed, check_for_backend(diesel::pg::Pg))]
pub struct Extent {
    /// The last entry.
    pub entry: i64,
    /// Its position, the number of events.
    pub position: i64,
    /// The position up to which events are no longer returned.
    pub pruned: i64,
}

/// Which events of the feed are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventFilter {
    /// Those of the orders that the caller may see.
    pub access: Access,
    /// Those of one order.
    pub order_id: Option<OrderId>,
    /// Those of these types; all if it is empty.
    pub types: Vec<OrderEventType>,
}

impl EventFilter {
    /// All events.
    pub fn all() -> Self {
        Self {
            access: Access::All,
            order_id: None,
            types: Vec::new(),
        }
    }

    /// Whether this event is wanted.
    pub fn includes(&self, event: &Event) -> bool {
        self.access.includes(event.customer_id)
            && self.order_id.is_none_or(|id| id == event.order_id)
            && (self.types.is_empty() || self.types.contains(&event.r#type))
    }
}

/// A page of the feed.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedPage {
    /// The events, oldest first.
    pub events: Vec<Event>,
    /// The position up to which no wanted event is missing.
    pub complete_to: i64,
    /// How far the feed goes.
    pub extent: Extent,
}

impl FeedPage {
    /// Whether there may be later events.
    pub fn has_next(&self) -> bool {
        self.complete_to < self.extent.position
    }
}

/// Consecutive entries with consecutive positions; goes on until the next run.
#[derive(Debug, Clone, Copy, Queryable, Selectable)]
#[diesel(table_name = feed_runs, check_for_backend(diesel::pg::Pg))]
struct Run {
    entry: i64,
    position: i64,
}

/// Reads the feed.
#[derive(Clone)]
pub struct FeedRepository {
    database: Database,
}

impl FeedRepository {
    /// The feed of this database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// How far the feed goes.
    pub async fn extent(&self) -> Result<Extent, StoreError> {
        self.database.read(extent).await
    }

    /// At most `limit` events with positions above `after`. A filter by type may return fewer
    /// although there are more: [`FeedPage::complete_to`] says how far it looked.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if the first event of the page is unknown to this version; a page
    /// ends before a later one.
    pub async fn page(
        &self,
        filter: &EventFilter,
        after: i64,
        limit: usize,
    ) -> Result<FeedPage, StoreError> {
        self.database
            .read(async |connection| page(connection, filter, after, limit).await)
            .await
    }

    /// The position of an event of an order, or of the last one before it; 0 if there is none.
    /// `None` if it is not in the feed yet.
    pub async fn position_of(
        &self,
        order_id: OrderId,
        sequence: i64,
    ) -> Result<Option<i64>, StoreError> {
        self.database
            .read(async |connection| {
                let extent = extent(connection).await?;
                let entry: Option<i64> = order_events::table
                    .filter(order_events::order_id.eq(order_id))
                    .filter(order_events::sequence.le(sequence))
                    .order(order_events::sequence.desc())
                    .select(order_events::entry.assume_not_null())
                    .first(connection)
                    .await
                    .optional()?;
                let Some(entry) = entry else {
                    return Ok::<_, StoreError>(Some(0));
                };
                if entry > extent.entry {
                    return Ok(None);
                }
                let runs = runs(connection, entry, entry).await?;
                position(&runs, entry).map(Some)
            })
            .await
    }
}

async fn extent(connection: &mut AsyncPgConnection) -> Result<Extent, StoreError> {
    let query = feed::table.select(Extent::as_select());
    Ok(query.first(connection).await?)
}

async fn page(
    connection: &mut AsyncPgConnection,
    filter: &EventFilter,
    after: i64,
    limit: usize,
) -> Result<FeedPage, StoreError> {
    let extent = extent(connection).await?;
    let mut page = FeedPage {
        events: Vec::new(),
        complete_to: extent.position.max(after),
        extent,
    };
    if after >= extent.position {
        return Ok(page);
    }
    let first: Run = feed_runs::table
        .filter(feed_runs::position.le(after + 1))
        .order(feed_runs::position.desc())
        .select(Run::as_select())
        .first(connection)
        .await?;
    let from = first.entry + (after + 1 - first.position);
    let in_range = || {
        let entry = order_events::entry.assume_not_null();
        let mut events = order_events::table
            .filter(entry.ge(from))
            .filter(entry.le(extent.entry))
            .into_boxed();
        if let Access::Customer(own) = filter.access {
            events = events.filter(order_events::customer_id.eq(own));
        }
        match filter.order_id {
            // Within an order this is the same, and PostgreSQL reads that order's events only.
            Some(order_id) => events
                .filter(order_events::order_id.eq(order_id))
                .order(order_events::sequence),
            None => events.order(entry),
        }
    };
    let wanted = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut query = in_range()
        .select((order_events::entry.assume_not_null(), EventRow::as_select()))
        .limit(wanted);
    let mut last_scanned = None;
    if !filter.types.is_empty() {
        // The last event that this page looks at, so that a rare type does not mean a long scan.
        let scanned = in_range()
            .select(order_events::entry.assume_not_null())
            .offset(SCAN - 1)
            .limit(1);
        last_scanned = scanned.first::<i64>(connection).await.optional()?;
        if let Some(last) = last_scanned {
            query = query.filter(order_events::entry.assume_not_null().le(last));
        }
        let types: Vec<&str> = filter.types.iter().map(|one| one.as_str()).collect();
        query = query.filter(order_events::type_.eq_any(types));
    }
    let rows: Vec<(i64, EventRow)> = query.load(connection).await?;
    let found = rows.len();
    let last_entry = rows.last().map(|(entry, _)| *entry).max(last_scanned);
    let runs = runs(connection, from, last_entry.unwrap_or(from)).await?;
    let events = rows
        .into_iter()
        .map(|(entry, row)| event(row, position(&runs, entry)?));
    page.events = known(events)?;
    if found == limit || page.events.len() < found {
        page.complete_to = page.events.last().map_or(after, |event| event.position);
    } else if let Some(last) = last_scanned {
        page.complete_to = position(&runs, last)?;
    }
    Ok(page)
}

/// The runs of these entries.
async fn runs(
    connection: &mut AsyncPgConnection,
    from: i64,
    to: i64,
) -> Result<Vec<Run>, StoreError> {
    let first: Option<i64> = feed_runs::table
        .filter(feed_runs::entry.le(from))
        .select(max(feed_runs::entry))
        .first(connection)
        .await?;
    let query = feed_runs::table
        .filter(feed_runs::entry.ge(first.unwrap_or(from)))
        .filter(feed_runs::entry.le(to))
        .order(feed_runs::entry)
        .select(Run::as_select());
    Ok(query.load(connection).await?)
}

/// The position of an entry in one of the runs.
fn position(runs: &[Run], entry: i64) -> Result<i64, StoreError> {
    let after = runs.partition_point(|run| run.entry <= entry);
    let run = after.checked_sub(1).and_then(|at| runs.get(at));
    let run = run.ok_or_else(|| StoreError::Corrupt(format!("no run has the entry {entry}")))?;
    Ok(run.position + (entry - run.entry))
}

/// A stored event at its position.
pub(super) fn event(row: EventRow, position: i64) -> Result<Event, StoreError> {
    let (order_id, customer_id) = (row.order_id, row.customer_id);
    let event = OrderEvent::try_from(row)?;
    Ok(Event {
        position,
        order_id,
        customer_id: customer_id.ok_or_else(|| {
            let sequence = event.sequence;
            StoreError::Corrupt(format!(
                "event {sequence} of order {order_id} has no customer"
            ))
        })?,
        sequence: event.sequence,
        r#type: event.r#type,
        data: event.data,
        actor: event.actor,
        occurred_at: event.occurred_at,
    })
}
