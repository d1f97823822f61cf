//! Metrics of batches and the connection pool.

use std::time::Instant;

use prometheus::{Histogram, IntCounter, IntGauge};

use super::Metrics;

/// The state of a connection pool.
#[derive(Debug, Clone, Copy, Default)]
pub struct PoolState {
    /// Connections in use.
    pub busy: i64,
    /// Idle connections.
    pub idle: i64,
    /// Callers that wait for a connection.
    pub waiting: i64,
}

/// The metrics of one kind of batch. Cheap to clone.
#[derive(Clone, Default)]
pub struct BatchMetrics(Option<Handles>);

#[derive(Clone)]
struct Handles {
    size: Histogram,
    duration: Histogram,
    waiting: IntGauge,
    rejected: IntCounter,
}

impl Metrics {
    /// The metrics of the batches with this name.
    pub fn batches(&self, name: &str) -> BatchMetrics {
        BatchMetrics(self.declared().map(|metrics| Handles {
            size: metrics.batch_size.with_label_values(&[name]),
            duration: metrics.batch_duration.with_label_values(&[name]),
            waiting: metrics.batch_waiting.with_label_values(&[name]),
            rejected: metrics.batch_rejected.with_label_values(&[name]),
        }))
    }
}

impl BatchMetrics {
    /// Counts a queued request.
    pub fn queued(&self) {
        if let Some(handles) = &self.0 {
            handles.waiting.inc();
        }
    }

    /// Counts a request that was rejected because the queue is full.
    pub fn rejected(&self) {
        if let Some(handles) = &self.0 {
            handles.rejected.inc();
        }
    }

    /// Counts requests that leave the queue.
    pub fn dequeued(&self, requests: usize) {
        if let Some(handles) = &self.0 {
            handles
                .waiting
                .sub(i64::try_from(requests).unwrap_or(i64::MAX));
        }
    }

    /// Starts the timer of a statement with this many requests; it stops on drop.
    #[allow(clippy::cast_precision_loss)] // at most 128
    pub fn statement(&self, requests: usize) -> Timer<'_> {
        Timer(self.0.as_ref().map(|handles| {
            handles.size.observe(requests as f64);
            (&handles.duration, Instant::now())
        }))
    }
}

/// Observes the time until it is dropped.
pub struct Timer<'a>(Option<(&'a Histogram, Instant)>);

impl Drop for Timer<'_> {
    fn drop(&mut self) {
        if let Some((histogram, since)) = self.0 {
            histogram.observe(since.elapsed().as_secs_f64());
        }
    }
}
