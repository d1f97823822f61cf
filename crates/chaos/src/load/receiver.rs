//! A receiver of webhooks that fails at random, and notes what it has confirmed.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::api::{Api, Request};

/// Longer than the service waits.
const SILENCE: Duration = Duration::from_secs(4);
const PAUSE: Duration = Duration::from_millis(200);
const KIND: &str = "a wrong webhook";

/// What was confirmed with 2xx: for each order, the last sequence number.
#[derive(Debug, Default)]
struct Confirmed {
    orders: BTreeMap<i64, i64>,
    events: usize,
    repeated: usize,
    wrong: Vec<String>,
}

/// A receiver. Clones share what it has confirmed.
#[derive(Debug, Clone)]
pub struct Receiver {
    address: SocketAddr,
    confirmed: Arc<Mutex<Confirmed>>,
}

impl Receiver {
    /// Listens on a free port until the runtime ends.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let receiver = Self {
            address: listener.local_addr()?,
            confirmed: Arc::default(),
        };
        let serving = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let receiver = serving.clone();
                tokio::spawn(async move { receiver.serve(stream).await });
            }
        });
        Ok(receiver)
    }

    /// Creates its endpoint, for all events, once every server has the feed; and reports what is
    /// wrong with the webhooks, until it is dropped.
    pub async fn subscribe(&self, api: &Api) {
        while !api.world().has_feed() {
            sleep(PAUSE).await;
        }
        let url = format!("http://{}/events", self.address);
        let body = json!({ "url": url, "start": "earliest" }).to_string();
        let request = Request {
            method: Method::POST,
            path: "/webhooks",
            key: None,
            body: Some(body),
        };
        loop {
            // A lost response may leave an endpoint behind; a second one only repeats events.
            let created = api.send_once(&request).await;
            match created.map(|response| response.status) {
                Some(201) => break,
                None | Some(503 | 504) => sleep(PAUSE).await,
                Some(status) => {
                    api.finding(KIND, format!("the new endpoint got {status}"));
                    return;
                }
            }
        }
        loop {
            sleep(PAUSE).await;
            let wrong = std::mem::take(&mut self.lock().wrong);
            for what in wrong {
                api.finding(KIND, what);
            }
        }
    }

    /// How many events were confirmed, and how many of them came again.
    pub fn counts(&self) -> (usize, usize) {
        let confirmed = self.lock();
        (confirmed.events, confirmed.repeated)
    }

    /// For each order, the last event that was confirmed.
    pub fn orders(&self) -> BTreeMap<i64, i64> {
        self.lock().orders.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Confirmed> {
        self.confirmed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(&self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        while let Some(body) = request(&mut stream).await {
            let response = match rand::random_range(0..100) {
                // Holds up all events for the receiver.
                0 => {
                    "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n"
                }
                1..=3 => "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n",
                // The connection ends without a response.
                4..=6 => return,
                7 => {
                    sleep(SILENCE).await;
                    return;
                }
                _ => {
                    self.confirm(&body);
                    "HTTP/1.1 204 No Content\r\n\r\n"
                }
            };
            if stream.write_all(response.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    /// An event comes after all earlier ones of its order were confirmed.
    fn confirm(&self, body: &[u8]) {
        let payload: Value = serde_json::from_slice(body).unwrap_or_default();
        let event = &payload["data"];
        let mut confirmed = self.lock();
        let (Some(order), Some(sequence)) =
            (event["order_id"].as_i64(), event["sequence"].as_i64())
        else {
            let text = String::from_utf8_lossy(body).into_owned();
            return confirmed.wrong.push(text);
        };
        let last = confirmed.orders.get(&order).copied().unwrap_or_default();
        if sequence <= last {
            confirmed.repeated += 1;
        } else if sequence == last + 1 {
            confirmed.orders.insert(order, sequence);
            confirmed.events += 1;
        } else {
            let what = format!("event {sequence} of order {order} came after event {last}");
            confirmed.wrong.push(what);
        }
    }
}

/// The body of the next request; `None` at the end of the connection.
async fn request(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(body)
}
