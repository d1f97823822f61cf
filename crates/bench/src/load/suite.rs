//! The workers of the load, as rlt's suite.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::Result;
use async_trait::async_trait;
use rlt::{BenchSuite, IterInfo, IterReport, Status};
use tokio::time::{sleep, sleep_until};

use super::LoadOptions;
use super::connection::Connection;
use super::requests::Requests;

/// A broken connection fails immediately every time: this pause keeps errors from filling the
/// memory.
const AFTER_AN_ERROR: Duration = Duration::from_millis(10);

/// Our requests.
#[derive(Clone)]
pub struct Suite {
    options: LoadOptions,
    /// When the first request was due, of all workers.
    begun: Arc<OnceLock<Instant>>,
}

/// The state of a worker.
pub struct Worker {
    connection: Connection,
    requests: Requests,
    request: Vec<u8>,
}

impl Suite {
    /// A suite with these options.
    pub fn new(options: &LoadOptions) -> Self {
        Self {
            options: options.clone(),
            begun: Arc::default(),
        }
    }

    /// Waits until a request is due, and returns when its time starts. If the previous request was
    /// late, the waiting time of this one counts, so that a slow server does not get fewer requests
    /// (no coordinated omission). The timer's resolution of a millisecond does not count.
    async fn due(&self, rate: f64, info: &IterInfo) -> Instant {
        let begun = *self.begun.get_or_init(Instant::now);
        let due = begun + offset(rate, self.options.connections, info);
        if due <= Instant::now() {
            return due;
        }
        sleep_until(due.into()).await;
        Instant::now()
    }
}

/// When a request is due, relative to the first: workers take turns.
#[allow(clippy::cast_precision_loss)] // far below what f64 counts exactly
fn offset(rate: f64, workers: u32, info: &IterInfo) -> Duration {
    let number = info.worker_seq * u64::from(workers) + u64::from(info.worker_id);
    Duration::from_secs_f64(number as f64 / rate)
}

#[async_trait]
impl BenchSuite for Suite {
    type WorkerState = Worker;

    async fn state(&self, worker: u32) -> Result<Worker> {
        Ok(Worker {
            connection: Connection::open(&self.options.address).await?,
            requests: Requests::new(&self.options, worker),
            request: Vec::new(),
        })
    }

    async fn bench(&mut self, worker: &mut Worker, info: &IterInfo) -> Result<IterReport> {
        let wanted = worker.requests.next(&mut worker.request)?;
        let begun = match self.options.rate {
            None => Instant::now(),
            Some(rate) => self.due(rate, info).await,
        };
        match worker.connection.ask(&worker.request, wanted).await {
            Ok(bytes) => Ok(IterReport {
                duration: begun.elapsed(),
                status: Status::success(wanted.into()),
                bytes,
                items: 1,
            }),
            Err(error) => {
                sleep(AFTER_AN_ERROR).await;
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_take_turns_at_the_rate() {
        let at = |worker_id, worker_seq| {
            let info = IterInfo {
                worker_id,
                worker_seq,
                runner_seq: 0,
            };
            offset(100.0, 4, &info).as_millis()
        };
        assert_eq!([at(0, 0), at(1, 0), at(3, 0)], [0, 10, 30]);
        assert_eq!([at(0, 1), at(2, 25)], [40, 1020]);
    }
}
