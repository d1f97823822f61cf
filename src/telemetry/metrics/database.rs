//! What is counted of batches, and of the pool.

use std::time::Instant;

use prometheus::{Histogram, IntCounter, IntGauge};

use super::Metrics;

/// How a pool of connections is at the moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct PoolState {
    /// Connections that are lent out.
    pub busy: i64,
    /// Connections that are not.
    pub idle: i64,
    /// Who waits for one.
    pub waiting: i64,
}

/// What is counted of one kind of batch. Cheap to clone.
#[derive(Clone, Default)]
pub struct Batches(Option<Handles>);

#[derive(Clone)]
struct Handles {
    size: Histogram,
    duration: Histogram,
    waiting: IntGauge,
    refused: IntCounter,
}

impl Metrics {
    /// For the batches of this name.
    pub fn batches(&self, name: &str) -> Batches {
        Batches(self.0.as_ref().map(|kept| Handles {
            size: kept.batch_size.with_label_values(&[name]),
            duration: kept.batch_duration.with_label_values(&[name]),
            waiting: kept.batch_waiting.with_label_values(&[name]),
            refused: kept.batch_refused.with_label_values(&[name]),
        }))
    }
}

impl Batches {
    /// Somebody waits.
    pub fn waits(&self) {
        if let Some(handles) = &self.0 {
            handles.waiting.inc();
        }
    }

    /// Somebody was told to come again.
    pub fn refused(&self) {
        if let Some(handles) = &self.0 {
            handles.refused.inc();
        }
    }

    /// So many wait no longer.
    pub fn taken(&self, questions: usize) {
        if let Some(handles) = &self.0 {
            handles
                .waiting
                .sub(i64::try_from(questions).unwrap_or(i64::MAX));
        }
    }

    /// A statement with so many questions begins; it ends when what this gives is dropped.
    #[allow(clippy::cast_precision_loss)] // at most 128
    pub fn statement(&self, questions: usize) -> Timed<'_> {
        if let Some(handles) = &self.0 {
            handles.size.observe(questions as f64);
        }
        Timed {
            since: self
                .0
                .as_ref()
                .map(|handles| (&handles.duration, Instant::now())),
        }
    }
}

/// Observes the time until it is dropped.
pub struct Timed<'a> {
    since: Option<(&'a Histogram, Instant)>,
}

impl Drop for Timed<'_> {
    fn drop(&mut self) {
        if let Some((histogram, since)) = self.since {
            histogram.observe(since.elapsed().as_secs_f64());
        }
    }
}
