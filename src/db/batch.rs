//! Smart batching: whoever asks while a statement is in flight shares the next one, its round trip
//! and its commit. Nobody waits for a batch to fill, and nobody is failed by a neighbour.

use std::panic::AssertUnwindSafe;

use diesel_async::AsyncPgConnection;
use futures::FutureExt;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::lane::Lane;
use super::pool::Database;
use crate::error::StoreError;
use crate::telemetry::metrics::Batches;
use crate::telemetry::work;

/// Most questions in one statement. More take longer than they save.
const SIZE: usize = 128;

/// A statement that answers many questions at once.
pub(super) trait Batch: Send + Sync + 'static {
    /// What metrics and traces call it.
    const NAME: &'static str;

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

/// The queue in front of a [`Batch`], and the task that puts what waits in it, which ends with the
/// last clone.
pub(super) struct Batcher<B: Batch> {
    queue: mpsc::Sender<Waiting<B>>,
    metrics: Batches,
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
    answer: oneshot::Sender<Result<B::Answer, StoreError>>,
}

impl<B: Batch> Batcher<B> {
    /// On this database. The task, and its connection, run where this is called: with a batcher for
    /// each thread that serves requests, a request never leaves its thread.
    pub(super) fn new(database: &Database) -> Self {
        let (queue, waiting) = mpsc::channel(database.max_waiting());
        let metrics = database.metrics().batches(B::NAME);
        tokio::spawn(put_batches(Lane::new(database), waiting, metrics.clone()));
        Self { queue, metrics }
    }

    /// The answer to a question. One whose asker is gone before it was put is not put. How long to
    /// wait is the caller's to say.
    ///
    /// # Errors
    /// Those of the statement; [`StoreError::Unavailable`] when too many wait.
    pub(super) async fn ask(&self, question: B::Question) -> Result<B::Answer, StoreError> {
        let _span = work::span(|| format!("batch {}", B::NAME).into());
        let (answer, answered) = oneshot::channel();
        // Before it may be taken.
        self.metrics.waits();
        if self.queue.try_send(Waiting { question, answer }).is_err() {
            self.metrics.taken(1);
            self.metrics.refused();
            return Err(StoreError::Unavailable(
                "too many requests wait for it".into(),
            ));
        }
        match answered.await {
            Ok(answer) => answer,
            Err(_) => Err(StoreError::Unexpected("a batch was dropped".into())),
        }
    }
}

/// Puts what waits, one batch after the other.
async fn put_batches<B: Batch>(
    mut lane: Lane,
    mut queue: mpsc::Receiver<Waiting<B>>,
    metrics: Batches,
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
        metrics.taken(batch.len());
        batch.retain(|waiting| !waiting.answer.is_closed());
        // A fault in one batch must not end the task for all that follow; who asked hears of it.
        let answering = AssertUnwindSafe(answer(&mut lane, batch, &metrics));
        if answering.catch_unwind().await.is_err() {
            tracing::error!("a batch panicked");
        }
    }
}

async fn answer<B: Batch>(lane: &mut Lane, batch: Vec<Waiting<B>>, metrics: &Batches) {
    if batch.is_empty() {
        return;
    }
    let questions: Vec<&B::Question> = batch.iter().map(|waiting| &waiting.question).collect();
    match put::<B>(lane, &questions, metrics).await {
        Ok(answers) => {
            for (waiting, answer) in batch.into_iter().zip(answers) {
                // Nobody may be listening any more.
                let _ = waiting.answer.send(Ok(answer));
            }
        }
        // One of them may be to blame: each is asked alone, for none was answered.
        Err(StoreError::Corrupt(_) | StoreError::Unexpected(_)) if batch.len() > 1 => {
            for waiting in batch {
                let alone = put::<B>(lane, &[&waiting.question], metrics).await;
                let _ = waiting.answer.send(alone.and_then(only));
            }
        }
        Err(error) => {
            for waiting in batch {
                let _ = waiting.answer.send(Err(error.clone()));
            }
        }
    }
}

/// One statement.
async fn put<B: Batch>(
    lane: &mut Lane,
    questions: &[&B::Question],
    metrics: &Batches,
) -> Result<Vec<B::Answer>, StoreError> {
    let _timed = metrics.put(questions.len());
    let mut connection = lane.take().await?;
    let asking = B::ask(&mut connection, questions);
    let Ok(answered) = timeout(lane.answer_limit(), asking).await else {
        return Err(StoreError::Unavailable("no answer in time".into()));
    };
    lane.give_back(connection);
    let answers = answered?;
    match answers.len() == questions.len() {
        true => Ok(answers),
        false => Err(StoreError::Unexpected(format!(
            "{} questions, {} answers",
            questions.len(),
            answers.len()
        ))),
    }
}

fn only<T>(answers: Vec<T>) -> Result<T, StoreError> {
    let mut answers = answers.into_iter();
    let first = answers.next();
    first.ok_or_else(|| StoreError::Unexpected("no answer".into()))
}
