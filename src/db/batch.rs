//! Smart batching: requests that arrive while a statement is in flight share the next statement,
//! its round trip and its commit. No request waits for a batch to fill, and none fails because of
//! another one.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use diesel_async::AsyncPgConnection;
use futures::FutureExt;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use super::dedicated::DedicatedConnection;
use super::pool::Database;
use crate::error::StoreError;
use crate::telemetry::metrics::BatchMetrics;
use crate::telemetry::request_scope;

/// The maximum number of requests in one statement. Larger statements cost more than they save.
const SIZE: usize = 128;

/// A statement that serves many requests.
pub(super) trait Batch: Send + Sync + 'static {
    /// The name in metrics and traces.
    const NAME: &'static str;
    /// Whether it changes anything. If a write is sent and no response arrives, its outcome is
    /// unknown.
    const WRITES: bool;

    /// The request of one caller.
    type Request: Send + Sync + 'static;
    /// The response to one caller.
    type Response: Send + 'static;

    /// Returns a response for every request, in the order of the requests, or an error for all.
    fn execute(
        connection: &mut AsyncPgConnection,
        requests: &[&Self::Request],
    ) -> impl Future<Output = Result<Vec<Self::Response>, StoreError>> + Send;
}

/// The queue of a [`Batch`]. The task that executes the batches ends when the last clone is
/// dropped.
pub(super) struct Batcher<B: Batch> {
    queue: mpsc::Sender<Waiting<B>>,
    metrics: BatchMetrics,
}

impl<B: Batch> Clone for Batcher<B> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
            metrics: self.metrics.clone(),
        }
    }
}

impl<B: Batch> Batcher<B> {
    /// Uses this database. The task and its connection run where this is called: with a batcher per
    /// worker thread, a request never leaves its thread.
    pub(super) fn new(database: &Database) -> Self {
        let (sender, queue) = mpsc::channel(database.max_waiting);
        let metrics = database.metrics.batches(B::NAME);
        let worker = Worker {
            queue,
            connection: DedicatedConnection::on(Handle::current(), database.clone()),
            response_timeout: database.response_timeout,
            metrics: metrics.clone(),
        };
        tokio::spawn(worker.run());
        Self {
            queue: sender,
            metrics,
        }
    }

    /// The response to a request, by `deadline`. A request whose caller is cancelled before it is
    /// sent is not sent.
    ///
    /// # Errors
    /// Those of the statement; [`StoreError::Unavailable`] when the queue is full or the request
    /// was not sent in time; [`StoreError::OutcomeUnknown`] when it was sent and no response
    /// arrived in time.
    pub(super) async fn submit(
        &self,
        request: B::Request,
        deadline: Instant,
    ) -> Result<B::Response, StoreError> {
        let _span = request_scope::span(|| format!("batch {}", B::NAME).into());
        let (sender, response) = oneshot::channel();
        let stage = Stage::default();
        let waiting = Waiting {
            request,
            stage: stage.clone(),
            response: sender,
        };
        // Counted before the worker can take it.
        self.metrics.queued();
        if self.queue.try_send(waiting).is_err() {
            self.metrics.dequeued(1);
            self.metrics.rejected();
            return Err(StoreError::Unavailable(
                "too many requests are waiting".into(),
            ));
        }
        let error = match timeout_at(deadline, response).await {
            Ok(Ok(Ok(response))) => return Ok(response),
            Ok(Ok(Err(error))) => error,
            Ok(Err(_)) => StoreError::OutcomeUnknown("the batch was dropped".into()),
            Err(_) if stage.abandon() => {
                StoreError::Unavailable("not sent to the database in time".into())
            }
            Err(_) => StoreError::OutcomeUnknown("no response in time".into()),
        };
        Err(if B::WRITES { error } else { error.of_read() })
    }
}

struct Waiting<B: Batch> {
    request: B::Request,
    stage: Stage,
    response: oneshot::Sender<Result<B::Response, StoreError>>,
}

impl<B: Batch> Waiting<B> {
    /// Marks the request as sent; `false` when its caller no longer waits.
    fn send(&self) -> bool {
        !self.response.is_closed() && self.stage.send()
    }

    fn respond(self, response: Result<B::Response, StoreError>) {
        // The caller may have been cancelled.
        let _ = self.response.send(response);
    }
}

/// The stage of a request, shared by caller and batch, so that a caller whose deadline expires
/// knows whether its request was sent.
#[derive(Clone, Default)]
struct Stage(Arc<AtomicU8>);

impl Stage {
    const WAITING: u8 = 0;
    const SENT: u8 = 1;
    const ABANDONED: u8 = 2;

