//! Classified errors of calls to Temporal.

use std::time::Duration;

use prost::Message;
use temporalio_common::protos::google::rpc::Status as RpcStatus;
use tokio::time::timeout;
use tonic::{Code, Response, Status};

/// The time limit of a call.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// A failed call to Temporal.
#[derive(Debug, thiserror::Error)]
pub enum TemporalError {
    /// No connection.
    #[error("Temporal at {address} cannot be reached: {cause}")]
    Unreachable {
        /// Host and port.
        address: String,
        /// The cause.
        cause: String,
    },
    /// No response in time.
    #[error("Temporal did not respond in {} s", CALL_TIMEOUT.as_secs())]
    TimedOut,
    /// It cannot serve at the moment; the same call may succeed later.
    #[error("Temporal is not available: {0}")]
    Unavailable(String),
    /// It rejected the API key or certificate; the next one may be accepted.
    #[error("Temporal rejected the credentials: {0}")]
    Denied(String),
    /// There is no workflow with this id.
    #[error("Temporal has no such workflow: {0}")]
    NotFound(String),
    /// It rejected this call; others may succeed.
    #[error("Temporal rejected the call: {0}")]
    Rejected(String),
}

impl TemporalError {
    /// Whether all other calls will fail as well.
    pub fn is_outage(&self) -> bool {
        !matches!(self, Self::NotFound(_) | Self::Rejected(_))
    }
}

impl From<Status> for TemporalError {
    fn from(status: Status) -> Self {
        let text = status.to_string();
        match status.code() {
            Code::Unavailable
            | Code::DeadlineExceeded
            | Code::ResourceExhausted
            | Code::Cancelled
            | Code::Unknown => Self::Unavailable(text),
            Code::Unauthenticated | Code::PermissionDenied => Self::Denied(text),
            Code::NotFound if !namespace_is_missing(&status) => Self::NotFound(text),
            _ => Self::Rejected(text),
        }
    }
}

/// Temporal uses "not found" both for a namespace and for a workflow.
fn namespace_is_missing(status: &Status) -> bool {
    RpcStatus::decode(status.details()).is_ok_and(|status| {
        let mut details = status.details.iter();
        details.any(|detail| detail.type_url.ends_with(".NamespaceNotFoundFailure"))
    })
}

/// The result of a call, within the time limit.
pub(super) async fn in_time<F: Future>(call: F) -> Result<F::Output, TemporalError> {
    let result = timeout(CALL_TIMEOUT, call).await;
    result.map_err(|_| TemporalError::TimedOut)
}

/// The response to a call, within the time limit.
pub(super) async fn call<T>(
    call: impl Future<Output = Result<Response<T>, Status>>,
) -> Result<T, TemporalError> {
    Ok(in_time(call).await??.into_inner())
}

/// Maps "not found" to `None`.
pub(super) fn found<T>(result: Result<T, TemporalError>) -> Result<Option<T>, TemporalError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(TemporalError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
