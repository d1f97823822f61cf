//! Limits of requests: length, time, and the number in flight.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use contract_runtime::server::Rejection;

/// The longest path and query that is accepted, in bytes. The contract's longest is far shorter.
const URI_LIMIT: usize = 8 * 1024;

/// The `Retry-After` of a request that is rejected under overload, in seconds.
const RETRY_AFTER: u64 = 1;

/// Probes of the orchestrator, which must be served under overload too.
const HEALTH: [&str; 2] = ["/healthz", "/readyz"];

/// Limits of a single request.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How long a request may take, including its arrival.
    pub request_timeout: Duration,
    /// The requests in flight of all threads.
    pub in_flight: InFlight,
}

impl Limits {
    /// When the database must have responded to a request that starts now. A tenth of the time
    /// limit, at most half a second, remains for the response.
    pub(super) fn deadline(&self) -> tokio::time::Instant {
        let reserve = (self.request_timeout / 10).min(Duration::from_millis(500));
        tokio::time::Instant::now() + self.request_timeout - reserve
    }

    /// Handles the request within these limits.
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

/// Counts the requests in flight. Clones share the count.
#[derive(Debug, Clone)]
pub struct InFlight {
    count: Arc<AtomicUsize>,
    most: usize,
}

impl InFlight {
    /// At most `most` requests.
    pub fn at_most(most: usize) -> Self {
        Self {
            count: Arc::default(),
            most,
        }
    }

    /// A place, until it is dropped; `None` when all are taken.
    fn enter(&self) -> Option<Place<'_>> {
        // Increments before it compares, so that two requests never take the last place.
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
        "the path and query are too long",
    )
    .into()
}

/// Rejects immediately: a growing queue would serve no request in time.
fn too_many_in_flight() -> Error {
    let detail = "too many requests are in flight, retry later";
    let mut rejection = Rejection::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "service_unavailable",
        detail,
    );
    rejection.retry_after = Some(RETRY_AFTER);
    rejection.into()
}

/// Database work ends before the request's deadline, so a request that times out here is one whose
/// client sends too slowly.
fn timed_out() -> Error {
    Rejection::new(
        StatusCode::REQUEST_TIMEOUT,
        "request_timeout",
        "the request took too long to arrive",
    )
    .into()
}
