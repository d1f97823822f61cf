//! More orders than Temporal can process: thousands that wait in the outbox must not slow down
//! those in progress.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tokio::time::{interval, sleep};

use super::Context;
use super::meter::Meter;
use crate::environment::ServiceOptions;
use crate::environment::database::Database;
use crate::progress::progress;
use crate::report::bars::OURS;

const SCENARIO: &str = "backlog";
const DELAY: &str = "1s";
/// Orders in progress at a time while the peak is measured: enough to keep Temporal busy.
const LIGHT: i64 = 150;
const INSERT_INTERVAL: Duration = Duration::from_millis(50);
const SAMPLE_INTERVAL: Duration = Duration::from_secs(1);
const LIMIT: Duration = Duration::from_secs(30 * 60);

/// Completed orders over time, and the peak of open workflows.
struct Course {
    /// Seconds from the start, and completed orders.
    samples: Vec<(f64, f64)>,
    most_open: i64,
}

impl Course {
    /// Orders per second from the first sample to the last.
    fn rate(&self) -> f64 {
        match (self.samples.first(), self.samples.last()) {
            (Some((from, before)), Some((to, after))) if to > from => {
                (after - before) / (to - from)
            }
            _ => 0.0,
        }
    }

    /// Orders per second in the slowest part of at least this length.
    fn slowest(&self, part: f64) -> f64 {
        let rates = self.samples.iter().filter_map(|(from, before)| {
            let (to, after) = self.samples.iter().find(|(to, _)| to - from >= part)?;
            Some((after - before) / (to - from))
        });
        rates.fold(self.rate(), f64::min)
    }
}

/// Measures the peak with few orders in progress, then puts all orders into the outbox at once.
pub async fn run(context: &mut Context<'_>) -> Result<()> {
    let database = context.environment.create_database("bench_backlog").await?;
    let temporal = context.environment.start_temporal().await?;
    let address = temporal.address();
    let options = ServiceOptions {
        database_url: &database.url,
        temporal: &address,
        settings: &[("WORKFLOW__PROCESSING_DELAY", DELAY)],
    };
    let worker = context.environment.worker(options).await?;
    let orders = context.plan.backlog;
    let (light, part) = if context.plan.quick {
        (Duration::from_secs(10), 10.0)
    } else {
        (Duration::from_secs(60), 60.0)
    };
    // Once to warm up.
    steady_load(&database, light / 4).await?;
    let peak = steady_load(&database, light).await?.rate();
    until_completed(&database, 0).await?;

    let watched = [("the worker", worker.pid()), ("Temporal", temporal.pid())];
    let meter = Meter::start(context, &watched)?;
    insert_orders(&database, orders).await?;
    // Excludes the last ones, which only wait for their delay.
    let course = until_completed(&database, LIGHT).await?;
    #[allow(clippy::cast_precision_loss)] // thousands
    meter.finish(context, SCENARIO, OURS, orders as f64)?;
    let (rate, slowest) = (course.rate(), course.slowest(part));
    let mut add = |measure: &str, unit: &str, value: f64| {
        context.figures.add(SCENARIO, OURS, measure, unit, value);
    };
    add("peak", "1/s", peak);
    add("orders", "1/s", rate);
    add("orders, slowest part", "1/s", slowest);
    add("orders vs peak", "×", rate / peak);
    add("slowest part vs peak", "×", slowest / peak);
    #[allow(clippy::cast_precision_loss)] // thousands
    add("most open in Temporal", "orders", course.most_open as f64);
    progress(&format!(
        "  peak {peak:.1}/s; {orders} at once: {rate:.1}/s, {slowest:.1}/s at the slowest, {} open in \
         Temporal at most",
        course.most_open
    ));
    worker.stop().await?;
    temporal.stop().await;
    Ok(())
}

/// Stores orders like the service, and notifies the dispatcher.
async fn insert_orders(database: &Database, orders: i64) -> Result<()> {
    let insertion = format!(
        "WITH accepted AS (
            INSERT INTO orders (customer_id, total_amount)
            SELECT 1 + number % 1000, number FROM generate_series(1, {orders}) AS number
            RETURNING id, customer_id, status, total_amount, version, created_at),
         recorded AS (
            INSERT INTO order_events (order_id, customer_id, sequence, type, data, actor, occurred_at)
            SELECT id, customer_id, version, 'created',
                   jsonb_build_object('customer_id', customer_id, 'status', status,
                                      'total_amount', total_amount),
                   'client', created_at
              FROM accepted)
         INSERT INTO workflow_intents (order_id, action) SELECT id, 'start' FROM accepted"
    );
    database
        .execute(&[&insertion, "NOTIFY workflow_intents"])
        .await
}

/// Keeps a few orders in progress for this long.
async fn steady_load(database: &Database, time: Duration) -> Result<Course> {
    let begun = Instant::now();
    let mut course = Course {
        samples: Vec::new(),
        most_open: 0,
    };
    let mut tick = interval(INSERT_INTERVAL);
    while begun.elapsed() < time {
        tick.tick().await;
        let missing = LIGHT - open(database).await?;
        if missing > 0 {
            insert_orders(database, missing).await?;
        }
        // Skip the start, until the first ones are completed.
        if begun.elapsed() > time / 5 {
            sample(database, begun, &mut course).await?;
        }
    }
    Ok(course)
}

/// Polls until at most this many are in progress.
async fn until_completed(database: &Database, left: i64) -> Result<Course> {
    let begun = Instant::now();
    let mut course = Course {
        samples: Vec::new(),
        most_open: 0,
    };
    while begun.elapsed() < LIMIT {
        sample(database, begun, &mut course).await?;
        if open(database).await? <= left {
            return Ok(course);
        }
        sleep(SAMPLE_INTERVAL).await;
    }
    bail!("not all orders were completed in time")
}

async fn sample(database: &Database, begun: Instant, course: &mut Course) -> Result<()> {
    let completed = "SELECT count(*) AS number FROM orders WHERE status = 'completed'";
    #[allow(clippy::cast_precision_loss)] // thousands
    let completed = database.number(completed).await? as f64;
    course
        .samples
        .push((begun.elapsed().as_secs_f64(), completed));
    let waiting = "SELECT count(*) AS number FROM workflow_intents";
    let waiting = database.number(waiting).await?;
    let open = open(database).await? - waiting;
    course.most_open = course.most_open.max(open);
    Ok(())
}

async fn open(database: &Database) -> Result<i64> {
    database
        .number("SELECT count(*) AS number FROM orders WHERE status IN ('pending', 'processing')")
        .await
}
