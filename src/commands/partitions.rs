//! `orders partitions`: partitions of the tables of orders and their events.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use serde_json::json;

use super::migrate::{connect, require_current_schema, warn};
use super::print_line;
use crate::config::Settings;
use crate::db::Database;
use crate::db::partitions::{self, Archived, Outcome, Partition};

/// What to do.
#[derive(Debug, Clone, Subcommand)]
pub enum PartitionCommand {
    /// Make the tables of orders and events partitioned, while the service runs
    Create {
        /// Ids in each partition: as many orders as are created in a week, for example
        #[arg(long, value_name = "IDS", value_parser = clap::value_parser!(i64).range(1000..=1_000_000_000_000))]
        size: i64,
    },
    /// List the partitions
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Write old partitions to files, and drop them
    Archive {
        /// How long all orders of a partition must have been unchanged
        #[arg(long, value_name = "DURATION", value_parser = humantime_serde::re::humantime::parse_duration)]
        older_than: Duration,
        /// An existing folder for the files
        #[arg(long, value_name = "FOLDER")]
        to: PathBuf,
    },
}

/// Runs the command.
pub async fn run(settings: &Settings, command: PartitionCommand) -> Result<()> {
    require_current_schema(settings).await?;
    match command {
        PartitionCommand::Create { size } => create(settings, size).await,
        PartitionCommand::List { json } => list(settings, json).await,
        PartitionCommand::Archive { older_than, to } => archive(settings, older_than, to).await,
    }
}

async fn create(settings: &Settings, size: i64) -> Result<()> {
    partitions::create(connect(settings).await?, size, warn)?;
    partitions::extend(&Database::new(&settings.database, "orders-partitions")?).await?;
    list(settings, false).await
}

async fn list(settings: &Settings, json: bool) -> Result<()> {
    let partitions = partitions::list(&mut connect(settings).await?).await?;
    if json {
        let shown: Vec<_> = partitions.iter().map(as_json).collect();
        return print_line(&serde_json::to_string_pretty(&shown)?);
    }
    if partitions.is_empty() {
        return print_line(
            "the tables are not partitioned; `orders partitions create` changes that",
        );
    }
    for partition in &partitions {
        let Partition {
            orders,
            until,
            estimated_orders,
            bytes,
            ..
        } = partition;
        let from = partition
            .from
            .map_or("the first".into(), |id| id.to_string());
        print_line(&format!(
            "{orders}: ids from {from} to {}, about {estimated_orders} orders, {} MiB",
            until - 1,
            bytes >> 20
        ))?;
    }
    Ok(())
}

fn as_json(partition: &Partition) -> serde_json::Value {
    json!({
        "orders": partition.orders,
        "order_events": partition.events,
        "first_id": partition.from,
        "last_id": partition.until - 1,
        "estimated_orders": partition.estimated_orders,
        "bytes": partition.bytes,
    })
}

async fn archive(settings: &Settings, age: Duration, folder: PathBuf) -> Result<()> {
    let metadata = std::fs::metadata(&folder);
    let metadata = metadata.with_context(|| format!("--to {}", folder.display()))?;
    if !metadata.is_dir() {
        bail!("--to {}: not a folder", folder.display());
    }
    let outcomes = partitions::archive(connect(settings).await?, age, &folder, warn)?;
    if outcomes.is_empty() {
        print_line("nothing to archive: no partition has only ids below the newest order's")?;
    }
    for outcome in outcomes {
        match outcome {
            Outcome::Archived(Archived { orders, events }) => {
                for (file, rows) in [orders, events] {
                    print_line(&format!("archived {}: {rows} rows", file.display()))?;
                }
            }
            Outcome::Kept(name, reasons) => {
                print_line(&format!("kept {name}: {}", reasons.join(", ")))?;
            }
        }
    }
    Ok(())
}
