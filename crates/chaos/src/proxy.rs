//! A TCP proxy on each connection between two parts, which can be cut, silenced or slowed down.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;

/// What the proxy does with the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Forwards them.
    Pass,
    /// Closes connections, including new ones.
    Cut,
    /// Keeps connections open, but forwards nothing.
    Silent,
    /// Delays each chunk by this long.
    Slow(Duration),
}

/// A connection between two parts.
pub struct Link {
    /// Its name: from where to where.
    pub name: String,
    address: SocketAddr,
    mode: watch::Sender<Mode>,
}

impl Link {
    /// Forwards what arrives at [`Link::address`] to these targets: each connection to the next one
    /// that accepts it, as a load balancer does.
    pub async fn open(name: String, targets: Vec<SocketAddr>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .context("no port for a proxy")?;
        let address = listener.local_addr()?;
        let (mode, modes) = watch::channel(Mode::Pass);
        tokio::spawn(accept(listener, targets, modes));
        Ok(Self {
            name,
            address,
            mode,
        })
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the mode.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }
}

async fn accept(listener: TcpListener, mut targets: Vec<SocketAddr>, modes: watch::Receiver<Mode>) {
    loop {
        let Ok((client, _)) = listener.accept().await else {
            continue;
        };
        let (modes, order) = (modes.clone(), targets.clone());
        targets.rotate_left(1);
        tokio::spawn(async move {
            if *modes.borrow() == Mode::Cut {
                return;
            }
            // If no target is available, the connection is closed, as it would be without a proxy.
            if let Ok(server) = TcpStream::connect(&*order).await {
                connect(client, server, modes).await;
            }
        });
    }
}

async fn connect(client: TcpStream, server: TcpStream, modes: watch::Receiver<Mode>) {
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (client_reads, client_writes) = client.into_split();
    let (server_reads, server_writes) = server.into_split();
    let mut cutting = modes.clone();
    tokio::select! {
        () = async {
            tokio::join!(
                pump(client_reads, server_writes, modes.clone()),
                pump(server_reads, client_writes, modes),
            );
        } => {}
        _ = cutting.wait_for(|mode| *mode == Mode::Cut) => {}
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut modes: watch::Receiver<Mode>) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let slow = match modes
            .wait_for(|mode| *mode != Mode::Silent)
            .await
            .as_deref()
        {
            Ok(Mode::Slow(delay)) => Some(*delay),
            _ => None,
        };
        if let Some(delay) = slow {
            sleep(delay).await;
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}
