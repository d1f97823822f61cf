//! Expired idempotency keys. They are written in [`super::orders`].

use diesel_async::RunQueryDsl;

use super::pool::Database;
use crate::error::StoreError;

/// Keys deleted in one statement, so that none runs for long.
const BATCH: usize = 1000;

/// Deletes the expired keys. Their number.
pub async fn sweep_expired_keys(database: &Database) -> Result<usize, StoreError> {
    let mut swept = 0;
    loop {
        let query = diesel::sql_query(format!(
            "DELETE FROM idempotency_keys WHERE key IN (
                SELECT key FROM idempotency_keys WHERE expires_at <= now()
                 ORDER BY expires_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED)"
        ));
        let now = database
            .write(async |connection| query.execute(connection).await)
            .await?;
        swept += now;
        if now < BATCH {
            return Ok(swept);
        }
    }
}
