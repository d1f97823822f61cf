//! Smart batching: requests that arrive while a statement is in flight share the next one, its round
//! trip and its commit. No request waits for a batch to fill, and none fails because of a neighbour.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use diesel_async::AsyncPgConnection;
use futures::FutureExt;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use super::lane::Lane;
use super::pool::Database;
use crate::error::StoreError;
use crate::telemetry::metrics::BatchMetrics;
use crate::telemetry::request_scope;

/// Most requests in one statement. More take longer than they save.
const SIZE: usize = 128;

/// A statement that serves many requests at once.
pub(super) trait Batch: Send + Sync + 'static {
    /// What metrics and traces call it.
    const NAME: &'static str;
    /// Whether it changes anything: the outcome of one that was sent and not answered is unknown then.
    const WRITES: bool;

    /// What one caller asks.
    type Question: Send + Sync + 'static;
    /// What one caller is told.
    type Answer: Send + 'static;

    /// The answers, in the order of the questions: all or, with an error, none.
    fn ask(
        connection: &mut AsyncPgConnection,
        questions: &[&Self::Question],
    ) -> impl Future<Output = Result<Vec<Self::Answer>, StoreError>> + Send;
}

/// The queue in front of a [`Batch`], and the task that executes what waits in it, which ends with the
/// last clone.
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

struct Waiting<B: Batch> {
    question: B::Question,
    stage: Stage,
    answer: oneshot::Sender<Result<B::Answer, StoreError>>,
}

/// How far a request has come. Caller and batch agree on it, so that a caller that gives up knows
/// whether its request was sent.
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

    /// Before the statement is sent; `false` when the caller has given up.
    fn send(&self) -> bool {
        self.advance(Self::SENT)
    }

    /// When the caller gives up; `false` when the statement was sent.
    fn abandon(&self) -> bool {
        self.advance(Self::ABANDONED)
    }

    /// The statement stored nothing; another one may be sent.
    fn wait_again(&self) {
        self.0.store(Self::WAITING, Ordering::Release);
    }
}

impl<B: Batch> Waiting<B> {
    /// Before its statement is sent; `false` when nobody waits for the answer.
    fn send(&self) -> bool {
        !self.answer.is_closed() && self.stage.send()
    }
}

impl<B: Batch> Batcher<B> {
    /// On this database. The task, and its connection, run where this is called: with a batcher for
    /// each thread that serves requests, a request never leaves its thread.
    pub(super) fn new(database: &Database) -> Self {
        let (queue, waiting) = mpsc::channel(database.max_waiting());
        let metrics = database.metrics().batches(B::NAME);
        tokio::spawn(execute_batches(
            Lane::new(database),
            waiting,
            metrics.clone(),
        ));
        Self { queue, metrics }
    }

    /// The answer to a question, by `deadline`. One whose caller has gone before it was sent is not
    /// sent.
    ///
    /// # Errors
    /// Those of the statement; [`StoreError::Unavailable`] when too many wait, or it was not sent in
    /// time; [`StoreError::OutcomeUnknown`] when it was sent, and not answered in time.
    pub(super) async fn ask(
        &self,
        question: B::Question,
        deadline: Instant,
    ) -> Result<B::Answer, StoreError> {
        let _span = request_scope::span(|| format!("batch {}", B::NAME).into());
        let (answer, answered) = oneshot::channel();
        let stage = Stage::default();
        let waiting = Waiting {
            question,
            stage: stage.clone(),
            answer,
        };
        // Before it may be taken.
        self.metrics.queued();
        if self.queue.try_send(waiting).is_err() {
            self.metrics.dequeued(1);
            self.metrics.refused();
            return Err(StoreError::Unavailable("too many requests wait".into()));
        }
        let error = match timeout_at(deadline, answered).await {
            Ok(Ok(Ok(answer))) => return Ok(answer),
            Ok(Ok(Err(error))) => error,
            // Its batch panicked.
            Ok(Err(_)) => StoreError::OutcomeUnknown("the batch was dropped".into()),
            Err(_) if stage.abandon() => {
                StoreError::Unavailable("not sent to the database in time".into())
            }
            Err(_) => StoreError::OutcomeUnknown("no answer in time".into()),
        };
        Err(if B::WRITES { error } else { error.of_read() })
    }
}

