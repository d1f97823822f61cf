//! What the processes of the service have measured in the last hour.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Double, Jsonb, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::pool::Database;
use crate::error::StoreError;

/// How long measurements are kept: what is shown, and a little more.
const KEPT: Duration = Duration::from_secs(65 * 60);

/// What a process has counted in an interval, and what it saw at its end.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Measurement {
    /// Requests of the contract's operations.
    pub requests: f64,
    /// Responses with a 5xx status.
    pub errors: f64,
    /// Requests by duration: for each limit in seconds, those that took at most so long.
    pub durations: Vec<(f64, f64)>,
    /// Orders created.
    pub created: f64,
    /// Orders completed.
    pub completed: f64,
    /// Webhook deliveries that were received.
    pub deliveries: f64,
    /// Failed attempts to deliver.
    pub failed_deliveries: f64,
    /// Calls to partners, and those of them that have to be repeated.
    pub partners: BTreeMap<String, (f64, f64)>,
    /// Intents that Temporal has not confirmed, if known.
    pub backlog: Option<f64>,
    /// Orders that differed from their workflows, if known.
    pub drift: Option<f64>,
    /// Orders with a step that has failed for a long time, if known.
    pub attention: Option<f64>,
}

impl Measurement {
    /// What was counted since an earlier measurement of the same counters.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let before = |name: &str| earlier.partners.get(name).copied().unwrap_or_default();
        Self {
            requests: self.requests - earlier.requests,
            errors: self.errors - earlier.errors,
            durations: {
                let before = earlier.durations.iter().map(|&(_, count)| count);
                let before = before.chain(std::iter::repeat(0.0));
                let now = self.durations.iter().zip(before);
                now.map(|(&(limit, count), before)| (limit, count - before))
                    .collect()
            },
            created: self.created - earlier.created,
            completed: self.completed - earlier.completed,
            deliveries: self.deliveries - earlier.deliveries,
            failed_deliveries: self.failed_deliveries - earlier.failed_deliveries,
            partners: self
                .partners
                .iter()
                .map(|(name, &(calls, failures))| {
                    let (calls_before, failures_before) = before(name);
                    let counted = (calls - calls_before, failures - failures_before);
                    (name.clone(), counted)
                })
                .collect(),
            ..*self
        }
    }
}

/// A stored measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The process.
    pub process: String,
    /// The end of the interval.
    pub taken_at: DateTime<Utc>,
    /// What it measured.
    pub measurement: Measurement,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    process: String,
    #[diesel(sql_type = Timestamptz)]
    taken_at: DateTime<Utc>,
    #[diesel(sql_type = Jsonb)]
    data: Value,
}

/// Stores and reads measurements.
#[derive(Clone)]
pub struct MeasurementRepository {
    database: Database,
}

impl MeasurementRepository {
    /// Measurements in this database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Stores what a process has measured up to now, and deletes what is too old.
    pub async fn store(&self, process: &str, measured: &Measurement) -> Result<(), StoreError> {
        let data = serde_json::to_value(measured)
            .map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let query = diesel::sql_query(
            "WITH old AS (
                DELETE FROM measurements WHERE taken_at < now() - make_interval(secs => $3))
             INSERT INTO measurements (process, data) VALUES ($1, $2)",
        )
        .bind::<Text, _>(process)
        .bind::<Jsonb, _>(data)
        .bind::<Double, _>(KEPT.as_secs_f64());
        self.database
            .write(async |connection| query.execute(connection).await.map(drop))
            .await
    }

    /// Those since a time, the oldest first.
    pub async fn since(&self, time: DateTime<Utc>) -> Result<Vec<Stored>, StoreError> {
        let query = diesel::sql_query(
            "SELECT process, taken_at, data FROM measurements
              WHERE taken_at >= $1 ORDER BY taken_at, process",
        )
        .bind::<Timestamptz, _>(time);
        let rows: Vec<Row> = self
            .database
            .read(async |connection| query.load(connection).await)
            .await?;
        rows.into_iter()
            .map(|row| {
                let measurement = serde_json::from_value(row.data);
                Ok(Stored {
                    process: row.process,
                    taken_at: row.taken_at,
                    measurement: measurement
                        .map_err(|error| StoreError::Corrupt(error.to_string()))?,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_the_difference_of_two_readings() {
        let reading = |requests, fast, calls| Measurement {
            requests,
            durations: vec![(0.001, fast), (10.0, requests)],
            partners: [("payment".to_owned(), (calls, 1.0))].into(),
            backlog: Some(requests),
            ..Measurement::default()
        };
        let interval = reading(10.0, 8.0, 5.0).since(&reading(4.0, 3.0, 2.0));
        assert_eq!(interval.requests, 6.0);
        assert_eq!(interval.durations, [(0.001, 5.0), (10.0, 6.0)]);
        assert_eq!(interval.partners["payment"], (3.0, 0.0));
        assert_eq!(interval.backlog, Some(10.0));
        let first = reading(4.0, 3.0, 2.0);
        assert_eq!(first.since(&Measurement::default()), first);
    }
}
