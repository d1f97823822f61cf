//! What is counted of requests. There are ten thousands of them in a second: a thread looks a counter
//! up once for each operation, method and status, and keeps it.

use std::cell::RefCell;
use std::time::Duration;

use actix_web::dev::ResourceDef;
use actix_web::http::{Method, StatusCode};
use prometheus::{Histogram, IntCounter, IntCounterVec, IntGauge};

use super::Metrics;
use crate::generated::support::Operations;
use crate::generated::support::contract::OPERATIONS;
use crate::telemetry::{Telemetry, Traces};

/// What requests are told apart by, beside the operations of the contract: those that no operation
/// answers, and the pages about the contract.
const OTHERS: [&str; 2] = ["unmatched", "docs"];
const UNMATCHED: usize = OPERATIONS.len();
const DOCS: usize = OPERATIONS.len() + 1;

/// The methods that are told apart (RFC 9110 and RFC 5789).
const METHODS: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
];

/// Which operation answered a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered(usize);

impl Answered {
    /// The one that a request was routed to; `path` tells the rest apart.
    pub fn by(operations: Option<&Operations>, method: &Method, path: &str) -> Self {
        let place = operations.and_then(|operations| operations.of(method));
        Self(place.unwrap_or_else(|| match is_docs(path) {
            true => DOCS,
            false => UNMATCHED,
        }))
    }

    /// The one that would have answered, for a request of which nothing is left. Slow.
    pub fn at(method: &Method, path: &str) -> Self {
        let here = OPERATIONS.iter().position(|operation| {
            operation.method == method.as_str() && ResourceDef::new(operation.route).is_match(path)
        });
        here.map_or_else(|| Self::by(None, method, path), Self)
    }

    /// Its `operationId`, `unmatched` or `docs`.
    pub fn name(self) -> &'static str {
        name(self.0)
    }

    /// Its path with names of parameters in braces, where the contract has it.
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
    ["/docs", "/openapi.yaml", "/openapi.json"].contains(&path) || path.starts_with("/docs/")
}

/// What a thread that serves requests tells of them.
pub struct Observer {
    /// Counts them.
    pub requests: Requests,
    /// Traces them.
    pub traces: Traces,
}

impl Observer {
    /// For one thread.
    pub fn new(telemetry: &Telemetry) -> Self {
        Self {
            requests: Requests::new(&telemetry.metrics),
            traces: telemetry.traces.clone(),
        }
    }
}

/// Counts the requests of a thread.
pub struct Requests(Option<Handles>);

struct Handles {
    in_flight: IntGauge,
    all: IntCounterVec,
    /// By operation.
    known: Vec<Known>,
}

struct Known {
    duration: Histogram,
    /// The counters that were needed, by method and status.
    counters: RefCell<Vec<(&'static str, StatusCode, IntCounter)>>,
}

impl Requests {
    fn new(metrics: &Metrics) -> Self {
        Self(metrics.0.as_ref().map(|kept| {
            Handles {
                in_flight: kept.http_in_flight.clone(),
                all: kept.http_requests.clone(),
                known: (0..OPERATIONS.len() + OTHERS.len())
                    .map(|place| Known {
                        duration: kept.http_duration.with_label_values(&[name(place)]),
                        counters: RefCell::default(),
                    })
                    .collect(),
            }
        }))
    }

    /// A request is in flight until what this gives is dropped.
    pub fn begin(&self) -> InFlight<'_> {
        let gauge = self.0.as_ref().map(|handles| &handles.in_flight);
        if let Some(gauge) = gauge {
            gauge.inc();
        }
        InFlight(gauge)
    }

    /// Counts an answer.
    pub fn count(&self, by: Answered, method: &Method, status: StatusCode, took: Duration) {
        let Some(handles) = &self.0 else { return };
        let Some(known) = handles.known.get(by.0) else {
            return;
        };
        known.duration.observe(took.as_secs_f64());
        let method = label(method);
        let mut counters = known.counters.borrow_mut();
        let found = counters
            .iter()
            .find(|(of, with, _)| *of == method && *with == status);
        match found {
            Some((_, _, counter)) => counter.inc(),
            None => {
                let counter = handles
                    .all
                    .with_label_values(&[by.name(), method, status.as_str()]);
                counter.inc();
                counters.push((method, status, counter));
            }
        }
    }
}

/// The method as it is shown: what a client makes up is `other`.
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
    fn what_clients_make_up_makes_no_labels() {
        assert_eq!(label(&Method::from_bytes(b"GETT").unwrap()), "other");
        assert_eq!(label(&Method::PATCH), "PATCH");
        for (path, name) in [
            ("/", "unmatched"),
            ("/docsx", "unmatched"),
            ("/docs", "docs"),
            ("/docs/any/thing", "docs"),
            ("/openapi.yaml", "docs"),
        ] {
            assert_eq!(Answered::by(None, &Method::GET, path).name(), name);
        }
    }

    #[test]
    fn an_operation_is_found_again_by_its_path() {
        let name = |method, path| Answered::at(&method, path).name();
        assert_eq!(name(Method::POST, "/orders"), "createOrder");
        assert_eq!(name(Method::PUT, "/orders/17"), "updateOrder");
        assert_eq!(name(Method::GET, "/orders/17/events"), "listOrderEvents");
        assert_eq!(name(Method::PATCH, "/orders/17"), "unmatched");
        assert_eq!(name(Method::GET, "/orders/17/x"), "unmatched");
    }
}
