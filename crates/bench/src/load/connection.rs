//! One connection, without a pool or a task: a request is one write, a response one read.

use anyhow::{Context, Result, bail};
use httparse::{EMPTY_HEADER, Header, Response, Status};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The maximum number of headers of a response.
const HEADERS: usize = 32;
/// The buffer size, enough for most responses.
const BUFFER: usize = 32 * 1024;

/// A connection for one request at a time.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(BUFFER),
        })
    }

    /// Sends a request and reads its response, which must have this status. Returns the body's
    /// length.
    pub async fn ask(&mut self, request: &[u8], wanted: u16) -> Result<u64> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection");
            }
            let Some(head) = Head::parse(&self.buffer)? else {
                continue;
            };
            let end = head.length + head.body_length;
            while self.buffer.len() < end {
                if self.stream.read_buf(&mut self.buffer).await? == 0 {
                    bail!("the server closed the connection within a response");
                }
            }
            if self.buffer.len() > end {
                bail!("the server sent more than one response");
            }
            // Only after reading all of it, because the next response starts where this one ends.
            if head.status != wanted {
                bail!("unexpected status {}", head.status);
            }
            return Ok(head.body_length as u64);
        }
    }
}

/// The head of a response.
#[derive(Debug, PartialEq)]
struct Head {
    /// In bytes.
    length: usize,
    status: u16,
    /// In bytes.
    body_length: usize,
}

impl Head {
    /// `None` if it is not complete yet.
    fn parse(bytes: &[u8]) -> Result<Option<Self>> {
        let mut headers = [EMPTY_HEADER; HEADERS];
        let mut response = Response::new(&mut headers);
        let Status::Complete(length) = response.parse(bytes)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            length,
            status: response.code.context("a response without a status")?,
            body_length: body_length(response.headers)?,
        }))
    }
}

/// All measured responses have a Content-Length.
fn body_length(headers: &[Header]) -> Result<usize> {
    let mut all = headers.iter();
    let header = all.find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let header = header.context("a response without Content-Length")?;
    Ok(std::str::from_utf8(header.value)?.parse()?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 5\r\n\r\nhello";

    #[test]
    fn a_head_has_the_lengths_of_head_and_body() {
        let head = Head::parse(RESPONSE).unwrap().unwrap();
        assert_eq!((head.status, head.body_length), (200, 5));
        assert_eq!(&RESPONSE[head.length..], b"hello");
        assert_eq!(Head::parse(&RESPONSE[..30]).unwrap(), None);
    }

    #[test]
    fn an_invalid_response_is_an_error() {
        assert!(Head::parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(Head::parse(b"nonsense\r\n\r\n").is_err());
    }
}
