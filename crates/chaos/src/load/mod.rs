//! Clients: they create an order, retry with the same key until they receive 201, change, cancel
//! and delete it, and record their requests and the responses. Some have no key, and send their
//! order once.

mod api;
mod basket;
mod customer;
mod follower;
mod fulfilment;
mod operator;
mod receiver;
mod response;

use std::sync::Arc;
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};

pub use self::api::Api;
pub use self::basket::Basket;
use self::customer::Customer;
pub use self::follower::{Followed, Seen, Way, follow};
pub use self::operator::operate;
pub use self::receiver::Receiver;
pub use self::response::Outcome;

/// Orders per second in a burst: ten times what Temporal's dev server can process.
const BURST_PER_SECOND: u32 = 1000;

/// An accepted order, with the later requests of its client and their outcome.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// `None` if the client sent none.
    pub key: Option<String>,
    pub id: i64,
    pub customer_id: i64,
    pub cents: i64,
    /// `None` for an order without items.
    pub basket: Option<Basket>,
    /// The changes that the client requested.
    pub requested: Vec<Change>,
    /// Those of them for which the client received a success.
    pub confirmed: Vec<Change>,
    /// From the first request to the 201.
    pub took: Duration,
}

impl Accepted {
    /// The request that created it, for messages.
    pub fn request(&self) -> String {
        match &self.key {
            Some(key) => format!("key {key}"),
            None => format!("customer {} without a key", self.customer_id),
        }
    }
}

/// A request without a key, which was sent once. Its customer is unique in the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyless {
    pub customer_id: i64,
    pub cents: i64,
    pub basket: Option<Basket>,
    pub outcome: Outcome,
}

/// A change that a client may request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Status(&'static str),
    Cents(i64),
    Deleted,
    /// The cancellation of an order with items, which may come too late.
    Cancelled,
    /// The answer to the question of an order with items.
    Decided(&'static str),
}

/// The records of all clients.
#[derive(Debug, Default)]
pub struct ClientRecords {
    pub accepted: Vec<Accepted>,
    pub keyless: Vec<Keyless>,
}

/// The clients.
pub struct Load {
    api: Arc<Api>,
    seed: u64,
    started: u32,
    customers: JoinSet<ClientRecords>,
}

impl Load {
    pub fn new(api: Arc<Api>, seed: u64) -> Self {
        Self {
            api,
            seed,
            started: 0,
            customers: JoinSet::new(),
        }
    }

    /// Starts clients at a steady rate, and the number from `bursts` at once, until stopped.
    /// Returns the records of all clients.
    pub async fn run(
        mut self,
        per_second: f64,
        mut bursts: mpsc::UnboundedReceiver<u32>,
        mut stop: watch::Receiver<bool>,
    ) -> ClientRecords {
        let mut ticks = interval(Duration::from_secs_f64(1.0 / per_second));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                _ = ticks.tick() => self.start(Duration::ZERO),
                Some(orders) = bursts.recv() => {
                    for order in 0..orders {
                        self.start(Duration::from_secs(1) * order / BURST_PER_SECOND);
                    }
                }
            }
        }
        let mut records = ClientRecords::default();
        while let Some(customer) = self.customers.join_next().await {
            match customer {
                Ok(mut one) => {
                    records.accepted.append(&mut one.accepted);
                    records.keyless.append(&mut one.keyless);
                }
                Err(error) => self.api.finding("a client panicked", error.to_string()),
            }
        }
        records
    }

    /// Starts one more client.
    fn start(&mut self, after: Duration) {
        self.started += 1;
        let random = StdRng::seed_from_u64(self.seed ^ (u64::from(self.started) << 20));
        let mut customer = Customer::new(self.started, random, self.api.clone());
        self.customers.spawn(async move {
            sleep(after).await;
            customer.order().await
        });
    }
}

/// An amount as in a request.
fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
