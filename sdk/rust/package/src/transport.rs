use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, CONTENT_TYPE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response, StatusCode, Url};
use serde::de::{DeserializeOwned, Error as _};
use serde::Serialize;
use tokio::time::{timeout, Instant};

use crate::error::ApiError;
pub use crate::error::Error;

/// Options of a client.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Time-out of one attempt, including the response body.
    pub timeout: Duration,
    /// Time-out of all attempts and the pauses between them.
    pub total_timeout: Duration,
    pub max_attempts: u32,
    /// Pause after the first attempt. It doubles each time, and is shortened at random by up to
    /// half.
    pub first_pause: Duration,
    pub longest_pause: Duration,
    /// Sent with every request.
    pub headers: HeaderMap,
    /// Credentials that authenticate the client.
    pub credentials: Option<Credentials>,
    /// Sends each attempt; set your own for proxies and certificates.
    pub client: Client,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(15),
            total_timeout: Duration::from_secs(60),
            max_attempts: 5,
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(10),
            headers: HeaderMap::new(),
            credentials: None,
            client: client(),
        }
    }
}

/// Without redirects: credentials must not be sent elsewhere.
fn client() -> Client {
    let built = Client::builder().redirect(Policy::none()).build();
    built.unwrap_or_default()
}

/// Returns an access token; its error fails the call.
type GiveToken =
    dyn Fn() -> Pin<Box<dyn Future<Output = Result<String, BoxError>> + Send>> + Send + Sync;
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Credentials of the client. `Debug` does not reveal them.
#[derive(Clone)]
pub struct Credentials(Kind);

#[derive(Clone)]
enum Kind {
    ApiKey(String),
    AccessToken(Arc<GiveToken>),
}

impl Credentials {
    /// An API key issued by the operator of the service.
    pub fn api_key(key: impl Into<String>) -> Self {
        Self(Kind::ApiKey(key.into()))
    }

    /// A function that returns an access token, called for each attempt.
    pub fn access_token<F>(give: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<String, BoxError>> + Send + 'static,
    {
        Self(Kind::AccessToken(Arc::new(move || Box::pin(give()))))
    }

    async fn header(&self) -> Result<(&'static str, HeaderValue), Error> {
        let (name, text) = match &self.0 {
            Kind::ApiKey(key) => ("x-api-key", key.clone()),
            Kind::AccessToken(give) => {
                let token = give().await.map_err(Error::InvalidRequest)?;
                ("authorization", format!("Bearer {token}"))
            }
        };
        let mut value = HeaderValue::from_str(&text)
            .map_err(|_| Error::InvalidRequest("the credentials are not a valid header".into()))?;
        value.set_sensitive(true);
        Ok((name, value))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Credentials(…)")
    }
}

/// Sends requests, and retries them where that is safe.
#[derive(Clone, Debug)]
pub struct Transport {
    base: Url,
    options: Options,
}

/// A successful response: the value that the contract defines, and the headers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answer<T> {
    pub status: u16,
    pub headers: HeaderMap,
    pub value: T,
}

/// A request of the generated code.
pub struct Request {
    method: Method,
    path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) headers: Vec<(&'static str, String)>,
    body: Option<Vec<u8>>,
}

impl Request {
    pub(crate) fn new(method: Method, path: String) -> Self {
        Self {
            method,
            path,
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
        }
    }

    pub(crate) fn set_body(&mut self, body: &impl Serialize) -> Result<(), Error> {
        let body = serde_json::to_vec(body).map_err(|error| Error::InvalidRequest(error.into()))?;
        self.body = Some(body);
        Ok(())
    }
}

impl Transport {
    pub(crate) fn new(base: &str, options: Options) -> Result<Self, Error> {
        let base = Url::parse(base).map_err(|error| Error::InvalidRequest(error.into()))?;
        Ok(Self { base, options })
    }

