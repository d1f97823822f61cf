//! What all instances of the service share and nobody else knows.

use std::time::Duration;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use tokio::time::sleep;

use super::pool::Database;
use super::schema::server_secrets;
use crate::error::StoreError;

/// The length of a secret.
pub const SECRET_BYTES: usize = 32;

/// A server that is slow to let anyone in lets somebody in at last: it is asked so often at the start.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(200);

/// What page cursors are signed with. It was made with the schema.
///
/// # Errors
/// When the database fails, again and again where it is not available.
pub async fn cursor_secret(database: &Database) -> Result<[u8; SECRET_BYTES], StoreError> {
    let mut tried = 1;
    loop {
        match read(database).await {
            Err(StoreError::Unavailable(_)) if tried < TRIES => {
                tried += 1;
                sleep(PAUSE).await;
            }
            read => return read,
        }
    }
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
        .map_err(|_| StoreError::Corrupt("the secret of cursors is of the wrong length".into()))
}
