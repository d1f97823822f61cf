//! A receiver of webhooks, which behaves as a test says.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::harness::eventually;

/// What the paths of all receivers begin with.
const HOOK: &str = "/hook-";

/// What was received.
#[derive(Debug, Clone)]
pub struct Received {
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
    pub at: Instant,
    /// The status of the response.
    pub status: u16,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn order(&self) -> i64 {
        self.json()["data"]["order_id"].as_i64().unwrap()
    }

    pub fn sequence(&self) -> i64 {
        self.json()["data"]["sequence"].as_i64().unwrap()
    }
}

/// What a receiver does with a request.
pub enum Reply {
    Status(u16),
    /// A status and a line of the head.
    Header(u16, &'static str),
    /// After this time.
    Late(Duration, u16),
    /// Nothing.
    Silence,
    /// A body without an end.
    Endless,
    /// A head without an end.
    EndlessHead,
}

type Behaviour = Arc<dyn Fn(&Received, usize) -> Reply + Send + Sync>;

/// Listens until it is dropped.
pub struct Receiver {
    pub address: SocketAddr,
    /// Of its URL. The port may have been that of a receiver of another test, which is still called.
    path: String,
    received: Arc<Mutex<Vec<Received>>>,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Receiver {
    /// Responds to everything with 204.
    pub async fn start() -> Self {
        Self::with(|_, _| Reply::Status(204)).await
    }

    /// `behaviour` gets the request, and how many there were before it.
    pub async fn with(
        behaviour: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let connections: Arc<AtomicUsize> = Arc::default();
        let behaviour: Behaviour = Arc::new(behaviour);
        let (all, count) = (received.clone(), connections.clone());
        let path = format!("{HOOK}{}", Uuid::new_v4().simple());
        let own = path.clone();
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(stream, own.clone(), all.clone(), behaviour.clone()));
            }
        });
        Self {
            address,
            path,
            received,
            connections,
            task,
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.path)
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// What was accepted with 2xx.
    pub fn accepted(&self) -> Vec<Received> {
        let mut received = self.received();
        received.retain(|one| (200..300).contains(&one.status));
        received
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Waits until this number of requests was accepted.
    pub async fn until_accepted(&self, number: usize) -> Vec<Received> {
        eventually(&format!("{number} webhooks are accepted"), async || {
            let accepted = self.accepted();
            (accepted.len() >= number).then_some(accepted)
        })
        .await
    }

    /// Waits until this number of requests has arrived.
    pub async fn until_received(&self, number: usize) -> Vec<Received> {
        eventually(&format!("{number} webhooks arrive"), async || {
            let received = self.received();
            (received.len() >= number).then_some(received)
        })
        .await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves one connection until it ends.
async fn serve(
    stream: TcpStream,
    own: String,
    all: Arc<Mutex<Vec<Received>>>,
    behaviour: Behaviour,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let path = line.split(' ').nth(1).unwrap().to_owned();
        let mut headers = HeaderMap::new();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await?;
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                break;
            };
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        let length = headers["content-length"].to_str().unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        stream.read_exact(&mut body).await?;
        if path.starts_with(HOOK) && !path.starts_with(&own) {
            respond(&mut stream, 404, "x-a: b").await?;
            continue;
        }
        let mut request = Received {
            path,
            headers,
            body: String::from_utf8(body).unwrap(),
            at: Instant::now(),
            status: 0,
        };
        let reply = {
            let mut all = all.lock().unwrap();
            let reply = behaviour(&request, all.len());
            request.status = match reply {
                Reply::Status(status) | Reply::Header(status, _) | Reply::Late(_, status) => status,
                Reply::Endless => 200,
                Reply::Silence | Reply::EndlessHead => 0,
            };
            all.push(request);
            reply
        };
        match reply {
            Reply::Status(status) => respond(&mut stream, status, "x-a: b").await?,
            Reply::Header(status, line) => respond(&mut stream, status, line).await?,
            Reply::Late(time, status) => {
                tokio::time::sleep(time).await;
                respond(&mut stream, status, "x-a: b").await?;
            }
            Reply::Silence => {
                stream.read_to_end(&mut Vec::new()).await?;
                return Ok(());
            }
            Reply::Endless => {
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
                    .await?;
                loop {
                    stream
                        .write_all(&[b"400\r\n", [b'a'; 1024].as_slice(), b"\r\n"].concat())
                        .await?;
                }
            }
            Reply::EndlessHead => {
                stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
                loop {
                    stream
                        .write_all(b"x-a: aaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n")
                        .await?;
                }
            }
        }
    }
}

async fn respond(
    stream: &mut BufReader<TcpStream>,
    status: u16,
    line: &str,
) -> std::io::Result<()> {
    let length = if status == 204 {
        ""
    } else {
        "content-length: 0\r\n"
    };
    let text = format!("HTTP/1.1 {status} Status\r\n{length}{line}\r\n\r\n");
    stream.write_all(text.as_bytes()).await
}
