//! A client of the control API.

use reqwest::{Method, RequestBuilder, Response};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::faults::{Fault, FaultPlan, Partner};
use crate::generated::inventory::models::Reservation;
use crate::generated::payment::models::Authorization;
use crate::generated::shipping::models::Shipment;
use crate::sandbox::Webhook;

/// References that are read at once.
const PAGE: usize = 1000;

/// All that the partners know of a reference.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Book {
    /// What the orders are called.
    pub reference: String,
    /// With their states and items.
    pub reservations: Vec<Reservation>,
    /// With their states and amounts.
    pub authorizations: Vec<Authorization>,
    /// With their states and items.
    pub shipments: Vec<Shipment>,
    /// Every effect, in its sequence.
    pub effects: Vec<EffectCount>,
}

/// An effect; `count` is 1 unless it happened more than once.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct EffectCount {
    /// Where it happened.
    pub partner: Partner,
    /// The id of the operation; of a capture or refund `AUTHORIZATION/MOVEMENT`.
    pub id: String,
    /// `reserve commit release expire`, `authorize decline capture refund void expire`,
    /// `ship dispatch deliver return cancel`
    pub kind: String,
    /// How many times.
    pub count: u64,
    /// The sum of the amounts of payments.
    #[serde(with = "rust_decimal::serde::arbitrary_precision")]
    pub amount: Decimal,
    /// The sum of the quantities of items.
    pub pieces: u64,
}

/// The stock of an article. The sum never changes, unless `set_stock` changes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockLevel {
    /// The article.
    pub sku: String,
    /// What can be reserved.
    pub available: u64,
    /// What reservations hold.
    pub held: u64,
    /// What reservations have taken.
    pub committed: u64,
}

/// Why the control API did not do it.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// It cannot be reached, or its answer cannot be read.
    #[error("the sandbox does not answer: {0}")]
    Transport(#[from] reqwest::Error),
    /// It refused, with a status and a reason.
    #[error("the sandbox answered {0}: {1}")]
    Refused(u16, String),
}

/// A client of the control API; cheap to clone.
#[derive(Debug, Clone)]
pub struct SandboxClient {
    url: String,
    http: reqwest::Client,
}

impl SandboxClient {
    /// For the sandbox at this URL, such as [`Sandbox::url`](crate::Sandbox::url).
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            http: reqwest::Client::new(),
        }
    }

    /// From now on these go wrong, and no others.
    ///
    /// # Errors
    /// Any [`ControlError`]; so for all functions.
    pub async fn set_faults(&self, faults: &[Fault]) -> Result<(), ControlError> {
        let plan = FaultPlan {
            seed: None,
            faults: faults.to_vec(),
        };
        self.set_plan(&plan).await
    }

    /// The same, with a seed.
    pub async fn set_plan(&self, plan: &FaultPlan) -> Result<(), ControlError> {
        send(self.request(Method::PUT, "faults").json(plan))
            .await
            .map(drop)
    }

    /// The faults, with what is left of their counts and how often they happened.
    pub async fn faults(&self) -> Result<Vec<Fault>, ControlError> {
        let plan: FaultPlan = send(self.request(Method::GET, "faults"))
            .await?
            .json()
            .await?;
        Ok(plan.faults)
    }

    /// Nothing goes wrong from now on.
    pub async fn clear_faults(&self) -> Result<(), ControlError> {
        send(self.request(Method::DELETE, "faults")).await.map(drop)
    }

    /// The books of up to 1,000 references after this one, in their sequence.
    pub async fn books(&self, after: &str) -> Result<Vec<Book>, ControlError> {
        let request = self
            .request(Method::GET, "books")
            .query(&[("after", after)]);
        Ok(send(request).await?.json().await?)
    }

    /// All books, in the sequence of their references.
    pub async fn all_books(&self) -> Result<Vec<Book>, ControlError> {
        let mut all: Vec<Book> = Vec::new();
        loop {
            let after = all
                .last()
                .map(|book| book.reference.clone())
                .unwrap_or_default();
            let page = self.books(&after).await?;
            let is_last = page.len() < PAGE;
            all.extend(page);
            if is_last {
                return Ok(all);
            }
        }
    }

    /// The book of a reference; empty if the partners do not know it.
    pub async fn book(&self, reference: &str) -> Result<Book, ControlError> {
        let request = self
            .request(Method::GET, "books")
            .query(&[("reference", reference)]);
        let [book]: [Book; 1] = send(request).await?.json().await?;
        Ok(book)
    }

    /// The stock of every article that was used.
    pub async fn stock(&self) -> Result<Vec<StockLevel>, ControlError> {
        Ok(send(self.request(Method::GET, "stock"))
            .await?
            .json()
            .await?)
    }

    /// Sets what can be reserved of an article.
    pub async fn set_stock(&self, sku: &str, available: u32) -> Result<(), ControlError> {
        let body = json!({ "sku": sku, "available": available });
        send(self.request(Method::PUT, "stock").json(&body))
            .await
            .map(drop)
    }

    /// Announces changes of shipments there from now on, or not at all. It is stored.
    pub async fn set_webhook(&self, webhook: Option<&Webhook>) -> Result<(), ControlError> {
        let request = match webhook {
            Some(webhook) => self.request(Method::PUT, "webhook").json(webhook),
            None => self.request(Method::DELETE, "webhook"),
        };
        send(request).await.map(drop)
    }

    /// The carrier takes a shipment.
    pub async fn dispatch(&self, shipment: &str) -> Result<Shipment, ControlError> {
        self.move_shipment(shipment, "dispatch").await
    }

    /// A dispatched shipment arrives.
    pub async fn deliver(&self, shipment: &str) -> Result<Shipment, ControlError> {
        self.move_shipment(shipment, "deliver").await
    }

    /// A dispatched shipment comes back.
    pub async fn return_to_sender(&self, shipment: &str) -> Result<Shipment, ControlError> {
        self.move_shipment(shipment, "return").await
    }

    async fn move_shipment(&self, shipment: &str, what: &str) -> Result<Shipment, ControlError> {
        let path = format!("shipments/{shipment}/{what}");
        Ok(send(self.request(Method::POST, &path))
            .await?
            .json()
            .await?)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}/sandbox/{path}", self.url))
    }
}

async fn send(request: RequestBuilder) -> Result<Response, ControlError> {
    let response = request.send().await?;
    if response.status().is_success() {
        return Ok(response);
    }
    let status = response.status().as_u16();
    Err(ControlError::Refused(status, response.text().await?))
}
