//! The feed: from an event's statement to its follower, many streams, deliveries to a webhook endpoint,
//! and pages among many events.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Context;
use super::meter::note_load;
use crate::environment::ServiceOptions;
use crate::environment::database::Database;
use crate::environment::server::Server;
use crate::load::{Kind, LoadOptions};
use crate::progress::progress;
use crate::report::bars::{FEW, MANY, OURS};
use crate::usage::memory;

const SCENARIO: &str = "feed";
/// Events per second while the time to a follower is measured.
const RATE: f64 = 1000.0;
const CONNECTIONS: u32 = 32;
const STREAMS: usize = 2000;
/// Streams that are opened at a time.
const OPENED: usize = 100;
const LIMIT: Duration = Duration::from_secs(60);
const FEED_LIMIT: Duration = Duration::from_secs(600);
const POLL: Duration = Duration::from_millis(100);
/// Events that are delivered in a round.
const DELIVERIES: i64 = 30_000;
/// Rows per statement when loading.
const CHUNK: i64 = 500_000;
const CUSTOMERS: i64 = 100;
/// Requests for a page before it is measured.
const WARM_UP: u64 = 300;
const MILLISECONDS: f64 = 1e3;

/// Measures all of it.
pub async fn run(context: &mut Context<'_>) -> Result<()> {
    let database = context.environment.create_database("bench_feed").await?;
    let options = ServiceOptions {
        database_url: &database.url,
        ..ServiceOptions::default()
    };
    let service = context.environment.serve(options).await?;
    for round in 1..=context.plan.rounds {
        database.empty().await?;
        latency(context, &service, &database, round).await?;
    }
    streams(context, &service).await?;
    service.stop().await?;
    for round in 1..=context.plan.rounds {
        deliveries(context, round).await?;
    }
    pages(context).await
}

/// The time until a stream has an event, at a steady rate: from the start of its statement, and from its
/// commit.
async fn latency(
    context: &mut Context<'_>,
    service: &Server,
    database: &Database,
    round: usize,
) -> Result<()> {
    let load = LoadOptions {
        kind: Kind::Create,
        connections: CONNECTIONS,
        seconds: Some(context.plan.seconds),
        rate: Some(RATE),
        ..context.environment.load_on(service)
    };
    let mut stream = Stream::open(&service.address, &load.api_key).await?;
    let (stop, mut stopped) = tokio::sync::watch::channel(false);
    let following = tokio::spawn(async move {
        let mut arrivals = Vec::new();
        loop {
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => return anyhow::Ok(arrivals),
                read = stream.events() => {
                    let now = Utc::now();
                    for event in read? {
                        arrivals.push(Arrival::of(&event, now)?);
                    }
                }
            }
        }
    });
    let outcome = context.environment.load(&load).await?;
    // The last events are on their way.
    tokio::time::sleep(Duration::from_secs(1)).await;
    stop.send_replace(true);
    let arrivals = following.await??;
    ensure!(!arrivals.is_empty(), "the stream had no event");
    #[allow(clippy::cast_precision_loss)] // thousands
    let rate = arrivals.len() as f64 / context.plan.seconds;
    let commits = database.commits_of_events().await?;
    let mut since_commit = Vec::with_capacity(arrivals.len());
    for arrival in &arrivals {
        let commit = commits.get(&arrival.order_id);
        since_commit.push(arrival.since(*commit.context("an event without a commit")?));
    }
    let mut since_statement: Vec<_> = arrivals
        .iter()
        .map(|arrival| arrival.since(arrival.occurred_at))
        .collect();
    since_commit.sort_by(f64::total_cmp);
    since_statement.sort_by(f64::total_cmp);
    let (p50, p99) = (at(&since_commit, 50), at(&since_commit, 99));
    let mut add = |measure: &str, unit: &str, value: f64| {
        context.figures.add(SCENARIO, OURS, measure, unit, value);
    };
    add("events", "1/s", rate);
    add("p50 from commit to a stream", "ms", p50);
    add("p99 from commit to a stream", "ms", p99);
    for percent in [50, 99] {
        let measure = format!("p{percent} from statement to a stream");
        add(&measure, "ms", at(&since_statement, percent));
    }
    note_load(context, SCENARIO, OURS, "while followed", &outcome);
    progress(&format!(
        "  round {round}: {rate:.0} events/s, {p50:.1} ms from commit to a stream, p99 {p99:.1} ms"
    ));
    Ok(())
}

