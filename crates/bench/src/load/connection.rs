//! One connection, without a pool or a task around it: a request is one write, an answer one read.

use anyhow::{Context, Result, bail};
use httparse::{EMPTY_HEADER, Header, Response, Status};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Headers of an answer, at most.
const HEADERS: usize = 32;
/// Holds most answers whole.
const BUFFER: usize = 32 * 1024;

/// A connection that takes one request at a time.
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

    /// Sends a request and reads its answer, which has to have this status. Says how long its body is.
    pub async fn ask(&mut self, request: &[u8], wanted: u16) -> Result<u64> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server hung up");
            }
            let Some(head) = Head::parse(&self.buffer)? else {
                continue;
            };
            let end = head.length + head.body_length;
            while self.buffer.len() < end {
                if self.stream.read_buf(&mut self.buffer).await? == 0 {
                    bail!("the server hung up within an answer");
                }
            }
            if self.buffer.len() > end {
                bail!("the server sent more than one answer");
            }
            // Once all of it is read: the next answer begins where this one ends.
            if head.status != wanted {
                bail!("unexpected status {}", head.status);
            }
            return Ok(head.body_length as u64);
        }
    }
}

/// What stands before the body of an answer.
#[derive(Debug, PartialEq)]
struct Head {
    /// In bytes.
    length: usize,
    status: u16,
    /// In bytes.
    body_length: usize,
}

impl Head {
    /// `None` when there is more to come.
    fn parse(bytes: &[u8]) -> Result<Option<Self>> {
        let mut headers = [EMPTY_HEADER; HEADERS];
        let mut response = Response::new(&mut headers);
        let Status::Complete(length) = response.parse(bytes)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            length,
            status: response.code.context("an answer without a status")?,
            body_length: body_length(response.headers)?,
        }))
    }
}

/// All that is measured here says it.
fn body_length(headers: &[Header]) -> Result<usize> {
    let mut all = headers.iter();
    let header = all.find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let header = header.context("an answer without Content-Length")?;
    Ok(std::str::from_utf8(header.value)?.parse()?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 5\r\n\r\nhello";

    #[test]
    fn a_head_says_how_long_everything_is() {
        let head = Head::parse(ANSWER).unwrap().unwrap();
        assert_eq!((head.status, head.body_length), (200, 5));
        assert_eq!(&ANSWER[head.length..], b"hello");
        assert_eq!(Head::parse(&ANSWER[..30]).unwrap(), None);
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        assert!(Head::parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(Head::parse(b"nonsense\r\n\r\n").is_err());
    }
}
