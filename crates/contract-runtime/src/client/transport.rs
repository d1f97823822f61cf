//! Sends requests.

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, StreamExt};

use super::error::{ErrorKind, TransportError};

/// The body of a response, as it arrives.
pub type Body = BoxStream<'static, Result<Bytes, TransportError>>;

/// What sends requests: reqwest, or a stand-in in a test.
///
/// An implementation sends each request once, follows no redirects and decides nothing by the
/// status.
pub trait Transport: Send + Sync + 'static {
    /// Sends a request; the result is there with the headers of the response.
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'static, Result<http::Response<Body>, TransportError>>;
}

/// Build it with `redirect::Policy::none()`: a redirect is a response like any other.
impl Transport for reqwest::Client {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'static, Result<http::Response<Body>, TransportError>> {
        let client = self.clone();
        Box::pin(async move {
            let request = reqwest::Request::try_from(request).map_err(reqwest_error)?;
            let mut response = client.execute(request).await.map_err(reqwest_error)?;
            let mut head = http::Response::new(());
            *head.status_mut() = response.status();
            *head.version_mut() = response.version();
            std::mem::swap(head.headers_mut(), response.headers_mut());
            let pieces = stream::try_unfold(response, |mut response| async {
                let piece = response.chunk().await.map_err(reqwest_error)?;
                Ok(piece.map(|piece| (piece, response)))
            });
            Ok(head.map(|()| pieces.boxed()))
        })
    }
}

fn reqwest_error(error: reqwest::Error) -> TransportError {
    // The URL may contain a credential.
    let error = error.without_url();
    let kind = match &error {
        error if error.is_timeout() => ErrorKind::Timeout,
        error if error.is_connect() => ErrorKind::Connect,
        error if error.is_builder() => ErrorKind::InvalidRequest,
        _ => ErrorKind::Interrupted,
    };
    TransportError::new(kind, root_cause(&error)).caused_by(error)
}

/// The innermost error says what happened; the others only where.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// The body, until the deadline.
pub(super) fn until(body: Body, deadline: Option<tokio::time::Instant>) -> Body {
    let Some(deadline) = deadline else {
        return body;
    };
    let pieces = stream::unfold(Some(body), move |body| async move {
        let mut body = body?;
        match tokio::time::timeout_at(deadline, body.next()).await {
            Ok(piece) => piece.map(|piece| (piece, Some(body))),
            Err(_) => Some((Err(timeout()), None)),
        }
    });
    pieces.boxed()
}

pub(super) fn timeout() -> TransportError {
    TransportError::new(
        ErrorKind::Timeout,
        "the deadline passed before the response was complete",
    )
}

/// The whole body, up to a limit.
pub(super) async fn collect(
    mut body: Body,
    limit: usize,
) -> Result<Bytes, (Bytes, TransportError)> {
    let mut whole = Vec::new();
    while let Some(piece) = body.next().await {
        match piece {
            Ok(piece) if piece.len() > limit - whole.len() => {
                whole.extend_from_slice(&piece[..limit - whole.len()]);
                let detail = format!("it has more than {limit} bytes, the client's response limit");
                let error = TransportError::new(ErrorKind::TooLarge, detail);
                return Err((whole.into(), error));
            }
            Ok(piece) => whole.extend_from_slice(&piece),
            Err(error) => return Err((whole.into(), error)),
        }
    }
    Ok(whole.into())
}
