//! A proxy in front of the service that drops, delays and rejects requests as a scenario defines.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, Utc};
use reqwest::{Client, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What happens to a request.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    #[serde(rename = "do")]
    kind: Kind,
    /// Only to requests with this method.
    method: Option<String>,
    /// How many of them pass before the first fault.
    #[serde(default)]
    skip: u32,
    #[serde(default = "once")]
    times: u32,
    status: Option<u16>,
    /// Seconds, or `in N s` for a date.
    retry_after: Option<String>,
    #[serde(default)]
    html: bool,
    ms: Option<u64>,
    /// How many events of a stream pass before it is cut in the middle of the next one.
    events: Option<usize>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// The proxy responds; the service does not receive the request.
    Answer,
    /// The proxy closes the connection; the service does not receive the request.
    DropBefore,
    /// The proxy closes the connection after the service's response, without sending it.
    DropAfter,
    /// The response ends in the middle of its body.
    Cut,
    /// The response is delayed.
    Delay,
    /// The head of the response is sent at once, its body later; nothing of a stream.
    Stall,
    /// The response has an additional member.
    AddField,
    /// The service speaks a later contract, in which `NEW_VALUES` replace today's. Its streams are
    /// unusual too: see `later`.
    NewValues,
}

/// Enum values of today, and what a later contract calls them.
const NEW_VALUES: [(&str, &str); 2] = [("pending", "on_hold"), ("created", "imported")];

fn once() -> u32 {
    1
}

/// A request as the proxy received it.
#[derive(Clone)]
pub struct Seen {
    pub at: Instant,
    pub method: String,
    pub user_agent: String,
    pub key: Option<String>,
    /// The status of the response, if one was sent.
    pub answer: Option<u16>,
}

pub struct Proxy {
    /// Includes the prefix; if there is one, ends in a slash.
    pub url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    service: SocketAddr,
    /// A path prefix that the proxy removes.
    prefix: String,
    client: Client,
    faults: Mutex<Vec<Fault>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

struct Request {
    method: String,
    target: String,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// A stream of server-sent events, in place of the body.
    stream: Option<Response>,
}

impl Proxy {
    pub async fn start(service: SocketAddr, prefix: &str, faults: &[Fault]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let end = if prefix.is_empty() { "" } else { "/" };
        let url = format!("http://{}{prefix}{end}", listener.local_addr().unwrap());
        let seen = Arc::default();
        let shared = Arc::new(Shared {
            service,
            prefix: prefix.to_owned(),
            client: Client::builder()
                .no_gzip()
                .no_brotli()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            faults: Mutex::new(faults.to_vec()),
            seen: Arc::clone(&seen),
        });
        let accepting = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(Arc::clone(&shared).serve(stream));
            }
        });
        Self {
            url,
            seen,
            accepting: Some(accepting),
        }
    }

    /// A port without a listener.
    pub async fn closed() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            seen: Arc::default(),
            accepting: None,
        }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(accepting) = &self.accepting {
            accepting.abort();
        }
    }
}

impl Shared {
    async fn serve(self: Arc<Self>, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        // Ends when the client closes the connection.
        while let Some(request) = read(&mut stream).await {
            let number = {
                let mut seen = self.seen.lock().unwrap();
                seen.push(Seen {
                    at: Instant::now(),
                    method: request.method.clone(),
                    user_agent: request.header("user-agent"),
                    key: request.headers.get("idempotency-key").cloned(),
                    answer: None,
                });
                seen.len() - 1
            };
            let fault = self.fault(&request.method);
            let kind = fault.as_ref().map(|fault| fault.kind);
            if matches!(kind, Some(Kind::DropBefore)) {
                return;
            }
            let mut answer = match &fault {
                Some(fault) if matches!(fault.kind, Kind::Answer) => rejection(fault),
                _ => self.forward(&request, kind).await,
            };
            if let Some(source) = answer.stream.take() {
                self.seen.lock().unwrap()[number].answer = Some(answer.status);
                // It fails when the client ends the connection.
                let _ = pass(&mut stream, answer, source, fault).await;
                return;
            }
            let pause = Duration::from_millis(fault.and_then(|fault| fault.ms).unwrap_or(0));
            let (head, body) = answer.written();
            let sent = match kind {
                Some(Kind::DropAfter) => return,
                Some(Kind::Cut) => {
                    let half = &body[..body.len() / 2];
                    let _ = stream.write_all(&[&head, half].concat()).await;
                    return;
                }
                Some(Kind::Stall) => {
                    let _ = stream.write_all(&head).await;
                    tokio::time::sleep(pause).await;
                    stream.write_all(&body).await
                }
                _ => {
                    tokio::time::sleep(pause).await;
                    stream.write_all(&[head, body].concat()).await
                }
            };
            if sent.is_err() {
                return;
            }
            self.seen.lock().unwrap()[number].answer = Some(answer.status);
        }
    }

