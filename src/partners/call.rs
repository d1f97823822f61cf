//! Calls to a partner: their failures, the circuit and the metrics.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use contract_runtime::client::{Error, ErrorKind};

use super::circuit::Circuit;
use crate::telemetry::metrics::Metrics;

/// A call that has to be repeated.
#[derive(Debug)]
pub struct Failure {
    /// Why.
    pub code: FailureCode,
    /// When the partner wants it to be repeated.
    pub retry_after: Option<Duration>,
    /// For the log; it may contain what the partner said.
    detail: String,
}

/// Why a call has to be repeated. It contains nothing that a partner said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureCode {
    /// No response, or a server error.
    Unavailable,
    /// Too many requests.
    RateLimited,
    /// A response that the contract does not have.
    UnexpectedResponse,
    /// The credentials are not accepted.
    Unauthorized,
    /// The partner does not accept the request, or does not know its id.
    Rejected,
}

impl FailureCode {
    /// The code in `attention`, metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::RateLimited => "rate_limited",
            Self::UnexpectedResponse => "unexpected_response",
            Self::Unauthorized => "unauthorized",
            Self::Rejected => "rejected",
        }
    }
}

impl Failure {
    pub(super) fn new(code: FailureCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            retry_after: None,
            detail: detail.into(),
        }
    }

    /// The response has a value that this version does not know.
    pub(super) fn unexpected(what: &str, value: &impl fmt::Debug) -> Self {
        let detail = format!("unknown {what} {value:?}");
        Self::new(FailureCode::UnexpectedResponse, detail)
    }

    pub(super) fn busy(code: FailureCode, retry_after: i32) -> Self {
        let seconds = u64::try_from(retry_after).unwrap_or_default();
        Self {
            retry_after: Some(Duration::from_secs(seconds).min(LONGEST_WAIT)),
            ..Self::new(code, format!("retry after {seconds} s"))
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code.as_str(), self.detail)
    }
}

/// A partner must not stop an order for longer by one response.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Why a call did not succeed; `R` is what the partner may refuse.
pub(super) enum CallError<R> {
    /// A business answer: the same call gets it again.
    Refused(R),
    /// Anything else.
    Failed(Failure),
}

/// The failures of an operation, as every partner's contract has them.
macro_rules! failures {
    ($($failure:ident [$($rejected:ident),*] $(refused $refused:ident)?),* $(,)?) => {$(
        impl From<$failure> for $crate::partners::call::CallError<inner::RefusalCode> {
            fn from(failure: $failure) -> Self {
                use $crate::partners::call::{CallError, Failure, FailureCode};
                match failure {
                    $($failure::$refused(refusal) => CallError::Refused(refusal.code),)?
                    $($failure::$rejected(problem) => CallError::Failed(Failure::new(
                        FailureCode::Rejected,
                        format!("{} {}", problem.code, problem.detail.unwrap_or_default()),
                    )),)*
                    $failure::Unauthorized(problem) => CallError::Failed(Failure::new(
                        FailureCode::Unauthorized,
                        problem.detail.unwrap_or(problem.title),
                    )),
                    $failure::TooManyRequests { retry_after, .. } => {
                        CallError::Failed(Failure::busy(FailureCode::RateLimited, retry_after))
                    }
                    $failure::ServiceUnavailable { retry_after, .. } => {
                        CallError::Failed(Failure::busy(FailureCode::Unavailable, retry_after))
                    }
                }
            }
        }
    )*};
}
pub(super) use failures;

/// Makes the calls of one partner.
#[derive(Clone)]
pub(super) struct Calls {
    name: &'static str,
    circuit: Arc<Circuit>,
    metrics: Metrics,
}

impl Calls {
    pub(super) fn new(name: &'static str, metrics: &Metrics) -> Self {
        Self {
            name,
            circuit: Arc::new(Circuit::new()),
            metrics: metrics.clone(),
        }
    }

    /// The response, unless the partner is away and another call probes it.
    pub(super) async fn call<T, F, R>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, Error<F>>>,
    ) -> Result<T, CallError<R>>
    where
        CallError<R>: From<F>,
    {
        let Some(_permit) = self.circuit.admit() else {
            let detail = format!("{} is away; another call probes it", self.name);
            return Err(CallError::Failed(Failure::new(
                FailureCode::Unavailable,
                detail,
            )));
        };
        let begun = Instant::now();
        let result = call.await.map_err(CallError::<R>::from_client);
        let (outcome, responded) = match &result {
            Ok(_) => ("ok", true),
            Err(CallError::Refused(_)) => ("refused", true),
            Err(CallError::Failed(failure)) => (
                failure.code.as_str(),
                failure.code != FailureCode::Unavailable,
            ),
        };
        self.circuit.record(responded);
        let elapsed = begun.elapsed();
        self.metrics
            .partner_call(self.name, operation, outcome, elapsed);
        if let Err(CallError::Failed(failure)) = &result {
            let partner = self.name;
            tracing::warn!(partner, operation, error = %failure, "a call to a partner failed");
        }
        result
    }
}

impl<R> CallError<R> {
    fn from_client<F>(error: Error<F>) -> Self
    where
        Self: From<F>,
    {
        let (code, detail) = match error {
            Error::Failure(failure) => return failure.into(),
            Error::Undeclared(error) if error.status >= 500 => {
                (FailureCode::Unavailable, error.to_string())
            }
            Error::Undeclared(error) => (FailureCode::UnexpectedResponse, error.to_string()),
            Error::Invalid(error) => (FailureCode::UnexpectedResponse, error.to_string()),
            Error::Transport(error) => match error.kind() {
                ErrorKind::InvalidRequest => (FailureCode::Rejected, error.to_string()),
                ErrorKind::TooLarge => (FailureCode::UnexpectedResponse, error.to_string()),
                ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Interrupted => {
                    (FailureCode::Unavailable, error.to_string())
                }
            },
        };
        Self::Failed(Failure::new(code, detail))
    }

    /// The failure; a refusal that the operation is not supposed to have counts as one.
    pub(super) fn failure(self) -> Failure
    where
        R: fmt::Debug,
    {
        match self {
            Self::Refused(refusal) => Failure::unexpected("refusal", &refusal),
            Self::Failed(failure) => failure,
        }
    }
}
