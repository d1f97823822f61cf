//! One connection, without a pool around it.

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A connection that takes one request at a time.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
}

impl Connection {
    /// Connects.
    pub async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // It ends when the sender is dropped, or with an error that the sender gets as well.
        tokio::spawn(connection);
        Ok(Self { sender })
    }

    /// Sends a request and reads its answer, which has to have this status. Says how long its body is.
    pub async fn ask(&mut self, request: Request<Full<Bytes>>, wanted: StatusCode) -> Result<u64> {
        self.sender.ready().await?;
        let mut answer = self.sender.send_request(request).await?;
        let status = answer.status();
        if status != wanted {
            bail!("unexpected status {status}");
        }
        let mut length = 0;
        while let Some(frame) = answer.body_mut().frame().await {
            length += frame?.data_ref().map_or(0, Bytes::len);
        }
        Ok(length as u64)
    }
}
