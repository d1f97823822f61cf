//! `orders webhooks`: what operators see and do about webhook endpoints and their deliveries.

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use serde_json::json;

use super::migrate::require_current_schema;
use super::print_line;
use crate::config::Settings;
use crate::db::{
    Database, Delivery, DeliveryFilter, DeliveryRepository, Endpoint, EndpointChange,
    EndpointRepository, Retried,
};
use crate::domain::{Access, DeliveryStatus, OrderId};

/// The endpoints that are read at a time, and the deliveries that are made due at a time.
const BATCH: i64 = 500;

/// What to do.
#[derive(Debug, Clone, Subcommand)]
pub enum WebhookCommand {
    /// List all endpoints, without their secrets
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List deliveries, newest first
    Deliveries(Deliveries),
    /// Send deliveries again
    Retry(Retry),
    /// Send nothing to an endpoint until it is enabled; nothing is lost
    Disable {
        /// Id of the endpoint
        id: i64,
    },
    /// Send events to an endpoint again, beginning with those that it has missed
    Enable {
        /// Id of the endpoint
        id: i64,
    },
}

/// Which deliveries to list.
#[derive(Debug, Clone, Args)]
pub struct Deliveries {
    /// Only those of this endpoint
    #[arg(long, value_name = "ID")]
    pub endpoint: Option<i64>,
    /// Only those with this status: pending, delivered or failed; repeat the option for several
    #[arg(long = "status", value_name = "STATUS", value_parser = status)]
    pub statuses: Vec<DeliveryStatus>,
    /// Only those of events of this order
    #[arg(long, value_name = "ID")]
    pub order: Option<OrderId>,
    /// The maximum number
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=1000))]
    pub limit: i64,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Which deliveries to send again.
#[derive(Debug, Clone, Args)]
#[command(group = clap::ArgGroup::new("which").required(true))]
pub struct Retry {
    /// Id of the endpoint
    pub endpoint: i64,
    /// Id of a delivery
    #[arg(long, value_name = "ID", group = "which")]
    pub delivery: Option<i64>,
    /// All that have failed
    #[arg(long, group = "which")]
    pub failed: bool,
}

fn status(name: &str) -> Result<DeliveryStatus, String> {
    let unknown = |_| "the statuses are pending, delivered, failed".to_owned();
    name.parse().map_err(unknown)
}

/// Runs the command.
pub async fn run(settings: &Settings, command: WebhookCommand) -> Result<()> {
    require_current_schema(settings).await?;
    let database = Database::new(&settings.database, "orders-webhooks")?;
    let endpoints = EndpointRepository::new(database.clone());
    let deliveries = DeliveryRepository::new(database);
    match command {
        WebhookCommand::List { json } => list(&endpoints, json).await,
        WebhookCommand::Deliveries(wanted) => show_deliveries(&deliveries, wanted).await,
        WebhookCommand::Retry(retry) => send_again(&endpoints, &deliveries, retry).await,
        WebhookCommand::Disable { id } => enable(&endpoints, id, false).await,
        WebhookCommand::Enable { id } => enable(&endpoints, id, true).await,
    }
}

