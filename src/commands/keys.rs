//! `orders keys`: API keys are made, replaced and revoked here, and nowhere else.

use std::time::Duration;

use anyhow::{Result, bail};
use chrono::{DateTime, Utc};
use clap::Args;

use super::migrate::require_current_schema;
use super::print_line;
use crate::auth::{FreshKey, Scope, Scopes};
use crate::config::Settings;
use crate::db::{ApiKey, ApiKeyRepository, Database, NewApiKey};
use crate::domain::CustomerId;

/// The key that is wanted.
#[derive(Debug, Clone, Args)]
#[command(group = clap::ArgGroup::new("whose").required(true))]
pub struct NewKey {
    /// What it is for, 1 to 100 characters. Keys of one name and customer are for the same program, and
    /// share their idempotency keys
    #[arg(long)]
    pub name: String,
    /// What it allows: orders:read, orders:write, orders:admin; repeat it for several
    #[arg(long = "scope", value_name = "SCOPE", required = true, value_parser = scope)]
    pub scopes: Vec<Scope>,
    /// The customer whose orders it reaches
    #[arg(long, value_name = "ID", group = "whose", value_parser = clap::value_parser!(i64).range(1..))]
    pub customer: Option<i64>,
    /// It reaches everybody's orders
    #[arg(long, group = "whose")]
    pub all_customers: bool,
    /// When it ends by itself, such as 90d
    #[arg(long, value_name = "DURATION", value_parser = humantime_serde::re::humantime::parse_duration)]
    pub expires_in: Option<Duration>,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

fn scope(name: &str) -> Result<Scope, String> {
    let known = Scope::ALL.map(Scope::as_str).join(", ");
    Scope::of(name).ok_or_else(|| format!("the scopes are {known}"))
}

/// Makes a key and shows it.
///
/// # Errors
/// When the database cannot be reached or the name is too long.
pub async fn create(settings: &Settings, new: NewKey) -> Result<()> {
    let keys = repository(settings).await?;
    if !(1..=100).contains(&new.name.chars().count()) {
        bail!("--name has to have 1 to 100 characters");
    }
    let fresh = FreshKey::make()?;
    let scopes: Scopes = new.scopes.into_iter().collect();
    let stored = keys
        .create(&NewApiKey {
            hash: fresh.hash.to_vec(),
            hint: fresh.hint,
            name: new.name,
            scopes: scopes.to_string(),
            customer_id: new.customer.map(CustomerId),
            expires_at: new
                .expires_in
                .map(|life| end_of(life, "--expires-in"))
                .transpose()?,
        })
        .await?;
    show(&stored, &fresh.text, new.json)
}

/// The key that is to be replaced.
#[derive(Debug, Clone, Args)]
pub struct Rotation {
    /// Its number
    pub id: i64,
    /// For how long it stays in force beside the new one
    #[arg(long, value_name = "DURATION", default_value = "1d", value_parser = humantime_serde::re::humantime::parse_duration)]
    pub overlap: Duration,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Makes a key in the place of another, and shows it.
///
/// # Errors
/// When there is none of this number, or the database cannot be reached.
pub async fn rotate(settings: &Settings, rotation: Rotation) -> Result<()> {
    let keys = repository(settings).await?;
    let Rotation { id, overlap, json } = rotation;
    end_of(overlap, "--overlap")?;
    let fresh = FreshKey::make()?;
    let stored = keys.rotate(id, &fresh.hash, &fresh.hint, overlap).await?;
    match stored {
        Some(stored) => show(&stored, &fresh.text, json),
        None => bail!("there is no key {id}; `orders keys list` shows those there are"),
    }
}

/// A new key, this once.
fn show(stored: &ApiKey, text: &str, json: bool) -> Result<()> {
    if json {
        let mut shown = serde_json::to_value(stored)?;
        shown["key"] = text.into();
        return print_line(&serde_json::to_string_pretty(&shown)?);
    }
    print_line(&describe(stored))?;
    print_line(&format!("key: {text}"))?;
    print_line("It is shown this once. Send it as the header X-API-Key.")
}

/// Shows all keys.
///
/// # Errors
/// When the database cannot be reached.
pub async fn list(settings: &Settings, json: bool) -> Result<()> {
    let keys = repository(settings).await?.list().await?;
    if json {
        return print_line(&serde_json::to_string_pretty(&keys)?);
    }
    if keys.is_empty() {
        print_line("there are no keys; `orders keys create` makes one")?;
    }
    for key in keys {
        print_line(&describe(&key))?;
    }
    Ok(())
}

/// Takes a key out of force.
///
/// # Errors
/// When there is none of this number, or the database cannot be reached.
pub async fn revoke(settings: &Settings, id: i64) -> Result<()> {
    let Some(key) = repository(settings).await?.revoke(id).await? else {
        bail!("there is no key {id}; `orders keys list` shows those there are");
    };
    print_line(&describe(&key))?;
    let cache = settings.auth.api_key_cache;
    print_line(&format!(
        "It is refused from now on; by a server that has just seen it in {cache:?} (auth.api_key_cache)."
    ))
}

async fn repository(settings: &Settings) -> Result<ApiKeyRepository> {
    require_current_schema(settings).await?;
    let database = Database::new(&settings.database, "orders-keys")?;
    Ok(ApiKeyRepository::new(database))
}

fn end_of(life: Duration, option: &str) -> Result<DateTime<Utc>> {
    let end = chrono::TimeDelta::from_std(life)
        .ok()
        .and_then(|life| Utc::now().checked_add_signed(life));
    end.ok_or_else(|| anyhow::anyhow!("{option} is too long"))
}

fn describe(key: &ApiKey) -> String {
    let whose = match key.customer_id {
        Some(customer) => format!("customer {customer}"),
        None => "all customers".into(),
    };
    let mut text = format!(
        "{} {:?} {}… [{}] of {whose}, made {}",
        key.id,
        key.name,
        key.hint,
        key.scopes,
        key.created_at.to_rfc3339()
    );
    if key.client() != key.id {
        text += &format!(", for the program of key {}", key.client());
    }
    let times = [
        ("used", key.last_used_at),
        ("ends", key.expires_at),
        ("revoked", key.revoked_at),
    ];
    for (what, when) in times {
        if let Some(when) = when {
            text += &format!(", {what} {}", when.to_rfc3339());
        }
    }
    text
}
