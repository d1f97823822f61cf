use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;

use crate::client::OrderVersion;
use crate::models::{Problem, Violation};

/// Why a call failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The service returned an error response.
    Api(Box<ApiError>),
    /// The service could not be reached, or the connection ended before the response did.
    ConnectionFailed {
        attempts: u32,
        source: reqwest::Error,
    },
    /// The service did not respond in time.
    TimedOut { attempts: u32 },
    /// The order did not finish before the time-out.
    NotFinished {
        id: i64,
        /// The order as last read; `None` if it could not be read.
        last_seen: Option<Box<OrderVersion>>,
    },
    /// The events after the last position are no longer, or not yet, available. Read the orders again,
    /// then follow the events after `position`.
    EventsReset { position: i64 },
    /// The order is still at the given version (304).
    NotModified,
    /// The response does not match the contract.
    Unreadable(serde_json::Error),
    /// The request could not be built: an invalid URL or header.
    InvalidRequest(Box<dyn std::error::Error + Send + Sync>),
}

/// A response with status 400 or above.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// The stable name of the problem; `None` when the response was not a problem document.
    pub code: Option<String>,
    /// The kind of problem.
    pub title: String,
    /// A description of this occurrence.
    pub detail: Option<String>,
    /// Quote it when you ask for support.
    pub request_id: Option<String>,
    /// All violations of the contract in the request.
    pub violations: Vec<Violation>,
    /// How long the service asks to wait.
    pub retry_after: Option<Duration>,
    /// How often the request was sent.
    pub attempts: u32,
}

impl ApiError {
    pub(crate) fn new(status: u16, headers: &HeaderMap, body: &[u8], attempts: u32) -> Self {
        let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
        let retry_after = text("retry-after").and_then(|value| retry_after(&value));
        let id = text("x-request-id");
        match serde_json::from_slice::<Problem>(body) {
            Ok(problem) => Self {
                status,
                code: Some(problem.code),
                title: problem.title,
                detail: problem.detail,
                request_id: problem.request_id.or(id),
                violations: problem.errors.unwrap_or_default(),
                retry_after,
                attempts,
            },
            // For example a proxy's error page.
            Err(_) => Self {
                status,
                code: None,
                title: format!("HTTP {status}"),
                detail: None,
                request_id: id,
                violations: Vec::new(),
                retry_after,
                attempts,
            },
        }
    }
}

/// Parses seconds or a date (RFC 9110, section 10.2.3).
fn retry_after(value: &str) -> Option<Duration> {
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = DateTime::parse_from_rfc2822(value).ok()?;
    Some(
        then.signed_duration_since(Utc::now())
            .to_std()
            .unwrap_or_default(),
    )
}

impl Error {
    /// The service's error response, if this is one.
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            _ => None,
        }
    }

    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Api(error) => [408, 429, 503, 504].contains(&error.status),
            Self::ConnectionFailed { .. } | Self::TimedOut { .. } | Self::NotFinished { .. } => {
                true
            }
            Self::EventsReset { .. }
            | Self::NotModified
            | Self::Unreadable(_)
            | Self::InvalidRequest(_) => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api(error) => error.fmt(formatter),
            Self::ConnectionFailed { attempts, .. } => {
                write!(formatter, "the connection failed, attempt {attempts}")
            }
            Self::TimedOut { attempts } => {
                write!(formatter, "no response in time, attempt {attempts}")
            }
            Self::NotFinished { id, last_seen } => {
                write!(
                    formatter,
                    "order {id} did not finish in time, last status: "
                )?;
                match last_seen {
                    Some(seen) => seen.order.status.fmt(formatter),
                    None => formatter.write_str("unknown"),
                }
            }
            Self::EventsReset { position } => {
                write!(
                    formatter,
                    "the events up to position {position} are not available"
                )
            }
            Self::NotModified => formatter.write_str("not modified"),
            Self::Unreadable(_) => formatter.write_str("the response does not match the contract"),
            Self::InvalidRequest(_) => formatter.write_str("the request could not be built"),
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.code.as_ref().unwrap_or(&self.title);
        write!(formatter, "{} {name}", self.status)?;
        match &self.detail {
            Some(detail) => write!(formatter, ": {detail}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::ConnectionFailed { source, .. } => Some(source),
            Self::Unreadable(source) => Some(source),
            Self::InvalidRequest(source) => Some(source.as_ref()),
            _ => None,
        }
    }
}
