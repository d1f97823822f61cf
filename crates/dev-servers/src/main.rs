//! Runs a Temporal cluster on this machine until Ctrl-C: `./justw cluster`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use dev_servers::{ClusterOptions, Error, TemporalCluster, Tools};
use tokio::signal::ctrl_c;
use tokio::signal::unix::{SignalKind, signal};

/// Runs a Temporal cluster on this machine: several servers on a PostgreSQL of their own
#[derive(Parser)]
struct Arguments {
    /// Number of nodes
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=8))]
    nodes: u8,
    /// Port of the first node's frontend, the others count up; 0 is any free ones
    #[arg(long, default_value_t = 7233)]
    port: u16,
    /// Number of history shards; only for new data
    #[arg(long, default_value_t = 512)]
    shards: u32,
    /// Namespace, created if need be
    #[arg(long, default_value = "default")]
    namespace: String,
    /// Folder of the data
    #[arg(long, default_value = ".orders/cluster")]
    data_dir: PathBuf,
}

#[tokio::main]
#[allow(clippy::print_stderr)] // the error output of a command line tool
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

#[allow(clippy::print_stdout, clippy::print_stderr)] // the output of a command line tool
async fn run(arguments: Arguments) -> Result<(), Error> {
    let options = ClusterOptions {
        data_dir: arguments.data_dir,
        nodes: arguments.nodes.into(),
        port: arguments.port,
        shards: arguments.shards,
        namespace: arguments.namespace,
        ..ClusterOptions::default()
    };
    let mut terminated =
        signal(SignalKind::terminate()).map_err(Error::file("handle", "SIGTERM"))?;
    let mut until_stopped = async || {
        tokio::select! {
            _ = ctrl_c() => {}
            _ = terminated.recv() => {}
        }
    };
    eprintln!("starting {} nodes and PostgreSQL …", options.nodes);
    let tools = Tools::locate(None)?;
    let cluster = tokio::select! {
        cluster = TemporalCluster::start(&tools, &options) => cluster?,
        () = until_stopped() => return Ok(()),
    };
    println!("ready {}", cluster.addresses().join(" "));
    tokio::select! {
        error = cluster.wait() => return Err(error),
        () = until_stopped() => {}
    }
    eprintln!("stopping …");
    cluster.stop().await;
    Ok(())
}
