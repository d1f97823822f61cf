//! Secrets that all instances of the service share.

use std::time::Duration;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use tokio::time::sleep;

use super::pool::Database;
use super::schema::server_secrets;
use crate::error::StoreError;

/// The length of a secret.
pub const SECRET_BYTES: usize = 32;

/// A server that is slow to authenticate makes the first attempts time out.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(200);

/// The key that signs page cursors. The migration of its table made it.
pub async fn cursor_secret(database: &Database) -> Result<[u8; SECRET_BYTES], StoreError> {
    for _ in 1..ATTEMPTS {
        match read(database).await {
            Err(StoreError::Unavailable(_)) => sleep(PAUSE).await,
            read => return read,
        }
    }
    read(database).await
}

async fn read(database: &Database) -> Result<[u8; SECRET_BYTES], StoreError> {
    let query = server_secrets::table
        .find("cursors")
        .select(server_secrets::value);
    let value: Vec<u8> = database
        .read(async |connection| query.first(connection).await)
        .await?;
    value
        .try_into()
        .map_err(|_| StoreError::Corrupt("the secret of cursors has the wrong length".into()))
}
