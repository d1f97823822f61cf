//! What can be wrong with a call.

use std::fmt;

use bytes::Bytes;
use http::HeaderMap;

/// Why an operation did not succeed; `F` has the failures that the contract describes.
#[derive(Debug)]
pub enum Error<F> {
    /// A failure of the contract.
    Failure(F),
    /// A response with a status that the contract does not have for this operation.
    Undeclared(Undeclared),
    /// A response that the contract describes differently.
    Invalid(Invalid),
    /// There is no response, or not all of it.
    Transport(TransportError),
}

/// A response with a status that the contract does not have.
#[derive(Debug)]
pub struct Undeclared {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Box<HeaderMap>,
    /// The body, up to the limit of the client; what arrived of it, if it was interrupted.
    pub body: Bytes,
}

/// A response that does not match the contract.
#[derive(Debug)]
pub struct Invalid {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Box<HeaderMap>,
    /// The body, if it was read.
    pub body: Option<Bytes>,
    /// What does not match.
    pub detail: String,
}

/// The kind of a [`TransportError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request cannot be sent: a value cannot be written in its place, a credential is missing.
    InvalidRequest,
    /// No connection to the server.
    Connect,
    /// The deadline passed. The server may have done the work.
    Timeout,
    /// The connection was lost. The server may have done the work.
    Interrupted,
    /// The response is larger than the limit of the client.
    TooLarge,
}

/// A call without a whole response.
#[derive(Debug)]
pub struct TransportError {
    kind: ErrorKind,
    detail: String,
    source: Option<BoxError>,
}

/// The cause of an error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl TransportError {
    /// An error of this kind; the detail is one line, without secrets.
    pub fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            source: None,
        }
    }

    /// With its cause.
    pub fn caused_by(self, source: impl Into<BoxError>) -> Self {
        Self {
            source: Some(source.into()),
            ..self
        }
    }

    /// Its kind.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    pub(super) fn request(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidRequest, detail)
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            ErrorKind::InvalidRequest => "the request cannot be sent",
            ErrorKind::Connect => "cannot connect",
            ErrorKind::Timeout => "timed out",
            ErrorKind::Interrupted => "the connection was interrupted",
            ErrorKind::TooLarge => "the response is too large",
        };
        write!(formatter, "{kind}: {}", self.detail)
    }
}

impl std::error::Error for TransportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl fmt::Display for Undeclared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, body, .. } = self;
        let size = body.len();
        write!(
            formatter,
            "the contract has no response {status} for this operation ({size} bytes of body)"
        )
    }
}

impl std::error::Error for Undeclared {}

impl fmt::Display for Invalid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, detail, .. } = self;
        write!(
            formatter,
            "the response {status} does not match the contract: {detail}"
        )
    }
}

impl std::error::Error for Invalid {}

impl<F: fmt::Debug> fmt::Display for Error<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failure(failure) => write!(formatter, "the operation failed: {failure:?}"),
            Self::Undeclared(error) => error.fmt(formatter),
            Self::Invalid(error) => error.fmt(formatter),
            Self::Transport(error) => error.fmt(formatter),
        }
    }
}

impl<F: fmt::Debug> std::error::Error for Error<F> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Transport(error) => error.source(),
            _ => None,
        }
    }
}

/// Why a part of a response could not be read.
#[derive(Debug)]
pub enum ReadError {
    /// It does not match the contract.
    Invalid(Invalid),
    /// It did not arrive.
    Transport(TransportError),
}

impl From<TransportError> for ReadError {
    fn from(error: TransportError) -> Self {
        Self::Transport(error)
    }
}

impl<F> From<ReadError> for Error<F> {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Invalid(error) => Self::Invalid(error),
            ReadError::Transport(error) => Self::Transport(error),
        }
    }
}

impl<F> From<TransportError> for Error<F> {
    fn from(error: TransportError) -> Self {
        Self::Transport(error)
    }
}

/// Why a client cannot be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildError(pub(super) String);

impl fmt::Display for BuildError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for BuildError {}