/// The memory of the server with many open streams, each of which has got an event.
async fn streams(context: &mut Context<'_>, service: &Server) -> Result<()> {
    let load = context.environment.load_on(service);
    let before = memory(service.pid())?;
    let mut open = Vec::new();
    while open.len() < STREAMS {
        let mut opening = JoinSet::new();
        for _ in 0..OPENED {
            let (address, key) = (service.address.clone(), load.api_key.clone());
            opening.spawn(async move { Stream::open(&address, &key).await });
        }
        while let Some(stream) = opening.join_next().await {
            open.push(stream??);
        }
    }
    let create = LoadOptions {
        kind: Kind::Create,
        requests: Some(10),
        ..load
    };
    context.environment.load(&create).await?;
    for stream in &mut open {
        let mut seen = 0;
        while seen < 10 {
            let events = timeout(LIMIT, stream.events()).await;
            seen += events.context("a stream got no event")??.len();
        }
    }
    let during = memory(service.pid())?;
    let each = (during - before) * 1024.0 / f64::from(u32::try_from(STREAMS)?);
    let mut add = |measure: &str, unit: &str, value: f64| {
        context.figures.add(SCENARIO, OURS, measure, unit, value);
    };
    add("memory with 2,000 streams", "MiB", during);
    add("memory of a stream", "KiB", each);
    progress(&format!(
        "  {STREAMS} streams: {during:.0} MiB, {before:.0} MiB without them"
    ));
    Ok(())
}

/// How fast existing events are delivered to an endpoint on this machine that responds at once.
async fn deliveries(context: &mut Context<'_>, round: usize) -> Result<()> {
    let database = context.environment.create_database("bench_feed").await?;
    load(&database, DELIVERIES).await?;
    let options = ServiceOptions {
        database_url: &database.url,
        settings: &[
            ("WEBHOOKS__ALLOW_HTTP", "true"),
            ("WEBHOOKS__ALLOWED_TARGETS", "127.0.0.1"),
        ],
        ..ServiceOptions::default()
    };
    let receiver = context.environment.reference("bare", options.clone());
    let receiver = receiver.await?;
    let service = context.environment.serve(options).await?;
    let position = "SELECT position AS number FROM feed";
    database
        .until(FEED_LIMIT, POLL, position, |position| {
            position == DELIVERIES
        })
        .await?;
    database.settle().await?;
    let began = Instant::now();
    let create = format!(
        "WITH endpoint AS (
            INSERT INTO webhook_endpoints (client, url, event_types, signature, position)
            VALUES ('bench', 'http://{}/', '{{}}', 'hmac_sha256', 0) RETURNING id)
         INSERT INTO webhook_secrets (endpoint_id, secret)
         SELECT id, sha256('bench') FROM endpoint",
        receiver.address
    );
    database.execute(&[&create]).await?;
    let delivered = "SELECT count(*) AS number FROM webhook_deliveries WHERE status = 'delivered'";
    database
        .until(FEED_LIMIT, POLL, delivered, |count| count == DELIVERIES)
        .await?;
    #[allow(clippy::cast_precision_loss)] // thousands
    let rate = DELIVERIES as f64 / began.elapsed().as_secs_f64();
    context
        .figures
        .add(SCENARIO, OURS, "deliveries", "1/s", rate);
    progress(&format!("  round {round}: {rate:.0} deliveries/s"));
    service.stop().await?;
    receiver.stop().await
}

