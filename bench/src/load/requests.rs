//! The requests, made as cheaply as may be: they share the machine with who answers them.

use bytes::Bytes;
use clap::ValueEnum;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use hyper::http::Result;
use hyper::{Method, Request, StatusCode, Uri};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use uuid::Builder;

use super::LoadOptions;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const CUSTOMERS: i64 = 1000;

/// What to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// An order, by a random id.
    Read,
    /// A new order.
    Create,
    /// A new order, with a key of its own.
    CreateKeyed,
    /// Another amount for a random order.
    Update,
    /// A page of orders.
    List,
    /// 80 % reads, 10 % keyed creations, 5 % updates, 5 % lists.
    Mixed,
}

impl Kind {
    /// As the command line has it.
    pub fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// Makes one request after the other.
pub struct Requests {
    kind: Kind,
    ids: i64,
    host: HeaderValue,
    api_key: HeaderValue,
    list: Uri,
    creation: Uri,
    chance: SmallRng,
}

impl Requests {
    /// Of this kind; every worker's are others.
    pub fn new(options: &LoadOptions, worker: u32) -> anyhow::Result<Self> {
        Ok(Self {
            kind: options.kind,
            ids: options.ids.max(1),
            host: HeaderValue::from_str(&options.address)?,
            api_key: HeaderValue::from_str(&options.api_key)?,
            list: options.path.parse()?,
            creation: Uri::from_static("/orders"),
            chance: SmallRng::seed_from_u64(u64::from(worker) ^ rand::random::<u64>()),
        })
    }

    /// The next one, and the status that its answer has to have.
    pub fn next(&mut self) -> Result<(Request<Full<Bytes>>, StatusCode)> {
        let kind = match self.kind {
            Kind::Mixed => match self.chance.random_range(0..100) {
                0..80 => Kind::Read,
                80..90 => Kind::CreateKeyed,
                90..95 => Kind::Update,
                _ => Kind::List,
            },
            one => one,
        };
        match kind {
            Kind::Read | Kind::Mixed => {
                let uri = self.random_order()?;
                Ok((self.bare(Method::GET, uri), StatusCode::OK))
            }
            Kind::List => Ok((self.bare(Method::GET, self.list.clone()), StatusCode::OK)),
            Kind::Create => Ok((self.creation(), StatusCode::CREATED)),
            Kind::CreateKeyed => {
                let mut request = self.creation();
                let key = Builder::from_random_bytes(self.chance.random()).into_uuid();
                let key = HeaderValue::try_from(key.to_string())?;
                request.headers_mut().insert(IDEMPOTENCY_KEY, key);
                Ok((request, StatusCode::CREATED))
            }
            Kind::Update => {
                let uri = self.random_order()?;
                let body = format!(r#"{{"total_amount":{}}}"#, self.random_amount());
                Ok((self.with_body(Method::PUT, uri, body), StatusCode::OK))
            }
        }
    }

    fn random_order(&mut self) -> Result<Uri> {
        let id = self.chance.random_range(1..=self.ids);
        Ok(Uri::from_maybe_shared(Bytes::from(format!(
            "/orders/{id}"
        )))?)
    }

    fn random_amount(&mut self) -> String {
        let cents = self.chance.random_range(0..10_000_000);
        format!("{}.{:02}", cents / 100, cents % 100)
    }

    fn creation(&mut self) -> Request<Full<Bytes>> {
        let customer = self.chance.random_range(1..=CUSTOMERS);
        let amount = self.random_amount();
        let body = format!(r#"{{"customer_id":{customer},"total_amount":{amount}}}"#);
        self.with_body(Method::POST, self.creation.clone(), body)
    }

    fn with_body(&self, method: Method, uri: Uri, body: String) -> Request<Full<Bytes>> {
        let mut request = self.bare(method, uri);
        request.headers_mut().insert(CONTENT_TYPE, JSON);
        *request.body_mut() = Full::new(Bytes::from(body));
        request
    }

    fn bare(&self, method: Method, uri: Uri) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::default());
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.insert(HOST, self.host.clone());
        headers.insert(API_KEY, self.api_key.clone());
        request
    }
}
