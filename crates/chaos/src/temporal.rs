//! Temporal: its dev server, or a cluster.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result};
use dev_servers::{ClusterOptions, TemporalCluster, TemporalOptions, TemporalServer, Tools};
use nix::unistd::Pid;
use tokio::sync::Mutex;

/// Temporal, which consists of parts: the dev server, or the nodes of a cluster and then their
/// database.
pub enum Temporal {
    /// The dev server with a file.
    DevServer {
        tools: Tools,
        options: TemporalOptions,
        address: SocketAddr,
        running: Mutex<Option<TemporalServer>>,
    },
    /// A cluster with this many nodes.
    Cluster {
        cluster: TemporalCluster,
        nodes: usize,
    },
}

impl Temporal {
    /// Starts it with its data in the folder: a cluster of this many nodes, or the dev server if
    /// there are none.
    pub async fn start(tools: &Tools, folder: &Path, nodes: usize) -> Result<Self> {
        if nodes > 0 {
            let options = ClusterOptions {
                data_dir: folder.join("temporal"),
                nodes,
                postgres_settings: vec![("fsync", "off")],
                ..ClusterOptions::default()
            };
            let cluster = TemporalCluster::start(tools, &options).await?;
            return Ok(Self::Cluster { cluster, nodes });
        }
        let mut options = TemporalOptions {
            database_file: Some(folder.join("temporal.db")),
            ..TemporalOptions::default()
        };
        let server = TemporalServer::start(tools, options.clone()).await?;
        let address: SocketAddr = server.address().parse()?;
        // A fixed port, so that a restart uses the same one.
        options.port = address.port();
        Ok(Self::DevServer {
            tools: tools.clone(),
            options,
            address,
            running: Mutex::new(Some(server)),
        })
    }

    /// Where the frontends listen.
    pub fn addresses(&self) -> Result<Vec<SocketAddr>> {
        match self {
            Self::DevServer { address, .. } => Ok(vec![*address]),
            Self::Cluster { cluster, .. } => {
                let addresses = cluster.addresses();
                let parsed = addresses.iter().map(|address| address.parse());
                parsed
                    .collect::<Result<_, _>>()
                    .context("not the address of a node")
            }
        }
    }

    /// The number of nodes of a cluster; 0 for the dev server.
    pub fn nodes(&self) -> usize {
        match self {
            Self::DevServer { .. } => 0,
            Self::Cluster { nodes, .. } => *nodes,
        }
    }

    /// Kills a part.
    pub async fn kill(&self, part: usize) {
        match self {
            Self::DevServer { running, .. } => {
                if let Some(server) = running.lock().await.take() {
                    server.kill().await;
                }
            }
            Self::Cluster { cluster, nodes } if part < *nodes => cluster.kill_node(part).await,
            Self::Cluster { cluster, .. } => cluster.kill_database().await,
        }
    }

    /// Starts a part again with its data.
    pub async fn start_again(&self, part: usize) -> Result<()> {
        match self {
            Self::DevServer {
                tools,
                options,
                running,
                ..
            } => {
                let mut running = running.lock().await;
                *running = Some(TemporalServer::start(tools, options.clone()).await?);
                Ok(())
            }
            Self::Cluster { cluster, nodes } if part < *nodes => {
                Ok(cluster.start_node(part).await?)
            }
            Self::Cluster { cluster, .. } => Ok(cluster.start_database().await?),
        }
    }

    /// The processes of a part.
    pub async fn pids(&self, part: usize) -> Vec<Pid> {
        let pids = match self {
            Self::DevServer { running, .. } => {
                let running = running.lock().await;
                running.iter().map(TemporalServer::pid).collect()
            }
            Self::Cluster { cluster, nodes } if part < *nodes => {
                cluster.node_pid(part).await.into_iter().collect()
            }
            Self::Cluster { cluster, .. } => cluster.database_pids().await,
        };
        pids.into_iter().map(Pid::from_raw).collect()
    }

    /// Stops a node of a cluster in order, and starts it again.
    pub async fn restart_node(&self, node: usize) -> Result<()> {
        if let Self::Cluster { cluster, .. } = self {
            cluster.stop_node(node).await;
            cluster.start_node(node).await?;
        }
        Ok(())
    }

    /// Waits until a node of a cluster serves.
    pub async fn until_ready(&self, node: usize) -> Result<()> {
        if let Self::Cluster { cluster, .. } = self {
            cluster.until_ready(node).await?;
        }
        Ok(())
    }

    /// Starts nodes that ended because their database was away, as a supervisor would.
    pub async fn restart_ended(&self) -> Result<()> {
        if let Self::Cluster { cluster, .. } = self {
            cluster.restart_ended().await?;
        }
        Ok(())
    }
}
