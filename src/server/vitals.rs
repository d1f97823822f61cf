//! What the metrics say of the database and of Temporal, asked anew from time to time: whoever reads
//! the metrics, however often, costs the database nothing.

use std::time::Duration;

use chrono::Utc;

use crate::db::{
    Database, IntentRepository, ReconciliationRepository, oldest_snapshot_seconds, orders_by_status,
};
use crate::error::StoreError;
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Vitals;
use crate::workflow::Temporal;

/// For ever. What the database does not say stays as it was.
pub(super) async fn keep_asking(
    database: &Database,
    temporal: &Temporal,
    metrics: &Metrics,
    every: Duration,
) {
    let intents = IntentRepository::new(database.clone());
    let rounds = ReconciliationRepository::new(database.clone());
    loop {
        let (database_up, temporal_up) = tokio::join!(database.ping(), temporal.is_up());
        let mut vitals = Vitals {
            database_up: database_up.is_ok(),
            temporal_up,
            ..Vitals::default()
        };
        // One that is away is not asked again.
        if vitals.database_up {
            vitals.outbox = known(outbox(&intents).await);
            vitals.reconciliation = known(reconciliation(&rounds).await);
            vitals.orders = known(orders_by_status(database).await);
            vitals.oldest_snapshot = known(oldest_snapshot_seconds(database).await);
        }
        metrics.set_vitals(vitals);
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

fn known<T>(answer: Result<T, StoreError>) -> Option<T> {
    answer
        .inspect_err(|error| tracing::debug!(error = %error, "the metrics lack something"))
        .ok()
}
