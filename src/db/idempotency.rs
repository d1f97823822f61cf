//! Deletes expired idempotency keys. [`super::orders`] writes them.

use diesel_async::RunQueryDsl;

use super::pool::Database;
use crate::error::StoreError;

/// Keys that are deleted in one statement, so that none runs for long.
const BATCH: usize = 1000;

/// Deletes expired keys and returns their number.
pub async fn sweep_expired_keys(database: &Database) -> Result<usize, StoreError> {
    let mut deleted = 0;
    loop {
        let query = diesel::sql_query(format!(
            "DELETE FROM idempotency_keys WHERE key IN (
                SELECT key FROM idempotency_keys WHERE expires_at <= now()
                 ORDER BY expires_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED)"
        ));
        let batch = database
            .write(async |connection| query.execute(connection).await)
            .await?;
        deleted += batch;
        if batch < BATCH {
            return Ok(deleted);
        }
    }
}
