//! The limits of a single request: its length, its time, and how many are in flight.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;

use crate::generated::support::Rejection;

/// The longest path with its query that is looked at, in bytes. The contract's longest is far below.
const URI_LIMIT: usize = 8 * 1024;

/// Seconds after which a request that was one too many may be retried.
const RETRY_AFTER: u64 = 1;

/// What an orchestrator probes: it needs a response most of all under overload.
const HEALTH: [&str; 2] = ["/healthz", "/readyz"];

/// Limits of a single request.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How long a request may take, its arrival included.
    pub request_timeout: Duration,
    /// The requests of all threads.
    pub in_flight: InFlight,
}

impl Limits {
    /// When the database has to have responded to a request that begins now, so that a tenth of its
    /// time, and half a second at most, is left for the response.
    pub(super) fn deadline(&self) -> tokio::time::Instant {
        let reserve = (self.request_timeout / 10).min(Duration::from_millis(500));
        tokio::time::Instant::now() + self.request_timeout - reserve
    }

    /// Runs the rest of the request within these limits.
    pub(super) async fn apply<B: MessageBody + 'static>(
        &self,
        request: ServiceRequest,
        next: Next<B>,
    ) -> Result<ServiceResponse<B>, Error> {
        let target = request.uri().path_and_query();
        if target.is_some_and(|target| target.as_str().len() > URI_LIMIT) {
            return Err(uri_too_long());
        }
        let place = self.in_flight.enter();
        if place.is_none() && !HEALTH.contains(&request.path()) {
            return Err(too_many_in_flight());
        }
        tokio::time::timeout(self.request_timeout, next.call(request))
            .await
            .unwrap_or_else(|_| Err(timed_out()))
    }
}

/// Counts the requests in flight. Clones count together.
#[derive(Debug, Clone)]
pub struct InFlight {
    count: Arc<AtomicUsize>,
    most: usize,
}

impl InFlight {
    /// At most so many.
    pub fn at_most(most: usize) -> Self {
        Self {
            count: Arc::default(),
            most,
        }
    }

    /// A place among them, until it is dropped; `None` when there is none.
    fn enter(&self) -> Option<Place<'_>> {
        // Taken first and looked at afterwards, so that two never get the last one.
        let before = self.count.fetch_add(1, Ordering::Relaxed);
        let place = Place(&self.count);
        (before < self.most).then_some(place)
    }
}

struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn uri_too_long() -> Error {
    Rejection::new(
        StatusCode::URI_TOO_LONG,
        "uri_too_long",
        "the path and its query are longer than anything here takes",
    )
    .into()
}

/// Refused at once, and cheaply: a queue that only grows serves nobody in time.
fn too_many_in_flight() -> Error {
    let detail = "too many requests are being worked on, try again";
    let mut rejection = Rejection::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "service_unavailable",
        detail,
    );
    rejection.retry_after = Some(RETRY_AFTER);
    rejection.into()
}

/// What a request does in the database ends before its deadline, so what is late is the client.
fn timed_out() -> Error {
    Rejection::new(
        StatusCode::REQUEST_TIMEOUT,
        "request_timeout",
        "the request took too long to arrive",
    )
    .into()
}
