//! Schema migrations, embedded in the binary.

use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::error::StoreError;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// One migration and whether the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its version and name.
    pub name: String,
    /// Whether it has been applied.
    pub applied: bool,
}

/// Applies what is pending, and says what that was. Blocks in place: needs a multi-thread runtime.
///
/// # Errors
/// When a migration fails; those before it stay applied.
pub fn up(connection: AsyncPgConnection) -> Result<Vec<String>, StoreError> {
    let mut harness = AsyncMigrationHarness::new(connection);
    let applied = harness
        .run_pending_migrations(MIGRATIONS)
        .map_err(unexpected)?;
    Ok(applied.iter().map(ToString::to_string).collect())
}

/// Takes back the newest migration, and says which it was; `None` when there is none.
///
/// # Errors
/// When it cannot be taken back.
pub fn down(connection: AsyncPgConnection) -> Result<Option<String>, StoreError> {
    let mut harness = AsyncMigrationHarness::new(connection);
    if harness.applied_migrations().map_err(unexpected)?.is_empty() {
        return Ok(None);
    }
    let version = harness
        .revert_last_migration(MIGRATIONS)
        .map_err(unexpected)?;
    Ok(Some(version.to_string()))
}

/// Every migration of this binary, oldest first.
///
/// # Errors
/// When the database cannot be asked.
pub fn status(connection: AsyncPgConnection) -> Result<Vec<MigrationStatus>, StoreError> {
    let mut harness = AsyncMigrationHarness::new(connection);
    let applied = harness.applied_migrations().map_err(unexpected)?;
    let mut known: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().map_err(unexpected)?;
    known.sort_by_key(|migration| migration.name().version().as_owned());
    Ok(known
        .iter()
        .map(|migration| MigrationStatus {
            name: migration.name().to_string(),
            applied: applied.contains(&migration.name().version().as_owned()),
        })
        .collect())
}

fn unexpected(error: impl std::fmt::Display) -> StoreError {
    StoreError::Unexpected(error.to_string())
}
