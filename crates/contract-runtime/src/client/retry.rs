//! When a request is sent again.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderMap, Method, Request, Response, StatusCode};

use super::error::{ErrorKind, TransportError};

/// Sends a request again if that is safe: its method is idempotent, or it has an
/// `Idempotency-Key`; and only after a lost connection, or a response 429, 503 or 504.
#[derive(Debug, Clone)]
pub struct Retry {
    attempts: u32,
    first: Duration,
    longest: Duration,
}

impl Retry {
    /// At most this many attempts, the first one included.
    pub fn attempts(attempts: u32) -> Self {
        Self {
            attempts,
            first: Duration::from_millis(200),
            longest: Duration::from_secs(30),
        }
    }

    /// Waits up to `first` after the first attempt, and up to twice as long after each other, but
    /// never more than `longest`. A response whose `Retry-After` is longer is not waited for.
    pub fn backoff(self, first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            ..self
        }
    }

    /// How long to wait after this attempt; `None` if it was the last.
    pub(super) fn pause<B>(
        &self,
        attempt: u32,
        outcome: &Result<Response<B>, TransportError>,
    ) -> Option<Duration> {
        let after = match outcome {
            _ if attempt >= self.attempts => return None,
            Ok(response) if repeatable(response.status()) => retry_after(response.headers()),
            Err(error) if matches!(error.kind(), ErrorKind::Connect | ErrorKind::Interrupted) => {
                None
            }
            _ => return None,
        };
        let doubled = self.first.saturating_mul(1 << (attempt - 1).min(20));
        // Clients that failed together must not come back together.
        let jittered = doubled.min(self.longest).mul_f64(fastrand::f64());
        let pause = jittered.max(after.unwrap_or_default());
        (pause <= self.longest).then_some(pause)
    }
}

/// Whether a request may be sent twice (RFC 9110, section 9.2.2).
pub(super) fn is_repeatable(request: &Request<Bytes>) -> bool {
    const IDEMPOTENT: [Method; 6] = [
        Method::GET,
        Method::HEAD,
        Method::PUT,
        Method::DELETE,
        Method::OPTIONS,
        Method::TRACE,
    ];
    IDEMPOTENT.contains(request.method()) || request.headers().contains_key("idempotency-key")
}

fn repeatable(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

/// Seconds or a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    date.duration_since(SystemTime::now()).ok()
}
