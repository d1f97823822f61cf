//! Webhook endpoints.

use std::net::IpAddr;
use std::time::Duration;

use garde::Validate;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use url::Host;

use super::rules::{all_valid, positive, text_or_list};

/// Settings of webhook endpoints.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    /// Whether this process sends events.
    pub enabled: bool,
    /// Whether URLs may begin with `http://`.
    pub allow_http: bool,
    /// Networks, addresses and host names that are called although they are not public.
    #[garde(custom(targets))]
    #[serde(deserialize_with = "text_or_list")]
    pub allowed_targets: Vec<String>,
    /// Time limit of an attempt.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub timeout: Duration,
    /// The maximum number of attempts in flight.
    #[garde(custom(positive))]
    pub concurrency: usize,
    /// The maximum number of attempts in flight to one endpoint.
    #[garde(custom(positive))]
    pub endpoint_concurrency: usize,
    /// How often to look for new events and due attempts.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub poll_interval: Duration,
    /// The delay after the first failed attempt.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub first_delay: Duration,
    /// The longest delay between two attempts.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub longest_delay: Duration,
    /// How long after an event became due the last attempt is made.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub give_up_after: Duration,
    /// How long the previous secret is used after a rotation.
    #[serde(with = "humantime_serde")]
    pub secret_overlap: Duration,
    /// How long received deliveries are listed.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub retention: Duration,
    /// How long failed deliveries are listed.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub failed_retention: Duration,
    /// The maximum number of endpoints of one client.
    #[garde(custom(positive))]
    pub max_endpoints: u32,
}

/// What is called although it is not public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedTarget {
    /// Every address in this network.
    Network(IpNet),
    /// This host name, in lower case.
    Name(String),
}

impl Webhooks {
    /// What is called although it is not public.
    pub fn allowed_targets(&self) -> impl Iterator<Item = AllowedTarget> {
        self.allowed_targets.iter().filter_map(|text| target(text))
    }
}

fn target(text: &str) -> Option<AllowedTarget> {
    if let Ok(network) = text.parse::<IpNet>() {
        return Some(AllowedTarget::Network(network));
    }
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(AllowedTarget::Network(address.into()));
    }
    match Host::parse(text) {
        Ok(Host::Domain(name)) if !text.contains('*') => Some(AllowedTarget::Name(name)),
        _ => None,
    }
}

fn targets(entries: &[String], _: &()) -> garde::Result {
    let is_valid = |entry: &str| target(entry).is_some();
    all_valid(
        entries,
        is_valid,
        "is not a network, an address or a host name",
    )
}
