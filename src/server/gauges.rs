//! The gauges of the database and Temporal, refreshed periodically, so that scraping costs the
//! database nothing however often it happens. Each time, what the process has measured is stored.

use std::time::Duration;

use chrono::Utc;
use uuid::Uuid;

use crate::db::{
    BookRepository, IntentRepository, Measurement, MeasurementRepository, ReconciliationRepository,
    WebhookUpkeep, feed_lag_seconds, oldest_snapshot_seconds, orders_by_status,
    orders_needing_attention, partitions,
};
use crate::error::StoreError;
use crate::health::Dependencies;
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Vitals;

/// Refreshes the gauges and stores measurements until it is dropped. A value that cannot be read leaves its gauge unchanged.
pub(super) async fn refresh(dependencies: &Dependencies, metrics: &Metrics, every: Duration) {
    let database = &dependencies.database;
    let intents = IntentRepository::new(database.clone());
    let rounds = ReconciliationRepository::new(database.clone());
    let books = BookRepository::new(database.clone());
    let webhooks = WebhookUpkeep::new(database.clone());
    let measurements = MeasurementRepository::new(database.clone());
    let process = Uuid::new_v4().to_string();
    let mut stored = Measurement::default();
    loop {
        let probe = dependencies.probe().await;
        let mut vitals = Vitals {
            database_up: probe.database.is_ok(),
            temporal_up: probe.temporal_up,
            ..Vitals::default()
        };
        // Skip the queries when the database is down.
        if vitals.database_up {
            vitals.outbox = logged(outbox(&intents).await);
            vitals.reconciliation = logged(reconciliation(&rounds).await);
            vitals.books = logged(books_drift(&books).await);
            vitals.orders = logged(orders_by_status(database).await);
            vitals.attention = logged(orders_needing_attention(database).await);
            vitals.partition_room = logged(partitions::room(database).await);
            vitals.feed_lag = logged(feed_lag_seconds(database).await);
            vitals.webhooks = logged(webhooks.state().await);
            vitals.oldest_snapshot = logged(oldest_snapshot_seconds(database).await);
        }
        let database_up = vitals.database_up;
        metrics.set_vitals(vitals);
        if database_up {
            let totals = metrics.totals();
            let interval = totals.since(&stored);
            if logged(measurements.store(&process, &interval).await).is_some() {
                stored = totals;
            }
        }
        tokio::time::sleep(every).await;
    }
}

#[allow(clippy::cast_precision_loss)] // an age
async fn outbox(intents: &IntentRepository) -> Result<(i64, i64, f64), StoreError> {
    let backlog = intents.backlog().await?;
    Ok((
        backlog.waiting,
        backlog.failing,
        backlog.oldest_age_seconds as f64,
    ))
}

async fn reconciliation(
    rounds: &ReconciliationRepository,
) -> Result<(i64, i64, Option<Duration>), StoreError> {
    let report = rounds.report().await?;
    let age = report
        .finished_at
        .map(|finished| (Utc::now() - finished).to_std().unwrap_or_default());
    Ok((report.drift, report.repaired, age))
}

async fn books_drift(books: &BookRepository) -> Result<Vec<(String, i64)>, StoreError> {
    let reports = books.reports().await?.into_iter();
    Ok(reports.map(|book| (book.partner, book.drift)).collect())
}

fn logged<T>(result: Result<T, StoreError>) -> Option<T> {
    result
        .inspect_err(|error| tracing::debug!(error = %error, "a metric is missing"))
        .ok()
}
