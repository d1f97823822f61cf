//! The keys of clients, once their time is over. Where they are written: [`super::orders`].

use diesel_async::RunQueryDsl;

use super::pool::Database;
use crate::error::StoreError;

/// Keys that are forgotten in one statement, so that none runs for long.
const SWEEP: usize = 1000;

/// Forgets the keys whose time is over, and says how many they were.
///
/// # Errors
/// When the database fails; the rest is for the next time.
pub async fn sweep_expired_keys(database: &Database) -> Result<usize, StoreError> {
    let mut swept = 0;
    loop {
        let query = diesel::sql_query(format!(
            "DELETE FROM idempotency_keys WHERE key IN (
                SELECT key FROM idempotency_keys WHERE expires_at <= now()
                 ORDER BY expires_at LIMIT {SWEEP} FOR UPDATE SKIP LOCKED)"
        ));
        let now = database
            .write(async |connection| query.execute(connection).await)
            .await?;
        swept += now;
        if now < SWEEP {
            return Ok(swept);
        }
    }
}
