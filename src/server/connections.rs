//! Tracks the open connections and how long each has had no request in flight.
//!
//! actix-web limits the time for the head of a connection's first request and the time between two
//! requests. It has no limit for the head of a later request, nor for a response that the client
//! does not read, so a client could hold a connection forever. This module limits both.

use std::any::Any;
use std::convert::Infallible;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream as AsyncStream;
use actix_web::web::Bytes;

/// How often the connections are checked.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// Value of `idle_since` while a request is in flight.
const BUSY: u64 = u64::MAX;

/// The connections of a server. Cheap to clone.
#[derive(Clone)]
pub(super) struct Connections(Arc<Shared>);

struct Shared {
    started: Instant,
    open: Mutex<Vec<Weak<Connection>>>,
}

/// An open connection.
pub(super) struct Connection {
    shared: Arc<Shared>,
    /// A duplicate of the socket's descriptor, to close it from outside of actix-web.
    socket: TcpStream,
    /// When the last request ended, in ms after the server's start, or [`BUSY`].
    idle_since: AtomicU64,
}

impl Connections {
    pub(super) fn new() -> Self {
        Self(Arc::new(Shared {
            started: Instant::now(),
            open: Mutex::default(),
        }))
    }

    /// Called for every new connection (`HttpServer::on_connect`). Stores the connection in its
    /// data, where its requests find it.
    pub(super) fn register(&self, stream: &dyn Any, data: &mut Extensions) {
        let plain = stream.downcast_ref::<AsyncStream>();
        let encrypted = stream.downcast_ref::<TlsStream<AsyncStream>>();
        let Some(stream) = plain.or_else(|| encrypted.map(|stream| stream.get_ref().0)) else {
            return;
        };
        // Without a spare descriptor the connection is not tracked; actix-web's own limits still
        // apply.
        let Ok(socket) = stream.as_fd().try_clone_to_owned() else {
            tracing::warn!("too few file descriptors to watch a connection");
            return;
        };
        let connection = Arc::new(Connection {
            shared: self.0.clone(),
            socket: socket.into(),
            idle_since: AtomicU64::new(self.0.now()),
        });
        self.0.lock().push(Arc::downgrade(&connection));
        data.insert(connection);
    }

    /// Closes connections that have had no request for longer than `limit`. Runs until it is
    /// dropped.
    pub(super) async fn watch(&self, limit: Duration) -> Infallible {
        let limit = u64::try_from(limit.as_millis()).unwrap_or(BUSY);
        loop {
            tokio::time::sleep(CHECK_INTERVAL.min(Duration::from_millis(limit))).await;
            self.close_stalled(limit);
        }
    }

    fn close_stalled(&self, limit: u64) {
        let now = self.0.now();
        let mut stalled = 0;
        self.0.lock().retain(|connection| {
            let Some(connection) = connection.upgrade() else {
                return false;
            };
            let since = connection.idle_since.load(Ordering::Relaxed);
            let stays = since == BUSY || now.saturating_sub(since) <= limit;
            if !stays {
                stalled += 1;
                // The connection may already be closed.
                let _ = connection.socket.shutdown(Shutdown::Both);
            }
            stays
        });
        if stalled > 0 {
            tracing::info!(connections = stalled, "closed stalled connections");
        }
    }
}

impl Shared {
    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(0)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Weak<Connection>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Marks a connection as having a request in flight, until it is dropped.
pub(super) struct Busy(Arc<Connection>);

impl Busy {
    pub(super) fn new(connection: &Arc<Connection>) -> Self {
        connection.idle_since.store(BUSY, Ordering::Relaxed);
        Self(connection.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.touch();
    }
}

impl Connection {
    fn touch(&self) {
        self.idle_since.store(self.shared.now(), Ordering::Relaxed);
    }
}

/// A streamed body. Each piece that its client takes delays the time when its connection counts as
/// stalled.
pub(super) struct Streamed {
    body: BoxBody,
    connection: Arc<Connection>,
}

impl Streamed {
    pub(super) fn new(body: BoxBody, connection: Arc<Connection>) -> Self {
        Self { body, connection }
    }
}

impl MessageBody for Streamed {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let piece = Pin::new(&mut self.body).poll_next(context);
        if piece.is_ready() {
            self.connection.touch();
        }
        piece
    }
}

/// File descriptors for other purposes than connections: database, Temporal, files.
const OTHER_FILES: u64 = 512;

/// Raises the process's limit of open files to what this many connections need, up to the hard
/// limit.
pub(super) fn raise_file_limit(connections: usize) {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let wanted = u64::try_from(connections).unwrap_or(u64::MAX);
    let wanted = wanted.saturating_mul(2).saturating_add(OTHER_FILES);
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return;
    };
    if soft >= wanted {
        return;
    }
    let raised = wanted.min(hard);
    if setrlimit(Resource::RLIMIT_NOFILE, raised, hard).is_err() || raised < wanted {
        tracing::warn!(
            limit = raised,
            wanted,
            "the limit of open files is too low for http.max_connections: raise it"
        );
    }
}
