//! Metrics of batches, and of the pool.

use std::time::Instant;

use prometheus::{Histogram, IntCounter, IntGauge};

use super::Metrics;

/// The state of a pool of connections.
#[derive(Debug, Clone, Copy, Default)]
pub struct PoolState {
    /// Connections in use.
    pub busy: i64,
    /// Connections that are not.
    pub idle: i64,
    /// Callers that wait for one.
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
    refused: IntCounter,
}

impl Metrics {
    /// For the batches of this name.
    pub fn batches(&self, name: &str) -> BatchMetrics {
        BatchMetrics(self.declared().map(|metrics| Handles {
            size: metrics.batch_size.with_label_values(&[name]),
            duration: metrics.batch_duration.with_label_values(&[name]),
            waiting: metrics.batch_waiting.with_label_values(&[name]),
            refused: metrics.batch_refused.with_label_values(&[name]),
        }))
    }
}

impl BatchMetrics {
    /// A request is queued.
    pub fn queued(&self) {
        if let Some(handles) = &self.0 {
            handles.waiting.inc();
        }
    }

    /// A request is refused because the queue is full.
    pub fn refused(&self) {
        if let Some(handles) = &self.0 {
            handles.refused.inc();
        }
    }

    /// Requests leave the queue.
    pub fn dequeued(&self, requests: usize) {
        if let Some(handles) = &self.0 {
            handles
                .waiting
                .sub(i64::try_from(requests).unwrap_or(i64::MAX));
        }
    }

    /// A statement of so many requests begins; it is timed until the timer is dropped.
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