async fn list(endpoints: &EndpointRepository, json: bool) -> Result<()> {
    let mut all: Vec<Endpoint> = Vec::new();
    loop {
        let after = all.last().map_or(0, |last| last.id);
        let page = endpoints.list(Access::All, after, BATCH).await?;
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    if json {
        let shown: Vec<_> = all.iter().map(as_json).collect();
        return print_line(&serde_json::to_string_pretty(&shown)?);
    }
    if all.is_empty() {
        print_line("there are no webhook endpoints; clients create them with POST /webhooks")?;
    }
    for endpoint in &all {
        print_line(&describe(endpoint))?;
    }
    Ok(())
}

async fn show_deliveries(deliveries: &DeliveryRepository, wanted: Deliveries) -> Result<()> {
    let filter = DeliveryFilter {
        endpoint_id: wanted.endpoint,
        statuses: wanted.statuses,
        order_id: wanted.order,
        access: Access::All,
        before: None,
    };
    let found = deliveries.list(&filter, wanted.limit).await?;
    if wanted.json {
        return print_line(&serde_json::to_string_pretty(&found)?);
    }
    if found.is_empty() {
        print_line("there are no such deliveries")?;
    }
    for delivery in &found {
        print_line(&describe_delivery(delivery))?;
    }
    Ok(())
}

async fn send_again(
    endpoints: &EndpointRepository,
    deliveries: &DeliveryRepository,
    retry: Retry,
) -> Result<()> {
    let id = retry.endpoint;
    let endpoint = known(endpoints.get(id, Access::All).await?, id)?;
    if !endpoint.enabled {
        bail!("nothing is sent to the endpoint {id}; enable it with `orders webhooks enable {id}`");
    }
    if let Some(delivery) = retry.delivery {
        return match deliveries.retry(id, delivery, Access::All).await? {
            Retried::Pending(delivery) => print_line(&describe_delivery(&delivery)),
            _ => bail!("the endpoint {id} has no delivery {delivery}"),
        };
    }
    let mut sent = 0;
    loop {
        let some = deliveries.retry_failed(id, BATCH).await?;
        sent += some;
        if some == 0 {
            return print_line(&format!("{sent} failed deliveries are sent again"));
        }
    }
}

async fn enable(endpoints: &EndpointRepository, id: i64, enabled: bool) -> Result<()> {
    let change = EndpointChange {
        enabled: Some(enabled),
        ..EndpointChange::default()
    };
    let changed = endpoints.update(id, Access::All, &change).await?;
    print_line(&describe(&known(changed, id)?))
}

fn known(endpoint: Option<Endpoint>, id: i64) -> Result<Endpoint> {
    endpoint.ok_or_else(|| {
        anyhow::anyhow!("there is no endpoint {id}; `orders webhooks list` shows all endpoints")
    })
}

fn as_json(endpoint: &Endpoint) -> serde_json::Value {
    let types = endpoint.event_types.iter().map(|one| one.as_str());
    json!({
        "id": endpoint.id,
        "client": endpoint.client,
        "url": endpoint.url,
        "description": endpoint.description,
        "customer_id": endpoint.customer_id,
        "event_types": types.collect::<Vec<_>>(),
        "enabled": endpoint.enabled,
        "disabled_reason": endpoint.disabled_reason,
        "signature": endpoint.signature.as_str(),
        "position": endpoint.position,
        "created_at": endpoint.created_at,
        "updated_at": endpoint.updated_at,
    })
}

fn describe(endpoint: &Endpoint) -> String {
    let whose = match endpoint.customer_id {
        Some(customer) => format!("customer {customer}"),
        None => "all customers".into(),
    };
    let state = match (endpoint.enabled, &endpoint.disabled_reason) {
        (true, _) => "enabled".into(),
        (false, None) => "disabled".into(),
        (false, Some(reason)) => format!("disabled because {reason}"),
    };
    format!(
        "{} {} of {} for {whose}, {state}, at position {}, created {}",
        endpoint.id,
        endpoint.url,
        endpoint.client,
        endpoint.position,
        endpoint.created_at.to_rfc3339()
    )
}

fn describe_delivery(delivery: &Delivery) -> String {
    let mut text = format!(
        "{} to {} of {} (order {}, position {}): {}, {} attempts",
        delivery.id,
        delivery.endpoint_id,
        delivery.event_type,
        delivery.order_id,
        delivery.position,
        delivery.status,
        delivery.attempts
    );
    if let Some(last) = delivery.last_attempt_at {
        text += &format!(", last {}", last.to_rfc3339());
    }
    if let Some(error) = &delivery.error {
        text += &format!(", {error}");
    }
    text
}