    fn fault(&self, method: &str) -> Option<Fault> {
        let mut faults = self.faults.lock().unwrap();
        let fault = faults.iter_mut().find(|fault| {
            fault.times > 0 && fault.method.as_deref().is_none_or(|only| only == method)
        })?;
        if fault.skip > 0 {
            fault.skip -= 1;
            return None;
        }
        fault.times -= 1;
        Some(fault.clone())
    }

    async fn forward(&self, request: &Request, kind: Option<Kind>) -> Answer {
        let mut path = request
            .target
            .strip_prefix(&self.prefix)
            .unwrap()
            .to_owned();
        let mut body = request.body.clone();
        if matches!(kind, Some(Kind::NewValues)) {
            for (today, later) in NEW_VALUES {
                path = renamed(&path, later, today);
                let text = String::from_utf8(body).unwrap();
                body = renamed(&text, &quoted(later), &quoted(today)).into_bytes();
            }
        }
        let url = format!("http://{}{path}", self.service);
        let mut sent = self
            .client
            .request(request.method.parse().unwrap(), url)
            .body(body);
        for (name, value) in &request.headers {
            let ours = ["host", "connection", "content-length", "upgrade"];
            let changed = matches!(kind, Some(Kind::AddField | Kind::NewValues));
            let plain = changed && name == "accept-encoding";
            if !ours.contains(&name.as_str()) && !plain {
                sent = sent.header(name, value);
            }
        }
        let response = sent.send().await.unwrap();
        let media_type = response.headers().get("content-type");
        let is_stream = media_type.is_some_and(|value| value == "text/event-stream");
        let mut answer = Answer {
            status: response.status().as_u16(),
            headers: response
                .headers()
                .iter()
                .filter(|(name, _)| {
                    !["connection", "content-length", "transfer-encoding"].contains(&name.as_str())
                })
                .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
                .collect(),
            body: Vec::new(),
            stream: None,
        };
        if is_stream {
            answer.stream = Some(response);
            return answer;
        }
        answer.body = response.bytes().await.unwrap().to_vec();
        if matches!(kind, Some(Kind::AddField)) {
            let mut value: Value = serde_json::from_slice(&answer.body).unwrap();
            value["added_later"] = json!({ "anything": [1, "x", null] });
            answer.body = serde_json::to_vec(&value).unwrap();
        }
        if matches!(kind, Some(Kind::NewValues)) {
            for (today, later) in NEW_VALUES {
                let text = String::from_utf8(answer.body).unwrap();
                answer.body = text.replace(&quoted(today), &quoted(later)).into_bytes();
            }
        }
        answer
    }
}

