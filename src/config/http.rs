//! The HTTP server.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use garde::Validate;
use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};
use url::Url;

use super::rules::{address, all_valid, complete_pair, hosts, positive, text_or_list};
use super::secret::given;

/// Settings of the HTTP server.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[garde(allow_unvalidated)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// The address and port to listen on.
    #[garde(custom(address))]
    pub listen: String,
    /// The largest request body, in bytes.
    #[garde(custom(positive))]
    pub body_limit_bytes: usize,
    /// How long a request may take.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub request_timeout: Duration,
    /// How long requests in flight may continue after a stop signal.
    #[serde(with = "humantime_serde")]
    pub shutdown_timeout: Duration,
    /// Worker threads; 0 means one per core.
    pub workers: usize,
    /// Whether every response is validated against the contract.
    pub check_answers: bool,
    /// Networks, separated by commas, whose `X-Forwarded-For` is trusted.
    #[garde(custom(networks))]
    pub trusted_proxies: String,
    /// Host names that the server accepts without authentication, in addition to those of its
    /// machine.
    #[serde(deserialize_with = "text_or_list")]
    #[garde(custom(hosts))]
    pub allowed_hosts: Vec<String>,
    /// The maximum number of connections of the process.
    #[garde(custom(positive))]
    pub max_connections: usize,
    /// The maximum number of requests in flight of the process.
    #[garde(custom(positive))]
    pub max_requests_in_flight: usize,
    /// How long a connection may wait for its next request.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub keep_alive_timeout: Duration,
    /// How long a connection may stay without a request in flight.
    #[serde(with = "humantime_serde")]
    #[garde(custom(positive))]
    pub stall_timeout: Duration,
    /// Encryption.
    pub tls: HttpTls,
    /// Cross-origin requests.
    #[garde(dive)]
    pub cors: Cors,
}

/// A certificate with its key, both PEM files; both empty for no TLS.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HttpTls {
    /// The server's certificate with its intermediate certificates.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Cross-origin requests (the Fetch standard's CORS protocol).
#[derive(Debug, Clone, Default, Deserialize, Serialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Cors {
    /// The allowed origins, exactly as browsers send them; empty for none.
    #[garde(custom(origins))]
    #[serde(deserialize_with = "text_or_list")]
    pub allowed_origins: Vec<String>,
}

impl Http {
    /// Settings that contradict each other.
    pub(super) fn contradictions(&self) -> Vec<String> {
        let pair = complete_pair("http.tls", &self.tls.certificate, &self.tls.key);
        let idle = (self.keep_alive_timeout > self.stall_timeout)
            .then(|| "http.keep_alive_timeout must not be longer than http.stall_timeout".into());
        pair.into_iter().chain(idle).collect()
    }

    /// Whether the server uses TLS.
    pub fn is_encrypted(&self) -> bool {
        given(&self.tls.certificate).is_some()
    }

    /// The networks whose `X-Forwarded-For` is trusted, or the entry that is not a network.
    pub fn trusted_networks(&self) -> Result<Vec<IpNet>, String> {
        parse_networks(&self.trusted_proxies)
    }
}

fn parse_networks(text: &str) -> Result<Vec<IpNet>, String> {
    let parts = text.split(',').map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(|part| {
            let network = part.parse::<IpNet>().ok();
            let address = || part.parse::<IpAddr>().ok().map(IpNet::from);
            let network = network.or_else(address).map(canonical);
            network.ok_or_else(|| part.to_owned())
        })
        .collect()
}

fn networks(text: &str, _: &()) -> garde::Result {
    parse_networks(text)
        .map(drop)
        .map_err(|part| garde::Error::new(format!("`{part}` is not a network such as 10.0.0.0/8")))
}

/// Converts an IPv4-mapped network (`::ffff:10.0.0.0/104`) to IPv4, because addresses are compared
/// in that form.
fn canonical(network: IpNet) -> IpNet {
    let IpNet::V6(mapped) = network else {
        return network;
    };
    let length = mapped.prefix_len().checked_sub(96);
    let (Some(address), Some(length)) = (mapped.addr().to_ipv4_mapped(), length) else {
        return network;
    };
    Ipv4Net::new(address, length).map_or(network, IpNet::V4)
}

fn origins(origins: &[String], _: &()) -> garde::Result {
    all_valid(
        origins,
        is_origin,
        "is not an origin such as https://shop.example",
    )
}

/// Scheme, host and any non-default port; no wildcard and no path.
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        ["http", "https"].contains(&url.scheme()) && url.origin().ascii_serialization() == text
    })
}
