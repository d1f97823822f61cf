//! One server of a Temporal cluster: its configuration and its process.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::cluster::{ClusterOptions, DATABASE, VISIBILITY};
use crate::command::{ServerCommand, command};
use crate::log::Log;
use crate::process::Process;
use crate::run_as::RunAs;
use crate::temporal::Frontend;
use crate::{Error, Postgres, port};

/// What compose.yaml uses as well.
const DYNAMIC_CONFIG: &str =
    include_str!("../../../deploy/compose/temporal/dynamicconfig/orders.yaml");

/// Connections of each of the four services.
const CONNECTIONS: u16 = 20;
const VISIBILITY_CONNECTIONS: u16 = 5;
const PORT_SETTING: &str = "--port";

const READY_LIMIT: Duration = Duration::from_secs(120);
pub(crate) const POLL: Duration = Duration::from_millis(100);

/// A server with all four services of Temporal.
#[derive(Debug)]
pub(crate) struct ClusterNode {
    name: String,
    dir: PathBuf,
    program: PathBuf,
    pub(crate) ports: Ports,
    /// `None` while it is stopped.
    pub(crate) process: Mutex<Option<Process>>,
}

/// The ports of a node, on 127.0.0.1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    /// Of the frontend.
    pub(crate) grpc: u16,
    http: u16,
    /// Of gRPC and of the membership protocol, for each service.
    internal: [u16; 7],
    metrics: u16,
    pprof: u16,
}

impl ClusterNode {
    pub(crate) fn new(name: String, dir: PathBuf, program: PathBuf, ports: Ports) -> Self {
        Self {
            name,
            dir,
            program,
            ports,
            process: Mutex::new(None),
        }
    }

    pub(crate) async fn start(&self) -> Result<(), Error> {
        let mut process = self.process.lock().await;
        let log = Log::append(&self.dir.join("temporal.log"))?;
        let mut server = command(&self.program, "TEMPORAL_");
        server
            .arg("--config-file")
            .arg(self.dir.join("config.yaml"))
            .args(["--allow-no-auth", "start"]);
        let user = RunAs::for_data_in(&self.dir)?;
        let server = ServerCommand::in_dir(server, &self.dir, &log, user.as_ref())?;
        *process = Some(Process::start(&self.name, server, log, Signal::SIGKILL)?);
        Ok(())
    }

    pub(crate) async fn until_ready(&self, namespace: &str) -> Result<(), Error> {
        let frontend = Frontend::new(self.ports.grpc, self.ports.http)?;
        match &*self.process.lock().await {
            Some(process) => {
                let ready = || frontend.serves(namespace);
                process.until(READY_LIMIT, POLL, ready).await
            }
            None => Ok(()),
        }
    }

    /// Writes its configuration. JSON is YAML as well.
    pub(crate) fn configure(
        &self,
        options: &ClusterOptions,
        postgres: u16,
        frontend: u16,
    ) -> Result<(), Error> {
        fs::create_dir_all(&self.dir).map_err(Error::file("create", &self.dir))?;
        let dynamic = self.dir.join("dynamicconfig.yaml");
        fs::write(&dynamic, DYNAMIC_CONFIG).map_err(Error::file("write", &dynamic))?;
        let config = self.config(options, postgres, frontend, &dynamic);
        let path = self.dir.join("config.yaml");
        fs::write(&path, format!("{config:#}\n")).map_err(Error::file("write", &path))
    }

    fn config(
        &self,
        options: &ClusterOptions,
        postgres: u16,
        frontend: u16,
        dynamic: &Path,
    ) -> Value {
        let store = |database: &str, connections: u16| {
            json!({ "sql": {
                // With this driver, statements are prepared once for each connection.
                "pluginName": "postgres12_pgx",
                "databaseName": database,
                "connectAddr": format!("127.0.0.1:{postgres}"),
                "connectProtocol": "tcp",
                "user": Postgres::USER,
                "password": Postgres::PASSWORD,
                "maxConns": connections,
                "maxIdleConns": connections,
                "maxConnLifetime": "1h",
            }})
        };
        let rpc = |grpc: u16, membership: u16| {
            json!({ "rpc": {
                "grpcPort": grpc,
                "membershipPort": membership,
                "bindOnLocalHost": true,
            }})
        };
        let Ports {
            grpc,
            http,
            internal,
            metrics,
            pprof,
        } = self.ports;
        let mut services = json!({
            "frontend": rpc(grpc, internal[0]),
            "matching": rpc(internal[1], internal[2]),
            "history": rpc(internal[3], internal[4]),
            "worker": rpc(internal[5], internal[6]),
        });
        services["frontend"]["rpc"]["httpPort"] = http.into();
        json!({
            "log": { "stdout": true, "level": "warn" },
            "persistence": {
                "defaultStore": "default",
                "visibilityStore": "visibility",
                "numHistoryShards": options.shards,
                "datastores": {
                    "default": store(DATABASE, CONNECTIONS),
                    "visibility": store(VISIBILITY, VISIBILITY_CONNECTIONS),
                },
            },
            "global": {
                "membership": { "maxJoinDuration": "30s", "broadcastAddress": "127.0.0.1" },
                "pprof": { "port": pprof },
                "metrics": {
                    "prometheus": {
                        "timerType": "histogram",
                        "listenAddress": format!("127.0.0.1:{metrics}"),
                    },
                },
            },
            "services": services,
            "clusterMetadata": {
                "enableGlobalNamespace": false,
                "failoverVersionIncrement": 10,
                "masterClusterName": "active",
                "currentClusterName": "active",
                "clusterInformation": { "active": {
                    "enabled": true,
                    "initialFailoverVersion": 1,
                    "rpcName": "frontend",
                    "rpcAddress": format!("127.0.0.1:{frontend}"),
                }},
            },
            "dcRedirectionPolicy": { "policy": "noop" },
            "dynamicConfigClient": { "filepath": dynamic, "pollInterval": "10s" },
        })
    }
}

/// Ports of all nodes. All are held until all are reserved, so that the ports differ. Temporal keeps those of the
/// membership protocol as signed 16-bit integers.
pub(crate) fn reserve(options: &ClusterOptions) -> Result<Vec<Ports>, Error> {
    let mut held = Vec::new();
    let mut next = |wanted: u16| -> Result<u16, Error> {
        let reserved = match wanted {
            0 => port::reserve_lasting()?,
            wanted => port::reserve(wanted, PORT_SETTING)?,
        };
        let port = reserved.port;
        held.push(reserved);
        Ok(port)
    };
    let mut all = Vec::new();
    for number in 0..options.nodes {
        let offset = u16::try_from(number).unwrap_or(u16::MAX);
        let wanted = match options.port {
            0 => 0,
            first => first.saturating_add(offset),
        };
        let mut internal = [0; 7];
        let grpc = next(wanted)?;
        for port in &mut internal {
            *port = next(0)?;
        }
        all.push(Ports {
            grpc,
            http: next(0)?,
            internal,
            metrics: next(0)?,
            pprof: next(0)?,
        });
    }
    Ok(all)
}
