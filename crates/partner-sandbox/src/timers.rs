//! The clock: expiry, dispatch and delivery, all from rows.

use std::time::Duration;

use tokio::time::sleep;
use tokio_postgres::types::Type;

use crate::db::Db;

const PERIOD: Duration = Duration::from_millis(50);
/// The number of changes of each kind in one transaction.
const BATCH: i32 = 100;

/// Runs until it is dropped.
pub(crate) async fn run(db: Db) {
    loop {
        let done = db
            .rows("SELECT partners.tick($1)", &[(&BATCH, Type::INT4)])
            .await;
        match done.map(|rows| rows.first().map(|row| row.get::<_, i32>(0))) {
            Ok(Some(done)) if done >= BATCH => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(error.message = %error, "timers are late"),
        }
        sleep(PERIOD).await;
    }
}
