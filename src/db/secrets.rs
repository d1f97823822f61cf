//! What all instances of the service share and nobody else knows.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::pool::Database;
use super::schema::server_secrets;
use crate::error::StoreError;

/// The length of a secret.
pub const SECRET_BYTES: usize = 32;

/// What page cursors are signed with. It was made with the schema.
///
/// # Errors
/// When the database fails.
pub async fn cursor_secret(database: &Database) -> Result<[u8; SECRET_BYTES], StoreError> {
    let query = server_secrets::table
        .find("cursors")
        .select(server_secrets::value);
    let value: Vec<u8> = database
        .run(async |mut connection| {
            let got = query.first(&mut *connection).await;
            (connection, got.map_err(StoreError::from))
        })
        .await?;
    value
        .try_into()
        .map_err(|_| StoreError::Corrupt("the secret of cursors is of the wrong length".into()))
}
