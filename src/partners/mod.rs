//! The partners that stock, pay and ship orders, through clients generated from their contracts.
//! Every write has an id that is derived from the order, so it can be repeated and undone by it.

mod call;
mod circuit;
pub mod contracts;
mod inventory;
mod open;
mod operation_ids;
mod payment;
mod shipping;
mod webhook;

use std::time::Duration;

use contract_runtime::Credential;
use contract_runtime::client::{Client, reqwest};

pub use call::{Failure, FailureCode};
pub use inventory::{Inventory, Reserved};
pub use open::{Effect, OpenOperation, PartnerName, Undone};
pub use operation_ids::OperationIds;
pub use payment::{Authorized, Captured, Payment, Voided};
pub use shipping::{Cancelled, Shipped, Shipping};
pub use webhook::{SHIPPING_WEBHOOK, ShippingWebhook, configure};

use crate::config;
use crate::telemetry::metrics::Metrics;

/// The configured partners; a step whose partner is missing is left out.
#[derive(Clone, Default)]
pub struct Partners {
    /// Holds stock.
    pub inventory: Option<Inventory>,
    /// Takes money.
    pub payment: Option<Payment>,
    /// Ships parcels.
    pub shipping: Option<Shipping>,
}

impl Partners {
    /// Clients with these settings.
    ///
    /// # Errors
    /// If a URL, a token or a certificate cannot be used; the text names the setting.
    pub fn new(settings: &config::Partners, metrics: &Metrics) -> Result<Self, String> {
        let partner = |name: &'static str, settings: &config::Partner| {
            let client = client(name, settings)?;
            Ok::<_, String>(client.map(|client| (client, call::Calls::new(name, metrics))))
        };
        let inventory = partner("inventory", &settings.inventory)?;
        let payment = partner("payment", &settings.payment)?;
        let shipping = partner("shipping", &settings.shipping.partner)?;
        Ok(Self {
            inventory: inventory.map(|(client, calls)| Inventory::new(client, calls)),
            payment: payment.map(|(client, calls)| Payment::new(client, calls)),
            shipping: shipping.map(|(client, calls)| Shipping::new(client, calls)),
        })
    }
}

/// A client of one partner; `None` if its URL is empty.
fn client(name: &str, settings: &config::Partner) -> Result<Option<Client>, String> {
    if settings.url.is_empty() {
        return Ok(None);
    }
    let setting = format!("partners.{name}");
    let mut http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(settings.timeout.min(CONNECT_TIMEOUT));
    for root in settings.roots(&setting)? {
        http = http.add_root_certificate(root);
    }
    let http = http
        .build()
        .map_err(|error| format!("{setting}: cannot set up TLS: {error}"))?;
    let mut client = Client::builder(settings.url.as_str())
        .transport(http)
        .deadline(settings.timeout)
        .response_limit(RESPONSE_LIMIT_BYTES);
    // Read for each call, so that a replaced file takes effect.
    let token = settings.clone();
    client = client.credential_from("Token", move |_| {
        let token = token.token(&setting);
        async move { token.map(|token| Credential::Bearer(token.expose().to_owned())) }
    });
    client
        .build()
        .map(Some)
        .map_err(|error| format!("partners.{name}.url: {error}"))
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// No answer of a partner about one order is larger.
const RESPONSE_LIMIT_BYTES: usize = 1024 * 1024;
