//! The requests, built as cheaply as possible: they share the machine with the server.

use std::io::Write;

use clap::ValueEnum;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use uuid::Builder;

use super::LoadOptions;

const CUSTOMERS: i64 = 1000;
const ITEMS: &str = r#""total_amount":99.95,"items":[{"sku":"TEA-100","quantity":2,"unit_price":40},{"sku":"CUP-1","quantity":1,"unit_price":19.95}],"shipping_address":{"name":"Ada Example","street":"Example Street 1","postal_code":"12345","city":"Exampleville","country":"DE"}"#;
const OK: u16 = 200;
const CREATED: u16 = 201;

/// The kind of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Reads an order by a random id.
    Read,
    /// Creates an order.
    Create,
    /// Creates an order with a unique key.
    CreateKeyed,
    /// Creates an order of two items.
    CreateItems,
    /// Changes the amount of a random order.
    Update,
    /// Reads a page of orders.
    List,
    /// 80 % reads, 10 % keyed creations, 5 % updates, 5 % lists.
    Mixed,
}

impl Kind {
    /// Its name on the command line.
    pub fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// Builds one request after the other.
pub struct Requests {
    kind: Kind,
    ids: i64,
    list: String,
    /// The headers of every request.
    headers: String,
    chance: SmallRng,
    body: Vec<u8>,
}

impl Requests {
    /// Requests of this kind; every worker has different ones.
    pub fn new(options: &LoadOptions, worker: u32) -> Self {
        Self {
            kind: options.kind,
            ids: options.ids.max(1),
            list: options.path.clone(),
            headers: format!(
                "host: {}\r\nx-api-key: {}\r\n",
                options.address, options.api_key
            ),
            chance: SmallRng::seed_from_u64(u64::from(worker) ^ rand::random::<u64>()),
            body: Vec::new(),
        }
    }

    /// Replaces the buffer by the next request, and returns the expected status of the response.
    pub fn next(&mut self, request: &mut Vec<u8>) -> std::io::Result<u16> {
        request.clear();
        self.body.clear();
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
                let id = self.random_order();
                write!(request, "GET /orders/{id} HTTP/1.1\r\n{}\r\n", self.headers)?;
                Ok(OK)
            }
            Kind::List => {
                let (path, headers) = (&self.list, &self.headers);
                write!(request, "GET {path} HTTP/1.1\r\n{headers}\r\n")?;
                Ok(OK)
            }
            Kind::Create => {
                write!(request, "POST /orders HTTP/1.1\r\n")?;
                self.creation(request)?;
                Ok(CREATED)
            }
            Kind::CreateKeyed => {
                let key = Builder::from_random_bytes(self.chance.random()).into_uuid();
                write!(
                    request,
                    "POST /orders HTTP/1.1\r\nidempotency-key: {key}\r\n"
                )?;
                self.creation(request)?;
                Ok(CREATED)
            }
            Kind::CreateItems => {
                write!(request, "POST /orders HTTP/1.1\r\n")?;
                let customer = self.chance.random_range(1..=CUSTOMERS);
                write!(self.body, r#"{{"customer_id":{customer},{ITEMS}}}"#)?;
                self.with_body(request)?;
                Ok(CREATED)
            }
            Kind::Update => {
                let id = self.random_order();
                let (whole, cents) = self.random_amount();
                write!(request, "PUT /orders/{id} HTTP/1.1\r\n")?;
                write!(self.body, r#"{{"total_amount":{whole}.{cents:02}}}"#)?;
                self.with_body(request)?;
                Ok(OK)
            }
        }
    }

    fn random_order(&mut self) -> i64 {
        self.chance.random_range(1..=self.ids)
    }

    fn random_amount(&mut self) -> (u32, u32) {
        let cents: u32 = self.chance.random_range(0..10_000_000);
        (cents / 100, cents % 100)
    }

    fn creation(&mut self, request: &mut Vec<u8>) -> std::io::Result<()> {
        let customer = self.chance.random_range(1..=CUSTOMERS);
        let (whole, cents) = self.random_amount();
        write!(
            self.body,
            r#"{{"customer_id":{customer},"total_amount":{whole}.{cents:02}}}"#
        )?;
        self.with_body(request)
    }

    fn with_body(&self, request: &mut Vec<u8>) -> std::io::Result<()> {
        let (headers, length) = (&self.headers, self.body.len());
        write!(
            request,
            "{headers}content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        )?;
        request.write_all(&self.body)
    }
}
