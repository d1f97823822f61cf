//! Metrics of requests. There are tens of thousands per second, so each thread caches its counters
//! by operation, method and status.

use std::cell::RefCell;
use std::time::Duration;

use actix_web::dev::ResourceDef;
use actix_web::http::{Method, StatusCode};
use contract_runtime::server::Operations;
use prometheus::{Histogram, IntCounter, IntCounterVec, IntGauge};

use super::Metrics;
use crate::generated::OPERATIONS;
use crate::telemetry::{Telemetry, Traces};

/// Values of `operation` besides those of the contract: no operation, and the pages for people.
pub(super) const OTHERS: [&str; 2] = ["unmatched", "docs"];
const UNMATCHED: usize = OPERATIONS.len();
const DOCS: usize = OPERATIONS.len() + 1;

/// The methods that are label values (RFC 9110 and RFC 5789).
const METHODS: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
];

/// The operation of a request in metrics and traces, as an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestOperation(usize);

impl RequestOperation {
    /// The operation that a request was routed to; without one, `path` decides.
    pub fn by(operations: Option<&Operations>, method: &Method, path: &str) -> Self {
        let place = operations.and_then(|operations| operations.of(method));
        Self(place.unwrap_or_else(|| if is_docs(path) { DOCS } else { UNMATCHED }))
    }

    /// The operation of a request whose route is no longer known. Slow.
    pub fn at(method: &Method, path: &str) -> Self {
        let here = OPERATIONS.iter().position(|operation| {
            operation.method == method.as_str() && ResourceDef::new(operation.route).is_match(path)
        });
        here.map_or_else(|| Self::by(None, method, path), Self)
    }

    /// The `operationId`, `unmatched` or `docs`.
    pub fn name(self) -> &'static str {
        name(self.0)
    }

    /// The path template, if the operation is in the contract.
    pub fn route(self) -> Option<&'static str> {
        OPERATIONS.get(self.0).map(|operation| operation.route)
    }
}

fn name(place: usize) -> &'static str {
    match OPERATIONS.get(place) {
        Some(operation) => operation.id,
        None => OTHERS[usize::from(place == DOCS)],
    }
}

fn is_docs(path: &str) -> bool {
    ["/docs", "/console", "/openapi.yaml", "/openapi.json"].contains(&path)
        || path.starts_with("/docs/")
        || path.starts_with("/console/")
}

/// Observes the requests of a thread.
pub struct Observer {
    /// Metrics.
    pub requests: RequestMetrics,
    /// Traces.
    pub traces: Traces,
}

impl Observer {
    /// An observer for one thread.
    pub fn new(telemetry: &Telemetry) -> Self {
        Self {
            requests: RequestMetrics::new(&telemetry.metrics),
            traces: telemetry.traces.clone(),
        }
    }
}

/// The metrics of the requests of a thread.
pub struct RequestMetrics(Option<Handles>);

struct Handles {
    in_flight: IntGauge,
    all: IntCounterVec,
    by_operation: Vec<OperationHandles>,
}

struct OperationHandles {
    duration: Histogram,
    /// The counters that were used so far, by method and status.
    counters: RefCell<Vec<(&'static str, StatusCode, IntCounter)>>,
}

impl RequestMetrics {
    fn new(metrics: &Metrics) -> Self {
        Self(metrics.declared().map(|metrics| {
            Handles {
                in_flight: metrics.http_in_flight.clone(),
                all: metrics.http_requests.clone(),
                by_operation: (0..OPERATIONS.len() + OTHERS.len())
                    .map(|place| OperationHandles {
                        duration: metrics.http_duration.with_label_values(&[name(place)]),
                        counters: RefCell::default(),
                    })
                    .collect(),
            }
        }))
    }

    /// Counts a request as in flight until the guard is dropped.
    pub fn begin(&self) -> InFlight<'_> {
        let gauge = self.0.as_ref().map(|handles| &handles.in_flight);
        if let Some(gauge) = gauge {
            gauge.inc();
        }
        InFlight(gauge)
    }

    /// Counts a response.
    pub fn count(
        &self,
        operation: RequestOperation,
        method: &Method,
        status: StatusCode,
        duration: Duration,
    ) {
        let Some(handles) = &self.0 else { return };
        let name = operation.name();
        let Some(operation) = handles.by_operation.get(operation.0) else {
            return;
        };
        operation.duration.observe(duration.as_secs_f64());
        let method = label(method);
        let mut counters = operation.counters.borrow_mut();
        let found = counters
            .iter()
            .find(|(of, with, _)| *of == method && *with == status);
        match found {
            Some((_, _, counter)) => counter.inc(),
            None => {
                let counter = handles
                    .all
                    .with_label_values(&[name, method, status.as_str()]);
                counter.inc();
                counters.push((method, status, counter));
            }
        }
    }
}

/// The label of a method: `other` if it is not a standard one.
fn label(method: &Method) -> &'static str {
    let mut known = METHODS.into_iter();
    known
        .find(|known| *known == method.as_str())
        .unwrap_or("other")
}

/// A request in flight.
pub struct InFlight<'a>(Option<&'a IntGauge>);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if let Some(gauge) = self.0 {
            gauge.dec();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_methods_and_paths_do_not_become_labels() {
        assert_eq!(label(&Method::from_bytes(b"GETT").unwrap()), "other");
        assert_eq!(label(&Method::PATCH), "PATCH");
        for (path, name) in [
            ("/", "unmatched"),
            ("/docsx", "unmatched"),
            ("/docs", "docs"),
            ("/docs/any/thing", "docs"),
            ("/openapi.yaml", "docs"),
        ] {
            assert_eq!(RequestOperation::by(None, &Method::GET, path).name(), name);
        }
    }

    #[test]
    fn an_operation_is_found_by_method_and_path() {
        let name = |method, path| RequestOperation::at(&method, path).name();
        assert_eq!(name(Method::POST, "/orders"), "createOrder");
        assert_eq!(name(Method::PUT, "/orders/17"), "updateOrder");
        assert_eq!(name(Method::GET, "/orders/17/events"), "listOrderEvents");
        assert_eq!(name(Method::PATCH, "/orders/17"), "unmatched");
        assert_eq!(name(Method::GET, "/orders/17/x"), "unmatched");
    }
}