/// A page among few and among many events, in turns.
async fn pages(context: &mut Context<'_>) -> Result<()> {
    let sizes: &[(&'static str, i64)] = if context.plan.quick {
        &[(FEW, 10_000), ("100k", 100_000)]
    } else {
        &[(FEW, 10_000), (MANY, 10_000_000)]
    };
    let mut servers = Vec::new();
    for &(name, events) in sizes {
        let database = format!("bench_feed_{}", name.to_lowercase());
        let database = context.environment.create_database(&database).await?;
        load(&database, events).await?;
        let options = ServiceOptions {
            database_url: &database.url,
            ..ServiceOptions::default()
        };
        let service = context.environment.serve(options).await?;
        let position = "SELECT position AS number FROM feed";
        database
            .until(FEED_LIMIT, POLL, position, |position| position == events)
            .await?;
        database.settle().await?;
        servers.push((name, events, service));
    }
    for round in 1..=context.plan.rounds {
        // Neither table is always the second.
        servers.reverse();
        for kind in ["first", "deep", "customer", "last"] {
            for (name, events, service) in &servers {
                let query = match kind {
                    "first" => "after=0".into(),
                    "deep" => format!("after={}", events / 2),
                    "customer" => format!("after={}&customer_id=50", events / 2),
                    _ => format!("after={}", events - 50),
                };
                let page = LoadOptions {
                    kind: Kind::List,
                    path: format!("/events?limit=50&{query}"),
                    ..context.environment.load_on(service)
                };
                let warm_up = LoadOptions {
                    requests: Some(WARM_UP),
                    ..page.clone()
                };
                context.environment.load(&warm_up).await?;
                let load = LoadOptions {
                    seconds: Some(context.plan.seconds / 4.0),
                    ..page
                };
                let alone = context.environment.load(&load).await?;
                let scenario = format!("feed {kind}");
                note_load(context, &scenario, name, "alone", &alone);
                progress(&format!(
                    "  round {round}, {kind} of {name}: {:.3} ms alone",
                    alone.p50
                ));
            }
        }
    }
    for (name, _, service) in servers {
        service.stop().await?;
        let database = format!("bench_feed_{}", name.to_lowercase());
        context.environment.drop_database(&database).await?;
    }
    Ok(())
}

/// Loads events of as many orders.
async fn load(database: &Database, events: i64) -> Result<()> {
    database.execute(&["SET synchronous_commit = off"]).await?;
    let mut loaded = 0;
    while loaded < events {
        let until = events.min(loaded + CHUNK);
        let first = loaded + 1;
        database
            .execute(&[&format!(
                "INSERT INTO order_events (order_id, customer_id, sequence, type, data, actor, occurred_at)
                 SELECT number, 1 + (number * 7919) % {CUSTOMERS}, 1, 'created',
                        jsonb_build_object('customer_id', 1 + (number * 7919) % {CUSTOMERS},
                                           'status', 'pending', 'total_amount', 9.99),
                        'client', now()
                   FROM generate_series({first}::bigint, {until}::bigint) AS number"
            )])
            .await?;
        loaded = until;
        progress(&format!("  {loaded} of {events} events are loaded"));
    }
    database.execute(&["RESET synchronous_commit"]).await
}

/// When a stream had the only event of an order.
struct Arrival {
    order_id: i64,
    occurred_at: DateTime<Utc>,
    at: DateTime<Utc>,
}

impl Arrival {
    fn of(event: &Value, at: DateTime<Utc>) -> Result<Self> {
        let occurred_at = event["occurred_at"].as_str().context("no occurred_at")?;
        Ok(Self {
            order_id: event["order_id"].as_i64().context("no order_id")?,
            occurred_at: occurred_at.parse()?,
            at,
        })
    }

    /// In milliseconds.
    fn since(&self, begin: DateTime<Utc>) -> f64 {
        (self.at - begin).as_seconds_f64() * MILLISECONDS
    }
}

fn at(sorted: &[f64], percent: usize) -> f64 {
    let index = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(index).copied().unwrap_or_default()
}

/// An open stream, on a plain connection: a client library would take more memory than the server.
struct Stream {
    connection: TcpStream,
    text: Vec<u8>,
}

impl Stream {
    /// Follows from the newest event on; returns when the server has confirmed it.
    async fn open(address: &str, api_key: &str) -> Result<Self> {
        let mut connection = TcpStream::connect(address).await?;
        let request = format!(
            "GET /events?start=latest HTTP/1.1\r\nhost: {address}\r\nx-api-key: {api_key}\r\n\
             accept: text/event-stream\r\n\r\n"
        );
        connection.write_all(request.as_bytes()).await?;
        let mut stream = Self {
            connection,
            text: Vec::new(),
        };
        // The first heartbeat.
        while !contains(&stream.text, b"\n\n") {
            timeout(LIMIT, stream.read())
                .await
                .context("no heartbeat")??;
        }
        ensure!(
            stream.text.starts_with(b"HTTP/1.1 200"),
            "{}",
            String::from_utf8_lossy(&stream.text)
        );
        Ok(stream)
    }

    async fn read(&mut self) -> Result<()> {
        let read = self.connection.read_buf(&mut self.text).await?;
        ensure!(read > 0, "the server closed a stream");
        Ok(())
    }

    /// The next events. A chunk's length between two lines does not matter.
    async fn events(&mut self) -> Result<Vec<Value>> {
        self.read().await?;
        let Some(end) = self.text.iter().rposition(|&byte| byte == b'\n') else {
            return Ok(Vec::new());
        };
        let complete: Vec<u8> = self.text.drain(..=end).collect();
        complete
            .split(|&byte| byte == b'\n')
            .filter_map(|line| line.strip_prefix(b"data: "))
            .map(|data| Ok(serde_json::from_slice(data)?))
            .collect()
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
