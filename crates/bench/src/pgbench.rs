//! The simplest reference: pgbench, PostgreSQL's own benchmark, with the same statements.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use dev_servers::output;

use crate::stats::percentile;

/// The share of transactions whose time is logged.
const SAMPLING: &str = "0.25";
const MARGIN: Duration = Duration::from_secs(30);
const THREADS: u32 = 2;
const MICROSECONDS: f64 = 1000.0;

/// The columns that the service reads.
const COLUMNS: &str = "id, customer_id, status, total_amount, version, created_at, updated_at";
const NEW: &str = "\\set customer random(1, 1000)\n\\set cents random(0, 9999999)\n";

/// The results of a run of pgbench.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transactions {
    /// Transactions per second.
    pub throughput: f64,
    /// Median time in milliseconds.
    pub p50: f64,
    /// 99th percentile in milliseconds.
    pub p99: f64,
    /// 99.9th percentile in milliseconds.
    pub p999: f64,
}

/// Reads one of these orders.
pub fn select(ids: i64) -> String {
    format!("\\set id random(1, {ids})\nSELECT {COLUMNS} FROM orders WHERE id = :id;\n")
}

/// Stores an order and nothing else.
pub fn insert() -> String {
    one_line(&format!(
        "INSERT INTO orders (customer_id, total_amount) VALUES (:customer, :cents / 100.0)
         RETURNING {COLUMNS};"
    ))
}

/// Stores what the service stores without a key: order, event, entry of the outbox.
pub fn create() -> String {
    one_line(&format!(
        "WITH accepted AS (
            INSERT INTO orders (customer_id, total_amount) VALUES (:customer, :cents / 100.0)
            RETURNING *),
         {FOLLOWING}
         SELECT {COLUMNS} FROM accepted;"
    ))
}

/// The same with a unique key.
pub fn create_keyed() -> String {
    one_line(&format!(
        "WITH claimed AS (
            INSERT INTO idempotency_keys AS known (key, fingerprint, order_id, expires_at)
            VALUES (gen_random_uuid()::text, decode(repeat('00', 32), 'hex'),
                    nextval('orders_id_seq'::text), now() + make_interval(secs => 86400))
            ON CONFLICT (key) DO UPDATE
               SET fingerprint = excluded.fingerprint, order_id = excluded.order_id,
                   expires_at = excluded.expires_at
             WHERE known.expires_at <= now()
            RETURNING order_id),
         accepted AS (
            INSERT INTO orders (id, customer_id, total_amount) OVERRIDING SYSTEM VALUE
            SELECT order_id, :customer, :cents / 100.0 FROM claimed
            RETURNING *),
         {FOLLOWING}
         SELECT {COLUMNS} FROM accepted;"
    ))
}

const FOLLOWING: &str = "recorded AS (
            INSERT INTO order_events (order_id, customer_id, sequence, type, data, actor, occurred_at)
            SELECT id, customer_id, version, 'created',
                   jsonb_build_object('customer_id', customer_id, 'status', status,
                                      'total_amount', total_amount),
                   'client', created_at
              FROM accepted),
         intended AS (
            INSERT INTO workflow_intents (order_id, action) SELECT id, 'start' FROM accepted)";

/// Changes the amount of one of these orders, and nothing else.
pub fn update(ids: i64) -> String {
    format!(
        "\\set id random(1, {ids})\n\\set cents random(0, 9999999)\nUPDATE orders \
         SET total_amount = :cents / 100.0, version = version + 1, updated_at = now() \
         WHERE id = :id RETURNING {COLUMNS};\n"
    )
}

fn one_line(statement: &str) -> String {
    let words: Vec<&str> = statement.split_whitespace().collect();
    format!("{NEW}{}\n", words.join(" "))
}

/// The program and its working folder.
#[derive(Debug, Clone)]
pub struct Pgbench {
    program: PathBuf,
    folder: PathBuf,
}