/// Passes a stream on, event by event, until the service or the fault ends it.
async fn pass(
    client: &mut BufReader<TcpStream>,
    answer: Answer,
    mut source: Response,
    fault: Option<Fault>,
) -> std::io::Result<()> {
    let mut head = answer.head();
    head += "transfer-encoding: chunked\r\n\r\n";
    client.write_all(head.as_bytes()).await?;
    let kind = fault.as_ref().map(|fault| fault.kind);
    if matches!(kind, Some(Kind::Stall)) {
        let millis = fault.and_then(|fault| fault.ms);
        tokio::time::sleep(Duration::from_millis(millis.unwrap())).await;
        return Ok(());
    }
    let mut passing = fault.and_then(|fault| fault.events);
    let mut text = String::new();
    while let Ok(Some(piece)) = source.chunk().await {
        text += std::str::from_utf8(&piece).unwrap();
        while let Some(end) = text.find("\n\n") {
            let rest = text.split_off(end + 2);
            let one = std::mem::replace(&mut text, rest);
            let is_event = one.contains("data:");
            if is_event && passing == Some(0) {
                return client
                    .write_all(&chunk(&one.as_bytes()[..one.len() / 2]))
                    .await;
            }
            passing = passing.map(|left| left - usize::from(is_event));
            if matches!(kind, Some(Kind::NewValues)) {
                for byte in later(one).as_bytes().chunks(1) {
                    client.write_all(&chunk(byte)).await?;
                }
            } else {
                client.write_all(&chunk(one.as_bytes())).await?;
            }
        }
    }
    client.write_all(b"0\r\n\r\n").await
}

/// A piece of a body (RFC 9112, section 7.1).
fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// A message of a stream of a later contract: twice, with CRLF, after a message of a kind that is new.
fn later(mut message: String) -> String {
    for (today, later) in NEW_VALUES {
        message = message.replace(&quoted(today), &quoted(later));
    }
    let new = "event: announcement\ndata: {\"text\":\"ü 💥\"}\nretry: 7\n\n: a comment, ü\n";
    format!("{new}{message}{message}").replace('\n', "\r\n")
}

fn quoted(value: &str) -> String {
    format!("\"{value}\"")
}

/// The text with a value of the later contract translated. Today's name, which is unknown there, becomes
/// one that the service rejects.
fn renamed(text: &str, later: &str, today: &str) -> String {
    text.replace(today, &today.to_uppercase())
        .replace(later, today)
}

impl Request {
    fn header(&self, name: &str) -> String {
        self.headers.get(name).cloned().unwrap_or_default()
    }
}

/// The next request of a connection, or `None` at its end.
async fn read(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    assert!(
        !headers.contains_key("transfer-encoding"),
        "an SDK sends a content length"
    );
    let length = headers.get("content-length").map_or("0", String::as_str);
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).await.ok()?;
    Some(Request {
        method,
        target,
        headers,
        body,
    })
}

impl Answer {
    /// The status and the headers, without those of the transfer.
    fn head(&self) -> String {
        let mut head = format!("HTTP/1.1 {} Answer\r\n", self.status);
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head
    }

    /// The head and the body in bytes.
    fn written(&self) -> (Vec<u8>, Vec<u8>) {
        let mut head = self.head();
        if ![204, 304].contains(&self.status) {
            head += &format!("content-length: {}\r\n", self.body.len());
        }
        head += "\r\n";
        (head.into_bytes(), self.body.clone())
    }
}

/// A response like that of an overloaded gateway in front of the service.
fn rejection(fault: &Fault) -> Answer {
    let status = fault.status.unwrap();
    let mut headers = Vec::new();
    if let Some(after) = &fault.retry_after {
        let seconds = after
            .strip_prefix("in ")
            .and_then(|after| after.strip_suffix(" s"));
        let value = seconds.map_or_else(
            || after.clone(),
            |seconds| {
                let then = SystemTime::now() + Duration::from_secs(seconds.parse().unwrap());
                let then = DateTime::<Utc>::from(then);
                then.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
            },
        );
        headers.push(("retry-after".to_owned(), value));
    }
    let (media_type, body) = if fault.html {
        ("text/html", "<html>Bad Gateway</html>".to_owned())
    } else {
        (
            "application/problem+json",
            json!({
                "type": "about:blank",
                "title": "Refused",
                "status": status,
                "code": "injected",
                "detail": "the proxy of the test refuses",
                "request_id": "request-of-the-proxy",
            })
            .to_string(),
        )
    };
    headers.push(("content-type".to_owned(), media_type.to_owned()));
    Answer {
        status,
        headers,
        body: body.into_bytes(),
        stream: None,
    }
}