/// Executes what waits, one batch after the other.
async fn execute_batches<B: Batch>(
    mut lane: Lane,
    mut queue: mpsc::Receiver<Waiting<B>>,
    metrics: BatchMetrics,
) {
    while let Some(first) = queue.recv().await {
        // Whoever is about to ask in this turn of the thread comes along.
        tokio::task::yield_now().await;
        let mut batch = vec![first];
        while batch.len() < SIZE
            && let Ok(waiting) = queue.try_recv()
        {
            batch.push(waiting);
        }
        metrics.dequeued(batch.len());
        // A fault in one batch must not end the task for all that follow; its callers are told.
        let answering = AssertUnwindSafe(answer(&mut lane, batch, &metrics));
        if answering.catch_unwind().await.is_err() {
            tracing::error!("a batch panicked");
        }
    }
}

async fn answer<B: Batch>(lane: &mut Lane, mut batch: Vec<Waiting<B>>, metrics: &BatchMetrics) {
    // Before anything is sent: who waits for a connection in vain has stored nothing.
    if let Err(error) = lane.ready().await {
        return fail(batch, &error);
    }
    batch.retain(Waiting::send);
    if batch.is_empty() {
        return;
    }
    let questions: Vec<&B::Question> = batch.iter().map(|waiting| &waiting.question).collect();
    match execute::<B>(lane, &questions, metrics).await {
        Ok(answers) => {
            for (waiting, answer) in batch.into_iter().zip(answers) {
                // Nobody may be listening any more.
                let _ = waiting.answer.send(Ok(answer));
            }
        }
        // One of them may be to blame, and nothing was changed: each is executed alone.
        Err(error) if batch.len() > 1 && concerns_one::<B>(&error) => {
            for waiting in &batch {
                waiting.stage.wait_again();
            }
            for waiting in batch {
                if waiting.send() {
                    let alone = execute::<B>(lane, &[&waiting.question], metrics).await;
                    let _ = waiting.answer.send(alone.and_then(only));
                }
            }
        }
        Err(error) => fail(batch, &error),
    }
}

/// Whether one item may be to blame, and nothing was changed.
fn concerns_one<B: Batch>(error: &StoreError) -> bool {
    match error {
        StoreError::Locked(_) | StoreError::Refused(_) | StoreError::Unexpected(_) => true,
        // It was executed: a read may be repeated, a change never.
        StoreError::Corrupt(_) => !B::WRITES,
        _ => false,
    }
}

fn fail<B: Batch>(batch: Vec<Waiting<B>>, error: &StoreError) {
    for waiting in batch {
        let _ = waiting.answer.send(Err(error.clone()));
    }
}

/// One statement; once more on a new connection where this one has prepared it for other columns.
async fn execute<B: Batch>(
    lane: &mut Lane,
    questions: &[&B::Question],
    metrics: &BatchMetrics,
) -> Result<Vec<B::Answer>, StoreError> {
    let _timed = metrics.statement(questions.len());
    match execute_once::<B>(lane, questions).await {
        Err(StoreError::StaleStatement(_)) => execute_once::<B>(lane, questions).await,
        outcome => outcome,
    }
}

async fn execute_once<B: Batch>(
    lane: &mut Lane,
    questions: &[&B::Question],
) -> Result<Vec<B::Answer>, StoreError> {
    let mut connection = lane.take().await?;
    let asking = B::ask(&mut connection, questions);
    let Ok(answered) = timeout(lane.answer_limit(), asking).await else {
        return Err(StoreError::OutcomeUnknown("no answer in time".into()));
    };
    if !matches!(answered, Err(StoreError::StaleStatement(_))) {
        lane.give_back(connection);
    }
    let answers = answered?;
    if answers.len() == questions.len() {
        return Ok(answers);
    }
    // It was executed, whatever it returned.
    Err(StoreError::Corrupt(format!(
        "{} questions, {} answers",
        questions.len(),
        answers.len()
    )))
}

fn only<T>(answers: Vec<T>) -> Result<T, StoreError> {
    let mut answers = answers.into_iter();
    let first = answers.next();
    first.ok_or_else(|| StoreError::Corrupt("no answer".into()))
}
