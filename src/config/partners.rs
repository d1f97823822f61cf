//! The partners that stock, pay and ship orders.

use std::path::PathBuf;
use std::time::Duration;

use contract_runtime::client::reqwest::Certificate;
use garde::Validate;
use serde::{Deserialize, Serialize};
use url::Url;

use super::rules::{positive, text_or_list};
use super::secret::{Secret, both_set, given, secret_of};

/// The longest time limit of a call to a partner: a step of the workflow makes several.
pub const LONGEST_CALL: Duration = Duration::from_secs(10);

fn short(time: &Duration, _: &()) -> garde::Result {
    if *time > LONGEST_CALL {
        return Err(garde::Error::new("must be at most 10 s"));
    }
    Ok(())
}

/// Settings of orders with items.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub struct Partners {
    /// Holds stock.
    #[garde(dive)]
    pub inventory: Partner,
    /// Takes money.
    #[garde(dive)]
    pub payment: Partner,
    /// Ships parcels.
    #[garde(dive)]
    pub shipping: Shipping,
    /// How long stock is held until it is taken.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub reservation_lifetime: Duration,
    /// How long a customer has for a decision.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub decision_time: Duration,
    /// How long a step may fail before the order needs attention.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub attention_after: Duration,
    /// When an order is completed.
    pub complete_on: CompleteOn,
}

/// When an order with items is completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CompleteOn {
    /// When it is dispatched and paid.
    Dispatch,
    /// When it is delivered.
    Delivery,
}

/// Settings of the shipping service.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
pub struct Shipping {
    /// Its address and credentials.
    #[serde(flatten)]
    #[garde(dive)]
    pub partner: Partner,
    /// How often a parcel is asked for, in case its webhooks are lost.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub poll_interval: Duration,
    /// The secrets that its webhooks may be signed with.
    #[serde(deserialize_with = "secrets")]
    pub webhook_secrets: Vec<Secret>,
}

/// Address and credentials of a partner.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
pub struct Partner {
    /// Its base URL; empty: its steps are left out.
    pub url: String,
    /// The token for its API.
    pub token: Secret,
    /// A file with the token.
    pub token_file: PathBuf,
    /// Time limit of a call.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive), custom(short))]
    pub timeout: Duration,
    /// Trusted root certificates (PEM) besides those of the system; empty: none.
    pub ca_file: PathBuf,
}

impl Partner {
    /// The token; the file is read every time.
    pub(crate) fn token(&self, setting: &str) -> Result<Secret, String> {
        let file_setting = format!("{setting}.token_file");
        secret_of(&self.token, &file_setting, &self.token_file).map(Option::unwrap_or_default)
    }

    /// The additional root certificates.
    pub(crate) fn roots(&self, setting: &str) -> Result<Vec<Certificate>, String> {
        let Some(file) = given(&self.ca_file) else {
            return Ok(Vec::new());
        };
        let fault = |cause: String| format!("{setting}.ca_file: {}: {cause}", file.display());
        let text = std::fs::read(file).map_err(|error| fault(error.to_string()))?;
        Certificate::from_pem_bundle(&text).map_err(|error| fault(error.to_string()))
    }

    fn contradictions(&self, setting: &str) -> Vec<String> {
        let wrong_url = !self.url.is_empty()
            && !Url::parse(&self.url)
                .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let wrong_url =
            wrong_url.then(|| format!("{setting}.url: `{}` is not an http(s) URL", self.url));
        let twice = both_set(&format!("{setting}.token"), &self.token, &self.token_file);
        wrong_url.into_iter().chain(twice).collect()
    }
}

impl Partners {
    /// Uses `orders sandbox` at this URL for all three.
    pub fn use_sandbox(&mut self, url: &str, token: &str, webhook_secret: &str) {
        for (partner, path) in [
            (&mut self.inventory, "inventory"),
            (&mut self.payment, "payment"),
            (&mut self.shipping.partner, "shipping"),
        ] {
            partner.url = format!("{url}/{path}");
            partner.token = Secret::new(token);
            partner.token_file = PathBuf::new();
        }
        self.shipping.webhook_secrets = vec![Secret::new(webhook_secret)];
    }

    /// Whether no partner is set.
    pub fn is_empty(&self) -> bool {
        let partners = [&self.inventory, &self.payment, &self.shipping.partner];
        partners.iter().all(|partner| partner.url.is_empty())
    }

    /// Settings that contradict each other.
    pub(super) fn contradictions(&self) -> Vec<String> {
        let mut faults = self.inventory.contradictions("partners.inventory");
        faults.extend(self.payment.contradictions("partners.payment"));
        faults.extend(self.shipping.partner.contradictions("partners.shipping"));
        faults
    }
}

fn secrets<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Secret>, D::Error> {
    Ok(text_or_list(deserializer)?
        .into_iter()
        .map(Secret::new)
        .collect())
}
