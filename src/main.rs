//! The `orders` command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use order_processing::commands;
use order_processing::commands::keys::{self, NewKey, Rotation};
use order_processing::commands::partitions::{self, PartitionCommand};
use order_processing::commands::sandbox::SandboxArguments;
use order_processing::commands::webhooks::{self, WebhookCommand};
use order_processing::config::Settings;
use order_processing::tls;

/// Contract-first order processing.
#[derive(Parser)]
#[command(name = "orders", version, about)]
struct Cli {
    /// A TOML file with settings that override the defaults
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything on this machine: PostgreSQL, Temporal, the API and a worker
    Dev,
    /// Serve the API and dispatch intents to Temporal
    Serve,
    /// Run the workflows of orders
    Worker,
    /// Serve sandboxes of the partners: inventory, payment and shipping
    Sandbox(SandboxArguments),
    /// Migrate the database schema
    Migrate {
        #[command(subcommand)]
        direction: Migrate,
    },
    /// Partition the tables of orders and events, and archive old partitions
    Partitions {
        #[command(subcommand)]
        command: PartitionCommand,
    },
    /// Show the backlog of the outbox and the orders that differ from their workflows
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Create, list, rotate and revoke API keys
    Keys {
        #[command(subcommand)]
        command: Keys,
    },
    /// List webhook endpoints and their deliveries, and send deliveries again
    Webhooks {
        #[command(subcommand)]
        command: WebhookCommand,
    },
    /// Show the effective settings, without secrets
    Config,
}

#[derive(Subcommand)]
enum Migrate {
    /// Apply every pending migration
    Up,
    /// Revert the newest migration
    Down,
    /// Show which migrations are applied
    Status,
}

#[derive(Subcommand)]
enum Keys {
    /// Create a key and show it once
    Create(NewKey),
    /// List all keys, without their secrets
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Create a key that replaces another, which expires after an overlap
    Rotate(Rotation),
    /// Revoke a key permanently
    Revoke {
        /// Id of the key
        id: i64,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    tls::install_provider();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    let settings = Settings::load(cli.config.as_deref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match cli.command {
            Command::Dev => commands::dev(settings).await,
            Command::Serve => commands::serve(settings).await,
            Command::Worker => commands::worker(settings).await,
            Command::Sandbox(arguments) => commands::sandbox::run(&settings, arguments).await,
            Command::Migrate { direction } => match direction {
                Migrate::Up => commands::migrate::up(&settings).await,
                Migrate::Down => commands::migrate::down(&settings).await,
                Migrate::Status => commands::migrate::status(&settings).await,
            },
            Command::Partitions { command } => partitions::run(&settings, command).await,
            Command::Status { json } => commands::status(&settings, json).await,
            Command::Keys { command } => match command {
                Keys::Create(new) => keys::create(&settings, new).await,
                Keys::List { json } => keys::list(&settings, json).await,
                Keys::Rotate(rotation) => keys::rotate(&settings, rotation).await,
                Keys::Revoke { id } => keys::revoke(&settings, id).await,
            },
            Command::Webhooks { command } => webhooks::run(&settings, command).await,
            Command::Config => commands::show_config(&settings),
        }
    })
}

/// Prints an error as one line.
#[allow(clippy::print_stderr)] // the error output of the command line
fn report(error: &anyhow::Error) {
    let text = format!("{error:#}");
    let line: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    eprintln!("error: {}", line.join("; "));
}
