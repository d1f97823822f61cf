//! Calls the operations of a contract.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//!
//! use contract_runtime::Credential;
//! use contract_runtime::client::{Client, Retry};
//!
//! let client = Client::builder("https://api.example.com/v1")
//!     .credential("apiKey", Credential::ApiKey("…".into()))
//!     .deadline(Duration::from_secs(10))
//!     .retry(Retry::attempts(3))
//!     .build()?;
//! # Ok(())
//! # }
//! ```

mod credentials;
mod error;
mod events;
mod form;
mod request;
mod response;
mod retry;
mod style;
#[cfg(test)]
mod tests;
mod transport;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};
use http::request::Parts;
use tokio::time::{Instant, sleep, timeout_at};

use credentials::{Credentials, Source};
pub use error::{
    BoxError, BuildError, Error, ErrorKind, Invalid, ReadError, TransportError, Undeclared,
};
pub use events::EventStream;
pub use request::Request;
pub use response::{Download, Response};
pub use retry::Retry;
pub use style::Style;
pub use transport::{Body, Transport};
pub use {http, reqwest};

use crate::Credential;

/// The largest response that is read whole, unless the client says otherwise.
const RESPONSE_LIMIT: usize = 64 * 1024 * 1024;

/// Changes the head of a request before it is sent.
type Hook = Arc<dyn Fn(&mut Parts) + Send + Sync>;

/// A client of a server; cheap to clone.
#[derive(Clone)]
pub struct Client(Arc<Settings>);

#[derive(Clone)]
struct Settings {
    base: String,
    transport: Arc<dyn Transport>,
    credentials: Credentials,
    headers: HeaderMap,
    hooks: Vec<Hook>,
    deadline: Option<Duration>,
    retry: Option<Retry>,
    limit: usize,
}

impl Client {
    /// A client of the server at this absolute URL, to which the paths of the contract are added.
    pub fn builder(base: impl Into<String>) -> Builder {
        Builder {
            base: base.into(),
            transport: None,
            credentials: Credentials::default(),
            headers: HeaderMap::new(),
            hooks: Vec::new(),
            deadline: None,
            retry: None,
            limit: RESPONSE_LIMIT,
            error: None,
        }
    }

    /// Sends a request of the contract.
    ///
    /// # Errors
    /// If it cannot be sent, or no response begins before the deadline.
    pub async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let settings = &self.0;
        let deadline = settings
            .deadline
            .and_then(|time| Instant::now().checked_add(time));
        let response = match deadline {
            Some(deadline) => timeout_at(deadline, self.attempt(&request, deadline.into()))
                .await
                .unwrap_or_else(|_| Err(transport::timeout())),
            None => self.attempt(&request, None).await,
        };
        Ok(Response::new(response?, deadline, settings.limit))
    }

    async fn attempt(
        &self,
        request: &Request,
        deadline: Option<Instant>,
    ) -> Result<http::Response<Body>, TransportError> {
        let settings = &self.0;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let prepared = self.prepare(request).await?;
            let retry = settings
                .retry
                .as_ref()
                .filter(|_| retry::is_repeatable(&prepared));
            let outcome = settings.transport.send(prepared).await;
            let pause = retry
                .and_then(|retry| retry.pause(attempt, &outcome))
                .filter(|pause| deadline.is_none_or(|deadline| Instant::now() + *pause < deadline));
            match pause {
                Some(pause) => {
                    // Frees the connection before the wait.
                    drop(outcome);
                    sleep(pause).await;
                }
                None => return outcome,
            }
        }
    }

    /// The request with its credentials, which may have been renewed since the last attempt.
    async fn prepare(&self, request: &Request) -> Result<http::Request<Bytes>, TransportError> {
        let settings = &self.0;
        let credentials = settings.credentials.present(&request.alternatives).await?;
        let request = request.build(&settings.base, &settings.headers, credentials)?;
        let (mut head, body) = request.into_parts();
        settings.hooks.iter().for_each(|hook| hook(&mut head));
        Ok(http::Request::from_parts(head, body))
    }
}

/// Its `Debug` output hides secrets.
impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Client");
        shown.field("base", &self.0.base).finish_non_exhaustive()
    }
}

/// Builds a [`Client`].
#[must_use]
pub struct Builder {
    base: String,
    transport: Option<Arc<dyn Transport>>,
    credentials: Credentials,
    headers: HeaderMap,
    hooks: Vec<Hook>,
    deadline: Option<Duration>,
    retry: Option<Retry>,
    limit: usize,
    error: Option<BuildError>,
}

impl Builder {
    /// Sends requests with this; the default is reqwest with the system's certificates.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// The credential of the security scheme with this name in the contract. For `mutualTLS`,
    /// [`Credential::Tls`] says that the transport has a certificate.
    pub fn credential(self, scheme: impl Into<String>, credential: Credential) -> Self {
        self.credential_from(scheme, move |_| {
            let credential = credential.clone();
            async { Ok::<_, BoxError>(credential) }
        })
    }

    /// The same, from a function that is called with the required scopes for each request that
    /// needs it, so that it can return a renewed token.
    pub fn credential_from<F, R, E>(mut self, scheme: impl Into<String>, source: F) -> Self
    where
        F: Fn(&'static [&'static str]) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Credential, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let source: Source = Arc::new(move |scopes| {
            let credential = source(scopes);
            Box::pin(async { credential.await.map_err(Into::into) })
        });
        self.credentials.0.insert(scheme.into(), source);
        self
    }

    /// A header of all requests, unless the operation has its own value for it.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => drop(self.headers.insert(name, value)),
            _ => {
                let error = BuildError(format!("the header `{name}` is not valid"));
                self.error.get_or_insert(error);
            }
        }
        self
    }

    /// Calls this with the head of each request, for example to add `traceparent`.
    pub fn before(mut self, hook: impl Fn(&mut Parts) + Send + Sync + 'static) -> Self {
        self.hooks.push(Arc::new(hook));
        self
    }

    /// The time for a whole call: all attempts, and the body unless it is server-sent events. The
    /// default is no limit.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Sends requests again as this says. The default is never.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// The size in bytes of the largest response that is read whole, and of the largest event;
    /// 64 MiB by default.
    pub fn response_limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// The client.
    ///
    /// # Errors
    /// If the base URL or a header is not valid, or TLS is not available.
    pub fn build(self) -> Result<Client, BuildError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let base = base(&self.base).map_err(BuildError)?;
        let transport = match self.transport {
            Some(transport) => transport,
            None => Arc::new(
                reqwest::Client::builder()
                    .redirect(reqwest::redirect::Policy::none())
                    .build()
                    .map_err(|error| BuildError(format!("reqwest cannot be set up: {error}")))?,
            ),
        };
        Ok(Client(Arc::new(Settings {
            base,
            transport,
            credentials: self.credentials,
            headers: self.headers,
            hooks: self.hooks,
            deadline: self.deadline,
            retry: self.retry,
            limit: self.limit,
        })))
    }
}

/// The base URL without the slash at its end.
fn base(text: &str) -> Result<String, String> {
    let wrong = |detail: &str| {
        // It may contain a password.
        let shown = if text.contains('@') { "…" } else { text };
        format!(
            "the base URL `{shown}` {detail}; give an absolute one such as https://api.example.com/v1"
        )
    };
    let url =
        reqwest::Url::parse(text).map_err(|error| wrong(&format!("is not valid: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("is neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("has a user; credentials are given by scheme"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("has a query or a fragment"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}