impl Pgbench {
    /// The pgbench of this server's installation, with its files in this folder.
    pub fn beside(postgres: &Path, folder: &Path) -> Result<Self> {
        let program = postgres.with_file_name("pgbench");
        if !program.is_file() {
            bail!("{} does not exist", program.display());
        }
        let folder = folder.join("pgbench");
        fs::create_dir_all(&folder)?;
        Ok(Self { program, folder })
    }

    /// Runs a script repeatedly, with prepared statements.
    pub async fn run(
        &self,
        script: &str,
        database_url: &str,
        clients: u32,
        seconds: u64,
    ) -> Result<Transactions> {
        let file = self.folder.join("script.sql");
        fs::write(&file, script)?;
        let mut command = dev_servers::command(&self.program, "PG");
        command
            .current_dir(&self.folder)
            .args([
                "--no-vacuum",
                "--protocol=prepared",
                "--log",
                "--log-prefix=log",
            ])
            .arg(format!("--sampling-rate={SAMPLING}"))
            .arg(format!("--client={clients}"))
            .arg(format!("--jobs={}", THREADS.min(clients)))
            .arg(format!("--time={seconds}"))
            .args(["--file=script.sql", database_url]);
        let limit = Duration::from_secs(seconds) + MARGIN;
        let printed = output("pgbench", command, limit).await?;
        let throughput = throughput(&printed)?;
        let mut times = self.take_logs()?;
        times.sort_by(f64::total_cmp);
        let at = |share| percentile(&times, share).context("pgbench logged no transaction");
        Ok(Transactions {
            throughput,
            p50: at(0.5)?,
            p99: at(0.99)?,
            p999: at(0.999)?,
        })
    }

    /// The times in the logs, which are deleted, so that the next run reads only its own.
    fn take_logs(&self) -> Result<Vec<f64>> {
        let mut times = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with("log.") {
                times.extend(logged(&fs::read_to_string(entry.path())?)?);
                fs::remove_file(entry.path())?;
            }
        }
        Ok(times)
    }
}

/// The rate in pgbench's summary.
fn throughput(printed: &str) -> Result<f64> {
    let value = |name: &str| {
        printed
            .lines()
            .find_map(|line| line.strip_prefix(name)?.split_whitespace().next())
            .with_context(|| format!("pgbench did not print `{name}`: {printed}"))
    };
    let failed = value("number of failed transactions:")?;
    if failed != "0" {
        bail!("{failed} of pgbench's transactions failed");
    }
    Ok(value("tps =")?.parse()?)
}

/// The times of a log, in milliseconds. The third field of a line is the time in microseconds.
fn logged(log: &str) -> Result<Vec<f64>> {
    log.lines()
        .map(|line| {
            let time = line
                .split_whitespace()
                .nth(2)
                .and_then(|time| time.parse::<f64>().ok());
            let time =
                time.with_context(|| format!("a line of pgbench's log is unexpected: {line}"))?;
            Ok(time / MICROSECONDS)
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_from_the_third_field_in_microseconds() {
        let log = "0 199 2241 0 1175850568 995598\n1 207 513 0 1175850569 608\n";
        assert_eq!(logged(log).unwrap(), [2.241, 0.513]);
    }

    #[test]
    fn a_failed_transaction_is_an_error() {
        let error = logged("3 0 failed 0 1499414498 84905\n")
            .unwrap_err()
            .to_string();
        assert!(error.contains("3 0 failed"), "{error}");
    }

    #[test]
    fn a_summary_with_failed_transactions_is_an_error() {
        let printed = "number of failed transactions: 0 (0.000%)\nlatency average = 0.1 ms\n\
                    tps = 1234.5 (without initial connection time)\n";
        assert_eq!(throughput(printed).unwrap(), 1234.5);
        assert!(throughput(&printed.replace(": 0 ", ": 2 ")).is_err());
        assert!(throughput("").is_err());
    }

    #[test]
    fn a_statement_is_joined_to_one_line() {
        for script in [insert(), create(), create_keyed(), update(5), select(5)] {
            assert_eq!(script.matches(';').count(), 1, "{script}");
            let statements = script.lines().filter(|line| !line.starts_with('\\'));
            assert_eq!(statements.count(), 1, "{script}");
        }
    }
}