    fn advance(&self, to: u8) -> bool {
        let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
        let advanced = self.0.compare_exchange(Self::WAITING, to, success, failure);
        advanced.is_ok()
    }

    /// Called before the statement is sent; `false` when the caller has abandoned the request.
    fn send(&self) -> bool {
        self.advance(Self::SENT)
    }

    /// Called when the caller's deadline expires; `false` when the statement was already sent.
    fn abandon(&self) -> bool {
        self.advance(Self::ABANDONED)
    }

    /// Called when the statement changed nothing and another one may be sent.
    fn wait_again(&self) {
        self.0.store(Self::WAITING, Ordering::Release);
    }
}

/// Executes the requests of a queue, one batch after the other.
struct Worker<B: Batch> {
    queue: mpsc::Receiver<Waiting<B>>,
    connection: DedicatedConnection,
    response_timeout: Duration,
    metrics: BatchMetrics,
}

impl<B: Batch> Worker<B> {
    async fn run(mut self) {
        while let Some(mut batch) = self.next_batch().await {
            // Before anything is sent, so that an error without a connection means that nothing was
            // stored.
            if let Err(error) = self.connection.ready().await {
                fail(batch, &error);
                continue;
            }
            batch.retain(Waiting::send);
            if batch.is_empty() {
                continue;
            }
            let requests: Vec<&B::Request> = batch.iter().map(|waiting| &waiting.request).collect();
            match self.execute(&requests).await {
                Ok(responses) => {
                    for (waiting, response) in batch.into_iter().zip(responses) {
                        waiting.respond(Ok(response));
                    }
                }
                // One of them may be the cause, and nothing was changed: execute each alone.
                Err(error) if batch.len() > 1 && may_concern_one::<B>(&error) => {
                    for waiting in &batch {
                        waiting.stage.wait_again();
                    }
                    for waiting in batch {
                        if waiting.send() {
                            let response = self.execute(&[&waiting.request]).await;
                            waiting.respond(response.and_then(only));
                        }
                    }
                }
                Err(error) => fail(batch, &error),
            }
        }
    }

    /// The waiting requests, at least one; `None` when there are no more callers.
    async fn next_batch(&mut self) -> Option<Vec<Waiting<B>>> {
        let mut batch = vec![self.queue.recv().await?];
        // Callers that are ready to run on this thread can still join the batch.
        tokio::task::yield_now().await;
        while batch.len() < SIZE
            && let Ok(waiting) = self.queue.try_recv()
        {
            batch.push(waiting);
        }
        self.metrics.dequeued(batch.len());
        Some(batch)
    }

    /// Executes one statement; retries it once on a new connection if its prepared statement is
    /// stale.
    async fn execute(&mut self, requests: &[&B::Request]) -> Result<Vec<B::Response>, StoreError> {
        let _timed = self.metrics.statement(requests.len());
        let mut is_retry = false;
        loop {
            let mut connection = self.connection.take().await?;
            let executing = AssertUnwindSafe(B::execute(&mut connection, requests)).catch_unwind();
            let executed = match timeout(self.response_timeout, executing).await {
                Ok(Ok(executed)) => executed,
                // A panic in one batch must not end the task for all following ones.
                Ok(Err(_)) => {
                    tracing::error!("a batch panicked");
                    return Err(StoreError::OutcomeUnknown("the batch panicked".into()));
                }
                Err(_) => return Err(StoreError::OutcomeUnknown("no response in time".into())),
            };
            match executed {
                Err(StoreError::StaleStatement(_)) if !is_retry => {
                    is_retry = true;
                    continue;
                }
                Err(StoreError::StaleStatement(_)) => {}
                _ => self.connection.give_back(connection),
            }
            let responses = executed?;
            if responses.len() == requests.len() {
                return Ok(responses);
            }
            // The statement was executed, whatever it returned.
            return Err(StoreError::Corrupt(format!(
                "{} requests, {} responses",
                requests.len(),
                responses.len()
            )));
        }
    }
}

/// Whether a single request may be the cause and nothing was changed.
fn may_concern_one<B: Batch>(error: &StoreError) -> bool {
    match error {
        StoreError::Locked(_) | StoreError::ConstraintViolation(_) | StoreError::Unexpected(_) => {
            true
        }
        // The statement was executed: a read may be repeated, a write must not.
        StoreError::Corrupt(_) => !B::WRITES,
        _ => false,
    }
}

fn fail<B: Batch>(batch: Vec<Waiting<B>>, error: &StoreError) {
    for waiting in batch {
        waiting.respond(Err(error.clone()));
    }
}

fn only<T>(responses: Vec<T>) -> Result<T, StoreError> {
    let first = responses.into_iter().next();
    first.ok_or_else(|| StoreError::Corrupt("no response".into()))
}
