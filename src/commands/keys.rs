//! `orders keys`: creates, rotates and revokes API keys, as `/api-keys` of the contract does.

use std::time::Duration;

use anyhow::{Result, bail};
use chrono::{DateTime, Utc};
use clap::Args;

use super::migrate::require_current_schema;
use super::print_line;
use crate::auth::FreshKey;
use crate::config::Settings;
use crate::db::{ApiKey, ApiKeyRepository, Database, NewApiKey};
use crate::domain::{CustomerId, Scope, Scopes};

/// Options of a new key.
#[derive(Debug, Clone, Args)]
#[command(group = clap::ArgGroup::new("whose").required(true))]
pub struct NewKey {
    /// Name, 1 to 100 characters. Keys with the same name and customer belong to the same client
    /// and share their idempotency keys
    #[arg(long)]
    pub name: String,
    /// Scope: orders:read, orders:write, webhooks:read, webhooks:write or orders:admin; repeat the option
    /// for several
    #[arg(long = "scope", value_name = "SCOPE", required = true, value_parser = scope)]
    pub scopes: Vec<Scope>,
    /// The customer whose orders the key can access
    #[arg(long, value_name = "ID", group = "whose")]
    pub customer: Option<CustomerId>,
    /// The key can access the orders of all customers
    #[arg(long, group = "whose")]
    pub all_customers: bool,
    /// When the key expires, such as 90d
    #[arg(long, value_name = "DURATION", value_parser = humantime_serde::re::humantime::parse_duration)]
    pub expires_in: Option<Duration>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

fn scope(name: &str) -> Result<Scope, String> {
    name.parse().map_err(|_| {
        let known = Scope::ALL.iter().map(|scope| scope.as_str());
        format!("the scopes are {}", known.collect::<Vec<_>>().join(", "))
    })
}

/// Creates a key and prints it.
pub async fn create(settings: &Settings, new: NewKey) -> Result<()> {
    let keys = repository(settings).await?;
    if !(1..=100).contains(&new.name.chars().count()) {
        bail!("--name must have 1 to 100 characters");
    }
    let fresh = FreshKey::make()?;
    let scopes: Scopes = new.scopes.into_iter().collect();
    let stored = keys
        .create(&NewApiKey {
            hash: fresh.hash.to_vec(),
            hint: fresh.hint,
            name: new.name,
            scopes: scopes.to_string(),
            customer_id: new.customer,
            expires_at: new
                .expires_in
                .map(|life| end_of(life, "--expires-in"))
                .transpose()?,
        })
        .await?;
    show(&stored, &fresh.text, new.json)
}

/// Options of a rotation.
#[derive(Debug, Clone, Args)]
pub struct Rotation {
    /// Id of the key
    pub id: i64,
    /// How long the old key stays valid
    #[arg(long, value_name = "DURATION", default_value = "1d", value_parser = humantime_serde::re::humantime::parse_duration)]
    pub overlap: Duration,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Creates a key that replaces another, and prints it.
pub async fn rotate(settings: &Settings, rotation: Rotation) -> Result<()> {
    let keys = repository(settings).await?;
    let Rotation { id, overlap, json } = rotation;
    end_of(overlap, "--overlap")?;
    let fresh = FreshKey::make()?;
    let stored = keys.rotate(id, &fresh.hash, &fresh.hint, overlap).await?;
    match stored {
        Some(stored) => show(&stored, &fresh.text, json),
        None => bail!("there is no key {id}, or it is revoked; `orders keys list` shows all keys"),
    }
}

/// Prints a new key; its text is not stored.
fn show(stored: &ApiKey, text: &str, json: bool) -> Result<()> {
    if json {
        let mut shown = serde_json::to_value(stored)?;
        shown["key"] = text.into();
        return print_line(&serde_json::to_string_pretty(&shown)?);
    }
    print_line(&describe(stored))?;
    print_line(&format!("key: {text}"))?;
    print_line("The key is not shown again. Send it in the header X-API-Key.")
}

/// Prints all keys.
pub async fn list(settings: &Settings, json: bool) -> Result<()> {
    let keys = repository(settings).await?.list().await?;
    if json {
        return print_line(&serde_json::to_string_pretty(&keys)?);
    }
    if keys.is_empty() {
        print_line("there are no keys; create one with `orders keys create`")?;
    }
    for key in keys {
        print_line(&describe(&key))?;
    }
    Ok(())
}

/// Revokes a key.
pub async fn revoke(settings: &Settings, id: i64) -> Result<()> {
    let Some(key) = repository(settings).await?.revoke(id).await? else {
        bail!("there is no key {id}; `orders keys list` shows all keys");
    };
    print_line(&describe(&key))?;
    let cache = settings.auth.api_key_cache;
    print_line(&format!(
        "The key is revoked. Servers that have it cached reject it within {cache:?} (auth.api_key_cache)."
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
        "{} {:?} {}… [{}] of {whose}, created {}",
        key.id,
        key.name,
        key.hint,
        key.scopes,
        key.created_at.to_rfc3339()
    );
    if key.client() != key.id {
        text += &format!(", same client as key {}", key.client());
    }
    let times = [
        ("used", key.last_used_at),
        ("expires", key.expires_at),
        ("revoked", key.revoked_at),
    ];
    for (what, when) in times {
        if let Some(when) = when {
            text += &format!(", {what} {}", when.to_rfc3339());
        }
    }
    text
}
