//! `orders migrate`: migrates the database schema.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use diesel_async::AsyncPgConnection;

use super::print_line;
use crate::config::Settings;
use crate::db::{self, migrations};
use crate::error::StoreError;

/// Applies every pending migration.
pub async fn up(settings: &Settings) -> Result<()> {
    let applied = apply_pending(settings).await?;
    for name in &applied {
        print_line(&format!("applied {name}"))?;
    }
    if applied.is_empty() {
        print_line("nothing to apply: the schema is current")?;
    }
    Ok(())
}

/// Reverts the newest migration.
pub async fn down(settings: &Settings) -> Result<()> {
    match with_connection(settings, |connection| migrations::down(connection, warn)).await? {
        Some(name) => print_line(&format!("reverted {name}")),
        None => print_line("nothing to revert: no migration is applied"),
    }
}

/// Shows which migrations are applied.
pub async fn status(settings: &Settings) -> Result<()> {
    for migration in with_connection(settings, migrations::status).await? {
        let mark = if migration.applied {
            "applied"
        } else {
            "pending"
        };
        print_line(&format!("{mark} {}", migration.name))?;
    }
    Ok(())
}

/// Applies every pending migration and returns their names.
pub(super) async fn apply_pending(settings: &Settings) -> Result<Vec<String>> {
    with_connection(settings, |connection| migrations::up(connection, warn)).await
}

/// Fails when a migration is pending.
pub(super) async fn require_current_schema(settings: &Settings) -> Result<()> {
    let migrations = with_connection(settings, migrations::status).await?;
    let pending = migrations.into_iter().filter(|known| !known.applied);
    let pending: Vec<String> = pending.map(|known| known.name).collect();
    if !pending.is_empty() {
        bail!(
            "the database lacks {}; run `orders migrate up`",
            pending.join(", ")
        );
    }
    Ok(())
}

async fn with_connection<T>(
    settings: &Settings,
    step: impl FnOnce(AsyncPgConnection) -> Result<T, StoreError>,
) -> Result<T> {
    Ok(step(connect(settings).await?)?)
}

/// A connection without time-outs for statements and locks.
pub(super) async fn connect(settings: &Settings) -> Result<AsyncPgConnection> {
    let database = &settings.database;
    let limit = database.acquire_timeout.max(Duration::from_secs(5));
    let connecting = tokio::time::timeout(limit, db::connect(database, "orders-migrate"));
    connecting
        .await
        .unwrap_or_else(|_| Err(StoreError::Unavailable("no response in time".into())))
        .with_context(|| format!("cannot reach PostgreSQL at {} (database.url)", database.url))
}

/// Prints progress on stderr, because stdout is for the result.
pub(super) fn warn(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
