use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;

use crate::client::OrderVersion;
use crate::models::{Problem, Violation};

/// Why a call did not succeed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The service answered with an error.
    Api(Box<ApiError>),
    /// The service could not be reached, or the connection ended before its answer did.
    ConnectionFailed {
        attempts: u32,
        source: reqwest::Error,
    },
    /// The service did not answer in time.
    TimedOut { attempts: u32 },
    /// The order was not finished when the time to wait was over.
    NotFinished {
        id: i64,
        /// As it was seen last, if it was seen at all.
        last_seen: Option<Box<OrderVersion>>,
    },
    /// The order is still at the version that was named (304).
    NotModified,
    /// The answer is not what the contract says.
    Unreadable(serde_json::Error),
    /// The request could not be made: a bad URL, or a header that is none.
    InvalidRequest(Box<dyn std::error::Error + Send + Sync>),
}

/// An answer from 400 on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// The stable name of the problem; none when the answer was no problem document.
    pub code: Option<String>,
    /// The kind of problem in words.
    pub title: String,
    /// What happened this time, for people.
    pub detail: Option<String>,
    /// Quote it when you ask for help.
    pub request_id: Option<String>,
    /// Everything that is wrong with the request.
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
            // Some proxy's page.
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

/// Seconds or a date (RFC 9110, section 10.2.3).
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
    /// The service's own answer, where there is one.
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            _ => None,
        }
    }

    /// Whether the same may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Api(error) => [408, 429, 503, 504].contains(&error.status),
            Self::ConnectionFailed { .. } | Self::TimedOut { .. } | Self::NotFinished { .. } => {
                true
            }
            Self::NotModified | Self::Unreadable(_) | Self::InvalidRequest(_) => false,
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
                write!(formatter, "no answer in time, attempt {attempts}")
            }
            Self::NotFinished { id, last_seen } => {
                write!(formatter, "order {id} did not finish in time, it was seen ")?;
                match last_seen {
                    Some(seen) => seen.order.status.fmt(formatter),
                    None => formatter.write_str("never"),
                }
            }
            Self::NotModified => formatter.write_str("not modified"),
            Self::Unreadable(_) => formatter.write_str("the answer is not what the contract says"),
            Self::InvalidRequest(_) => formatter.write_str("the request could not be made"),
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
