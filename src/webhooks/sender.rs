//! Sends one payload to one URL, which is not trusted: it cannot lead to an address that is not
//! allowed, and neither its time nor its response is unlimited.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chrono::Utc;
use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use tokio::time::timeout;

use super::addresses::{Addresses, NOT_ALLOWED};
use super::schedule::retry_after;
use super::signature::sign;
use crate::config::Webhooks;
use crate::db::Target;

/// How much of a response's body is read, and for how long, so that its connection can be used again.
const BODY_LIMIT: usize = 64 * 1024;
const BODY_TIME: Duration = Duration::from_secs(1);
/// The time limit of a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an unused connection is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// How many unused connections to one host are kept.
const IDLE_CONNECTIONS: usize = 64;
const MAX_HEADERS: usize = 64;

/// Finds the addresses of a host name.
pub type Lookup =
    Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Identifies the event.
    pub id: String,
    /// The payload, as JSON.
    pub payload: String,
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// When the receiver wants the next attempt.
    pub retry_after: Option<Duration>,
}

/// Why there is no response, for the owner of the endpoint: it says nothing of the server's network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent(pub String);

/// Sends payloads. Cheap to clone.
#[derive(Clone)]
pub struct Sender {
    client: Client,
    addresses: Addresses,
    timeout: Duration,
}

impl Sender {
    /// With the system's resolver.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(settings: &Webhooks) -> Result<Self, String> {
        let system: Lookup = Arc::new(|name| {
            async move {
                let found = tokio::net::lookup_host((name, 0)).await?;
                Ok(found.collect())
            }
            .boxed()
        });
        Self::with_lookup(settings, system)
    }

    /// With another resolver.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn with_lookup(settings: &Webhooks, lookup: Lookup) -> Result<Self, String> {
        let addresses = Addresses::new(settings);
        let resolver = CheckingResolver {
            addresses: addresses.clone(),
            lookup,
        };
        let client = Client::builder()
            // A proxy would connect to addresses that were not checked.
            .no_proxy()
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .dns_resolver(resolver)
            .http1_only()
            .http1_max_headers(MAX_HEADERS)
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .referer(false)
            .user_agent(concat!("orders/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT.min(settings.timeout))
            .timeout(settings.timeout)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build()
            .map_err(|error| format!("webhooks: cannot set up TLS: {error}"))?;
        Ok(Self {
            client,
            addresses,
            timeout: settings.timeout,
        })
    }

    /// Which URLs may be called.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Sends a message.
    ///
    /// # Errors
    /// If there is no response in time, or the URL must not be called.
    pub async fn send(&self, target: &Target, message: &Message) -> Result<Answer, Unsent> {
        // Also checked when the endpoint was created, perhaps with other settings.
        let url = self.addresses.parse(&target.url);
        let url = url.map_err(|fault| match fault {
            NOT_ALLOWED => Unsent(NOT_ALLOWED.into()),
            fault => Unsent(format!("the URL {fault}")),
        })?;
        let now = Utc::now().timestamp();
        let Message { id, payload } = message;
        let signature = sign(target.signature, &target.keys, id, now, payload);
        let signature = signature.map_err(|error| {
            tracing::error!(error, "a webhook cannot be signed");
            Unsent("the payload cannot be signed".into())
        })?;
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", now)
            .header("webhook-signature", signature)
            .body(payload.clone());
        let mut response = request.send().await.map_err(|error| self.reason(&error))?;
        let asked = response.headers().get(RETRY_AFTER);
        let asked = asked.and_then(|value| value.to_str().ok());
        let answer = Answer {
            status: response.status().as_u16(),
            retry_after: asked.and_then(|value| retry_after(value, SystemTime::now())),
        };
        let rest = async {
            let mut read = 0;
            while let Ok(Some(chunk)) = response.chunk().await {
                read += chunk.len();
                if read > BODY_LIMIT {
                    break;
                }
            }
        };
        // What the body says, and whether it ends, does not matter.
        let _ = timeout(BODY_TIME, rest).await;
        Ok(answer)
    }

    fn reason(&self, error: &reqwest::Error) -> Unsent {
        let mut cause: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(one) = cause {
            if let Some(refused) = one.downcast_ref::<NoAddress>() {
                return Unsent(refused.to_string());
            }
            let inner = one.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            let tls = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
            if let Some(tls) = tls.or_else(|| one.downcast_ref::<rustls::Error>()) {
                return Unsent(format!("TLS: {tls}"));
            }
            cause = one.source();
        }
        Unsent(if error.is_connect() {
            "no connection".into()
        } else if error.is_timeout() {
            format!("no response within {:?}", self.timeout)
        } else {
            "no valid response".into()
        })
    }
}

impl Answer {
    /// Whether the receiver has the event.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether the receiver wants nothing any more.
    pub fn is_gone(&self) -> bool {
        self.status == StatusCode::GONE.as_u16()
    }
}

/// Resolves a name for the connection that is made next, and only to addresses that may be called:
/// there is no second look-up between the check and the connection.
struct CheckingResolver {
    addresses: Addresses,
    lookup: Lookup,
}

/// A name has no address, or none that may be called: which of both says something about names that
/// are only known inside.
#[derive(Debug)]
struct NoAddress;

impl fmt::Display for NoAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the host name has no public address")
    }
}

impl Error for NoAddress {}

impl Resolve for CheckingResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let looking = (self.lookup)(name.as_str().to_owned());
        let addresses = self.addresses.clone();
        async move {
            let found = looking.await.unwrap_or_default();
            let any = addresses.allow_name(name.as_str());
            let allowed = found.into_iter();
            let allowed = allowed.filter(|address| any || addresses.allow(address.ip()));
            let allowed: Vec<SocketAddr> = allowed.collect();
            if allowed.is_empty() {
                return Err(NoAddress.into());
            }
            let allowed: Addrs = Box::new(allowed.into_iter());
            Ok(allowed)
        }
        .boxed()
    }
}
