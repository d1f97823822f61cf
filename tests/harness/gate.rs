//! A proxy to Temporal that requires an API key, as Temporal Cloud does.

use std::sync::{Arc, Mutex};

use h2::server::SendResponse;
use h2::{RecvStream, SendStream};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;
use tonic::codegen::Bytes;
use tonic::codegen::http::{Request, Response, Uri};

use super::{Identity, certified_clients, temporal_address, tls_acceptor};

/// Terminates TLS in front of Temporal, and checks the key of every call.
#[derive(Clone)]
pub struct Gate {
    /// The address that it listens on.
    pub address: String,
    key: Arc<Mutex<String>>,
    presented: Arc<Mutex<Vec<Vec<u8>>>>,
    close: Arc<Notify>,
}

impl Gate {
    /// Requires this key. It ends with the test's runtime.
    pub async fn start(identity: &Identity, key: &str) -> Self {
        Self::with(identity, key, WebPkiClientVerifier::no_client_auth()).await
    }

    /// Requires this key, and a client certificate.
    pub async fn start_certified(identity: &Identity, key: &str) -> Self {
        Self::with(identity, key, certified_clients()).await
    }

    async fn with(identity: &Identity, key: &str, clients: Arc<dyn ClientCertVerifier>) -> Self {
        let acceptor = tls_acceptor(identity, clients);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gate = Self {
            address: format!("localhost:{}", listener.local_addr().unwrap().port()),
            key: Arc::new(Mutex::new(key.to_owned())),
            presented: Arc::default(),
            close: Arc::default(),
        };
        let serving = gate.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(acceptor.clone(), socket));
            }
        });
        gate
    }

    /// Accepts only this key from now on.
    pub fn accept_only(&self, key: &str) {
        key.clone_into(&mut self.key.lock().unwrap());
    }

    /// The certificates that clients have presented, in order.
    pub fn presented(&self) -> Vec<Vec<u8>> {
        self.presented.lock().unwrap().clone()
    }

    /// Closes all connections.
    pub fn close_connections(&self) {
        self.close.notify_waiters();
    }

    async fn serve(self, acceptor: TlsAcceptor, socket: TcpStream) {
        let Ok(stream) = acceptor.accept(socket).await else {
            return;
        };
        if let Some(chain) = stream.get_ref().1.peer_certificates() {
            self.presented.lock().unwrap().push(chain[0].to_vec());
        }
        let Ok(mut incoming) = h2::server::handshake(stream).await else {
            return;
        };
        let temporal = TcpStream::connect(temporal_address()).await.unwrap();
        let (calls, connection) = h2::client::handshake(temporal).await.unwrap();
        tokio::spawn(connection);
        loop {
            let accepted = tokio::select! {
                accepted = incoming.accept() => accepted,
                () = self.close.notified() => return,
            };
            let Some(Ok((request, response))) = accepted else {
                return;
            };
            let authorized = {
                let expected = format!("Bearer {}", self.key.lock().unwrap());
                let given = request.headers().get("authorization");
                given.is_some_and(|given| given.as_bytes() == expected.as_bytes())
            };
            if authorized {
                tokio::spawn(pass(request, response, calls.clone()));
            } else {
                reject(response)
            }
        }
    }
}

fn reject(mut response: SendResponse<Bytes>) {
    let rejection = Response::builder()
        .header("content-type", "application/grpc")
        .header("grpc-status", "16")
        .header("grpc-message", "the key is not known")
        .body(())
        .unwrap();
    let _ = response.send_response(rejection, true);
}

/// Forwards a call; it ends when either side ends it.
async fn pass(
    request: Request<RecvStream>,
    mut response: SendResponse<Bytes>,
    calls: h2::client::SendRequest<Bytes>,
) -> Option<()> {
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path_and_query()?.clone();
    let uri = Uri::builder().scheme("http").authority("temporal");
    parts.uri = uri.path_and_query(path).build().ok()?;
    let mut calls = calls.ready().await.ok()?;
    let (answered, up) = calls
        .send_request(Request::from_parts(parts, ()), false)
        .ok()?;
    tokio::spawn(pump(body, up));
    let (parts, body) = answered.await.ok()?.into_parts();
    let ended = body.is_end_stream();
    let down = response
        .send_response(Response::from_parts(parts, ()), ended)
        .ok()?;
    if ended {
        Some(())
    } else {
        pump(body, down).await
    }
}

async fn pump(mut from: RecvStream, mut to: SendStream<Bytes>) -> Option<()> {
    while let Some(data) = from.data().await {
        let data = data.ok()?;
        from.flow_control().release_capacity(data.len()).ok()?;
        to.send_data(data, false).ok()?;
    }
    match from.trailers().await.ok()? {
        Some(trailers) => to.send_trailers(trailers).ok(),
        None => to.send_data(Bytes::new(), true).ok(),
    }
}