    /// Returns successes; everything else, including 304, is an error.
    pub(crate) async fn send(&self, request: &Request) -> Result<Answer<Vec<u8>>, Error> {
        let (url, mut headers) = self.prepare(request)?;
        // A POST with a key is safe to retry: the service recognizes the key.
        let safe = request.method.is_idempotent() || headers.contains_key("idempotency-key");
        let deadline = Instant::now() + self.options.total_timeout;
        let mut attempt = 1;
        loop {
            if let Some(credentials) = &self.options.credentials {
                let (name, value) = credentials.header().await?;
                headers.insert(name, value);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let timeout = self.options.timeout.min(left);
            let sent = self
                .options
                .client
                .request(request.method.clone(), url.clone());
            let mut sent = sent.headers(headers.clone()).timeout(timeout);
            if let Some(body) = &request.body {
                sent = sent.body(body.clone());
            }
            let error = match answer(sent, attempt).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let gone = error.api().is_some_and(|error| error.status == 404);
            if request.method == Method::DELETE && attempt > 1 && gone {
                // An earlier attempt deleted it, and the response was lost.
                return Ok(Answer {
                    status: StatusCode::NO_CONTENT.as_u16(),
                    headers: HeaderMap::new(),
                    value: Vec::new(),
                });
            }
            let pause = self.pause(attempt, Some(&error));
            let last = attempt >= self.options.max_attempts || Instant::now() + pause >= deadline;
            if last || !safe || !error.is_transient() {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    /// Opens a stream of server-sent events; one attempt.
    pub(crate) async fn open(
        &self,
        request: &Request,
        silence: Duration,
        attempts: u32,
    ) -> Result<Response, Error> {
        let (url, mut headers) = self.prepare(request)?;
        if let Some(credentials) = &self.options.credentials {
            let (name, value) = credentials.header().await?;
            headers.insert(name, value);
        }
        let sent = self.options.client.get(url).headers(headers).send();
        let late = |_| Error::TimedOut { attempts };
        let response = timeout(silence, sent).await.map_err(late)?;
        let response = response.map_err(|source| failed(source, attempts))?;
        let (status, headers) = (response.status(), response.headers().clone());
        if !status.is_success() {
            let body = timeout(silence, response.bytes()).await.map_err(late)?;
            let body = body.map_err(|source| failed(source, attempts))?;
            let error = ApiError::new(status.as_u16(), &headers, &body, attempts);
            return Err(Error::Api(Box::new(error)));
        }
        let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
        if !kind.is_some_and(|kind| kind.starts_with(b"text/event-stream")) {
            let error = serde_json::Error::custom("expected text/event-stream");
            return Err(Error::Unreadable(error));
        }
        Ok(response)
    }

    fn prepare(&self, request: &Request) -> Result<(Url, HeaderMap), Error> {
        let mut url = self.base.clone();
        url.set_path(&format!(
            "{}{}",
            self.base.path().trim_end_matches('/'),
            request.path
        ));
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        let mut headers = HeaderMap::new();
        let agent = concat!("order-processing-sdk-rust/", env!("CARGO_PKG_VERSION"));
        headers.insert("user-agent", HeaderValue::from_static(agent));
        if request.body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        headers.extend(self.options.headers.clone());
        for (name, value) in &request.headers {
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|error| Error::InvalidRequest(error.into()))?;
            let value = HeaderValue::from_str(value)
                .map_err(|error| Error::InvalidRequest(error.into()))?;
            headers.insert(name, value);
        }
        Ok((url, headers))
    }

    pub(crate) fn pause(&self, attempt: u32, error: Option<&Error>) -> Duration {
        let grown = self
            .options
            .first_pause
            .saturating_mul(1 << (attempt - 1).min(20));
        let grown = grown.min(self.options.longest_pause);
        let asked = error
            .and_then(Error::api)
            .and_then(|error| error.retry_after);
        asked
            .unwrap_or_default()
            .max(grown.mul_f64(1.0 - fastrand::f64() / 2.0))
    }
}

pub(crate) fn failed(source: reqwest::Error, attempts: u32) -> Error {
    if source.is_builder() {
        Error::InvalidRequest(source.into())
    } else if source.is_timeout() {
        Error::TimedOut { attempts }
    } else {
        Error::ConnectionFailed { attempts, source }
    }
}

async fn answer(sent: reqwest::RequestBuilder, attempts: u32) -> Result<Answer<Vec<u8>>, Error> {
    let failed = |source| failed(source, attempts);
    let response = sent.send().await.map_err(failed)?;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.bytes().await.map_err(failed)?;
    if status == StatusCode::NOT_MODIFIED {
        Err(Error::NotModified)
    } else if status.is_success() {
        Ok(Answer {
            status: status.as_u16(),
            headers,
            value: body.to_vec(),
        })
    } else {
        let error = ApiError::new(status.as_u16(), &headers, &body, attempts);
        Err(Error::Api(Box::new(error)))
    }
}

impl Answer<Vec<u8>> {
    pub(crate) fn read<T: DeserializeOwned>(self) -> Result<Answer<T>, Error> {
        let value = serde_json::from_slice(&self.value).map_err(Error::Unreadable)?;
        Ok(self.with(value))
    }
}

impl<T> Answer<T> {
    pub(crate) fn with<U>(self, value: U) -> Answer<U> {
        Answer {
            status: self.status,
            headers: self.headers,
            value,
        }
    }

    /// A header as text; empty if it is absent.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or("")
    }
}
